"""A city's numbers: how long each clock runs and what else rules.md §2 and §3 leave to the city, each with its source.

How a profile is written down and laid over another one: profiles.py. Pure: only `Policy.load` reads files.
"""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline import profiles
from hotline.errors import BadInput
from hotline.profiles import invalid, only
from hotline.words import Channel, Clock, Kind, Urgency, Word
from hotline.workcalendar import Span, minute_of
from hotline.worktime import UNITS, Calendar, Limit, Unit

SOURCES = {
    "H": "河南省12345热线管理规定",
    "N": "国家文件或国家标准",
    "S": "本市2022年改革方案",
    "C": "其他城市公开规定",
    "A": "本系统设定，未见公开数字",
}
WORDS: dict[str, dict[str, Word]] = {
    name: {word.value: word for word in words}
    for name, words in (("clock", Clock), ("kind", Kind), ("urgency", Urgency), ("channel", Channel))
}


@dataclass(frozen=True, slots=True)
class Row:
    """One limit of a clock. An empty condition fits every case, also one that says nothing about it."""

    clock: str
    limit: Limit
    source: str
    kind: frozenset[str] = frozenset()
    urgency: frozenset[str] = frozenset()
    channel: frozenset[str] = frozenset()
    note: str = ""

    def fits(self, kind: str | None, urgency: str | None, channel: str | None) -> bool:
        """Whether this row speaks of such a case."""
        asked = ((self.kind, kind), (self.urgency, urgency), (self.channel, channel))
        return all(not allowed or value in allowed for allowed, value in asked)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A loaded profile. `sources[number]` is the mark of a number, `Row.source` that of a limit; see SOURCES.

    `calendar` is the calendar the profile is reckoned over: the one given, with the profile's own office hours.
    `stamp` names all of it by what it says: equal stamps judge equally.
    """

    name: str
    title: str
    version: str
    calendar: Calendar
    rows: tuple[Row, ...]
    sources: Mapping[str, str]
    extension_max_days: int
    extension_complex_days: int
    extensions_allowed: int
    revisit_tries: int
    revisit_hours: tuple[dt.time, dt.time]
    reopen_days: int
    automatic_forward_confidence: float
    automatic_forward_grace_minutes: int
    automatic_forward_channels: frozenset[str]
    fallback_minutes_before: int
    warn_working_hours_before: int
    yellow_working_days_before: int
    notice_working_days_after: int
    listed_working_days_after: int
    recording_months: int
    quality_sample: float
    rating_invite_days: int
    revisit_sample: float
    revisit_sample_kinds: frozenset[str]
    appeal_working_days: int
    report_least: int
    publish_least: int
    stamp: str = field(init=False)
    _of_clock: Mapping[str, tuple[Row, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_clock = {clock: tuple(row for row in self.rows if row.clock == clock) for clock in Clock}
        object.__setattr__(self, "_of_clock", {clock.value: rows for clock, rows in by_clock.items()})
        object.__setattr__(self, "stamp", f"{self.name}/{self.version}/{_digest(self)}")

    @classmethod
    def load(cls, name_or_path: str | Path, calendar: Calendar) -> "Policy":
        """The profile of that name in `policies/`, or of that file (a Path, or a text that ends in .toml).

        Raises BadInput `policy_missing`, `policy_invalid` (unknown key, bad value, a clock left out) or
        `policy_no_calendar` (no notice, no working weekdays or no office hours).
        """
        return cls.of(profiles.table(name_or_path), calendar)

    @classmethod
    def of(cls, table: dict[str, Any], calendar: Calendar) -> "Policy":
        """The profile a whole table says (`profiles.table`, `profiles.parsed`). Raises BadInput like `load`."""
        return _build(table, calendar)

    def row(
        self, clock: str, kind: str | None = None, urgency: str | None = None, channel: str | None = None
    ) -> Row | None:
        """The first row of the clock that fits the case; None where the clock does not run for it.

        ValueError for a clock, kind, urgency or channel that is none.
        """
        for name, word in (("clock", clock), ("kind", kind), ("urgency", urgency), ("channel", channel)):
            if word is not None and word not in WORDS[name]:
                raise ValueError(f"there is no {name} {word!r}")
        return next((row for row in self._of_clock[clock] if row.fits(kind, urgency, channel)), None)

    def limit(
        self, clock: str, kind: str | None = None, urgency: str | None = None, channel: str | None = None
    ) -> Limit | None:
        """How long the clock runs for such a case; None where it does not run for it (rules.md §2)."""
        row = self.row(clock, kind, urgency, channel)
        return row.limit if row else None


# --- the numbers of a profile: how each is read ---


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"须为{least}至{most}的整数，不能是 {value!r}")
        return value

    return read


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"须为0至1的数，不能是 {value!r}")
    return float(value)


def _hours(value: Any) -> tuple[dt.time, dt.time]:
    first, last = (dt.time(*divmod(minute_of(face), 60)) for face in value)
    if not first < last:
        raise ValueError(f"起止时刻有误：{value!r}")
    return first, last


def _words(name: str, least: int = 1) -> Callable[[Any], frozenset[str]]:
    def read(value: Any) -> frozenset[str]:
        if not isinstance(value, list) or len(value) < least or not WORDS[name].keys() >= set(value):
            raise ValueError(f"{name} 只能取自 {'、'.join(WORDS[name])}，不能是 {value!r}")
        return frozenset(value)

    return read


NUMBERS: dict[str, Callable[[Any], Any]] = {
    "extension_max_days": _whole(0, 365),
    "extension_complex_days": _whole(0, 365),
    "extensions_allowed": _whole(0, 10),
    "revisit_tries": _whole(1, 20),
    "revisit_hours": _hours,
    "reopen_days": _whole(0, 3650),
    "automatic_forward_confidence": _share,
    "automatic_forward_grace_minutes": _whole(1, 1440),
    "automatic_forward_channels": _words("channel", least=0),
    "fallback_minutes_before": _whole(1, 1440),
    "warn_working_hours_before": _whole(1, 100),
    "yellow_working_days_before": _whole(1, 100),
    "notice_working_days_after": _whole(1, 100),
    "listed_working_days_after": _whole(1, 100),
    "recording_months": _whole(1, 1200),
    "quality_sample": _share,
    "rating_invite_days": _whole(1, 365),
    "revisit_sample": _share,
    "revisit_sample_kinds": _words("kind", least=0),
    "appeal_working_days": _whole(1, 60),
    "report_least": _whole(1, 10_000),
    "publish_least": _whole(1, 1000),
}
CONDITIONS: dict[str, Callable[[Any], frozenset[str]]] = {
    "kind": _words("kind"),
    "urgency": _words("urgency"),
    "channel": _words("channel"),
}
ROW_KEYS = frozenset({"clock", "amount", "unit", "source", "note", *CONDITIONS})


# --- building a profile ---


def _digest(policy: Policy) -> str:
    rows = [(r.clock, str(r.limit), sorted(r.kind), sorted(r.urgency), sorted(r.channel)) for r in policy.rows]
    values = [getattr(policy, key) for key in NUMBERS]
    numbers = [sorted(value) if isinstance(value, frozenset) else value for value in values]
    calendar = policy.calendar
    days = (calendar.version, sorted(calendar.holidays.items()), sorted(calendar.makeups))
    return hashlib.sha256(repr((rows, numbers, days)).encode()).hexdigest()[:16]


def _build(table: dict[str, Any], calendar: Calendar) -> Policy:
    name = table["name"]
    for wrong in (key for key in ("title", "version") if not isinstance(table.get(key), str)):
        raise invalid(name, f"缺少 {wrong}")
    numbers = {key: _number(name, key, table["number"]) for key in NUMBERS}
    only(table["number"], NUMBERS, name, "数值")
    grace = Limit(numbers["automatic_forward_grace_minutes"], Unit.MINUTES)
    waiting = Row(Clock.AUTO_FORWARD, grace, table["number"]["automatic_forward_grace_minutes"]["source"])
    policy = Policy(
        name=name,
        title=table["title"],
        version=table["version"],
        calendar=_calendar(name, table.get("office", {}), calendar),
        rows=(*(_row(name, row) for row in table["limit"]), waiting),
        sources={key: entry["source"] for key, entry in table["number"].items()},
        **numbers,
    )
    for check in CHECKS:
        check(policy)
    return policy


def _number(name: str, key: str, numbers: Mapping[str, Any]) -> Any:
    try:
        entry = numbers[key]
        only(entry, {"value", "source", "note"}, name, key)
        _source(entry["source"])
        return NUMBERS[key](entry["value"])
    except KeyError as missing:
        raise invalid(name, f"{key} 缺少 {missing}") from missing
    except (ValueError, TypeError) as wrong:
        raise invalid(name, f"{key} {wrong}") from wrong


def _row(name: str, table: Mapping[str, Any]) -> Row:
    clock = str(table.get("clock"))
    only(table, ROW_KEYS, name, f"时限 {clock}")
    try:
        limit = Limit(table["amount"], UNITS[table["unit"]])
        given = {key: read(table[key]) for key, read in CONDITIONS.items() if key in table}
        return Row(WORDS["clock"][clock], limit, _source(table["source"]), note=str(table.get("note", "")), **given)
    except KeyError as missing:
        raise invalid(name, f"时限 {clock}：缺少或不认识 {missing}") from missing
    except (ValueError, TypeError) as wrong:
        raise invalid(name, f"时限 {clock}：{wrong}") from wrong


def _source(mark: Any) -> str:
    if mark not in SOURCES:
        raise ValueError(f"source 须为 {'、'.join(SOURCES)} 之一，不能是 {mark!r}")
    return str(mark)


def _calendar(name: str, office: Mapping[str, Any], calendar: Calendar) -> Calendar:
    """The given calendar with the profile's own office hours (HH:MM) and working weekdays (1 = Monday)."""
    only(office, {"hours", "weekdays"}, name, "office")
    try:
        changed: dict[str, Any] = {}
        if "hours" in office:
            changed["office"] = tuple(_span(pair) for pair in office["hours"])
        if "weekdays" in office:
            changed["weekdays"] = frozenset(_whole(1, 7)(day) - 1 for day in office["weekdays"])
    except (ValueError, TypeError) as wrong:
        raise invalid(name, f"office：{wrong}") from wrong
    return dataclasses.replace(calendar, **changed) if changed else calendar


