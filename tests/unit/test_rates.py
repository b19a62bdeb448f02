"""The traps that make a rate a lie, each one a promise (rules.md §4)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.rates import FORMULAS, CallFact, ClockFact, Ledger, Mark, Period, rates

pytestmark = pytest.mark.fast
BEGIN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
END = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
PERIOD = Period(BEGIN, END, END)


def at(day, hour=0):
    return BEGIN + dt.timedelta(days=day, hours=hour)


def clock(name="reply", start=1, due=10, stop=None, outcome="done", department="a", case=1, paused=None):
    stopped, since = (None if day is None else at(day) for day in (stop, paused))
    return ClockFact(case, name, department, at(start), at(due), stopped, outcome if stopped else "", paused=since)


def rate(code, *clocks, marks=(), calls=(), period=PERIOD):
    found = next(r for r in rates(Ledger(list(clocks), list(marks), list(calls)), period) if r.code == code)
    return found.numerator, found.denominator


@pytest.mark.parametrize(
    ("why", "fact", "expected"),
    [
        ("replied in time", clock(stop=9), (1, 1)),
        ("replied late", clock(stop=11), (0, 1)),
        ("open and overdue counts as missed", clock(), (0, 1)),
        ("its deadline lies in another period", clock(due=40, stop=39), (0, 0)),
        ("merged before its deadline: there is no duty any more", clock(stop=5, outcome="cancelled"), (0, 0)),
        ("cancelled after its deadline counts as missed", clock(stop=11, outcome="cancelled"), (0, 1)),
        ("paused before its deadline: it is not due while it waits for the citizen", clock(paused=9), (0, 0)),
        ("paused at its deadline", clock(paused=10), (0, 0)),
        ("paused when it was overdue already: the deadline was missed", clock(paused=11), (0, 1)),
    ],
)
def test_on_time_reply(why, fact, expected):
    assert rate("on_time_reply", fact) == expected, why


def test_an_open_case_whose_deadline_has_not_come_is_not_counted_yet():
    assert rate("on_time_reply", clock(), period=Period(BEGIN, END, at(5))) == (0, 0)


def test_forwarding_counts_when_it_happened_or_when_its_limit_passed():
    assert rate("forward_in_time", clock("forward", 1, 2, 1)) == (1, 1)
    assert rate("forward_in_time", clock("forward", 1, 2)) == (0, 1)
    assert rate("forward_in_time", clock("forward", 1, 2), period=Period(BEGIN, END, at(1))) == (0, 0)


def test_nothing_counted_is_no_hundred_percent():
    assert all(r.value is None for r in rates(Ledger(), PERIOD))


def test_an_unrated_case_never_counts_as_good():
    closed = [Mark("closed", case, at(3), "a") for case in (1, 2)]
    assert rate("rated", marks=[*closed, Mark("rated", 1, at(4), "a", 1, 5)]) == (1, 2)
    assert rate("satisfaction", marks=closed) == (0, 0)


def test_a_closing_is_rated_by_the_rating_of_its_own_round_whenever_it_came():
    closed = [Mark("closed", 1, at(3), "a", 1), Mark("closed", 1, at(9), "a", 2)]
    assert rate("rated", marks=[*closed, Mark("rated", 1, at(40), "a", 2, 5)]) == (1, 2)
    assert rate("rated", marks=[Mark("rated", 1, at(4), "a", 1, 5)]) == (0, 0)


def test_a_bad_review_is_heard_only_by_speaking_to_the_citizen_after_it():
    bad = Mark("rated", 1, at(4), "a", 1, 2)
    assert rate("bad_review_revisited", marks=[bad, Mark("satisfaction", 1, at(3), "a", 1, 2)]) == (0, 1)
    assert rate("bad_review_revisited", marks=[bad, Mark("satisfaction", 1, at(5), "a", 1, 2)]) == (1, 1)


def test_two_clocks_of_the_fifteen_seconds():
    call = CallFact(at(1), at(1) + dt.timedelta(seconds=8), at(1) + dt.timedelta(seconds=8), at(1) + dt.timedelta(seconds=20), "answered")  # fmt: skip  # noqa: E501
    assert rate("answer_15s_invite", calls=[call]) == (0, 1)
    assert rate("answer_15s_notice", calls=[call]) == (1, 1)


facts = st.builds(
    clock,
    st.sampled_from(["reply", "forward", "sign", "first_contact", "rectification"]),
    st.integers(0, 20),
    st.integers(0, 40),
    st.none() | st.integers(0, 50),
    st.sampled_from(["done", "cancelled"]),
    st.sampled_from(["a", "b", "c"]),
    st.integers(1, 5),
)
marks = st.builds(
    Mark,
    st.sampled_from(
        ["accepted", "direct", "closed", "sent", "delivered", "replied", "rated", "satisfaction", "solved"]
    ),
    st.integers(1, 5),
    st.integers(0, 40).map(at),
    st.sampled_from(["a", "b", "c"]),
    st.just(1),
    st.integers(1, 5),
)


@given(st.lists(facts), st.lists(marks))
def test_counts_add_up_by_department(clocks, found):
    ledger = Ledger(clocks, found)
    whole = {r.code: (r.numerator, r.denominator) for r in rates(ledger, PERIOD)}
    parts = [rates(ledger, Period(BEGIN, END, END, d)) for d in "abc"]
    across = {"bad_review_revisited"}  # speaking to the citizen counts for whoever led then
    for code in (formula.code for formula in FORMULAS):
        mine = [next(r for r in one if r.code == code) for one in parts]
        if code not in across:
            assert (sum(r.numerator for r in mine), sum(r.denominator for r in mine)) == whole[code], code


@given(st.lists(facts))
def test_clock_rates_lie_between_nothing_and_all(clocks):
    for one in rates(Ledger(clocks), PERIOD):
        assert 0 <= one.numerator <= one.denominator
