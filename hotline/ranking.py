"""Who stands where by one rate, without tricks (rules.md §8). Pure.

Equal rates share a place, and the next place is counted on past them (1, 1, 3). Where less than a least number is
counted a rate says little: those stand behind, without a place, the larger first; nothing counted stands last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hotline.rates import Rate

LESS_IS_BETTER = frozenset({"return", "extension", "redo", "abandon"})


class Unplaced(StrEnum):
    """Why a rate has no place."""

    FEW = "件数不足，不参与排名"
    NOTHING = "没有可计算的"


@dataclass(frozen=True)
class Placed:
    """A department's rate with its place; without one `why` says the reason."""

    department: str
    rate: Rate
    place: int | None
    why: Unplaced | None = None


def ranked(rates: Mapping[str, Rate], least: int) -> list[Placed]:
    """Department → its rate, in the order people read them; `least` is the smallest denominator that has a place."""
    counted = [(code, rate) for code, rate in rates.items() if rate.denominator >= max(least, 1)]
    counted.sort(key=lambda row: (_badness(row[1]), -row[1].denominator, row[0]))
    levels = [_badness(rate) for _, rate in counted]
    placed = [Placed(code, rate, levels.index(_badness(rate)) + 1) for code, rate in counted]
    rest = [(code, rate) for code, rate in rates.items() if rate.denominator < max(least, 1)]
    rest.sort(key=lambda row: (-row[1].denominator, row[0]))
    return placed + [_unplaced(code, rate) for code, rate in rest]


def _badness(rate: Rate) -> float:
    value = rate.numerator / rate.denominator
    return value if rate.code in LESS_IS_BETTER else -value


def _unplaced(code: str, rate: Rate) -> Placed:
    return Placed(code, rate, None, Unplaced.FEW if rate.denominator else Unplaced.NOTHING)
