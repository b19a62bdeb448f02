"""What pushes a case forward: the moments at which a running clock makes itself heard (rules.md §3).

Pure. Who is behind an audience (names, departments) is the caller's knowledge; that a rung fires once is the sweep's.
"""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from hotline.policy import Policy
from hotline.words import Clock
from hotline.worktime import Calendar, Limit, Unit, day_of, middle, minus, working_day

HANDLER = "handler"  # whoever has to act on this clock: the department's clerk, or the group of the centre
HEAD = "head"  # of the department; the supervisor where the clock is the centre's own
LEADER = "leader"  # above the head of the department
SUPERVISOR = "supervisor"  # the duty supervisor of the centre
SYSTEM = "system"  # the system itself acts

DEPARTMENT_CLOCKS = frozenset(
    {Clock.SIGN, Clock.FIRST_CONTACT, Clock.REPLY, Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX}
)
WITHOUT_DUTY = frozenset({Clock.RETURN, Clock.AUTO_FORWARD})  # a right that lapses, and the machine's own waiting
DUTIES = frozenset(Clock) - WITHOUT_DUTY
FORWARD = frozenset({Clock.FORWARD})
WAITING = frozenset({Clock.AUTO_FORWARD})


class Rung(NamedTuple):
    """A moment (UTC) of one clock, under a code unique on its ladder, and who hears it."""

    code: str
    at: dt.datetime
    audience: tuple[str, ...]


class Run(NamedTuple):
    """A running clock, as far as its ladder depends on it."""

    start: dt.datetime
    due_at: dt.datetime
    unit: Unit
    policy: Policy
    calendar: Calendar

    def before(self, amount: int, unit: Unit) -> dt.datetime:
        """So much before the deadline."""
        return minus(self.due_at, Limit(amount, unit), self.calendar)

    def warned(self, hours: int) -> dt.datetime:
        """So many working hours before the deadline; where they lie before the start (a night, a weekend) as many plain
        hours, at the earliest the start."""
        worked = self.before(hours, Unit.WORKING_HOURS)
        return worked if worked >= self.start else max(self.start, self.before(hours, Unit.HOURS))

    def days_after(self, count: int) -> dt.datetime:
        """The end of office hours of the count-th working day after the deadline's day."""
        return self.calendar.closing(working_day(day_of(self.due_at), count, self.calendar))

    def morning(self, count: int) -> dt.datetime:
        """The start of office hours on the count-th working day after the deadline's day; 0 is that day itself."""
        return self.calendar.opening(working_day(day_of(self.due_at), count, self.calendar))


class Step(NamedTuple):
    """A row of the ladder: on these clocks, at this moment, these hear it."""

    code: str
    clocks: frozenset[Clock]
    moment: Callable[[Run], dt.datetime]
    audience: tuple[str, ...]


BEFORE_DUE: tuple[Step, ...] = (
    Step("half", DUTIES, lambda run: middle(run.start, run.due_at, run.unit, run.calendar), (HANDLER,)),
    Step(
        "yellow",
        DUTIES,
        lambda run: run.before(run.policy.yellow_working_days_before, Unit.WORKING_DAYS),
        (HANDLER, HEAD),
    ),
    Step("due_morning", DUTIES, lambda run: run.morning(0), (HANDLER, HEAD)),
    Step(
        "warn",
        FORWARD,
        lambda run: run.warned(run.policy.warn_working_hours_before),
        (SUPERVISOR,),
    ),
    Step(
        "fallback",
        FORWARD,
        lambda run: run.before(run.policy.fallback_minutes_before, Unit.MINUTES),
        (SYSTEM, SUPERVISOR),
    ),
)
FROM_DUE: tuple[Step, ...] = (
    Step("auto_forward", WAITING, lambda run: run.due_at, (SYSTEM,)),
    Step("overdue", DUTIES, lambda run: run.due_at, (HANDLER, HEAD, SUPERVISOR)),
    Step("red", DUTIES, lambda run: run.morning(1), (HEAD, LEADER, SUPERVISOR)),
    Step(
        "notice",
        DEPARTMENT_CLOCKS,
        lambda run: run.days_after(run.policy.notice_working_days_after),
        (HEAD, LEADER),
    ),
    Step(
        "listed",
        DEPARTMENT_CLOCKS,
        lambda run: run.days_after(run.policy.listed_working_days_after),
        (HEAD, LEADER, SUPERVISOR),
    ),
)
OWED = frozenset(step.code for step in FROM_DUE)  # however late they come; what precedes the deadline loses its sense


def rungs(
    clock: str, start: dt.datetime, due_at: dt.datetime, policy: Policy, calendar: Calendar, *, unit: Unit | None = None
) -> tuple[Rung, ...]:
    """All moments of a clock between its start and its last consequence, in time order (ties as in the table).

    `unit` is the unit of the clock's own limit, in which its half is taken; without it, that of the policy's general
    limit of this clock. What would fall before the start, or (where it is meant to precede it) not before the deadline,
    is left out; so is a yellow card at the very start; the warning before the fallback comes in plain hours instead.
    Instants come out in UTC; ValueError for naive ones.
    """
    run = Run(start, due_at, unit or _usual_unit(clock, policy), policy, calendar)
    early = [rung for rung in _take(BEFORE_DUE, clock, run) if _timely(rung, run)]
    return tuple(sorted([*early, *_take(FROM_DUE, clock, run)], key=lambda rung: rung.at))


def _take(steps: tuple[Step, ...], clock: str, run: Run) -> list[Rung]:
    return [
        Rung(step.code, step.moment(run).astimezone(dt.UTC), step.audience) for step in steps if clock in step.clocks
    ]


def _timely(rung: Rung, run: Run) -> bool:
    """A yellow card one day before a one-day limit would greet every case; all other rungs may fall on the start."""
    begun = run.start < rung.at if rung.code == "yellow" else run.start <= rung.at
    return begun and rung.at < run.due_at


def _usual_unit(clock: str, policy: Policy) -> Unit:
    limit = policy.limit(clock)
    return limit.unit if limit else Unit.MINUTES
