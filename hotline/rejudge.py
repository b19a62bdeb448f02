"""A changed calendar or policy judges open clocks again and leaves ended ones with what judged them (rules.md §2).

Each deadline is reckoned anew from its start: limit, approved pauses and approved extensions in the order they came.
What moved is written into the case's history; the rates follow it. Rungs that fired stay fired.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from hotline import cases, clock
from hotline.models import Case, ClockRow, HistoryRow, Judgement, RungRow
from hotline.timing import ClockChanges, Timing, timing
from hotline.unit import Unit, transaction
from hotline.words import Clock
from hotline.worktime import Due, Limit, due, shift
from hotline.worktime import Unit as Measure

BATCH = 100


@dataclass(frozen=True)
class Moved:
    """A deadline that is another one now."""

    number: str
    clock: str
    department: str
    before: dt.datetime
    after: dt.datetime


def stamp(by: Timing) -> str:
    """Names policy and calendar by what they say: equal stamps judge equally."""
    rows = [(r.clock, str(r.limit), sorted(r.kind), sorted(r.urgency), sorted(r.channel)) for r in by.policy.rows]
    said = hashlib.sha256(repr((rows, by.calendar.version)).encode()).hexdigest()
    return f"{by.policy.name}/{by.policy.version}/{said[:16]}"


def last(session: Session) -> str:
    """The stamp the open clocks were judged by; empty before the first start."""
    return session.scalar(select(Judgement.stamp).order_by(Judgement.id.desc()).limit(1)) or ""


def waiting(session: Session) -> int:
    """How many cases have a running clock."""
    running = select(func.count(func.distinct(ClockRow.case_id))).where(ClockRow.stopped_at.is_(None))
    return session.scalar(running) or 0


def preview(session: Session, step: Callable[[], object] = lambda: None) -> Iterator[Moved]:
    """What `judge` would move, without moving it."""
    for case in _open_cases(session):
        yield from (moved for moved, _, _ in _reckoned(session, case, timing()))
        step()


def judge(step: Callable[[], object] = lambda: None) -> list[Moved]:
    """Judge every open clock by the present calendar and policy, in batches; what was done before a stop stays done."""
    moved: list[Moved] = []
    after = 0
    while True:
        with transaction() as unit:
            found = list(_page(unit.session, after, lock=True))
            for case in found:
                moved += _judge_case(unit, case)
                step()
        if not found:
            break
        after = found[-1].id
    with transaction() as unit:
        unit.session.add(Judgement(at=unit.now, stamp=stamp(timing()), moved=len(moved)))
    return moved


def _page(session: Session, after: int, *, lock: bool = False) -> Iterable[Case]:
    open_ = select(ClockRow.case_id).where(ClockRow.stopped_at.is_(None), ClockRow.case_id > after)
    ids = open_.distinct().order_by(ClockRow.case_id).limit(BATCH)
    rows = select(Case).where(Case.id.in_(ids)).order_by(Case.id)
    rows = rows.options(selectinload(Case.clocks))
    return session.scalars(rows.with_for_update(of=Case) if lock else rows)


def _open_cases(session: Session) -> Iterator[Case]:
    after = 0
    while found := list(_page(session, after)):
        yield from found
        after = found[-1].id


def _judge_case(unit: Unit, case: Case) -> list[Moved]:
    changes = ClockChanges(case, timing(), unit.now)
    moved = []
    for one, row, reckoned in _reckoned(unit.session, case, timing()):
        changes.rejudge(row, reckoned, _fired(unit.session, row))
        moved.append(one)
    if moved:
        cases.note(unit, case, "rejudge", {"clocks": changes.told, "judged_by": stamp(timing())})
    return moved


def _fired(session: Session, row: ClockRow) -> frozenset[str]:
    return frozenset(session.scalars(select(RungRow.rung).where(RungRow.clock_id == row.id)))


def _reckoned(session: Session, case: Case, by: Timing) -> list[tuple[Moved, ClockRow, tuple[Limit, Due]]]:
    """Every running clock of the case whose deadline is another one by these rules."""
    changes = ClockChanges(case, by, clock.machine())
    found = []
    for row in case.clocks:
        limit = by.limit(Clock(row.clock), case) if row.stopped_at is None else None
        if limit is None:
            continue
        reckoned = _due(session, row, limit, by, changes.name(row))
        if (reckoned.at, reckoned.provisional) != (row.due_at, row.provisional):
            moved = Moved(case.number, row.clock, row.department, row.due_at, reckoned.at)
            found.append((moved, row, (limit, reckoned)))
    return found


def _due(session: Session, row: ClockRow, limit: Limit, by: Timing, key: str) -> Due:
    reckoned = due(row.started_at, limit, by.calendar)
    for then in _since(session, row, key):
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
            more = due(so_far.at, Limit(self.days, Measure.WORKING_DAYS), by.calendar)
        else:
            more = shift(so_far.at, self.begin, self.end, measure, by.calendar)
        return replace(more, provisional=so_far.provisional or more.provisional)


def _since(session: Session, row: ClockRow, key: str) -> list[_Then]:
    """Approved pauses and extensions of this clock, oldest first, from the history."""
    steps = select(HistoryRow.at, HistoryRow.facts).where(HistoryRow.case_id == row.case_id)
    found: list[_Then] = []
    paused: dt.datetime | None = None
    for at, told in session.execute(steps.order_by(HistoryRow.seq)):
        for change in (c["change"] for c in told.get("clocks", []) if c["key"] == key):
            if change == "pause":
                paused = at
            elif change == "resume" and paused is not None:
                found.append(_Then(paused, at, 0, f" 挂起 {_said(paused)} 至 {_said(at)} 不计。"))
            elif change == "extend":
                found.append(_Then(at, at, _days(told), f" 经批准延长 {_days(told)} 个工作日。"))
    return found


def _said(at: dt.datetime) -> str:
    return f"{clock.local(at):%m-%d %H:%M}"


def _days(told: dict[str, Any]) -> int:
    return int(told["extension"]["days"])
