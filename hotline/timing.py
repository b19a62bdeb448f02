"""Clocks as rows: starting, stopping, pausing and moving them; each change is told to the history.

Limits and calendars come from the profile (rules.md §2); the reckoning is in worktime.py.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from hotline import clock as time
from hotline.ladder import OWED, Rung, rungs
from hotline.models import Case, ClockRow
from hotline.policy import Policy
from hotline.rulebook import present
from hotline.words import Clock, Outcome
from hotline.workcalendar import Calendar
from hotline.worktime import Due, Limit, Unit, due, shift

QUIET = frozenset({Clock.RETURN})  # a window, not a duty: nobody is urged
_DEADLINE = ("started_at", "due_at", "extended", "provisional", "explain")
_INHERITED = (*_DEADLINE, "limit_amount", "limit_unit", "calendar_version", "judged_by")


@dataclass(frozen=True)
class Timing:
    """The calendar and the policy that judge this city's clocks."""

    calendar: Calendar
    policy: Policy

    @cached_property
    def _rules(self) -> "_Rules":
        return _Rules(self.policy, self.calendar)

    def due(self, start: dt.datetime, limit: Limit) -> Due:
        """When a limit that starts at `start` runs out (rules.md §2). Raises ValueError like `worktime.due`."""
        return _due(start, limit, self._rules)

    def ladder(self, row: ClockRow) -> tuple[Rung, ...]:
        """All rungs of a clock, in time order."""
        if row.clock in QUIET:
            return ()
        return _ladder(row.clock, row.started_at, row.due_at, row.limit_unit, self._rules)

    def limit(self, name: Clock, case: Case) -> Limit | None:
        """The limit of this clock for this case; None where it does not run."""
        if name is Clock.AUTO_FORWARD:
            return Limit(self.policy.automatic_forward_grace_minutes, Unit.MINUTES)
        return self.policy.limit(name, kind=case.kind, urgency=case.urgency, channel=case.channel)


