"""When something is due: limits reckoned over a dated calendar (rules.md §2, "Working time").

Instants go in aware and come out in UTC; they are reckoned in Asia/Shanghai. A naive datetime raises ValueError.
Nothing here reads the present time; the tables come from `Calendar`.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from hotline.words import Word
from hotline.workcalendar import DAY, SHANGHAI, WHOLE_DAY, Calendar, Span, at_minute, local, utc

__all__ = [
    "SHANGHAI",
    "Calendar",
    "Due",
    "Limit",
    "Unit",
    "day_of",
    "due",
    "local",
    "middle",
    "minus",
    "shift",
    "working_day",
    "working_minutes",
]

TICK = dt.timedelta(microseconds=1)
NOTHING = dt.timedelta()
LARGEST_AMOUNT = 100_000


class Unit(Word):
    """What a limit counts; the label follows the number in a Chinese sentence."""

    WORKING_DAYS = "working_days", "个工作日"
    WORKING_HOURS = "working_hours", "个工作小时"
    HOURS = "hours", "小时"
    MINUTES = "minutes", "分钟"
    CALENDAR_DAYS = "calendar_days", "个自然日"
    HOURS_SKIPPING_REST_DAYS = "hours_skipping_rest_days", "小时（非工作日不计）"


UNITS: dict[str, Unit] = {unit.value: unit for unit in Unit}
IN_OFFICE = frozenset({Unit.WORKING_DAYS, Unit.WORKING_HOURS})
IN_DAYS = frozenset({Unit.WORKING_DAYS, Unit.CALENDAR_DAYS})
BY_CALENDAR = IN_OFFICE | {Unit.HOURS_SKIPPING_REST_DAYS}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of a unit, at least one. Raises ValueError for anything else."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"there is no unit {self.unit!r}")
        object.__setattr__(self, "unit", UNITS[self.unit])
        if type(self.amount) is not int or not 0 < self.amount <= LARGEST_AMOUNT:
            raise ValueError(f"a limit is a whole number from 1 to {LARGEST_AMOUNT}, not {self.amount!r}")

    def __str__(self) -> str:
        """The limit in Chinese, for example 5个工作日."""
        return f"{self.amount}{self.unit.label}"


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline and how it was reckoned: `at` in UTC, `explain` in Chinese, the whole calendar's version."""

    at: dt.datetime
    provisional: bool
    explain: str
    version: str


def due(start: dt.datetime, limit: Limit, calendar: Calendar) -> Due:
    """When a limit that starts at `start` runs out (rules.md §2).

    Working days: the day of the start does not count, due at the end of office hours of the last day; calendar days the
    same over every day. Hours of any sort: the earliest instant at which the amount is used up.
    Raises ValueError for a naive start, or a working limit over a calendar without office hours or working days.
    """
    begin = local(start)
    _check_usable(limit.unit, calendar)
    end = _ADVANCE[limit.unit](begin, limit.amount, calendar)
    first = begin.date() + DAY if limit.unit is Unit.WORKING_DAYS else begin.date()
    account = _account(limit.unit, first, (end - TICK).date(), calendar)
    uncounted = "（当日不计）" if limit.unit in IN_DAYS else ""
    said = f"自{_said(begin)}起算，限{limit}{uncounted}，{account.skipped}至{_said(end)}止。{account.basis}"
    return Due(utc(end), account.provisional, said, calendar.version)


def minus(due_at: dt.datetime, limit: Limit, calendar: Calendar) -> dt.datetime:
    """The latest instant (UTC) from which `limit` still lies before `due_at`.

    Days: the same time of day so many (working) days earlier. A deadline at midnight belongs to the day it ends.
    Raises ValueError like `due`.
    """
    _check_usable(limit.unit, calendar)
    return utc(_RETREAT[limit.unit](local(due_at), limit.amount, calendar))


def working_minutes(begin: dt.datetime, end: dt.datetime, calendar: Calendar) -> int:
    """Whole minutes of office time between two instants; negative where `end` is the earlier one."""
    if end < begin:
        return -working_minutes(end, begin, calendar)
    return _used(local(begin), local(end), calendar.office, calendar) // dt.timedelta(minutes=1)


def middle(begin: dt.datetime, end: dt.datetime, unit: Unit, calendar: Calendar) -> dt.datetime:
    """The instant (UTC) at which half of a clock of this unit is used up; on the wall where it has no working time."""
    spans = _spans(unit, calendar)
    half = _used(local(begin), local(end), spans, calendar) / 2
    return utc(_forth(local(begin), half, spans, calendar)) if half else utc(local(begin + (end - begin) / 2))


