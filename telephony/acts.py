"""The log of what people did with calls and seats beside speaking: written in the same commit, read by supervisors,
and by the agent whom it concerns."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock
from hotline.unit import Unit
from telephony.models import CallAct
from telephony.words import Doing


def note(unit: Unit, by: str, what: Doing, *, call: str = "", agent: str = "", reason: str = "") -> None:
    """Write one row; never changed afterwards."""
    unit.session.add(CallAct(at=unit.now, by=by, what=what, call=call, agent=agent, reason=reason))


def listed(session: Session, *, agent: str = "", call: str = "", most: int = 100) -> list[dict[str, Any]]:
    """The newest rows, of one agent or one call where given."""
    rows = select(CallAct).order_by(CallAct.id.desc()).limit(most)
    rows = rows.where(CallAct.agent == agent) if agent else rows
    rows = rows.where(CallAct.call == call) if call else rows
    return [
        {
            "at": clock.iso(row.at),
            "by": row.by,
            "what": row.what,
            "label": Doing(row.what).label,
            "call": row.call or None,
            "agent": row.agent or None,
            "reason": row.reason,
        }
        for row in session.scalars(rows)
    ]