def _span(pair: Any) -> Span:
    begin, end = pair
    return minute_of(begin), minute_of(end)


# --- what a whole profile has to fulfil ---


def _check_every_clock(policy: Policy) -> None:
    missing = [clock.label for clock in Clock if policy._of_clock[clock] == ()]  # noqa: SLF001 - same module
    if missing:
        raise invalid(policy.name, f"没有规定{'、'.join(missing)}的时限")


def _check_reachable(policy: Policy) -> None:
    """A row behind one that fits every case would never be read."""
    for rows in policy._of_clock.values():  # noqa: SLF001 - same module
        if any(not (row.kind or row.urgency or row.channel) for row in rows[:-1]):
            raise invalid(policy.name, f"时限 {rows[0].clock} 的通用行之后还有行，永远用不到")


def _check_fallback(policy: Policy) -> None:
    """The system must have time to forward by itself before the forward clock runs out (rules.md §3)."""
    plain = {Unit.MINUTES: 1, Unit.HOURS: 60}
    for row in policy._of_clock[Clock.FORWARD]:  # noqa: SLF001 - same module
        if row.limit.amount * plain.get(row.limit.unit, 1440) <= policy.fallback_minutes_before:
            raise invalid(policy.name, f"转办时限{row.limit}不长于兜底转办提前的{policy.fallback_minutes_before}分钟")


def _check_calendar(policy: Policy) -> None:
    """Every profile needs working time: for its limits and for what happens around them (rules.md §2, §3)."""
    calendar = policy.calendar
    lacking = {"放假安排": not calendar.years, "工作日": not calendar.weekdays, "办公时间": not calendar.office}
    if missing := "、".join(what for what, lacks in lacking.items() if lacks):
        message = f"时限方案 {policy.name} 没有可用的日历：缺少{missing}"
        raise BadInput("policy_no_calendar", message, {"policy": policy.name})


CHECKS = (_check_every_clock, _check_reachable, _check_fallback, _check_calendar)
