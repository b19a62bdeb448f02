"""Tries to speak to the citizen: spread over half days, never in quiet hours (rules.md §2). Pure."""

import datetime as dt
from collections.abc import Iterable

from hotline import clock

NOON = dt.time(12, 0)
Hours = tuple[dt.time, dt.time]  # local times, from (inclusive) to (exclusive)


def half_day(at: dt.datetime) -> tuple[dt.date, bool]:
    """The half day an aware instant lies in: local date, and whether it is the afternoon."""
    local = clock.local(at)
    return local.date(), local.time() >= NOON


def is_quiet(at: dt.datetime, hours: Hours) -> bool:
    """Whether nobody is called at this instant."""
    return not hours[0] <= clock.local(at).time() < hours[1]


def counted(tries: Iterable[dt.datetime], hours: Hours) -> int:
    """How many tries count: one for each half day, none for a try in quiet hours."""
    return len({half_day(at) for at in tries if not is_quiet(at, hours)})
