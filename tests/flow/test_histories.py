"""Random histories on real tables: whoever tries whatever whenever, these promises hold after every step."""

import datetime as dt
import os
from itertools import groupby, pairwise

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from dispatch import catalogue
from dispatch.service import sweep
from hotline import cases, clock, db, facts, history, queries, rejudge
from hotline.city_models import Department
from hotline.conditions import BY_FORM
from hotline.errors import HotlineError
from hotline.ladder import DUTIES
from hotline.lifecycle import STEPS, Actor, possible
from hotline.models import ClockRow, HistoryRow, RungRow
from hotline.rates import Ledger, Period, rates
from hotline.timing import timing
from hotline.unit import transaction
from hotline.words import ENDED, OF_SMALL_LOOPS, Action, Clock, Delivery, Part, Role, State

EXAMPLES = int(os.environ.get("HISTORIES", "12"))
HOUSES = ("csglj", "sthjj", "gaj")
AWAY = "gaj"  # has a system of its own: a case is there when its receipt is here
ACTORS = (
    Actor("agent1", Role.AGENT),
    Actor("dispatcher1", Role.DISPATCHER),
    Actor("reviewer1", Role.REVIEWER),
    Actor("revisitor1", Role.REVISITOR),
    Actor("supervisor1", Role.SUPERVISOR),
    Actor("supervisor2", Role.SUPERVISOR),
    Actor("auditor1", Role.AUDITOR),
    Actor("citizen", Role.CITIZEN),
    *(Actor(f"{house}{n}", role, house) for house in HOUSES for n, role in ((1, Role.CLERK), (2, Role.HEAD))),
)
WORDS = frozenset(
    {Action.SUPPLEMENT, Action.URGE, Action.LINK, Action.SUPERVISE, Action.INTERIM, Action.HAND_DOWN, Action.RETURN}
)
RESTARTED = {Action.SEND_BACK}
MOVED = {Action.DECIDE_EXTENSION, Action.RESUME}
REOPENED = {Action.REOPEN, Action.RATE}
START = dt.datetime(2026, 11, 2, 9, 0, tzinfo=clock.SHANGHAI)
LONG_AGO, LONG_AFTER = START - dt.timedelta(days=1), START + dt.timedelta(days=3650)
BY_WORDS = BY_FORM | {
    "extension_allowed",
    "not_applicable",
    "dissolved_department",
    "merge_into_itself",
    "merge_into_ended",
    "link_to_itself",
    "due_passed",
    "invalid_fields",
}

