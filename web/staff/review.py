"""What a reviewer needs beside a reply: each point of the checklist looked at beforehand, copies, and what came back.

A mark only points; the reviewer decides every line himself, and what he sends back keeps its reason (rules.md §1.9).
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, facts
from hotline.models import COUNTED_STEPS, Case, HistoryRow, ReplyRow
from hotline.words import Delivery, ReviewPoint
from triage.replies import Check, Point
from web import replies

LOOK_BACK = dt.timedelta(days=90)
LOOKS: dict[ReviewPoint, tuple[Point, ...]] = {  # a line of the checklist → the points it is prefilled from
    ReviewPoint.ANSWERS: (Point.LENGTH, Point.ANSWERS),
    ReviewPoint.FACTS: (Point.FACTS,),
    ReviewPoint.GROUND: (Point.GROUND,),
    ReviewPoint.CONTACT: (Point.CONTACT,),
    ReviewPoint.PRIVACY: (Point.PRIVACY,),
    ReviewPoint.OWN: (Point.OWN,),
}


def beside(session: Session, case: Case, now: dt.datetime) -> dict[str, Any]:
    """The checklist of this round's replies: what was found for each line, copies, what this house got back before."""
    rows = select(ReplyRow).where(ReplyRow.case_id == case.id, ReplyRow.round == case.round).order_by(ReplyRow.id)
    latest = [row for row in session.scalars(rows) if not row.sent_back]
    looked = [(row, replies.checks(session, case, row.public, row.department)) for row in latest]
    return {
        "lines": [_line(point, case, looked) for point in LOOKS],
        "spans": {row.department: _shown(checks) for row, checks in looked},
        "copies": [copy for row, _ in looked if (copy := _copy(session, case, row)) is not None],
        "sent_back": sent_back(session, case.lead, now),
    }


def _line(point: ReviewPoint, case: Case, looked: Sequence[tuple[ReplyRow, Sequence[Check]]]) -> dict[str, Any]:
    """One line: whether nothing speaks against it, and what does."""
    found = [check.why for _, checks in looked for check in checks if check.point in LOOKS[point] and not check.passed]
    if point is ReviewPoint.CONTACT:
        found = [*_uncontacted(case), *found]
    return {"point": point, "label": point.label, "passed": not found, "why": "；".join(dict.fromkeys(found))}


def _uncontacted(case: Case) -> list[str]:
    """Whose contact with the citizen is not on record."""
    live = [place for place in facts.live_places(case) if place.status != Delivery.RETURNED]
    return ["没有联系市民的记录"] if live and not any(place.contacted_at for place in live) else []


def _shown(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Where the public text shows what is against it: personal data to be marked."""
    return [{"start": start, "end": end} for check in checks if not check.passed for start, end in check.spans]


def _copy(session: Session, case: Case, row: ReplyRow) -> dict[str, Any] | None:
    twin = replies.twin(session, case, row.public, row.department)
    if twin is None:
        return None
    number, title, public, at = twin
    return {"number": number, "title": title, "public": public, "at": clock.iso(at)}


def sent_back(session: Session, department: str, now: dt.datetime) -> list[dict[str, Any]]:
    """How often replies of this house came back for which point within LOOK_BACK, the most frequent first."""
    told = select(HistoryRow.facts["sent_back"]).where(
        COUNTED_STEPS["send_back"], HistoryRow.at >= now - LOOK_BACK, HistoryRow.facts["lead"].astext == department
    )
    counted = Counter(point for points in session.scalars(told) for point in points or [])
    return [{"point": one, "label": ReviewPoint(one).label, "count": n} for one, n in counted.most_common()]


def totals(session: Session, begin: dt.datetime, end: dt.datetime) -> list[dict[str, Any]]:
    """Department and point → how many replies came back in the period; the most frequent first."""
    columns = select(HistoryRow.facts["lead"].astext, HistoryRow.facts["sent_back"])
    rows = columns.where(COUNTED_STEPS["send_back"], HistoryRow.at >= begin, HistoryRow.at < end)
    found = Counter((lead, point) for lead, points in session.execute(rows) for point in points or [])
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [{"department": d, "point": p, "label": ReviewPoint(p).label, "count": n} for (d, p), n in ordered]
