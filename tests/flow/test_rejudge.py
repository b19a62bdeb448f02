"""A changed calendar or policy: open cases are judged again, closed ones keep what judged them."""

import dataclasses
import datetime as dt

import pytest
from staff_story import CLERK, SUPERVISOR, both_ways, do, forwarded, passed, signed, suspended

from dispatch.service import sweep
from hotline import clock, db, facts, history, queries, rejudge, timing
from hotline.models import HistoryRow, RungRow
from hotline.rates import Period
from hotline.words import Action, Clock
from hotline.worktime import Limit, Unit

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def change(monkeypatch):
    """change(reply=12): complaints have twelve working days; change(holiday="2026-11-10"): nobody works that day."""

    def to(reply=None, holiday=None):
        by = timing.timing()
        rows, calendar = by.policy.rows, by.calendar
        if reply:
            limit = Limit(reply, Unit.WORKING_DAYS)
            rows = tuple(dataclasses.replace(r, limit=limit) if r.clock == "reply" and r.kind else r for r in rows)
        if holiday:
            day = dt.date.fromisoformat(holiday)
            years = tuple(
                dataclasses.replace(y, holidays={**y.holidays, day: "测试"}, version=f"{y.version}+")
                if y.year == day.year
                else y
                for y in calendar.years
            )
            calendar = dataclasses.replace(calendar, years=years)
        made = timing.Timing(calendar, dataclasses.replace(by.policy, rows=rows, calendar=calendar))
        for module in (timing, rejudge):
            monkeypatch.setattr(module, "timing", lambda: made)
        for module in ("hotline.cases", "dispatch.service"):
            monkeypatch.setattr(f"{module}.timing", lambda: made)

    return to


def reply_of(case):
    with db.session() as session:
        return next(row for row in facts.load(session, case.number).clocks if row.clock == Clock.REPLY)


def rows_of(case):
    with db.session() as session:
        return list(facts.load(session, case.number).clocks)


def due(case):
    return clock.iso(reply_of(case).due_at)


