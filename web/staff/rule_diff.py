"""What one version says otherwise than another, in the words of the settings page; and what an approver should ask."""

import dataclasses
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from hotline import profiles
from hotline.policy import NUMBERS, SOURCES, Policy, Row
from hotline.words import Clock, Rule
from hotline.workcalendar import Calendar, clock_face, year_of
from web.staff import settings_page
from web.staff.rule_forms import WEEKDAYS
from web.staff.rule_years import OFF, days_of


@dataclass(frozen=True)
class Difference:
    """One thing that is otherwise: empty before = new, empty after = gone. `doubt` is what an approver should ask."""

    what: str
    before: str
    after: str
    doubt: str = ""


def differences(what: str, name: str, old: str, new: str) -> list[Difference]:
    """What the text `new` says otherwise than `old` (both valid TOML of that profile or year)."""
    if what == Rule.CALENDAR:
        return list(_of_years(name, old, new))
    before, after = (Policy.of(profiles.parsed(text, name), Calendar.load()) for text in (old, new))
    return [*_of_heads(before, after), *_of_rows(before, after), *_of_numbers(before, after)]


def _of_heads(before: Policy, after: Policy) -> Iterator[Difference]:
    pairs = (
        ("名称", before.title, after.title),
        ("办公时间", _hours(before.calendar), _hours(after.calendar)),
        ("每周工作日", _week(before.calendar), _week(after.calendar)),
    )
    return (Difference(label, old, new) for label, old, new in pairs if old != new)


def _hours(calendar: Calendar) -> str:
    return "、".join(f"{clock_face(begin)}—{clock_face(end)}" for begin, end in calendar.office)


def _week(calendar: Calendar) -> str:
    return "、".join(WEEKDAYS[day + 1] for day in sorted(calendar.weekdays))


def _key(row: Row) -> tuple[str, ...]:
    return (row.clock, *(",".join(sorted(words)) for words in (row.kind, row.urgency, row.channel)))


def _of_rows(before: Policy, after: Policy) -> Iterator[Difference]:
    machine = Clock.AUTO_FORWARD  # stands among the numbers
    old, new = ({_key(row): row for row in policy.rows if row.clock != machine} for policy in (before, after))
    for key in dict.fromkeys([*old, *new]):
        one, other = old.get(key), new.get(key)
        if one != other:
            yield _of_row(one, other)


def _of_row(one: Row | None, other: Row | None) -> Difference:
    row = other or one
    told = settings_page.limit_told(row) if row else {}
    texts = [f"{each.limit} [{each.source}]" if each else "" for each in (one, other)]
    both = one is not None and other is not None
    doubt = _doubt(one.source, other.source) if both and one.limit != other.limit else ""  # type: ignore[union-attr]
    if both and texts[0] == texts[1]:
        texts = [f"{text} {each.note}" for text, each in zip(texts, (one, other), strict=True)]  # type: ignore[union-attr]
    return Difference(f"{told['clock']}（{told['fits']}）", texts[0], texts[1], doubt)


def _doubt(before: str, after: str) -> str:
    """A number that is another one can hardly stand on the same ground."""
    if before == after and after != settings_page.ASSUMED:
        return f"数值改了，依据仍写“{SOURCES[after]}”，请核对。"
    return ""


def _of_numbers(before: Policy, after: Policy) -> Iterator[Difference]:
    for key in NUMBERS:
        values = [getattr(policy, key) for policy in (before, after)]
        marks = [policy.sources[key] for policy in (before, after)]
        if values[0] != values[1] or marks[0] != marks[1]:
            texts = [f"{settings_page.shown(key, value)} [{mark}]" for value, mark in zip(values, marks, strict=True)]
            doubt = _doubt(*marks) if values[0] != values[1] else ""
            yield Difference(settings_page.NAMES[key][0], texts[0], texts[1], doubt)


def _of_years(name: str, old: str, new: str) -> Iterator[Difference]:
    heads = [tomllib.loads(text) if text else {} for text in (old, new)]
    for key, label in (("title", "通知"), ("source", "文号")):
        if heads[0].get(key, "") != heads[1].get(key, ""):
            yield Difference(label, str(heads[0].get(key, "")), str(heads[1].get(key, "")))
    sorts = [{day.day: day for day in days_of(year_of(text, name), text)} if text else {} for text in (old, new)]
    for day in sorted(sorts[0].keys() | sorts[1].keys()):
        one, other = sorts[0].get(day), sorts[1].get(day)
        if one != other:
            texts = ["平常" if each is None else _sort(each.sort, each.name) for each in (one, other)]
            yield Difference(f"{day:%Y-%m-%d} 星期{WEEKDAYS[day.isoweekday()]}", texts[0], texts[1])


def _sort(sort: str, name: str) -> str:
    return f"{'放假' if sort == OFF else '调休上班'} {name}".strip()


def told(found: list[Difference]) -> list[dict[str, str]]:
    """For JSON."""
    return [dataclasses.asdict(one) for one in found]
