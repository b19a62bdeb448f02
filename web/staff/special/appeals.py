"""Appeals of departments against reviews: decided by a reviewer, approved by a second person, listed for good."""

from typing import Any

from flask import Blueprint, redirect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hotline import clock, db, reading
from hotline.lifecycle import Actor
from hotline.loop_models import Appeal
from hotline.models import Case, Rating, RevisitRow
from hotline.words import Action, Level, Role, State, Verdict
from web import access
from web.staff.houses import houses
from web.staff.special import frame

appeals = Blueprint("appeals", __name__)
HERE = "/special/appeals"
DECIDERS = frozenset({Role.REVIEWER, Role.SUPERVISOR})
SHOWN = 50


@appeals.get(frame.HOME)
def home() -> Response:
    """The first page of this reader."""
    actor = access.staff()
    paths = [path for path, _, roles in frame.TABS if actor.role in roles]
    return redirect(paths[0] if paths else "/")


def _review(session: Session, row: Appeal) -> list[str]:
    """What the citizen said of that round; for the centre only."""
    rated = session.scalars(select(Rating).filter_by(case_id=row.case_id, round=row.round))
    spoken = session.scalars(select(RevisitRow).filter_by(case_id=row.case_id, round=row.round, reached=True))
    said = [f"自评{Level(str(one.level)).label} {one.words}".strip() for one in rated]
    return said + [
        f"回访{'已解决' if one.solved else '未解决'}，{Level(str(one.satisfaction)).label} {one.words}".strip()
        for one in spoken
    ]


def _told(session: Session, row: Appeal, case: Case, actor: Actor) -> dict[str, Any]:
    house = houses().get(row.department)
    waits = "" if row.ended_at else "approve" if row.upheld else "decide"
    mine = actor.role in DECIDERS and not (waits == "approve" and row.decided_by == actor.name)
    return {
        "number": case.number,
        "version": case.version,
        "title": reading.public_title(case),
        "state": State(case.state).label,
        "department": house.name if house else row.department,
        "by": row.by,
        "at": clock.iso(row.at),
        "claim": Verdict(row.claim).label,
        "reason": row.reason,
        "evidence": row.evidence,
        "review": _review(session, row),
        "waits": waits,
        "mine": mine,
        "decided_by": row.decided_by,
        "verdict_reason": row.verdict_reason,
        "approved_by": row.approved_by,
        "end": _end(row),
    }


def _end(row: Appeal) -> str:
    if row.ended_at is None:
        return "待复核" if row.upheld else "待裁定"
    return "成立，评价不计入满意率" if row.granted else "不成立"


def _page(**more: Any) -> str:
    actor = frame.reader(HERE)
    with db.session() as session:
        rows = select(Appeal, Case).join(Case, Case.id == Appeal.case_id)
        open_ = session.execute(rows.where(Appeal.ended_at.is_(None)).order_by(Appeal.id).limit(SHOWN))
        ended = session.execute(rows.where(Appeal.ended_at.is_not(None)).order_by(Appeal.id.desc()).limit(SHOWN))
        told = {
            name: [_told(session, row, case, actor) for row, case in found]
            for name, found in (("open", open_), ("ended", ended))
        }
    return frame.shown("appeals", actor, **told, **more)


@appeals.get(HERE)
def listed() -> str:
    """What waits, oldest first, and what was decided."""
    return _page()


@appeals.post(f"{HERE}/<number>/<step>")
def decide(number: str, step: str) -> frame.Answer:
    """The decision (`decide`) or its approval by a second person (`approve`)."""
    actor = access.staff(*DECIDERS)
    action, field = {
        "decide": (Action.DECIDE_APPEAL, "upheld"),
        "approve": (Action.APPROVE_APPEAL, "granted"),
    }.get(step, (Action.DECIDE_APPEAL, ""))
    given = {field: frame.yes(field), "reason": frame.words("reason")}
    return frame.posted(HERE, lambda: frame.act(number, action, actor, given), _page, number)
