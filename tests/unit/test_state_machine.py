"""Random histories over the life-cycle table alone: a small model follows what `decide` says, thousands of steps.

The same promises on real tables, with effects, clocks and rates: tests/flow/test_histories.py.
"""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import Phase, event, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hotline.conditions import BY_FORM, CONDITIONS, OF_THE_PART
from hotline.effects import AT_DEPARTMENT
from hotline.ladder import DUTIES
from hotline.lifecycle import STEPS, Actor, Facts, Place, Refused, _unfit, decide, possible
from hotline.words import DEPARTMENT, ENDED, Action, Clock, Delivery, Part, Role, State

pytestmark = pytest.mark.fast
START = dt.datetime(2026, 11, 2, 1, 0, tzinfo=dt.UTC)
HOUSES = ("csglj", "sthjj", "gaj")
AWAY = "gaj"  # has a system of its own: the case is there when its receipt is here
ACTORS = tuple(
    Actor(f"{role}{number}{house}", role, house)
    for role in Role
    for number in (1, 2)
    for house in (HOUSES if role in DEPARTMENT else ("",))
)
WORDS = (Action.LINK, Action.SUPPLEMENT, Action.URGE, Action.SUPERVISE, Action.INTERIM, Action.HAND_DOWN)
# also refused for its form: a verdict on the extension of a house that asked for none
BY_WHAT_IS_GIVEN = BY_FORM | {"not_applicable", "extension_allowed", "pending_extension"}
grades = st.integers(1, 5)
houses = st.sampled_from(HOUSES)
named = st.builds(lambda code, role: {"code": code, "role": role}, houses, st.sampled_from(Part))
FIELDS = {
    "departments": st.lists(named, max_size=3),
    "department": houses,
    "granted": st.booleans(),
    "reached": st.booleans(),
    "solved": st.booleans(),
    "satisfaction": grades,
    "level": grades,
    "days": st.integers(1, 12),
    "reason": st.just("取证"),
    "verdict": st.sampled_from(["reassign", "keep", "justified", "complex", "no_ground", "mistaken", "malicious"]),
}
forms = st.fixed_dictionaries({}, optional=FIELDS)
whole_forms = st.fixed_dictionaries(FIELDS | {"departments": st.lists(named, min_size=1, max_size=2)})
moments = st.integers(0, 60 * 24 * 40).map(lambda minutes: START + dt.timedelta(minutes=minutes))
places = st.lists(
    st.builds(
        Place,
        department=houses,
        part=st.sampled_from(Part),
        status=st.sampled_from(Delivery),
        round=st.just(1),
        signed=st.booleans(),
        reply_due=st.none() | moments,
        return_due=st.none() | moments,
        extensions=st.integers(0, 1),
    ),
    max_size=3,
    unique_by=lambda place: place.department,
).map(tuple)
names = st.sampled_from(["", "supervisor1", "supervisor2", "revisitor1"])
any_facts = st.builds(
    Facts,
    state=st.sampled_from(State),
    round=st.integers(1, 3),
    places=places,
    returns=st.integers(0, 3),
    tries=st.lists(moments, max_size=5).map(tuple),
    spoken=st.booleans(),
    rated=st.booleans(),
    pending_extensions=st.sampled_from([frozenset(), frozenset({"csglj"})]),
    pending_suspension=st.sampled_from(["", "csglj"]),
    pending_suspension_by=names,
    verdict_by=names,
    closed_at=st.none() | moments,
)


@settings(max_examples=1500, deadline=None)
@given(any_facts, st.sampled_from(Action), st.sampled_from(ACTORS), forms, moments)
@example(
    Facts(State.RECEIVED, pending_extensions=frozenset({"csglj"})),
    Action.DECIDE_EXTENSION,
    Actor("supervisor1", Role.SUPERVISOR),
    {"department": "sthjj"},
    START,
)
def test_what_is_accepted_was_offered_and_what_was_offered_is_refused_for_its_form_only(
    facts, action, actor, form, now
):
    said = decide(facts, action, actor, form, now)
    offered = action in possible(facts, actor, now)
    assert offered or isinstance(said, Refused)
    if offered and isinstance(said, Refused):
        assert said.code in (BY_WHAT_IS_GIVEN if actor.department else BY_WHAT_IS_GIVEN | OF_THE_PART)