house = st.sampled_from(HOUSES)
grade = st.integers(1, 5)
yes = st.booleans()
destinations = st.lists(
    st.builds(lambda code, part: {"code": code, "role": part}, house, st.sampled_from(Part)), max_size=3
)
one_lead = house.map(lambda code: [{"code": code, "role": "lead"}])
said = st.fixed_dictionaries({"text": st.just("请尽快")})
because = st.fixed_dictionaries({"reason": st.just("有原因")})
decided = st.fixed_dictionaries({"granted": yes})
nothing = st.just({})
FORMS = {
    Action.GUIDE: st.just({"channel": "法院", "text": "请向法院起诉"}),
    Action.ANSWER: said,
    Action.FORWARD: st.fixed_dictionaries({"departments": st.one_of(one_lead, destinations)}),
    Action.RECEIVE: st.one_of(nothing, st.fixed_dictionaries({"department": house})),
    Action.RETURN: because,
    Action.ARBITRATE: st.one_of(
        st.just({"verdict": "keep"}), st.fixed_dictionaries({"verdict": st.just("reassign"), "department": house})
    ),
    Action.HAND_DOWN: st.just({"unit": "二中队"}),
    Action.CONTACT: st.just({"how": "phone", "result": "已联系"}),
    Action.INTERIM: said,
    Action.REQUEST_EXTENSION: st.fixed_dictionaries({"days": st.integers(1, 12), "reason": st.just("取证")}),
    Action.DECIDE_EXTENSION: decided,
    Action.SUSPEND: because,
    Action.APPROVE_SUSPENSION: decided,
    Action.REPLY: st.fixed_dictionaries(
        {
            "facts": st.just("属实"),
            "solved": yes,
            "reason": st.just("条件所限"),
            "public": st.just("已经整改到位，请您监督。"),
        }
    ),
    Action.SEND_BACK: st.just({"reasons": ["没有答复诉求"]}),
    Action.REVISIT: st.one_of(
        st.just({"reached": False}),
        st.builds(lambda solved, grade: {"reached": True, "solved": solved, "satisfaction": grade}, yes, grade),
    ),
    Action.RATE: st.fixed_dictionaries({"level": grade}),
    Action.JUDGE: st.fixed_dictionaries(
        {
            "verdict": st.sampled_from(["justified", "complex", "no_ground", "mistaken", "malicious"]),
            "reason": st.just("核实"),
        }
    ),
    Action.APPROVE_VERDICT: decided,
    Action.REDO: st.just({"opinion": "请重办"}),
    Action.REOPEN: because,
    Action.MERGE: st.fixed_dictionaries({"into": st.just("…")}),
    Action.LINK: st.fixed_dictionaries({"to": st.just("…")}),
    Action.SUPPLEMENT: said,
    Action.URGE: said,
    Action.SUPERVISE: st.just({"opinion": "请督促"}),
    Action.APPEAL: st.just({"claim": "mistaken", "reason": "评错了对象", "evidence": "现场照片"}),
    Action.DECIDE_APPEAL: st.fixed_dictionaries({"upheld": yes, "reason": st.just("核实")}),
    Action.APPROVE_APPEAL: decided,
    Action.REGISTER_STUCK: st.fixed_dictionaries(
        {
            "grade": st.sampled_from(["general", "cannot", "hard", "refusal"]),
            "item": st.just("办证"),
            "story": st.just("跑了三趟"),
        }
    ),
    Action.SETTLE_STUCK: st.fixed_dictionaries(
        {
            "result": st.sampled_from(["done", "explained", "referred"]),
            "text": st.just("已办"),
            "referred_to": st.just("市纪委监委"),
        }
    ),
}


def stand(row):
    """What may not change by itself in a clock."""
    return (row.started_at, row.due_at, row.stopped_at, row.outcome)


class Seen:
    """A case as it stands: read anew, kept to compare."""

    def __init__(self, number):
        with db.session() as session:
            case = facts.load(session, number)
            self.known = facts.gather(session, case, timing())
            self.version, self.state, self.lead, self.round = case.version, State(case.state), case.lead, case.round
            self.clocks = {row.id: stand(row) for row in case.clocks}
            self.rows = list(case.clocks)
            self.places = [(row.department, row.part, row.status, row.round) for row in case.places]

    def __eq__(self, other):
        return vars(self) | {"rows": 0} == vars(other) | {"rows": 0}

    __hash__ = None