def shift(due_at: dt.datetime, pause_start: dt.datetime, pause_end: dt.datetime, unit: Unit, calendar: Calendar) -> Due:
    """The deadline after an approved pause: later by what the pause used up in the clock's own unit (rules.md §2).

    Days: as many as begin within the pause; the day it starts on counts as worked. A pause that starts when the
    deadline has passed moves nothing. Raises ValueError for a pause that ends before it starts, and like `due`.
    """
    begin, end, old = local(pause_start), local(pause_end), local(due_at)
    if end < begin:
        raise ValueError("a pause ends after it starts")
    _check_usable(unit, calendar)
    new = old if begin >= old else _SHIFT[unit](old, begin, end, calendar)
    account = _account(unit, min(begin, old).date(), (new - TICK).date(), calendar)
    said = f"{_said(begin)}至{_said(end)}经批准暂停计时，期限由{_said(old)}顺延至{_said(new)}。{account.basis}"
    return Due(utc(new), account.provisional, said, calendar.version)


def day_of(due_at: dt.datetime) -> dt.date:
    """The local date a deadline belongs to; one at midnight ends the day before."""
    return (local(due_at) - TICK).date()


def working_day(day: dt.date, count: int, calendar: Calendar) -> dt.date:
    """The count-th working day after a local date, or before it where `count` is negative; itself for 0."""
    return _working_day(day, count, calendar)


# --- going forth and back in each unit; `at` is a local wall-clock reading ---


@lru_cache(maxsize=65_536)
def _working_day(day: dt.date, count: int, calendar: Calendar) -> dt.date:
    step = DAY if count > 0 else -DAY
    for _ in range(abs(count)):
        day += step
        while not calendar.is_working(day):
            day += step
    return day


def _spans(unit: Unit, calendar: Calendar) -> tuple[Span, ...]:
    """The part of a working day that a clock of this unit runs in; none for those that run on the wall."""
    if unit in IN_OFFICE:
        return calendar.office
    return WHOLE_DAY if unit is Unit.HOURS_SKIPPING_REST_DAYS else ()


@lru_cache(maxsize=16_384)
def _intervals(
    day: dt.date, spans: tuple[Span, ...], calendar: Calendar
) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    worked = spans if calendar.is_working(day) else ()
    return tuple((at_minute(day, begin), at_minute(day, end)) for begin, end in worked)


def _forth(at: dt.datetime, left: dt.timedelta, spans: tuple[Span, ...], calendar: Calendar) -> dt.datetime:
    """The earliest reading at which `left` of working time after `at` is used up."""
    if not left:
        return at
    day = at.date()
    while True:
        for begin, end in _intervals(day, spans, calendar):
            room = end - max(begin, at)
            if room >= left:
                return max(begin, at) + left
            left -= max(room, NOTHING)
        day += DAY


def _back(at: dt.datetime, left: dt.timedelta, spans: tuple[Span, ...], calendar: Calendar) -> dt.datetime:
    """The latest reading from which `left` of working time lies before `at`."""
    day = at.date()
    while True:
        for begin, end in reversed(_intervals(day, spans, calendar)):
            room = min(end, at) - begin
            if room >= left:
                return min(end, at) - left
            left -= max(room, NOTHING)
        day -= DAY


def _used(begin: dt.datetime, end: dt.datetime, spans: tuple[Span, ...], calendar: Calendar) -> dt.timedelta:
    """Working time between two readings."""
    first, last = begin.date(), end.date()
    edges = (piece for day in sorted({first, last}) for piece in _intervals(day, spans, calendar))
    worked = (max(min(end, till) - max(begin, since), NOTHING) for since, till in edges)
    return sum(worked, _whole_days(first, last, spans, calendar))


@lru_cache(maxsize=16_384)
def _whole_days(first: dt.date, last: dt.date, spans: tuple[Span, ...], calendar: Calendar) -> dt.timedelta:
    """Working time of the days between two dates, neither of them counted."""
    days = (first + DAY * count for count in range(1, (last - first).days))
    return sum((end - begin for day in days for begin, end in _intervals(day, spans, calendar)), NOTHING)


def _working_days_between(begin: dt.datetime, end: dt.datetime, calendar: Calendar) -> int:
    days = range(1, (end.date() - begin.date()).days + 1)
    return sum(calendar.is_working(begin.date() + DAY * count) for count in days)