@settings(max_examples=1500, deadline=None)
@given(any_facts, st.sampled_from(STEPS), st.data(), forms, moments)
def test_at_most_one_row_applies_so_that_their_order_decides_nothing(facts, step, data, form, now):
    facts = replace(facts, state=data.draw(st.sampled_from(sorted(step.sources))))
    actor = data.draw(st.sampled_from([actor for actor in ACTORS if actor.role in step.roles]))
    rows = [row for row in STEPS if row.action is step.action and actor.role in row.roles]
    here = [row for row in rows if facts.state in row.sources]
    fitting = [row for row in here if not row.when or CONDITIONS[row.when](facts, actor, form)]
    assert len([row for row in fitting if _unfit(row, facts, actor, form, now) is None]) <= 1


class Life(RuleBasedStateMachine):
    """One case as the table tells it."""

    def __init__(self):
        super().__init__()
        self.now, self.trail = START, []
        self.facts = Facts(State.RECEIVED)
        self.clocks = {(Clock.ACCEPT, "")}

    @rule(hours=st.sampled_from([1, 5, 26, 24 * 9]))
    def time_passes(self, hours):
        self.now += dt.timedelta(hours=hours)

    @precondition(lambda self: self.facts.state is not State.ARCHIVED)
    @rule(data=st.data(), form=whole_forms)
    def somebody_acts(self, data, form):
        offers = [(actor, action) for actor in ACTORS for action in possible(self.facts, actor, self.now)]
        ends = {Action.MERGE, Action.ARCHIVE, Action.GUIDE, *WORDS}
        moving = [(actor, action) for actor, action in offers if action not in ends]
        actor, action = data.draw(st.sampled_from(moving or offers))
        self._try(actor, action, form)

    @rule(actor=st.sampled_from(ACTORS), action=st.sampled_from(Action), form=forms)
    def somebody_tries(self, actor, action, form):
        self._try(actor, action, form)

    def _try(self, actor, action, form):
        step = decide(self.facts, action, actor, form, self.now)
        if isinstance(step, Refused):
            return
        event(f"{action} in {self.facts.state}")
        self.trail.append(f"{actor.name} {action}")
        was = self.facts
        self.facts, concerned = follow(was, step, actor, form, self.now)
        self._run(step, concerned, actor.department if step.own else "")
        if was.state is State.CLOSED and self.facts.state not in ENDED:
            assert action in {Action.REOPEN, Action.RATE}

    def _run(self, step, concerned, own):
        sends = step.action in {Action.FORWARD, Action.ARBITRATE, Action.REDO}
        if sends and any(place.status is Delivery.SENT for place in self.facts.places):
            self.clocks.add((Clock.FORWARD, ""))  # until its receipt
        if step.when == "reassigned":
            self._hand_over()
        for name in step.stops:
            sent = any(place.status is Delivery.SENT for place in self.facts.places)
            if name is Clock.FORWARD and step.action in {Action.FORWARD, Action.RECEIVE} and sent:
                continue
            gone = {c for c in self.clocks if c[0] is name and (name not in AT_DEPARTMENT or not own or c[1] == own)}
            self.clocks -= gone
        for name in step.starts:
            self.clocks |= {(name, house) for house in (concerned if name in AT_DEPARTMENT else [""])}
        if step.action is Action.SEND_BACK:
            self.clocks |= {(Clock.REPLY, place.department) for place in self.facts.places}

    def _hand_over(self):
        """The citizen's deadline goes on where the case goes; what else ran at the old house is over."""
        gone = {place.department for place in self.facts.places if place.status is Delivery.RETURNED}
        gone -= {place.department for place in self.facts.places if place.status is not Delivery.RETURNED}
        if any((Clock.REPLY, house) in self.clocks for house in gone):
            self.clocks.add((Clock.REPLY, self.facts.places[-1].department))
        self.clocks -= {(name, house) for name in AT_DEPARTMENT - {Clock.EXTENSION} for house in gone}

    @invariant()
    def there_is_one_lead_and_no_house_twice(self):
        live = [place for place in self.facts.places if place.status is not Delivery.RETURNED]
        assert [place.part for place in live].count(Part.LEAD) <= 1
        assert len({place.department for place in live}) == len(live)

    @invariant()
    def somebody_has_a_duty_or_the_case_is_at_an_end(self):
        running = {name for name, _ in self.clocks}
        if self.facts.state in {State.CLOSED, State.MERGED, State.ARCHIVED}:
            assert running == set()
        elif self.facts.state not in ENDED:
            assert running & DUTIES, f"{self.facts.state} after {self.trail}"


