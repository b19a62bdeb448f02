"""Reviews that left the rates with a second person's approval: listed with the rates they left (rules.md §4)."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline import clock, reading
from hotline.loop_models import Exclusion
from hotline.models import Case, Rating, RevisitRow
from hotline.rates import Period
from hotline.words import Verdict
from web.staff.houses import houses

CONCERNED = frozenset({"satisfaction", "solved", "bad_review_revisited"})
MOST = 200


def listed(session: Session, period: Period) -> list[dict[str, Any]]:
    """Those whose review lies in the period, oldest first, at most 200; of a department those it appealed against."""
    inside = [
        select(table.case_id)
        .where(table.case_id == Exclusion.case_id, table.round == Exclusion.round)
        .where(table.at >= period.begin, table.at < period.end)
        .exists()
        for table in (RevisitRow, Rating)
    ]
    rows = select(Exclusion, Case).join(Case, Case.id == Exclusion.case_id).where(or_(*inside))
    if period.department:
        rows = rows.where(Exclusion.department == period.department, Exclusion.appealed)
    return [_told(row, case) for row, case in session.execute(rows.order_by(Exclusion.id).limit(MOST))]


def _told(row: Exclusion, case: Case) -> dict[str, Any]:
    house = houses().get(row.department)
    return {
        "number": case.number,
        "title": reading.public_title(case),
        "department": house.name if house else row.department,
        "why": Verdict(row.why).label if row.why else "",
        "found_by": row.found_by,
        "approved_by": row.approved_by,
        "appealed": row.appealed,
        "at": clock.iso(row.at),
    }
