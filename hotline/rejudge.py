"""A changed calendar or policy judges open clocks again and leaves ended ones with what judged them (rules.md §2).

Each deadline is reckoned anew from its start: limit, approved pauses and approved extensions in the order they came.
What moved is written into the case's history; the rates follow it. Rungs that fired stay fired; a later deadline has
its own. Every clock carries the stamp of what judged it, so that what is still to be judged is found by index, also
after a stop in the middle.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from hotline import cases, clock, facts, history
from hotline.db import among
from hotline.models import Case, ClockRow, HistoryRow, RungRow
from hotline.timing import ClockChanges, Timing, timing
from hotline.unit import Unit, transaction
from hotline.words import Action, Clock
from hotline.worktime import Due, Limit, shift
from hotline.worktime import Unit as Measure

BATCH = 200
RUNNING = ClockRow.stopped_at.is_(None)
START: tuple[str, int] = ("", 0)
_MOVING = (Action.APPROVE_SUSPENSION.value, Action.RESUME.value, Action.DECIDE_EXTENSION.value, Action.ARBITRATE.value)


@dataclass(frozen=True)
class Moved:
    """A deadline that is another one now (`after` equals `before` where it only became firm, or provisional)."""

    number: str
    clock: str
    department: str
    before: dt.datetime
    after: dt.datetime
    was_provisional: bool
    provisional: bool


def _other_than(stamp: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """`judged_by != stamp` in two halves that an index can answer."""
    return ClockRow.judged_by < stamp, ClockRow.judged_by > stamp


def stale(session: Session, stamp: str) -> bool:
    """Whether a running clock was judged by other rules than these. Two looks into an index."""
    looks = (select(ClockRow.id).where(RUNNING, half).limit(1) for half in _other_than(stamp))
    return any(session.scalar(look) is not None for look in looks)


def waiting(session: Session, stamp: str = "") -> int:
    """How many cases have a running clock that was judged by other rules than these."""
    running = select(func.count(func.distinct(ClockRow.case_id))).where(RUNNING, ClockRow.judged_by != stamp)
    return session.scalar(running) or 0


def preview(session: Session, step: Callable[[], object] = lambda: None) -> Iterator[Moved]:
    """What `judge` would move, without moving it."""
    after, by = START, timing()
    while True:
        moved, count, after = reckon(session, after, by)
        yield from moved
        for _ in range(count):
            step()
        if not count:
            return


def reckon(session: Session, after: tuple[str, int], by: Timing) -> tuple[list[Moved], int, tuple[str, int]]:
    """What these rules would move in the next BATCH cases: (moved, how many cases, where to go on)."""
    key = tuple_(ClockRow.judged_by, ClockRow.case_id)
    page = select(ClockRow.judged_by, ClockRow.case_id).where(RUNNING, key > after).distinct()
    keys = session.execute(page.order_by(ClockRow.judged_by, ClockRow.case_id).limit(BATCH)).all()
    found = facts.with_clocks(session, [case for _, case in keys])
    moved = [one for _, _, _, one in _reckoned(session, found, by) if one is not None]
    return moved, len(keys), keys[-1] if keys else after


def judge(step: Callable[[], object] = lambda: None) -> list[Moved]:
    """Judge every open clock by the rules in force, in batches; what was done before a stop stays done."""
    moved: list[Moved] = []
    while True:
        with transaction() as unit:
            some, count = judge_some(unit, timing())
        moved += some
        for _ in range(count):
            step()
        if not count:
            return moved


def judge_some(unit: Unit, by: Timing) -> tuple[list[Moved], int]:
    """Judge the next BATCH cases whose clocks other rules judged: (moved, how many cases)."""
    ids: list[int] = []
    for half in _other_than(by.policy.stamp):
        page = select(ClockRow.judged_by, ClockRow.case_id).where(RUNNING, half).distinct()
        rows = unit.session.execute(page.order_by(ClockRow.judged_by, ClockRow.case_id).limit(BATCH - len(ids)))
        ids += [case for _, case in rows if case not in ids]
    found = facts.with_clocks(unit.session, ids, lock=True)
    history.look_up(unit, ids)
    fired = _fired(unit.session, ids)
    changes = {case.id: ClockChanges(case, by, unit.now) for case in found}
    moved = []
    for case, row, judged, one in _reckoned(unit.session, found, by):
        changes[case.id].rejudge(row, judged, fired[row.id])
        moved += [one] if one is not None else []
    for case in found:
        _settle(unit, case, changes[case.id], by.policy.stamp)
    return moved, len(ids)


def _settle(unit: Unit, case: Case, changes: ClockChanges, stamp: str) -> None:
    """Tell the history what moved; a clock these rules do not know keeps its deadline."""
    for row in case.clocks:
        if row.stopped_at is None:
            row.judged_by = stamp
    if changes.told:
        cases.note(unit, case, "rejudge", {"clocks": changes.told, "judged_by": stamp})


def _fired(session: Session, ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The rungs that fired for the present deadline, by clock."""
    found: dict[int, set[str]] = defaultdict(set)
    present = (ClockRow.id == RungRow.clock_id) & (ClockRow.turn == RungRow.turn)
    rows = select(RungRow.clock_id, RungRow.rung).join(ClockRow, present).where(among(RungRow.case_id, ids))
    for clock_id, rung in session.execute(rows):
        found[clock_id].add(rung)
    return defaultdict(frozenset, {clock_id: frozenset(rungs) for clock_id, rungs in found.items()})


