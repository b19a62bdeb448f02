"""Who gets a case: the first catalogue row that matches, with the reason in a sentence. Pure.

A rule that is broken (names nobody, or a dissolved department) is reported and the fallback owner gets the case.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

ANYWHERE = "*"


@dataclass(frozen=True)
class Rule:
    """One row of the dispatch catalogue."""

    lead: str
    co: tuple[str, ...] = ()
    basis: str = ""


@dataclass(frozen=True)
class Book:
    """The catalogue of a city: rules by (category, area), fallback owners by area, departments that exist."""

    rules: Mapping[tuple[str, str], Rule]
    fallbacks: Mapping[str, str]
    departments: Collection[str]


@dataclass(frozen=True)
class Route:
    """Where a case goes and why. `fault` is set where a rule had to be reported."""

    lead: str
    co: tuple[str, ...] = ()
    reason: str = ""
    fallback: bool = False
    fault: str = field(default="", compare=False)


def owner(book: Book, area: str) -> str:
    """The fallback owner of an area; the whole city's where the area is unknown or its owner was dissolved.

    KeyError when a city has none.
    """
    own = book.fallbacks.get(area, "")
    return own if own in book.departments else book.fallbacks[ANYWHERE]


def _fall_back(book: Book, area: str, reason: str, fault: str = "") -> Route:
    return Route(owner(book, area), reason=reason, fallback=True, fault=fault)


def route(book: Book, category: str, area: str) -> Route:
    """The departments for a category in an area. Never raises for a broken rule, never leaves a case without owner."""
    if not category:
        return _fall_back(book, area, "没有事项分类，由属地兜底承办。")
    rule = book.rules.get((category, area)) or book.rules.get((category, ANYWHERE))
    if rule is None:
        return _fall_back(book, area, "派单目录没有这类事项，由属地兜底承办。", f"no rule for category {category}")
    if rule.lead not in book.departments:
        return _fall_back(book, area, "目录所列部门已撤销，由属地兜底承办。", f"rule {category} names {rule.lead}")
    co = tuple(code for code in rule.co if code in book.departments and code != rule.lead)
    return Route(rule.lead, co, rule.basis)