def follow(facts, step, actor, form, now):
    """The facts after a step, and the houses whose clocks it starts."""
    moved, concerned = FOLLOW.get(step.action, stay)(facts, actor, form, now)
    after = replace(moved, state=step.target or facts.state)
    if after.state is State.CLOSED and facts.state is not State.CLOSED:
        after = replace(after, closed_at=now)
    return after, concerned


def stay(facts, actor, form, now):
    return facts, [actor.department]


def put(code, part, round_):
    return Place(code, part, Delivery.SENT if code == AWAY else Delivery.DELIVERED, round_)


def there(places):
    return [place.department for place in places if place.status is not Delivery.SENT]


def set_own(facts, code, **change):
    own = facts.own(code)
    return replace(facts, places=tuple(replace(p, **change) if p is own else p for p in facts.places))


def forward(facts, actor, form, now):
    fresh = tuple(put(named["code"], named["role"], facts.round) for named in form.get("departments", ()))
    return replace(facts, places=facts.places + fresh), there(fresh)


def receive(facts, actor, form, now):
    code = actor.department or form["department"]
    return set_own(facts, code, status=Delivery.DELIVERED), [code]


def part_is(status, **more):
    return lambda facts, actor, form, now: (
        set_own(facts, actor.department, status=status, **more),
        [actor.department],
    )


def hand_back(facts, actor, form, now):
    moved = set_own(facts, actor.department, status=Delivery.RETURNING)
    return replace(moved, returns=facts.returns + 1), [actor.department]


def arbitrate(facts, actor, form, now):
    asked = next(place for place in facts.places if place.status is Delivery.RETURNING)
    if form["verdict"] == "keep":
        kept = Delivery.SIGNED if asked.signed else Delivery.DELIVERED
        return set_own(facts, asked.department, status=kept), []
    moved = set_own(facts, asked.department, status=Delivery.RETURNED)
    fresh = put(form["department"], asked.part, facts.round)
    return replace(moved, places=(*moved.places, fresh)), there([fresh])


def send_back(facts, actor, form, now):
    back = tuple(replace(p, status=Delivery.SIGNED) if p.status is Delivery.REPLIED else p for p in facts.places)
    return replace(facts, places=back), []


def next_round(facts, places):
    return replace(facts, round=facts.round + 1, places=places, rated=False, spoken=False, tries=())


def redo(facts, actor, form, now):
    lead = [p for p in facts.places if p.part is Part.LEAD and p.status is not Delivery.RETURNED]
    fresh = tuple(put(place.department, Part.LEAD, facts.round + 1) for place in lead)
    return next_round(facts, fresh), there(fresh)


def revisit(facts, actor, form, now):
    return replace(facts, spoken=True) if form["reached"] else replace(facts, tries=(*facts.tries, now)), []


FOLLOW = {
    Action.FORWARD: forward,
    Action.RECEIVE: receive,
    Action.SIGN: part_is(Delivery.SIGNED, signed=True),
    Action.REPLY: part_is(Delivery.REPLIED),
    Action.RETURN: hand_back,
    Action.ARBITRATE: arbitrate,
    Action.SEND_BACK: send_back,
    Action.REDO: redo,
    Action.REVISIT: revisit,
    Action.REOPEN: lambda facts, actor, form, now: (next_round(facts, ()), []),
    Action.RATE: lambda facts, actor, form, now: (replace(facts, rated=True, spoken=False, tries=()), []),
    Action.JUDGE: lambda facts, actor, form, now: (replace(facts, verdict_by=actor.name), []),
    Action.REQUEST_EXTENSION: lambda f, a, form, now: (
        replace(f, pending_extensions=f.pending_extensions | {a.department}),
        [a.department],
    ),
    Action.DECIDE_EXTENSION: lambda facts, actor, form, now: (replace(facts, pending_extensions=frozenset()), []),
    Action.SUSPEND: lambda f, a, form, now: (
        replace(f, pending_suspension=a.department, pending_suspension_by=a.name),
        [],
    ),
    Action.APPROVE_SUSPENSION: lambda f, a, form, now: (
        replace(f, pending_suspension="", pending_suspension_by=""),
        [],
    ),
}

PHASES = (Phase.explicit, Phase.generate)  # to shrink a history takes minutes and says little more
Life.TestCase.settings = settings(max_examples=80, stateful_step_count=60, deadline=None, phases=PHASES)
TestLife = Life.TestCase
