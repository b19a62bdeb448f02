"""Behind each figure: its formula in words, and the cases that count for it and against it (rules.md §4)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, queries, reading
from hotline.models import Case
from hotline.queries import Behind
from hotline.rates import FORMULAS, Period
from hotline.words import State
from web.staff import excluded
from web.staff.houses import houses

SHOWN = 200
DOORS: dict[str, str] = {  # a rate's formula as people read it
    "forward_in_time": "时限内转办（全部承办部门有回执）的诉求 ÷ 应转办且已转办或时限已到的诉求",
    "sign_in_time": "时限内签收 ÷ 送达部门的诉求",
    "on_time_reply": "到期前答复（含批准的延期） ÷ 期内到期的诉求，未答复的超期诉求也算在内，到期前批准挂起的除外",
    "response": "时限内联系市民 ÷ 期内应联系的诉求，没有联系就答复的算没做到",
    "satisfaction": "非常满意、满意和基本满意 ÷ 有效回访；没有评价的不算满意",
    "solved": "市民认可已解决 ÷ 有效回访",
    "bad_review_revisited": "已与市民通话核查 ÷ 全部差评",
    "bad_review_rectified": "已整改 ÷ 判定属实的差评",
    "rectified_in_time": "按期整改 ÷ 判定属实的差评",
}
_FORMULAS = {formula.code: formula for formula in FORMULAS}


def behind(session: Session, code: str, period: Period) -> dict[str, Any]:
    """`{formula, good, bad, excluded, good_count, bad_count}`; each list holds at most the first 200, oldest first."""
    formula = _FORMULAS[code]
    [rate] = queries.rates(session, period, formulas=[formula])
    good, bad = queries.behind(session, formula, period, SHOWN)
    counts = {"good_count": rate.numerator, "bad_count": rate.denominator - rate.numerator}
    lists = {"bad": _rows(session, bad), "good": _rows(session, good)}
    lists["excluded"] = excluded.listed(session, period) if code in excluded.CONCERNED else []
    return {"code": code, "formula": DOORS[code]} | counts | lists


def _rows(session: Session, found: list[Behind]) -> list[dict[str, Any]]:
    cases = {c.id: c for c in session.scalars(select(Case).where(Case.id.in_({fact.case for fact in found})))}
    names = houses()
    return [
        {
            "number": cases[fact.case].number,
            "title": reading.public_title(cases[fact.case]),
            "area": cases[fact.case].area,
            "state_label": State(cases[fact.case].state).label,
            "department": names[fact.department].name if fact.department in names else "",
            "at": clock.iso(fact.at),
            "due_at": clock.iso(fact.due) if fact.due else None,
        }
        for fact in found
    ]
