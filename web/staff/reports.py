"""The monthly report of each department: work load, rates, and its place among the others (rules.md §8).

Every figure is a numerator or a denominator of the rates of rules.md §4: it equals `hotline rates` to the digit.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from hotline import clock, queries
from hotline.ranking import LESS_IS_BETTER, Placed, ranked
from hotline.rates import FORMULAS, Rate
from hotline.timing import timing
from web.months import Month
from web.staff import excluded
from web.staff.houses import houses

RATES = ("on_time_reply", "sign_in_time", "satisfaction", "return", "redo")
NAMES = {formula.code: formula.name for formula in FORMULAS}
WORK = (("return", "送达"), ("on_time_reply", "到期"), ("redo", "答复"))  # work load: the denominators of these rates
HOW = {
    "on_time_reply": "到期前答复（含批准的延期） ÷ 期内到期，未答复的超期诉求也算在内，到期前批准挂起的除外",
    "sign_in_time": "时限内签收 ÷ 送达",
    "satisfaction": "非常满意、满意和基本满意 ÷ 有效回访；没有评价的不算满意",
    "return": "申请退单 ÷ 送达",
    "redo": "重办 ÷ 答复",
}
Figures = dict[str, Rate]


@dataclass(frozen=True)
class Report:
    """A month as reckoned at `at` (ISO): department → rate's code → rate, of all or (`department`) of one."""

    month: Month
    at: str
    least: int
    figures: dict[str, Figures]
    department: str = ""
    excluded: tuple[dict[str, Any], ...] = ()

    def shown(self) -> list[str]:
        """The departments it may tell of, by name."""
        named = [self.department] if self.department else sorted(self.figures, key=name)
        return [code for code in named if code in self.figures]

    def ranking(self, code: str) -> list[Placed]:
        """All places by this rate; of one department its own alone."""
        rows = ranked({house: figures[code] for house, figures in self.figures.items()}, self.least)
        return [row for row in rows if self.department in ("", row.department)]

    def placed(self, code: str) -> int:
        """How many departments have a place by this rate."""
        rows = ranked({house: figures[code] for house, figures in self.figures.items()}, self.least)
        return sum(row.place is not None for row in rows)


def made(session: Session, month: Month, department: str = "") -> Report:
    """The month's report, of all departments or of one."""
    now = clock.now()
    counted = queries.rates_by_department(session, month.period(now))
    figures = {code: {rate.code: rate for rate in rates} for code, rates in counted.items()}
    left_out = tuple(excluded.listed(session, month.period(now, department)))
    return Report(month, clock.iso(now), timing().policy.report_least, figures, department, left_out)


def name(code: str) -> str:
    """The department's name as people know it."""
    house = houses().get(code)
    return house.name if house else code


def work(figures: Figures) -> list[tuple[str, int]]:
    """Work load: what came, what fell due, what was answered."""
    return [(label, figures[code].denominator) for code, label in WORK]


def percent(rate: Rate) -> str:
    """98.5%, or — where nothing is counted."""
    return "—" if rate.value is None else f"{rate.value:.1%}"


def of_place(row: Placed, among: int) -> str:
    """3 / 18, or why there is no place."""
    return f"{row.place} / {among}" if row.place is not None else str(row.why)


def told(report: Report) -> dict[str, Any]:
    """The report as JSON: the same figures as the files."""
    return {
        "month": str(report.month),
        "as_of": report.at,
        "least": report.least,
        "departments": [_department(report, code) for code in report.shown()],
    }


def _department(report: Report, code: str) -> dict[str, Any]:
    figures = report.figures[code]
    rates = [{"code": c, "name": NAMES[c], "numerator": figures[c].numerator, "denominator": figures[c].denominator, "value": figures[c].value} for c in RATES]  # fmt: skip  # noqa: E501
    return {"department": code, "name": name(code), "work": dict(work(figures)), "rates": rates}


def better(code: str) -> str:
    """Which way is better, in a word."""
    return "越低越好" if code in LESS_IS_BETTER else "越高越好"
