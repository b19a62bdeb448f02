"""The read side of the telephone: call records, call-backs, who waits, and what the rates count."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock
from hotline.errors import BadInput
from hotline.queries import Source
from hotline.rates import CALL, CallFact
from telephony import agents
from telephony.distribution import LONGEST_CALL
from telephony.models import Call, Callback
from telephony.words import CallbackState, CallState

_STAMPS = ("invite_at", "notice_end_at", "queue_at", "offer_at", "agent_answer_at", "hangup_at")
STATES: dict[str, tuple[str, ...]] = {
    "open": (CallbackState.OPEN,),
    "done": (CallbackState.DONE, CallbackState.ANSWERED),
}

_FACT = SimpleNamespace(
    invite=Call.invite_at,
    notice_end=Call.notice_end_at,
    answered=Call.agent_answer_at,
    exit=Call.exit,
    offered=Call.queue_at.is_not(None),
    connected=Call.agent_answer_at.is_not(None),
)
_TO_US = Call.direction == "in"
CALLS = Source(frozenset({CALL}), Call, _FACT, (_TO_US,))  # what the rates count, for the database; no department's


def _iso(at: dt.datetime | None) -> str | None:
    return clock.iso(at) if at else None


def call_told(call: Call) -> dict[str, Any]:
    """One call with all its stamps; the caller in clear, the door masks him by role."""
    stamps = {name: _iso(getattr(call, name)) for name in _STAMPS}
    ended = {"exit": call.exit or None, "rating": call.rating, "recording": call.recording or None}
    ours = {"purpose": call.purpose, "cause": call.cause or None} if call.direction == "out" else {}
    return {
        "id": call.id,
        "caller": call.caller,
        **stamps,
        "agent": call.agent or None,
        **ended,
        "case": call.case_number or None,
        "tags": call.tags,
        **ours,
    }


def calls(
    session: Session, since: dt.datetime | None, cursor: str, limit: int, direction: str = "in"
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of calls offered to us ("out": made by us), newest first, and the cursor of the next one.

    Raises BadInput `bad_cursor`.
    """
    found = select(Call).where(Call.direction == direction)
    found = found.order_by(Call.invite_at.desc(), Call.id.desc()).limit(limit + 1)
    if since is not None:
        found = found.where(Call.invite_at >= since)
    if cursor:
        found = found.where(_before(cursor))
    rows = list(session.scalars(found))
    following = _cursor(rows[limit - 1]) if len(rows) > limit else None
    return [call_told(row) for row in rows[:limit]], following


def _cursor(last: Call) -> str:
    """In characters that an address carries unchanged."""
    return f"{last.invite_at.astimezone(dt.UTC).isoformat().removesuffix('+00:00')}Z~{last.id}"


def _before(cursor: str) -> Any:
    at, _, call = cursor.partition("~")
    try:
        instant = dt.datetime.fromisoformat(at)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadInput("bad_cursor", "分页标记不对。", {"cursor": "不对"})
    return (Call.invite_at < instant) | ((Call.invite_at == instant) & (Call.id < call))


def callback_told(row: Callback) -> dict[str, Any]:
    """One call we owe."""
    said = {"id": row.id, "call": row.call, "caller": row.caller, "reason": row.reason, "state": row.state}
    done = {"done_by": row.done_by or None, "done_at": _iso(row.done_at), "result": row.result or None}
    return said | {"words": row.words, "created_at": clock.iso(row.created_at), "case": row.case_number or None} | done


def callbacks(session: Session, state: str, cursor: str, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """A page of call-backs, oldest first; `done` are also those whose caller rang again and was answered.

    Raises BadInput.
    """
    if state not in STATES or (cursor and not cursor.isdigit()):
        raise BadInput("bad_filter", "状态只能是 open 或 done。", {"state": "不对"})
    found = select(Callback).where(Callback.state.in_(STATES[state])).order_by(Callback.id).limit(limit + 1)
    rows = list(session.scalars(found.where(Callback.id > int(cursor)) if cursor else found))
    return [callback_told(row) for row in rows[:limit]], str(rows[limit - 1].id) if len(rows) > limit else None


def call_facts(session: Session, begin: dt.datetime, end: dt.datetime) -> list[CallFact]:
    """What the rates count: calls whose INVITE lies in [begin, end)."""
    columns = select(Call.invite_at, Call.notice_end_at, Call.queue_at, Call.agent_answer_at, Call.exit)
    rows = session.execute(columns.where(Call.invite_at >= begin, Call.invite_at < end, _TO_US))
    return [CallFact(invite, notice, queued, answered, exit_) for invite, notice, queued, answered, exit_ in rows]


def seats(session: Session, now: dt.datetime) -> list[dict[str, Any]]:
    """Every agent's seat with his own status, the machine's state and the time in it."""
    return agents.seats(session, now)


def waiting(session: Session, now: dt.datetime) -> dict[str, Any]:
    """How many wait for a person, a phone ringing for them or not, the longest wait in seconds, and how many speak."""
    fresh = Call.invite_at >= now - LONGEST_CALL
    waits = Call.state.in_([CallState.WAITING, CallState.OFFERED])  # calls we make are never in these
    count, first = session.execute(select(func.count(), func.min(Call.queue_at)).where(fresh, waits)).one()
    talking = session.scalar(select(func.count()).where(fresh, Call.state == CallState.TALKING))
    longest = max(int((now - first).total_seconds()), 0) if first else 0
    return {"count": count, "longest_seconds": longest, "talking": talking}