class _Rules:
    """Policy and calendar as a key: the very same ones, not equal ones."""

    __slots__ = ("calendar", "policy")

    def __init__(self, policy: Policy, calendar: Calendar) -> None:
        self.policy, self.calendar = policy, calendar

    def __hash__(self) -> int:
        return hash((id(self.policy), id(self.calendar)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rules) and self.policy is other.policy and self.calendar is other.calendar


@lru_cache(maxsize=50_000)
def _ladder(name: str, start: dt.datetime, due_at: dt.datetime, unit: str, rules: _Rules) -> tuple[Rung, ...]:
    """A clock is asked for its ladder when it starts and at each of its rungs; it stays the same as long as it runs."""
    return rungs(name, start, due_at, rules.policy, rules.calendar, unit=Unit(unit))


@lru_cache(maxsize=1000)
def _due(start: dt.datetime, limit: Limit, rules: _Rules) -> Due:
    """What begins in one commit begins at one instant, with a few limits."""
    return due(start, limit, rules.calendar)


def timing() -> Timing:
    """What is in force now; ask anew for every piece of work. Raises BadInput where the profile cannot be used."""
    policy = present.policy()
    return Timing(policy.calendar, policy)


def by_name(clocks: Iterable[ClockRow]) -> dict[str, list[ClockRow]]:
    """The clocks under their names, each in the order in which they stand; none under a name that is not there."""
    found: dict[str, list[ClockRow]] = defaultdict(list)
    for row in clocks:
        found[row.clock].append(row)
    return found


@dataclass
class ClockChanges:
    """What one step did to the clocks of a case, in the words the history keeps."""

    case: Case
    timing: Timing
    now: dt.datetime
    told: list[dict[str, Any]] = field(default_factory=list)
    _named: dict[str, list[ClockRow]] = field(init=False, default_factory=dict)
    _count: int = field(init=False, default=0)  # of the clocks that `_named` holds

    def _of(self, name: str) -> list[ClockRow]:
        """All clocks of this name; asked for many times in one step."""
        if self._count != len(self.case.clocks):
            self._named, self._count = by_name(self.case.clocks), len(self.case.clocks)
        return self._named.get(name, [])

    def name(self, row: ClockRow) -> str:
        """The clock's name in the history: clock/department/which of them."""
        same = [one for one in self._of(row.clock) if one.department == row.department]
        return f"{row.clock}/{row.department}/{same.index(row) + 1}"

    def _tell(self, row: ClockRow, change: str, **more: str) -> None:
        self.told.append(
            {
                "key": self.name(row),
                "clock": row.clock,
                "department": row.department,
                "change": change,
                "start": row.started_at.isoformat(),
                "due": row.due_at.isoformat(),
                "outcome": row.outcome,
                **more,
            }
        )

    def running(self, name: Clock, department: str = "") -> list[ClockRow]:
        """Clocks of this name that still run, of one department or of all (empty)."""
        live = (row for row in self._of(name) if row.stopped_at is None)
        return [row for row in live if not department or row.department == department]

    def start(
        self, name: Clock, department: str = "", like: ClockRow | None = None, since: dt.datetime | None = None
    ) -> None:
        """Start a clock now, or reckoned from `since`; `like` makes it inherit start, deadline and all that moved it (a
        return); the history names the clock it goes on for."""
        limit = self.timing.limit(name, self.case)
        if limit is None or self.running(name, department):
            return
        begin = since or self.now
        row = _row(self.case, name, department, begin, limit, self.timing.due(begin, limit))
        row.judged_by = self.timing.policy.stamp
        for column in _INHERITED if like else ():
            setattr(row, column, getattr(like, column))
        self.case.clocks.append(row)
        self.aim(row, after=None if like is None and since is None else self.now)
        self._tell(row, "start", **({"inherits": self.name(like)} if like else {}))

    def aim(self, row: ClockRow, after: dt.datetime | None = None, fired: str = "") -> None:
        """Set the next rung: the one behind `fired`, or the first that comes after the instant `after` or is owed.

        What is owed may have fired; the sweep passes over it.
        """
        ladder = self.timing.ladder(row)
        if fired:
            codes = [rung.code for rung in ladder]
            ladder = ladder[codes.index(fired) + 1 :] if fired in codes else ()
        coming = [rung for rung in ladder if after is None or rung.at > after or rung.code in OWED]
        row.next_rung, row.next_at = (coming[0].code, coming[0].at) if coming else ("", None)

    def stop(self, name: Clock, outcome: Outcome, department: str = "") -> list[ClockRow]:
        """Stop running clocks; returns them."""
        rows = self.running(name, department)
        for row in rows:
            row.stopped_at, row.outcome = self.now, outcome.value
            row.next_rung, row.next_at, row.paused_at = "", None, None
            self._tell(row, "stop")
        return rows

    def restart(self, row: ClockRow) -> None:
        """Let an ended clock run on with its old deadline (a reply was sent back)."""
        row.stopped_at, row.outcome = None, ""
        self.aim(row, after=self.now)
        self._tell(row, "restart")

    def pause(self, row: ClockRow) -> None:
        """An approved suspension: no rung fires until it is resumed."""
        row.paused_at, row.next_at = self.now, None
        self._tell(row, "pause")

    def resume(self, row: ClockRow) -> None:
        """Run on; the deadline moves by what the pause used up in the clock's own unit."""
        paused = row.paused_at or self.now
        row.paused_at = None
        row.explain += f" 挂起 {time.local(paused):%m-%d %H:%M} 至 {time.local(self.now):%m-%d %H:%M} 不计。"
        self._move(row, shift(row.due_at, paused, self.now, Unit(row.limit_unit), self.timing.calendar))
        self._tell(row, "resume")

    def extend(self, row: ClockRow, days: int) -> None:
        """An approved extension by working days, counted from the deadline."""
        row.extended = True
        row.explain += f" 经批准延长 {days} 个工作日。"
        self._move(row, self.timing.due(row.due_at, Limit(days, Unit.WORKING_DAYS)))
        self._tell(row, "extend")

    def _move(self, row: ClockRow, moved: Due) -> None:
        """To the deadline a decision gave it; a later one has a ladder of its own, whatever fired before."""
        row.turn += moved.at > row.due_at
        row.due_at, row.provisional = moved.at, row.provisional or moved.provisional
        self.aim(row, after=self.now)

    def rejudge(self, row: ClockRow, judged: tuple[Limit, Due], fired: frozenset[str]) -> bool:
        """Judge by these rules: the deadline from the old start; rungs that fired fire again only for a later one.

        Returns whether the deadline is another one now; only then the history is told.
        """
        limit, reckoned = judged
        renewed = bool(fired) and reckoned.at > row.due_at
        row.turn += renewed
        moved = (reckoned.at, reckoned.provisional) != (row.due_at, row.provisional)
        row.limit_amount, row.limit_unit = limit.amount, limit.unit.value
        row.due_at, row.provisional = reckoned.at, reckoned.provisional
        row.explain, row.calendar_version = reckoned.explain, reckoned.version
        row.judged_by = self.timing.policy.stamp
        if row.paused_at is None and renewed:
            self.aim(row, after=self.now)
        elif row.paused_at is None:
            self._aim_behind(row, fired)
        if moved:
            self._tell(row, "rejudge")
        return moved

    def _aim_behind(self, row: ClockRow, fired: frozenset[str]) -> None:
        """At the rung behind those that fired, or (a clock that inherited its start) that were passed over then."""
        ladder = self.timing.ladder(row)
        codes = [rung.code for rung in ladder]
        behind = [index + 1 for index, code in enumerate(codes) if code in fired]
        if not behind and row.next_rung in codes and self._inherited(row):
            behind = [codes.index(row.next_rung)]
        coming = ladder[max(behind, default=0) :]
        row.next_rung, row.next_at = (coming[0].code, coming[0].at) if coming else ("", None)

    def _inherited(self, row: ClockRow) -> bool:
        same = (other for other in self.case.clocks if other is not row and other.clock == row.clock)
        return any(other.started_at == row.started_at and other.stopped_at is not None for other in same)


def _row(case: Case, name: Clock, department: str, now: dt.datetime, limit: Limit, reckoned: Due) -> ClockRow:
    return ClockRow(
        case_id=case.id,
        clock=name.value,
        department=department,
        round=case.round,
        started_at=now,
        due_at=reckoned.at,
        provisional=reckoned.provisional,
        explain=reckoned.explain,
        limit_amount=limit.amount,
        limit_unit=limit.unit.value,
        calendar_version=reckoned.version,
    )