class Histories(RuleBasedStateMachine):
    """Two cases, everybody who works on them, and a clock that moves."""

    def __init__(self, set_clock):
        super().__init__()
        self.set_clock, self.now, self.numbers = set_clock, START, []

    def _move(self, by=dt.timedelta()):
        self.now += by
        self.set_clock(self.now.isoformat())

    @initialize(kinds=st.tuples(*[st.sampled_from(["咨询", "求助", "投诉"])] * 2), urgent=yes)
    def take_in(self, kinds, urgent):
        empty()
        self._move()
        agent, citizen = ACTORS[0], ACTORS[7]
        for kind, channel, actor in zip(kinds, ("phone", "web"), (agent, citizen), strict=True):
            more = {"area": "湖滨区", "urgency": "紧急" if urgent else "一般"}
            new = cases.NewCase(kind, "油烟", "油烟扰民", channel, phone="13800000001", **more)
            self.numbers.append(cases.create(new, actor)[0].number)

    @rule(
        by=st.sampled_from(
            [dt.timedelta(minutes=7), dt.timedelta(hours=3), dt.timedelta(hours=20), dt.timedelta(days=4)]
        )
    )
    def time_passes(self, by):
        self._move(by)

    @rule()
    def the_sweep_runs(self):
        before = [Seen(number) for number in self.numbers]
        sweep()
        for was, number in zip(before, self.numbers, strict=True):
            compare(was, Seen(number), None)

    @rule(which=st.integers(0, 1), actor=st.sampled_from(ACTORS), action=st.sampled_from(Action), data=st.data())
    def somebody_tries_something(self, which, actor, action, data):
        self._try(which, actor, action, data)

    @rule(which=st.integers(0, 1), data=st.data(), turns=st.integers(1, 4))
    def somebody_does_what_he_may(self, which, data, turns):
        for _ in range(turns):
            known = Seen(self.numbers[which]).known
            open_to = [
                (actor, action)
                for actor in ACTORS
                for action in possible(known, actor, self.now)
                if action not in WORDS
            ]
            if not open_to:
                return
            self._try(which, *data.draw(st.sampled_from(open_to)), data)

    def _try(self, which, actor, action, data):
        number = self.numbers[which]
        given = data.draw(FORMS.get(action, nothing))
        given |= {name: data.draw(st.sampled_from(self.numbers)) for name in ("into", "to") if name in given}
        was = Seen(number)
        self._move(dt.timedelta(minutes=1))
        offered = action in possible(was.known, actor, self.now)
        refusal = said_to(number, action, actor, given, was.version)
        if refusal:
            assert Seen(number) == was
            assert not offered or refusal in BY_WORDS, f"{action} offered and refused: {refusal}"
            return
        assert offered, f"{actor.role} did {action} in {was.state}, which was not offered"
        compare(was, Seen(number), action)

    @invariant()
    def every_case_is_in_order(self):
        for number in self.numbers:
            in_order(Seen(number))

    def teardown(self):
        if not self.numbers:
            return
        self._move(dt.timedelta(days=60))
        sweep()
        with db.session() as session:
            assert history.verify(session) == ""
            every_clock_stops_once(session)
            every_rung_fires_once(session)
            rates_agree(session, self.now)
            assert list(rejudge.preview(session)) == []  # the rules that judged a deadline do not move it


def said_to(number, action, actor, given, version):
    """The code of the refusal, empty when it was done."""
    try:
        cases.act(number, action, actor, dict(given), version=version)
    except HotlineError as refused:
        return refused.code
    return ""


def compare(was, now, action):
    """What one step may do to states and clocks (None: the sweep)."""
    if action is not None:
        rows = [row for row in STEPS if row.action is action and was.state in row.sources]
        assert any((row.target or was.state) is now.state for row in rows)
        assert now.version == was.version + 1
    if was.state is State.CLOSED and now.state not in ENDED:
        assert action in REOPENED
    for row, (started, due, stopped, outcome) in was.clocks.items():
        begun, ends, ended, how = now.clocks[row]
        assert begun == started
        assert ends >= due
        assert ends == due or action in MOVED
        if stopped is not None and action not in RESTARTED:
            assert (ended, how) == (stopped, outcome)
    if action in WORDS - {Action.RETURN}:
        assert now.clocks == was.clocks
    if action in {Action.RETURN, Action.ARBITRATE} and was.round == 1:
        assert running(now, Clock.REPLY) >= running(was, Clock.REPLY)


def running(seen, name):
    """Starts and deadlines of the running clocks of this name."""
    return {(row.started_at, row.due_at) for row in seen.rows if row.clock == name and row.stopped_at is None}


