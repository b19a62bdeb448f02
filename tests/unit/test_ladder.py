"""The ladder of every clock: which rung, when, who hears it (rules.md §3)."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.ladder import BEFORE_DUE, FROM_DUE, rungs
from hotline.policy import Policy
from hotline.words import Clock
from hotline.worktime import SHANGHAI, Calendar, Unit, due

pytestmark = pytest.mark.fast

POLICY = Policy.load("henan", Calendar.load())
CALENDAR = POLICY.calendar


def at(text):
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def ladder(clock, start, **case):
    end = due(start, POLICY.limit(clock, **case), CALENDAR).at
    return rungs(clock, start, end, POLICY, CALENDAR, unit=POLICY.limit(clock, **case).unit)


LADDERS = [
    (
        "a complaint over National Day",
        ("reply", "09-29 16:20", {"kind": "投诉"}),
        {
            "half": "10-12 17:10",
            "yellow": "10-16 18:00",
            "due_morning": "10-19 08:30",
            "overdue": "10-19 18:00",
            "red": "10-20 08:30",
            "notice": "10-20 18:00",
            "listed": "10-26 18:00",
        },
    ),
    (
        "an ordinary case waits to be forwarded: no yellow card at the start, no written notice to ourselves",
        ("forward", "03-02 16:20", {}),
        {
            "half": "03-03 04:20",
            "due_morning": "03-03 08:30",
            "warn": "03-03 11:50",
            "fallback": "03-03 15:50",
            "overdue": "03-03 16:20",
            "red": "03-04 08:30",
        },
    ),
    (
        "an urgent case: the warning falls on its start, in the order of the moments",
        ("forward", "03-02 10:00", {"urgency": "紧急"}),
        {
            "warn": "03-02 10:00",
            "half": "03-02 11:00",
            "fallback": "03-02 11:30",
            "overdue": "03-02 12:00",
            "red": "03-03 08:30",
        },
    ),
    (
        "an urgent case at night: the moment to warn lies before its start, so the warning comes with the case",
        ("forward", "03-02 22:00", {"urgency": "特急"}),
        {
            "warn": "03-02 22:00",
            "half": "03-02 23:00",
            "fallback": "03-02 23:30",
            "overdue": "03-03 00:00",
            "red": "03-03 08:30",
        },
    ),
    (
        "delivered on a Sunday: its midnight deadline belongs to Monday",
        ("sign", "03-08 12:00", {}),
        {
            "due_morning": "03-09 08:30",
            "half": "03-09 12:00",
            "overdue": "03-10 00:00",
            "red": "03-10 08:30",
            "notice": "03-10 18:00",
            "listed": "03-16 18:00",
        },
    ),
    (
        "due in the night, the morning of that day comes too late to be told",
        ("first_contact", "03-02 23:30", {"urgency": "紧急"}),
        {
            "half": "03-03 00:30",
            "overdue": "03-03 01:30",
            "red": "03-04 08:30",
            "notice": "03-04 18:00",
            "listed": "03-10 18:00",
        },
    ),
    ("a right that lapses urges nobody", ("return", "03-02 10:00", {}), {}),
    ("the machine's own waiting", ("auto_forward", "03-02 10:00", {}), {"auto_forward": "03-02 10:10"}),
]


@pytest.mark.parametrize(("why", "clock", "moments"), LADDERS, ids=[row[0] for row in LADDERS])
def test_a_ladder_has_exactly_these_rungs_in_this_order(why, clock, moments):
    name, start, case = clock
    found = ladder(name, at(start), **case)
    assert [(rung.code, rung.at) for rung in found] == [(code, at(moment)) for code, moment in moments.items()]


AUDIENCES = {
    "half": {"handler"},
    "yellow": {"handler", "head"},
    "due_morning": {"handler", "head"},
    "warn": {"supervisor"},
    "fallback": {"system", "supervisor"},
    "overdue": {"handler", "head", "supervisor"},
    "red": {"head", "leader", "supervisor"},
    "notice": {"head", "leader"},
    "listed": {"head", "leader", "supervisor"},
    "auto_forward": {"system"},
}


def test_every_rung_names_who_hears_it_and_has_a_code_of_its_own():
    steps = (*BEFORE_DUE, *FROM_DUE)
    assert {step.code: set(step.audience) for step in steps} == AUDIENCES
    assert len(steps) == len(AUDIENCES)


def test_over_a_weekend_the_supervisor_is_warned_as_many_plain_hours_before_and_not_with_every_case():
    moments = {rung.code: rung.at for rung in ladder("forward", at("03-06 20:00"))}
    assert moments["warn"] == at("03-07 18:00")


def test_the_supervisor_is_always_warned_before_the_system_forwards():
    starts = (at("02-28 00:00") + dt.timedelta(minutes=97 * number) for number in range(200))
    for start in starts:
        for urgency in ("一般", "紧急"):
            codes = [rung.code for rung in ladder("forward", start, urgency=urgency)]
            assert codes.index("warn") < codes.index("fallback")


def test_rungs_at_one_moment_keep_the_order_of_the_table():
    start = at("03-02 10:00")
    found = rungs("forward", start, start + dt.timedelta(hours=1), POLICY, CALENDAR, unit=Unit.HOURS)
    assert [rung.code for rung in found if rung.at == at("03-02 10:30")] == ["half", "fallback"]


def test_an_extended_deadline_moves_the_rungs_that_are_still_to_come():
    start, end = at("03-02 10:00"), at("03-09 18:00")
    later = due(end, POLICY.limit("reply"), CALENDAR).at
    old, new = (rungs("reply", start, each, POLICY, CALENDAR) for each in (end, later))
    assert all(before.code == after.code and before.at < after.at for before, after in zip(old, new, strict=True))


def test_without_a_unit_half_is_taken_in_the_clocks_usual_one():
    start, end = at("03-06 16:00"), at("03-09 18:00")
    first = rungs("reply", start, end, POLICY, CALENDAR)
    assert first == rungs("reply", start, end, POLICY, CALENDAR, unit=Unit.WORKING_DAYS)
    assert first != rungs("reply", start, end, POLICY, CALENDAR, unit=Unit.HOURS)


def test_a_naive_instant_is_refused():
    naive = at("03-02 10:00").replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        rungs("reply", naive, naive, POLICY, CALENDAR)


starts = st.datetimes(dt.datetime(2023, 1, 1), dt.datetime(2026, 11, 1), timezones=st.just(SHANGHAI))  # noqa: DTZ001
clocks = st.sampled_from([clock for clock in Clock if POLICY.limit(clock)])


@settings(max_examples=200, deadline=None)
@given(clocks, starts)
def test_any_ladder_is_in_order_without_doubles_and_never_before_its_start(clock, start):
    found = ladder(clock, start)
    codes = [rung.code for rung in found]
    moments = [rung.at for rung in found]
    assert moments == sorted(moments)
    assert len(codes) == len(set(codes))
    assert all(moment >= start and moment.tzinfo is dt.UTC for moment in moments)
    if "overdue" in codes:
        early = codes[: codes.index("overdue")]
        assert not set(early) & {"red", "notice", "listed"}
        assert not set(codes[codes.index("overdue") :]) & {step.code for step in BEFORE_DUE}