def test_a_new_holiday_moves_the_open_deadline_later_and_leaves_the_closed_one(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    open_case, answered = signed(), passed()
    before = due(answered)
    assert due(open_case) == "2026-11-16T18:00:00+08:00"
    change(holiday="2026-11-10")
    assert [(m.number, m.clock) for m in rejudge.judge() if m.clock == "reply"] == [(open_case.number, "reply")]
    assert due(open_case) == "2026-11-17T18:00:00+08:00"
    assert due(answered) == before
    assert rejudge.judge() == []


def test_another_limit_counts_from_the_old_start(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    drill("2026-11-05T09:00:00+08:00")
    change(reply=12)
    rejudge.judge()
    assert due(case) == "2026-11-18T18:00:00+08:00"
    assert (reply_of(case).limit_amount, "限12个工作日" in reply_of(case).explain) == (12, True)


def granted(drill):
    """A complaint of Monday morning that was extended by three days, and waits for the citizen."""
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    do(case, Action.REQUEST_EXTENSION, CLERK, days=3, reason="要检测")
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True)
    return suspended(case)


def test_what_was_granted_stays_granted(drill, change):
    case = granted(drill)
    drill("2026-11-04T09:00:00+08:00")
    do(case, Action.RESUME, CLERK)
    before = due(case)
    assert before == "2026-11-23T18:00:00+08:00"
    assert rejudge.judge() == []
    change(holiday="2026-11-10")
    rejudge.judge()
    assert due(case) == "2026-11-24T18:00:00+08:00"


@pytest.fixture
def passed_on(drill):
    """A complaint that was extended and paused where it was first, and then given to another house."""
    case = granted(drill)
    drill("2026-11-03T09:00:00+08:00")
    do(case, Action.RESUME, CLERK)
    do(case, Action.RETURN, CLERK, reason="不属于我单位")
    do(case, Action.ARBITRATE, SUPERVISOR, verdict="reassign", department="zfjsj", reason="改派")
    return case


def running_reply(case):
    return next(row for row in rows_of(case) if row.clock == Clock.REPLY and row.stopped_at is None)


def test_a_return_keeps_what_was_granted_before_it_when_the_same_rules_judge_again(passed_on):
    with db.session() as session:
        assert list(rejudge.preview(session)) == []
    old, new = reply_of(passed_on), running_reply(passed_on)
    assert clock.iso(new.due_at) == "2026-11-20T18:00:00+08:00"
    kept = ("due_at", "extended", "provisional", "explain", "limit_amount", "calendar_version")
    assert [getattr(new, name) for name in kept] == [getattr(old, name) for name in kept]


def test_a_return_keeps_what_was_granted_before_it_when_other_rules_judge_again(passed_on, change):
    change(holiday="2026-11-10")
    rejudge.judge()
    assert clock.iso(running_reply(passed_on).due_at) == "2026-11-23T18:00:00+08:00"


def test_a_deadline_extended_before_a_return_counts_as_extended_in_both_readings(passed_on, drill):
    drill("2026-11-30T09:00:00+08:00")
    begin = dt.datetime.fromisoformat("2026-11-01T00:00:00+08:00")
    period = Period(begin, begin + dt.timedelta(days=30), clock.now(), "zfjsj")
    with db.session() as session:
        for told in (queries.rates(session, period), queries.rates_from_history(session, [period], [])[0]):
            assert next((r.numerator, r.denominator) for r in told if r.code == "extension") == (1, 1)


def fired(case):
    """Rung and turn of the reply clock, in the order in which they fired."""
    with db.session() as session:
        rows = session.query(RungRow).filter_by(clock_id=reply_of(case).id).order_by(RungRow.id)
        return [(row.rung, row.turn) for row in rows]


def test_a_later_deadline_has_its_own_rungs_as_far_as_they_lie_ahead(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    drill("2026-11-13T19:00:00+08:00")
    sweep()
    change(holiday="2026-11-16")
    rejudge.judge()
    assert due(case) == "2026-11-17T18:00:00+08:00"
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    old, new = ["half", "yellow"], ["due_morning", "overdue", "red", "notice", "listed"]
    assert fired(case) == [(code, 0) for code in old] + [(code, 1) for code in new]


def test_an_earlier_deadline_fires_nothing_again(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    drill("2026-11-13T19:00:00+08:00")
    sweep()
    change(reply=9)
    rejudge.judge()
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    codes = ["half", "yellow", "overdue", "red", "notice", "listed"]
    assert [(code, turn) for code, turn in fired(case) if code != "due_morning"] == [(code, 0) for code in codes]


def test_the_change_is_in_the_history_and_the_rates_of_both_sides_follow_it(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    change(holiday="2026-11-10")
    rejudge.judge()
    drill("2026-11-17T10:00:00+08:00")
    do(case, Action.REPLY, CLERK, facts="属实", solved=True, public="经现场核实，烧烤摊油烟已整改。")
    period = Period(
        dt.datetime.fromisoformat("2026-11-01T00:00:00+08:00"),
        dt.datetime.fromisoformat("2026-12-01T00:00:00+08:00"),
        clock.now(),
        "",
    )
    with db.session() as session:
        assert history.verify(session) == ""
        row = session.query(HistoryRow).filter_by(action="rejudge").one()
        assert row.facts["judged_by"].startswith("henan/")
    assert both_ways(period)["on_time_reply"] == (1, 1)


def test_a_preview_says_what_would_move_and_moves_nothing(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    change(holiday="2026-11-10")
    with db.session() as session:
        moved = [m for m in rejudge.preview(session) if m.clock == "reply"]
    assert [(clock.iso(m.before), clock.iso(m.after)) for m in moved] == [
        ("2026-11-16T18:00:00+08:00", "2026-11-17T18:00:00+08:00")
    ]
    assert due(case) == "2026-11-16T18:00:00+08:00"


def test_more_cases_than_fit_in_one_batch_are_all_judged(drill, change, monkeypatch):
    drill("2026-11-02T09:00:00+08:00")
    monkeypatch.setattr(rejudge, "BATCH", 2)
    numbers = {forwarded().number for _ in range(5)}
    change(holiday="2026-11-10")
    assert {m.number for m in rejudge.judge() if m.clock == "reply"} == numbers


def test_only_what_other_rules_judged_is_judged_again(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    with db.session() as session:
        assert not rejudge.stale(session, timing.timing().policy.stamp)
    change(holiday="2026-11-10")
    stamp = timing.timing().policy.stamp
    with db.session() as session:
        assert rejudge.stale(session, stamp)
        assert rejudge.waiting(session, stamp) == 1
    rejudge.judge()
    with db.session() as session:
        assert not rejudge.stale(session, stamp)
    assert reply_of(case).judged_by == stamp


def test_a_clock_that_inherited_its_start_does_not_fire_what_was_passed_over(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    do(case, Action.RETURN, CLERK, reason="不属于我单位")
    drill("2026-11-12T09:00:00+08:00")
    do(case, Action.ARBITRATE, SUPERVISOR, verdict="reassign", department="zfjsj", reason="改派")
    new = running_reply(case)
    assert (new.department, new.next_rung) == ("zfjsj", "yellow")
    change(holiday="2026-11-13")
    rejudge.judge()
    assert next(row for row in rows_of(case) if row.id == new.id).next_rung == "yellow"


def test_a_paused_clock_stays_paused(drill, change):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    suspended(case)
    change(holiday="2026-11-10")
    rejudge.judge()
    assert reply_of(case).paused_at is not None
    assert reply_of(case).next_at is None
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    with db.session() as session:
        assert session.query(RungRow).filter_by(clock_id=reply_of(case).id).count() == 0