_Judged = tuple[Case, ClockRow, tuple[Limit, Due], Moved | None]


def _reckoned(session: Session, found: Iterable[Case], by: Timing) -> Iterator[_Judged]:
    """Every running clock of these cases as these rules judge it, and whether that moves it."""
    found = list(found)
    then = _since(session, [case.id for case in found])
    for case in found:
        changes = ClockChanges(case, by, clock.machine())
        for row in case.clocks:
            limit = by.limit(Clock(row.clock), case) if row.stopped_at is None else None
            if limit is not None:
                reckoned = _due(row, limit, by, then[case.id, changes.name(row)])
                yield case, row, (limit, reckoned), _moved(case, row, reckoned)


def _moved(case: Case, row: ClockRow, reckoned: Due) -> Moved | None:
    if (reckoned.at, reckoned.provisional) == (row.due_at, row.provisional):
        return None
    doubts = (row.provisional, reckoned.provisional)
    return Moved(case.number, row.clock, row.department, row.due_at, reckoned.at, *doubts)


def _due(row: ClockRow, limit: Limit, by: Timing, since: Iterable["_Then"]) -> Due:
    reckoned = by.due(row.started_at, limit)
    for then in since:
        reckoned = replace(then(reckoned, limit.unit, by), explain=reckoned.explain + then.said)
    return reckoned


@dataclass(frozen=True)
class _Then:
    """What moved a deadline after its start: a pause, or an extension by working days."""

    begin: dt.datetime
    end: dt.datetime
    days: int
    said: str

    def __call__(self, so_far: Due, measure: Measure, by: Timing) -> Due:
        if self.days:
            more = by.due(so_far.at, Limit(self.days, Measure.WORKING_DAYS))
        else:
            more = shift(so_far.at, self.begin, self.end, measure, by.calendar)
        return replace(more, provisional=so_far.provisional or more.provisional)


def _since(session: Session, ids: Sequence[int]) -> dict[tuple[int, str], list[_Then]]:
    """Approved pauses and extensions, oldest first, by case and clock, from the history; those of the clock it goes on
    for are its own."""
    steps = select(HistoryRow.case_id, HistoryRow.at, HistoryRow.facts)
    moving = steps.where(among(HistoryRow.case_id, ids), HistoryRow.action.in_(_MOVING))
    found: dict[tuple[int, str], list[_Then]] = defaultdict(list)
    paused: dict[tuple[int, str], dt.datetime] = {}
    for case_id, at, told in session.execute(moving.order_by(HistoryRow.case_id, HistoryRow.seq)):
        for one in told.get("clocks", []):
            where, change = (case_id, one["key"]), one["change"]
            if "inherits" in one:
                found[where] += found[case_id, one["inherits"]]
            elif change == "pause":
                paused[where] = at
            elif change == "resume" and where in paused:
                begin = paused.pop(where)
                found[where].append(_Then(begin, at, 0, f" 挂起 {_said(begin)} 至 {_said(at)} 不计。"))
            elif change == "extend":
                found[where].append(_Then(at, at, _days(told), f" 经批准延长 {_days(told)} 个工作日。"))
    return found


def _said(at: dt.datetime) -> str:
    return f"{clock.local(at):%m-%d %H:%M}"


def _days(told: dict[str, Any]) -> int:
    return int(told["extension"]["days"])
