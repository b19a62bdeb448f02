"""A year's notice as a picture of twelve months: every day's sort, and back; and the import of a table."""

import calendar as months
import csv
import datetime as dt
import io
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import tomli_w

from hotline.errors import BadInput
from hotline.workcalendar import Year, year_of

OFF, WORK = "off", "work"
SORTS = {"off": OFF, "休": OFF, "放假": OFF, "work": WORK, "班": WORK, "上班": WORK, "调休上班": WORK}
FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
COLUMNS = "日期，类型，节日"
YEARS = range(2000, 2100)


class Day(NamedTuple):
    """A day that the notice names."""

    day: dt.date
    sort: str
    name: str


def days_of(year: Year, text: str) -> list[Day]:
    """The named days of a notice in order; a make-up day has the name of the festival it is worked for."""
    worked = {day: each["name"] for each in _festivals(text) for day in each["work"]}
    off = [Day(day, OFF, name) for day, name in year.holidays.items()]
    return sorted([*off, *(Day(day, WORK, worked.get(day, "")) for day in year.makeups)])


def _festivals(text: str) -> list[dict[str, Any]]:
    return list(tomllib.loads(text)["festival"])


def text_of(year: int, title: str, source: str, days: Iterable[Day]) -> str:
    """The notice as TOML, festivals in the order of their days. Its version label is set where it is kept."""
    by_name: dict[str, dict[str, list[dt.date]]] = defaultdict(lambda: {OFF: [], WORK: []})
    for one in sorted(days):
        by_name[one.name or "其他"][one.sort].append(one.day)
    festivals = [{"name": name} | sorts for name, sorts in by_name.items()]
    return tomli_w.dumps({"year": year, "version": "", "title": title, "source": source, "festival": festivals})


def picture(year: int, named: Iterable[Day], weekdays: frozenset[int]) -> list[dict[str, Any]]:
    """Twelve months of weeks of days (None outside the month), each with its sort as it is now."""
    sorts = {one.day: one for one in named}
    weeks = months.Calendar(firstweekday=0)
    return [
        {
            "month": month,
            "weeks": [
                [_cell(day, sorts, weekdays) if day.month == month else None for day in week]
                for week in weeks.monthdatescalendar(year, month)
            ],
        }
        for month in range(1, 13)
    ]


def _cell(day: dt.date, sorts: dict[dt.date, Day], weekdays: frozenset[int]) -> dict[str, Any]:
    named = sorts.get(day)
    rest = day.weekday() not in weekdays
    sort, name = (named.sort, named.name) if named else ("", "")
    said = {OFF: f"放假 {name}", WORK: f"调休上班 {name}", "": "周末" if rest else "上班"}[sort]
    spoken = f"{day.month}月{day.day}日 星期{'一二三四五六日'[day.weekday()]} {said}".strip()
    return {"day": day.isoformat(), "number": day.day, "rest": rest, "sort": sort, "name": name, "said": spoken}


def outside(year: int, named: Iterable[Day]) -> list[Day]:
    """What the notice says of days of the year before: kept, not shown in the picture."""
    return [one for one in named if one.day.year != year]


# --- what came back ---


def posted_days(text: str) -> list[Day]:
    """The days the picture sent: a JSON list of `[day, sort, name]`. Raises BadInput `bad_rule`."""
    try:
        return [Day(dt.date.fromisoformat(day), _sort(sort), str(name)[:40]) for day, sort, name in json.loads(text)]
    except (ValueError, TypeError) as wrong:
        raise BadInput("bad_rule", "日历内容无法识别，请刷新后再改。", {"days": str(wrong)}) from wrong


def _sort(said: str) -> str:
    if said.strip() not in SORTS:
        raise ValueError(f"{said} 不是“放假”或“上班”")
    return SORTS[said.strip()]


def imported(text: str, year: int) -> str:
    """A year's table as TOML: from our own TOML, or from rows of day, sort, festival
    (commas of either width). Raises BadInput `calendar_invalid`."""
    if "[[festival]]" in text:
        year_of(text, f"{year}年日历")
        return text
    rows = [
        row
        for row in csv.reader(io.StringIO(text.strip().lstrip("\ufeff").replace("，", ",")))
        if any(cell.strip() for cell in row)
    ]
    days = [_read_row(row, line) for line, row in enumerate(rows, start=1) if row[0].strip() != "日期"]
    if not days:
        raise BadInput(
            "calendar_invalid", f"没有内容。每行写 {COLUMNS}，例如 {year}-01-01，放假，元旦。", {"table": "没有内容"}
        )
    return text_of(year, f"{year}年节假日安排", "批量导入", days)


def _read_row(row: list[str], line: int) -> Day:
    try:
        day, sort, *name = (cell.strip() for cell in row)
        return Day(dt.date.fromisoformat(day), _sort(sort), (name or [""])[0][:40])
    except ValueError as wrong:
        message = f"第{line}行无法识别：{'，'.join(row)[:60]}。每行写 {COLUMNS}，例如 2027-01-01，放假，元旦。"
        raise BadInput("calendar_invalid", message, {"table": f"第{line}行"}) from wrong


def blank(year: int) -> str:
    """A notice that names no day yet, to begin with."""
    return text_of(year, f"国务院办公厅关于{year}年部分节假日安排的通知", "", [])


def check_year(year: int) -> int:
    """The year, where it is one. Raises BadInput."""
    if year not in YEARS:
        raise BadInput("bad_rule", f"年份须在{YEARS[0]}至{YEARS[-1]}之间。", {"year": "年份不对"})
    return year
