"""The database counts the rates exactly as the pure fold does, for every code, department and edge of a period."""

import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline import db, privacy, queries
from hotline.loop_models import Exclusion
from hotline.models import Assignment, Case, ClockRow, HistoryRow, Rating, ReplyRow, RevisitRow
from hotline.rates import FORMULAS, CallFact, ClockFact, Ledger, Mark, Period, rates
from hotline.words import Clock, Outcome
from telephony import reading
from telephony.models import Call
from web.staff.doors import DOORS

BEGIN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
NOW = BEGIN + dt.timedelta(days=20)
END = BEGIN + dt.timedelta(days=30)
INSTANT = dt.timedelta(microseconds=1)
PERIODS = (Period(BEGIN, END, NOW), Period(BEGIN, END, END), Period(BEGIN - dt.timedelta(days=9), BEGIN, NOW))
DEPARTMENTS = ("a", "b", "c")
CALM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

instants = st.builds(
    lambda edge, step, near: edge + step * near,
    st.sampled_from([BEGIN, NOW, END]),
    st.integers(-2, 2),
    st.sampled_from([INSTANT, dt.timedelta(days=3)]),
)
maybe = st.none() | instants
names = st.sampled_from(["", *DEPARTMENTS])
clock_rows = st.fixed_dictionaries(
    {
        "clock": st.sampled_from([name.value for name in Clock]),
        "department": names,
        "started_at": instants,
        "due_at": instants,
        "ended": st.none() | st.tuples(instants, st.sampled_from([name.value for name in Outcome])),
        "extended": st.booleans(),
        "paused": maybe,
    }
)
place_rows = st.fixed_dictionaries(
    {
        "department": st.sampled_from(DEPARTMENTS),
        "sent_at": instants,
        "delivered_at": maybe,
        "returned_at": maybe,
        "again": st.booleans(),
        "reassigned": st.booleans(),
        "status": st.sampled_from(["signed", "returned"]),
    }
)
reply_rows = st.fixed_dictionaries({"department": st.sampled_from(DEPARTMENTS), "at": instants})
revisit_rows = st.fixed_dictionaries(
    {
        "at": instants,
        "reached": st.booleans(),
        "solved": st.none() | st.booleans(),
        "satisfaction": st.none() | st.integers(1, 5),
    }
)
rating_rows = st.fixed_dictionaries({"at": instants, "level": st.integers(1, 5)})
step_rows = st.fixed_dictionaries(
    {
        "at": instants,
        "action": st.sampled_from(["create", "answer", "arbitrate", "revisit"]),
        "facts": st.dictionaries(st.sampled_from(["accepted", "direct", "closed"]), st.booleans()),
        "round": st.integers(1, 2),
    }
)
stories = st.builds(
    SimpleNamespace,
    lead=names,
    clocks=st.lists(clock_rows, max_size=4),
    places=st.lists(place_rows, max_size=3),
    replies=st.lists(reply_rows, max_size=2),
    revisits=st.lists(revisit_rows, max_size=3),
    ratings=st.lists(rating_rows, max_size=2),
    steps=st.lists(step_rows, max_size=4),
    excluded=st.sets(st.integers(1, 2), max_size=2),
)


@st.composite
def calls(draw):
    invite = draw(instants)
    seconds = st.none() | st.sampled_from([0, 8, 15, 16, 23, 24]).map(lambda s: dt.timedelta(seconds=s))
    micro = draw(st.sampled_from([dt.timedelta(0), INSTANT]))
    notice, queued, answered = (None if s is None else invite + s for s in draw(st.tuples(seconds, seconds, seconds)))
    exit_ = draw(st.sampled_from(["answered", "abandoned", "callback", ""]))
    return CallFact(invite, notice, queued, answered and answered + micro, exit_)


# --- the same story as facts and as rows -----------------------------------------------------------------------------


@dataclass
class Both:
    """What is written, and the ledger that says the same."""

    rows: list = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)

    def mark(self, what, case, at, department, value=0, round_=1, kept=True):
        if at is not None:
            self.ledger.marks.append(Mark(what, case, at, department, round_, value, kept=kept))


def told(case, story):
    """One case: its rows beside the facts they stand for."""
    both = Both([a_case(case, story.lead)])
    for one in story.clocks:
        add_clock(both, case, story.lead, **one)
    for one in story.places:
        add_place(both, case, **one)
    for one in story.replies:
        plain = {"by": "x", "facts": "属实", "solved": True, "reason": "", "internal": "", "public": ""}
        both.rows.append(ReplyRow(case_id=case, round=1, **plain, **one))
        both.mark("replied", case, one["at"], one["department"])
    for one in story.revisits:
        add_revisit(both, case, story.lead, **one)
    for number, one in enumerate(story.ratings, start=1):
        both.rows.append(Rating(case_id=case, round=number, channel="web", anonymous=False, **one))
        both.mark("rated", case, one["at"], story.lead, one["level"], number)
    for round_ in story.excluded:
        who = {"department": story.lead, "why": "mistaken", "found_by": "x", "approved_by": "y"}
        both.rows.append(Exclusion(case_id=case, round=round_, at=BEGIN, **who))
        both.mark("excluded", case, BEGIN, story.lead, 0, round_)
    for number, one in enumerate(story.steps, start=1):
        add_step(both, case, number, story.lead, **one)
    return both