def _same_time(at: dt.datetime, count: int, calendar: Calendar) -> dt.datetime:
    """The same time of day `count` working days later or earlier; midnight is the end of a day."""
    day = (at - TICK).date()
    return at + (working_day(day, count, calendar) - day)


_Step = Callable[[dt.datetime, int, Calendar], dt.datetime]
_ADVANCE: dict[Unit, _Step] = {
    Unit.WORKING_DAYS: lambda at, n, c: c.last_minute(working_day(at.date(), n, c)),
    Unit.WORKING_HOURS: lambda at, n, c: _forth(at, dt.timedelta(hours=n), c.office, c),
    Unit.HOURS: lambda at, n, _: at + dt.timedelta(hours=n),
    Unit.MINUTES: lambda at, n, _: at + dt.timedelta(minutes=n),
    Unit.CALENDAR_DAYS: lambda at, n, c: c.last_minute(at.date() + DAY * n),
    Unit.HOURS_SKIPPING_REST_DAYS: lambda at, n, c: _forth(at, dt.timedelta(hours=n), WHOLE_DAY, c),
}
_RETREAT: dict[Unit, _Step] = {
    Unit.WORKING_DAYS: lambda at, n, c: _same_time(at, -n, c),
    Unit.WORKING_HOURS: lambda at, n, c: _back(at, dt.timedelta(hours=n), c.office, c),
    Unit.HOURS: lambda at, n, _: at - dt.timedelta(hours=n),
    Unit.MINUTES: lambda at, n, _: at - dt.timedelta(minutes=n),
    Unit.CALENDAR_DAYS: lambda at, n, _: at - DAY * n,
    Unit.HOURS_SKIPPING_REST_DAYS: lambda at, n, c: _back(at, dt.timedelta(hours=n), WHOLE_DAY, c),
}

_SHIFT: dict[Unit, Callable[[dt.datetime, dt.datetime, dt.datetime, Calendar], dt.datetime]] = {
    Unit.WORKING_DAYS: lambda old, begin, end, c: _same_time(old, _working_days_between(begin, end, c), c),
    Unit.WORKING_HOURS: lambda old, begin, end, c: _forth(old, _used(begin, end, c.office, c), c.office, c),
    Unit.HOURS: lambda old, begin, end, _: old + (end - begin),
    Unit.MINUTES: lambda old, begin, end, _: old + (end - begin),
    Unit.CALENDAR_DAYS: lambda old, begin, end, _: old + (end.date() - begin.date()),
    Unit.HOURS_SKIPPING_REST_DAYS: lambda old, begin, end, c: _forth(
        old, _used(begin, end, WHOLE_DAY, c), WHOLE_DAY, c
    ),
}


def _check_usable(unit: Unit, calendar: Calendar) -> None:
    if unit in BY_CALENDAR and not calendar.weekdays:
        raise ValueError("this limit needs working days and the calendar has none")
    if unit in IN_OFFICE and not calendar.office:
        raise ValueError("this limit needs office hours and the calendar has none")


# --- how it was reckoned, in words ---


class _Account(NamedTuple):
    provisional: bool
    skipped: str
    basis: str


@lru_cache(maxsize=16_384)
def _account(unit: Unit, first: dt.date, last: dt.date, calendar: Calendar) -> _Account:
    """What the days from the first to the last (both local, both consulted) did to a clock of this unit."""
    if unit not in BY_CALENDAR:
        return _Account(provisional=False, skipped="连续计算，", basis="")
    years = range(first.year, last.year + 1)
    unknown = [f"{year}年" for year in years if not calendar.known(year)]
    versions = "、".join(year.version for year in calendar.years if year.year in years)
    warning = f"{'、'.join(unknown)}放假安排尚未公布，暂按平常周推算，公布后重新计算。" if unknown else ""
    days = [first + DAY * count for count in range((last - first).days + 1)]
    return _Account(bool(unknown), _skipped(days, calendar), f"依据日历{versions or '（无）'}。{warning}")


def _skipped(days: list[dt.date], calendar: Calendar) -> str:
    """For example 其间周末2天、国庆节7天不计，调休上班1天计入，"""
    off = Counter(calendar.holidays.get(day, "周末") for day in days if not calendar.is_working(day))
    named = "、".join(f"{name}{count}天" for name, count in off.items())
    worked = sum(day in calendar.makeups for day in days)
    return (f"其间{named}不计，" if named else "") + (f"调休上班{worked}天计入，" if worked else "")


def _said(at: dt.datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日{at.hour:02}:{at.minute:02}"
