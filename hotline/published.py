"""Reviews of a month as they may be published: by department and by item, anonymous ones apart (rules.md §5).

A group of few would tell who said what: fewer than `publish_least` reviews are put together with the other small
groups, and where these are still few, with the next larger one, so that nobody finds them by taking the others from the
whole.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from hotline.city_models import Category
from hotline.loop_models import Exclusion
from hotline.models import Case, Rating
from hotline.rates import Period
from hotline.window_models import WindowReview
from hotline.words import WORST_GOOD_LEVEL, Level

LEVELS = tuple(int(level.value) for level in Level)
SMALL = "*"  # the group of those that are too small to stand alone


@dataclass
class Group:
    """The reviews of one department or item: how many of each level, and how many of all were anonymous."""

    name: str
    levels: Counter[int] = field(default_factory=Counter)
    anonymous: int = 0
    told: bool = True

    @property
    def count(self) -> int:
        """All of them."""
        return self.levels.total()

    @property
    def good(self) -> int:
        """非常满意， 满意， 基本满意."""
        return sum(count for level, count in self.levels.items() if level >= WORST_GOOD_LEVEL)

    def add(self, other: "Group") -> None:
        """Put another group into this one."""
        self.levels += other.levels
        self.anonymous += other.anonymous


@dataclass(frozen=True)
class Month:
    """What is published of a month."""

    whole: Group
    departments: list[Group]
    items: list[Group]
    excluded: int


def _inside(table: Any, period: Period) -> tuple[Any, ...]:
    return table.at >= period.begin, table.at < period.end


def _rows(session: Session, period: Period) -> Iterable[Any]:
    """(department, item, level, anonymous, how many) of the reviews that count."""
    left_out = tuple_(Rating.case_id, Rating.round).in_(select(Exclusion.case_id, Exclusion.round))
    columns: tuple[Any, ...] = (Case.lead, func.coalesce(Category.first, literal("")), Rating.level, Rating.anonymous)
    of_cases: Select[Any] = select(*columns, func.count()).join(Case, Case.id == Rating.case_id)
    of_cases = of_cases.join(Category, Category.code == Case.category, isouter=True)
    of_cases = of_cases.where(*_inside(Rating, period), ~left_out).group_by(*columns)
    said = (WindowReview.department, WindowReview.item, WindowReview.level, WindowReview.anonymous)
    at_windows = select(*said, func.count()).where(*_inside(WindowReview, period)).group_by(*said)
    return session.execute(union_all(of_cases, at_windows))


def read(session: Session, period: Period, least: int) -> Month:
    """The month, each list with the larger group first and the small ones together at its end."""
    whole, departments, items = Group("全部"), dict[str, Group](), dict[str, Group]()
    for department, item, level, anonymous, count in _rows(session, period):
        one = Group("", Counter({level: count}), count if anonymous else 0)
        whole.add(one)
        departments.setdefault(department, Group(department)).add(one)
        items.setdefault(item, Group(item)).add(one)
    whole.told = whole.count >= least
    return Month(whole, _published(departments, least), _published(items, least), _excluded(session, period))


def _published(groups: dict[str, Group], least: int) -> list[Group]:
    """Those with enough reviews; the others as one that is large enough too, or is told by its number alone."""
    large = sorted((g for g in groups.values() if g.count >= least), key=lambda g: (-g.count, g.name))
    small = [g for g in groups.values() if g.count < least]
    rest = Group(SMALL)
    for group in small:
        rest.add(group)
    while small and large and rest.count < least:
        rest.add(large.pop())
    rest.told = rest.count >= least
    return [*large, rest] if small else large


def _excluded(session: Session, period: Period) -> int:
    """Reviews of the period that left the rates with a second person's approval."""
    of = Rating.case_id == Exclusion.case_id, Rating.round == Exclusion.round
    rows = select(func.count()).select_from(Rating).join(Exclusion, (of[0]) & (of[1])).where(*_inside(Rating, period))
    return session.scalar(rows) or 0