def a_case(case, lead):
    sealed = dict.fromkeys(("query_code", "content", "name", "phone", "phone_index", "area", "address"), "")
    words = {"state": "closed", "kind": "投诉", "urgency": "一般", "channel": "phone", "title": ""}
    flags = {"confidential": False, "anonymous": False}
    return Case(id=case, number=f"T{case}", version=1, lead=lead, received_at=BEGIN, **sealed, **words, **flags)


def add_clock(both, case, lead, *, clock, department, started_at, due_at, ended, extended, paused):
    stop, outcome = ended or (None, "")
    paused = None if ended else paused
    limit = {"limit_amount": 1, "limit_unit": "hours", "calendar_version": "", "provisional": False, "explain": ""}
    times = {"started_at": started_at, "due_at": due_at, "stopped_at": stop, "paused_at": paused}
    row = ClockRow(
        case_id=case, clock=clock, department=department, outcome=outcome, extended=extended, **times, **limit
    )
    both.rows.append(row)
    fact = ClockFact(case, clock, department or lead, started_at, due_at, stop, outcome, extended, paused)
    both.ledger.clocks.append(fact)


def add_place(both, case, **one):
    both.rows.append(Assignment(case_id=case, part="lead", round=1, **one))
    if one["again"]:
        both.mark("redone", case, one["sent_at"], one["department"])
    elif not one["reassigned"]:
        both.mark("sent", case, one["sent_at"], one["department"], kept=one["status"] != "returned")
    both.mark("delivered", case, one["delivered_at"], one["department"])
    both.mark("returned", case, one["returned_at"], one["department"])


def add_revisit(both, case, lead, **one):
    both.rows.append(RevisitRow(case_id=case, round=1, by="x", **one))
    if one["reached"]:
        both.mark("satisfaction", case, one["at"], lead, one["satisfaction"] or 0)
        both.mark("solved", case, one["at"], lead, int(bool(one["solved"])))


def add_step(both, case, number, lead, *, at, action, facts, **round_):
    who = {"actor": "x", "role": "system", "department": "", "before": "", "after": ""}
    chain = {"previous": "", "hash": "", "words": "", "words_digest": ""}
    both.rows.append(HistoryRow(case_id=case, seq=number, at=at, action=action, facts=facts | round_, **who, **chain))
    for flag in (name for name, holds in facts.items() if holds):
        both.mark(flag, case, at, lead, round_=round_["round"])


def a_call(number, fact):
    stamps = {"invite_at": fact.invite, "notice_end_at": fact.notice_end, "queue_at": fact.queued}
    more = {"agent_answer_at": fact.answered, "exit": fact.exit, "state": "ended"}
    return Call(id=f"c{number}", caller="", caller_index=privacy.blind(""), **stamps, **more)


def write(session, cases, rung):
    """Write the stories without committing; returns the ledger of all."""
    whole = Ledger(calls=list(rung))
    for number, story in enumerate(cases, start=1):
        both = told(number, story)
        session.add(both.rows[0])
        session.flush()
        session.add_all(both.rows[1:])
        whole.clocks += both.ledger.clocks
        whole.marks += both.ledger.marks
    session.add_all(a_call(number, fact) for number, fact in enumerate(rung))
    session.flush()
    return whole


# --- the promises ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
@CALM
@given(st.lists(stories, max_size=5), st.lists(calls(), max_size=4))
def test_the_database_counts_what_the_fold_counts(cases, rung):
    with db.session() as session:
        ledger = write(session, cases, rung)
        for period in PERIODS:
            assert queries.rates(session, period, [reading.CALLS]) == rates(ledger, period)
            each = queries.rates_by_department(session, period)
            for code in DEPARTMENTS:
                mine = Period(period.begin, period.end, period.now, code)
                folded = rates(ledger, mine)
                assert queries.rates(session, mine, [reading.CALLS]) == folded
                assert each.get(code, []) == (folded if any(rate.denominator for rate in folded) else [])
            assert set(each) <= set(DEPARTMENTS)


@pytest.mark.usefixtures("database")
@CALM
@given(st.lists(stories, max_size=5), st.sampled_from(["", "a"]))
def test_behind_a_figure_stand_exactly_the_facts_it_counts(cases, department):
    period = Period(BEGIN, END, NOW, department)
    with db.session() as session:
        write(session, cases, [])
        told = {rate.code: rate for rate in queries.rates(session, period)}
        for formula in (one for one in FORMULAS if one.code in DOORS):
            rate = told[formula.code]
            good, bad = queries.behind(session, formula, period, 1000)
            assert (len(good), len(bad)) == (rate.numerator, rate.denominator - rate.numerator), formula.code
            assert all(fact.department == department for fact in good + bad if department)


@pytest.mark.usefixtures("database")
def test_behind_shows_the_oldest_first_and_no_more_than_asked():
    days = [BEGIN + dt.timedelta(days=n) for n in (3, 1, 2)]
    story = SimpleNamespace(
        lead="a",
        clocks=[],
        places=[],
        replies=[],
        revisits=[],
        steps=[],
        excluded=[],
        ratings=[{"at": at, "level": 1} for at in days],
    )
    formula = next(one for one in FORMULAS if one.code == "bad_review_revisited")
    with db.session() as session:
        write(session, [story], [])
        good, bad = queries.behind(session, formula, PERIODS[0], 2)
    assert (good, [fact.at for fact in bad]) == ([], sorted(days)[:2])