def in_order(seen):
    live = [row for row in seen.places if row[3] == seen.round and row[2] != Delivery.RETURNED]
    assert [row[1] for row in live].count(Part.LEAD) <= 1
    assert len({row[0] for row in live}) == len(live)
    assert len(running(seen, Clock.FORWARD)) <= 1
    going = [row for row in seen.rows if row.stopped_at is None and row.clock not in OF_SMALL_LOOPS]
    if seen.state is State.CLOSED or seen.state is State.ARCHIVED or seen.state is State.MERGED:
        assert going == []
    elif seen.state not in ENDED:
        assert {row.clock for row in going} & DUTIES, f"nobody has to do anything in {seen.state}"


def every_clock_stops_once(session):
    """In the history, a clock that stopped stops again only after it was set going again."""
    rows = session.query(HistoryRow.case_id, HistoryRow.facts).order_by(HistoryRow.case_id, HistoryRow.seq)
    for _, of_one in groupby(rows, key=lambda row: row.case_id):
        told = [change for row in of_one for change in row.facts.get("clocks", [])]
        for key in {change["key"] for change in told}:
            changes = [c["change"] for c in told if c["key"] == key and c["change"] in {"start", "stop", "restart"}]
            assert changes[0] == "start"
            assert all((one == "stop") != (other == "stop") for one, other in pairwise(changes))
            if key.startswith(f"{Clock.FORWARD}/"):
                assert changes.count("stop") <= 1
                assert "restart" not in changes


def every_rung_fires_once(session):
    rows = session.query(RungRow.clock_id, RungRow.turn, RungRow.rung).all()
    assert len({tuple(row) for row in rows}) == len(rows)
    overdue = session.query(ClockRow).filter(ClockRow.next_at <= clock.now(), ClockRow.paused_at.is_(None)).count()
    assert overdue == 0


def rates_agree(session, now):
    """Tables and history give the same figures, from nothing to all, which add up over the departments."""
    day = dt.timedelta(days=1)
    for begin, end in ((LONG_AGO, LONG_AFTER), (START, START + 4 * day), (START + 4 * day, now)):
        period = Period(begin, end, clock.now())
        whole, replayed = queries.rates(session, period), queries.ledger_from_history(session, period, [])
        assert whole == rates(replayed, period)
        assert all(rate.numerator >= 0 and rate.denominator >= 0 for rate in whole)
        assert_additive(replayed, period, whole)
    assert_shares(rates(replayed, Period(LONG_AGO, LONG_AFTER, clock.now())))


def assert_additive(ledger, period, whole):
    codes = {fact.department for fact in (*ledger.clocks, *ledger.marks)} - {""}
    parts = [rates(ledger, Period(period.begin, period.end, period.now, code)) for code in codes]
    nobodys = Ledger([c for c in ledger.clocks if not c.department], [m for m in ledger.marks if not m.department])
    parts.append(rates(nobodys, period))
    for place, rate in enumerate(whole):
        assert sum(part[place].numerator for part in parts) == rate.numerator, rate.code
        assert sum(part[place].denominator for part in parts) == rate.denominator, rate.code


def assert_shares(whole):
    """Over a whole life every part is within its whole."""
    for rate in whole:
        assert rate.value is None or 0 <= rate.value <= 1, rate


def empty():
    with db.engine().begin() as connection:
        connection.execute(text("TRUNCATE cases, history, rungs, outbox, notices, alarms CASCADE"))


@pytest.fixture
def away(city):
    """One department has a system of its own."""

    def set_to(url):
        with transaction() as unit:
            unit.session.get(Department, AWAY).system_url = url
        catalogue.forget()

    set_to("https://system.invalid/cases")
    yield
    set_to("")


@pytest.mark.usefixtures("away")
@pytest.mark.timeout(1800)
def test_no_history_breaks_a_promise(drill):
    look = settings(
        max_examples=EXAMPLES,
        stateful_step_count=30,
        deadline=None,
        derandomize="HISTORIES" not in os.environ,  # the same histories in every run; HISTORIES=n draws n new ones
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],  # to shrink a history takes minutes and says little more
        print_blob=True,
    )
    run_state_machine_as_test(lambda: Histories(drill), settings=look)
