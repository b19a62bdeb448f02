"""The duty roster: which groups answer a group's calls at which hours. Pure."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from hotline import clock

DAY_END = dt.time.max


@dataclass(frozen=True)
class Duty:
    """At these hours (Asia/Shanghai, end excluded; an end before the begin is on the next day) the calls of `group`
    are answered by the groups `by`. `weekdays` 1 = Monday, empty = all; `first`/`last`: dates, None = open."""

    group: str
    by: tuple[str, ...]
    begin: dt.time = dt.time.min
    end: dt.time = DAY_END
    weekdays: frozenset[int] = frozenset()
    first: dt.date | None = None
    last: dt.date | None = None

    def holds(self, now: dt.datetime) -> bool:
        """Whether this row counts at an instant; a night belongs to the day on which it began."""
        local = clock.local(now)
        at, day = local.time(), local.date()
        if self.begin <= self.end:
            return self.begin <= at < self.end and self._on(day)
        if at >= self.begin:
            return self._on(day)
        return at < self.end and self._on(day - dt.timedelta(days=1))

    def _on(self, day: dt.date) -> bool:
        if self.weekdays and day.isoweekday() not in self.weekdays:
            return False
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def serving(duties: Collection[Duty], group: str, now: dt.datetime) -> tuple[str, ...]:
    """The groups that answer a group's calls now: the first row that holds; the group itself where none does."""
    return next((duty.by for duty in duties if duty.group == group and duty.holds(now)), (group,))


def duty(row: dict[str, Any], known: Collection[str]) -> Duty:
    """A row of the roster as it is written down. ValueError names what is wrong in it."""
    words = {"group", "by", "hours", "weekdays", "from", "until"}
    strange = {*(set(row) - words), *({row.get("group"), *row.get("by", [])} - set(known))}
    if strange or not row.get("by"):
        raise ValueError(f"duty: {'、'.join(sorted(str(word) for word in strange)) or 'by'}")
    begin, end = (dt.time.fromisoformat(at) for at in row.get("hours", ["00:00", "23:59:59.999999"]))
    days = frozenset(row.get("weekdays", []))
    if begin == end or not days <= set(range(1, 8)):
        raise ValueError("duty: hours, weekdays")
    return Duty(row["group"], tuple(row["by"]), begin, end, days, row.get("from"), row.get("until"))
