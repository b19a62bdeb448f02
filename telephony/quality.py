"""Quality review: calls that were drawn, the score sheet, and what a reviewer found. The agent reads his own."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock
from hotline.errors import BadInput, Forbidden, Missing
from hotline.settings import CITY
from hotline.unit import transaction
from telephony.models import Call, QualityCheck

LONGEST_NOTE = 1000
WHOLE = 100
SHOWN = 100


@lru_cache
def sheet() -> tuple[dict[str, Any], ...]:
    """The items of the score sheet: code, name, points. ValueError when they do not add up to 100."""
    items = tuple(tomllib.loads((CITY / "quality.toml").read_text(encoding="utf-8"))["item"])
    if sum(item["points"] for item in items) != WHOLE:
        raise ValueError("quality.toml: the points must add up to 100")
    return items


def check_points(given: Mapping[str, Any]) -> dict[str, int]:
    """One whole number per item, from 0 to its points. Raises BadInput naming the items."""
    wrong = {
        item["code"]: f"0—{item['points']}"
        for item in sheet()
        if isinstance(given.get(item["code"]), bool)
        or not isinstance(given.get(item["code"]), int)
        or not 0 <= given[item["code"]] <= item["points"]
    }
    wrong |= {code: "没有这一项" for code in given if code not in {item["code"] for item in sheet()}}
    if wrong:
        raise BadInput("bad_points", "请为每一项打分，不超过该项满分。", wrong)
    return {item["code"]: given[item["code"]] for item in sheet()}


def score(
    call: str, points: Mapping[str, Any], note: str, by: str, now: dt.datetime | None = None
) -> dict[str, Any]:  # fmt: skip
    """Write what was found; a later reading replaces it. Missing when it was not drawn, Forbidden for his own call."""
    given, said = check_points(points), note.strip()[:LONGEST_NOTE]
    with transaction(now) as unit:
        rows = select(QualityCheck).where(QualityCheck.call == call).with_for_update()
        row = unit.session.scalars(rows).first()
        if row is None:
            raise Missing("not_drawn", "这个通话没有被抽中质检。")
        if row.agent == by:
            raise Forbidden("own_call", "不能给自己的通话打分。")
        row.points, row.score, row.note = given, sum(given.values()), said
        row.by, row.at = by, unit.now
        unit.session.flush()
        return told(row, unit.session.get_one(Call, call))


def told(row: QualityCheck, call: Call) -> dict[str, Any]:
    """One drawn call with its sheet; without the caller's number."""
    found = {"score": row.score, "points": row.points, "note": row.note, "by": row.by or None}
    return {
        "call": row.call,
        "agent": row.agent,
        "at": clock.iso(row.at) if row.at else None,
        "invite_at": clock.iso(call.invite_at),
        "seconds": _seconds(call),
        "rating": call.rating,
        "case": call.case_number or None,
        "recording": bool(call.recording),
    } | found


def _seconds(call: Call) -> int:
    if call.agent_answer_at is None or call.hangup_at is None:
        return 0
    return int((call.hangup_at - call.agent_answer_at).total_seconds())


def listed(session: Session, *, done: bool, agent: str = "") -> list[dict[str, Any]]:
    """Drawn calls that wait for a reviewer, oldest first, or were scored, newest first; of one agent where given."""
    order = QualityCheck.at.desc() if done else QualityCheck.id
    rows = select(QualityCheck, Call).join(Call, Call.id == QualityCheck.call)
    rows = rows.where(QualityCheck.at.is_not(None) if done else QualityCheck.at.is_(None))
    rows = rows.where(QualityCheck.agent == agent) if agent else rows
    return [told(row, call) for row, call in session.execute(rows.order_by(order).limit(SHOWN))]


def means(session: Session) -> list[dict[str, Any]]:
    """Per agent: how many calls were scored and the mean of their scores."""
    mean = func.avg(QualityCheck.score)
    rows = select(QualityCheck.agent, func.count(), mean).where(QualityCheck.at.is_not(None))
    found = session.execute(rows.group_by(QualityCheck.agent).order_by(QualityCheck.agent))
    return [{"agent": agent, "count": count, "mean": round(float(value), 1)} for agent, count, value in found]
