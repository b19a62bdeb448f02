"""一次派单准确率: of what was dispatched, what stayed where it was sent (rules.md §4); the same in both readings."""

import datetime as dt

import pytest
from staff_story import CLERK, DISPATCHER, SUPERVISOR, do, forwarded, new, signed

from hotline import clock, db, queries
from hotline.lifecycle import Actor
from hotline.rates import Period
from hotline.words import Action, Role

pytestmark = pytest.mark.usefixtures("city")
BEGIN = dt.datetime.fromisoformat("2026-11-01T00:00:00+08:00")
POLICE = Actor("gaj1", Role.CLERK, "gaj")


@pytest.fixture(autouse=True)
def morning(drill):
    drill("2026-11-02T09:00:00+08:00")


def accuracy(department="", day=2, days=1):
    """(right, dispatched) of the days from this one of November on, the same from the tables and from the history."""
    begin = BEGIN + dt.timedelta(days=day - 1)
    period = Period(begin, begin + dt.timedelta(days=days), clock.now(), department)
    with db.session() as session:
        both = queries.rates(session, period), queries.rates_from_history(session, [period], [])[0]
        each = queries.rates_by_department(session, period)
    assert both[0] == both[1]
    assert not department or each.get(department, []) == both[0] or not any(rate.denominator for rate in both[0])
    return next((rate.numerator, rate.denominator) for rate in both[0] if rate.code == "first_dispatch")


def given_to(case, department, returner=CLERK):
    do(case, Action.RETURN, returner, reason="不属于我单位")
    do(case, Action.ARBITRATE, SUPERVISOR, verdict="reassign", department=department, reason="改派")


def test_of_two_dispatches_one_of_which_was_taken_elsewhere_one_was_right():
    forwarded()
    given_to(signed(), "gaj")
    assert accuracy() == (1, 2)


def test_the_wrong_dispatch_is_that_of_the_house_it_was_taken_from():
    forwarded()
    given_to(signed(), "gaj")
    assert (accuracy("csglj"), accuracy("gaj")) == ((1, 2), (0, 0))


def test_a_dispatch_that_was_taken_away_twice_was_wrong_once():
    case = signed()
    given_to(case, "gaj")
    given_to(case, "sthjj", POLICE)
    assert (accuracy(), accuracy("csglj"), accuracy("gaj")) == ((0, 1), (0, 1), (0, 0))


def test_a_return_that_was_refused_leaves_the_dispatch_right():
    case = signed()
    do(case, Action.RETURN, CLERK, reason="不属于我单位")
    do(case, Action.ARBITRATE, SUPERVISOR, verdict="keep", reason="维持")
    assert accuracy() == (1, 1)


def test_only_the_part_that_was_given_back_was_sent_wrongly():
    case = new()
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj"}, {"code": "gaj", "role": "co"}])
    given_to(case, "sthjj", POLICE)
    assert (accuracy("csglj"), accuracy("gaj"), accuracy("sthjj")) == ((1, 1), (0, 1), (0, 0))


def test_a_dispatch_counts_on_the_day_it_was_sent_and_a_later_verdict_is_not_held_against_its_own_day(drill):
    case = signed()
    do(case, Action.RETURN, CLERK, reason="不属于我单位")
    assert accuracy() == (1, 1)
    drill("2026-11-03T09:00:00+08:00")
    do(case, Action.ARBITRATE, SUPERVISOR, verdict="reassign", department="gaj", reason="改派")
    assert (accuracy(day=2), accuracy(day=3), accuracy(day=1, days=30)) == ((0, 1), (0, 0), (0, 1))
