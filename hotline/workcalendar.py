"""The city's working time: office hours, and the days of each year's State Council notice (rules.md §2)."""

import datetime as dt
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import tomli_w

from hotline.errors import BadInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDARS = Path(__file__).parent / "calendars"
DAY_MINUTES = 24 * 60
DAY = dt.timedelta(days=1)

Span = tuple[int, int]  # minutes after local midnight, from (inclusive) to (exclusive)
OFFICE: tuple[Span, ...] = ((8 * 60 + 30, 12 * 60), (14 * 60 + 30, 18 * 60))
WHOLE_DAY: tuple[Span, ...] = ((0, DAY_MINUTES),)
MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Year:
    """One State Council notice: which days of a year are off or, against the week, worked."""

    year: int
    version: str
    title: str
    source: str
    holidays: dict[dt.date, str]
    makeups: frozenset[dt.date]


@dataclass(frozen=True, eq=False)
class Calendar:
    """The city's working time. Frozen, compared by identity; make a new one where something changes.

    `office` are the office intervals of a working day, `weekdays` the working days of a week (0 = Monday) where no
    notice says otherwise. Raises BadInput `calendar_invalid` where these contradict each other.
    """

    years: tuple[Year, ...] = ()
    office: tuple[Span, ...] = OFFICE
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: dict[dt.date, str] = field(init=False, repr=False)
    makeups: frozenset[dt.date] = field(init=False, repr=False)
    version: str = field(init=False)
    _known: frozenset[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_office(self.office)
        _check_years(self.years)
        holidays = {day: name for year in self.years for day, name in year.holidays.items()}
        object.__setattr__(self, "holidays", holidays)
        object.__setattr__(self, "makeups", frozenset(day for year in self.years for day in year.makeups))
        object.__setattr__(self, "_known", frozenset(year.year for year in self.years))
        object.__setattr__(self, "version", "/".join([*(year.version for year in self.years), *self._own_hours()]))

    def _own_hours(self) -> Iterator[str]:
        if self.office != OFFICE:
            yield "@" + ",".join(f"{clock_face(begin)}-{clock_face(end)}" for begin, end in self.office)
        if self.weekdays != MONDAY_TO_FRIDAY:
            yield "w" + "".join(str(day + 1) for day in sorted(self.weekdays))

    @classmethod
    def load(cls, folder: Path | str = CALENDARS, office: tuple[Span, ...] | None = None) -> "Calendar":
        """Every `*.toml` of the folder, one notice each. Raises BadInput `calendar_invalid` naming the file."""
        files = sorted(Path(folder).glob("*.toml"))
        return cls(tuple(map(_read_year, files)), OFFICE if office is None else office)

    def known(self, year: int) -> bool:
        """Whether the notice of that year is loaded; a deadline through any other year is provisional."""
        return year in self._known

    def is_working(self, day: dt.date) -> bool:
        """Whether the offices work on that local date. Takes a date, not a datetime (TypeError)."""
        if isinstance(day, dt.datetime):
            raise TypeError("a local date is asked for, not an instant")
        return day in self.makeups or (day.weekday() in self.weekdays and day not in self.holidays)

    def opening(self, day: dt.date) -> dt.datetime:
        """When the offices open on that local date, UTC; midnight where there are no office hours."""
        return utc(at_minute(day, self.office[0][0] if self.office else 0))

    def closing(self, day: dt.date) -> dt.datetime:
        """When the offices close on that local date, UTC; the midnight it ends with where there are no office hours."""
        return utc(self.last_minute(day))

    def spans(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """The office hours of that local date as instants (UTC); empty on a day off."""
        hours = self.office if self.is_working(day) else ()
        return [(utc(at_minute(day, begin)), utc(at_minute(day, end))) for begin, end in hours]

    def last_minute(self, day: dt.date) -> dt.datetime:
        """`closing` as a naive wall-clock reading."""
        return at_minute(day, self.office[-1][1] if self.office else DAY_MINUTES)


def local(at: dt.datetime) -> dt.datetime:
    """The naive wall-clock reading of an aware instant in Asia/Shanghai; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return at.astimezone(SHANGHAI).replace(tzinfo=None)


def utc(at: dt.datetime) -> dt.datetime:
    """The instant (UTC) of a naive wall-clock reading in Asia/Shanghai."""
    return at.replace(tzinfo=SHANGHAI).astimezone(dt.UTC)


def at_minute(day: dt.date, minute: int) -> dt.datetime:
    """The naive wall-clock reading so many minutes after the midnight a date begins with."""
    return dt.datetime(day.year, day.month, day.day) + dt.timedelta(minutes=minute)  # noqa: DTZ001 - local wall clock


def clock_face(minute: int) -> str:
    """Minutes after midnight as HH:MM; 1440 is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_of(face: str) -> int:
    """HH:MM as minutes after midnight, 24:00 allowed; ValueError for anything else."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", face):
        raise ValueError(f"{face!r} 不是 HH:MM 形式的时刻")
    return int(face[:2]) * 60 + int(face[3:])


# --- reading the notices ---


def _read_year(file: Path) -> Year:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise _invalid(f"日历文件 {file.name} 有误：{wrong}") from wrong
    return year_of(text, f"日历文件 {file.name}")


def year_of(text: str, called: str) -> Year:
    """The notice a TOML text says. Raises BadInput `calendar_invalid`; `called` is its name in the message."""
    try:
        table = tomllib.loads(text)
        festivals = [(each["name"], each["off"], each["work"]) for each in table["festival"]]
        names = [(_plain_date(day), name) for name, off, _ in festivals for day in off]
        worked = [_plain_date(day) for _, _, work in festivals for day in work]
        _check_days([*(day for day, _ in names), *worked], table["year"])
        about = {key: str(table[key]) for key in ("version", "title", "source")}
        return Year(year=table["year"], holidays=dict(names), makeups=frozenset(worked), **about)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as wrong:
        raise _invalid(f"{called} 有误：{wrong}") from wrong


def relabelled(text: str, version: str) -> str:
    """The notice of a valid text under another version label, as TOML."""
    return tomli_w.dumps(tomllib.loads(text) | {"version": version})


def _plain_date(day: object) -> dt.date:
    if isinstance(day, dt.datetime) or not isinstance(day, dt.date):
        raise TypeError(f"{day} 不是日期")
    return day


def _check_days(days: list[dt.date], year: int) -> None:
    """Every date once and of the notice's year (a notice may begin in the last days of December before)."""
    if type(year) is not int:
        raise TypeError(f"year = {year!r} 不是年份")
    for day, times in Counter(days).items():
        if times > 1:
            raise ValueError(f"{day} 出现{times}次")
        if day.year != year and (day.year, day.month) != (year - 1, 12):
            raise ValueError(f"{day} 不属于{year}年")


def _check_years(years: Iterable[Year]) -> None:
    twice = [str(year) for year, times in Counter(each.year for each in years).items() if times > 1]
    if twice:
        raise _invalid(f"日历中{'、'.join(twice)}年重复")
    off = {day for each in years for day in each.holidays}
    both = sorted(off & {day for each in years for day in each.makeups})
    if both:
        raise _invalid(f"{both[0]} 既列为放假又列为上班")


def _check_office(office: Iterable[Span]) -> None:
    """Intervals in order, not empty, not overlapping, within one day."""
    edges = [edge for span in office for edge in span]
    if edges != sorted(set(edges)) or any(not 0 <= edge <= DAY_MINUTES for edge in edges):
        raise _invalid("办公时间须按先后排列、不重叠、在0点至24点之内")


def _invalid(message: str) -> BadInput:
    return BadInput("calendar_invalid", message)
