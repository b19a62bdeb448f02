"""What the connector tells becomes the record of a call, once; and what the agent sees before he answers."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from hotline import clock, privacy, reading
from hotline.city_models import User
from hotline.errors import Missing
from hotline.models import Case
from hotline.unit import Unit, transaction
from hotline.words import ENDED, State
from telephony import agents, checks, reviews
from telephony.models import AgentSeat, Call, EventSeen
from telephony.queueing import Rules
from telephony.reaction import Reaction, Work
from telephony.record import TAKES, apply
from telephony.standing import spellings
from telephony.words import CallState, Mark

DEFAULT = Rules()
MOST_CASES = 20
LONGEST_ID = 100
OLDEST, NEWEST = dt.timedelta(days=30), dt.timedelta(days=1)  # around now; the rest is a broken clock


class BadEvent(ValueError):  # noqa: N818 - reads better at the raise
    """A document that is no event of a call; it can never be taken. Says no more than which field is wrong."""


# --- taking an event ------------------------------------------------------------------------------------------------


def take(event: Mapping[str, Any], now: dt.datetime | None = None, rules: Rules = DEFAULT) -> list[Reaction]:
    """Write what the event says, once, in one commit; returns what is to be said then. BadEvent for nonsense."""
    return take_all([event], now, rules)


def take_all(
    events: Sequence[Mapping[str, Any]], now: dt.datetime | None = None, rules: Rules = DEFAULT
) -> list[Reaction]:
    """The same for several, in their order, in one commit: all or none. BadEvent when one is nonsense."""
    for event in events:
        _check(event)
    said = []
    with transaction(now) as unit:
        unseen = _unseen(unit.session, [event["id"] for event in events])
        for event in events:
            if event["id"] in unseen:
                unseen.remove(event["id"])
                work = Work(unit, _call(unit, event), event, _instant(event, unit.now), rules)
                said += apply(work, TAKES[event["type"]])
    return said


def _check(event: Mapping[str, Any]) -> None:
    texts = {name: event.get(name) for name in ("type", "id", "call")}
    for name, value in texts.items():
        if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_ID:
            raise BadEvent(name)
    if texts["type"] not in TAKES:
        raise BadEvent("type")
    try:
        uuid.UUID(texts["call"])
    except ValueError:
        raise BadEvent("call") from None


def _unseen(session: Session, ids: list[str]) -> set[str]:
    """Those taken for the first time; from now on they are seen."""
    row = insert(EventSeen).values([{"id": one} for one in ids]).on_conflict_do_nothing().returning(EventSeen.id)
    return set(session.scalars(row))


def _instant(event: Mapping[str, Any], now: dt.datetime) -> dt.datetime:
    """When it happened by the connector's word; now where that cannot be read."""
    try:
        at = dt.datetime.fromisoformat(str(event.get("at")))
    except ValueError:
        return now
    return at if at.tzinfo and now - OLDEST <= at <= now + NEWEST else now


def _call(unit: Unit, event: Mapping[str, Any]) -> Call:
    """The call's row, locked. One whose invite never came (a broker that lost its tail) is written all the same."""
    known = unit.session.get(Call, event["call"], with_for_update=True)
    if known is not None:
        return known
    first = insert(Call).values(
        id=event["call"], state=CallState.RINGING, caller="", caller_index="", connector="",
        invite_at=_instant(event, unit.now), agent="", token="", exit="", recording="", sha256="", case_number="",
    )  # fmt: skip
    unit.session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
    return unit.session.get_one(Call, event["call"], with_for_update=True)


def forget_events(unit: Unit, keep: dt.timedelta = dt.timedelta(days=7), most: int = 5000) -> int:
    """Delete the marks of events of ended calls that came longer than `keep` ago; returns how many. Their rows stay."""
    ended = Call.invite_at.between(unit.now - keep - dt.timedelta(days=3), unit.now - keep) & Call.hangup_at.is_not(
        None
    )
    old = select(EventSeen.id).join(Call, func.split_part(EventSeen.id, ":", 1) == Call.id).where(ended).limit(most)
    gone = unit.session.execute(delete(EventSeen).where(EventSeen.id.in_(old)).returning(EventSeen.id))
    return len(gone.all())


# --- what the agent sees before he answers --------------------------------------------------------------------------


def screen_pop(session: Session, call: Call) -> dict[str, Any]:
    """Who calls: number in clear, his open cases, how often he called before. For the agent's own desk only.

    `elderly` is None where nobody noted whether he is 65 or older: his number does not say it.
    """
    return {
        "call": call.id,
        "caller": call.caller,
        "state": call.state,
        "invite_at": clock.iso(call.invite_at),
        "case": call.case_number or None,
        "cases": _open_cases(session, call.caller),
        "earlier_calls": _earlier(session, call),
        "elderly": True if Mark.ELDERLY in call.known else None,
        "known": call.known,
        "talk": call.talk,
        "tags": call.tags,
        "direction": call.direction,
        "purpose": call.purpose or None,
    }


def pop_for(session: Session, call_id: str, user: str) -> dict[str, Any]:
    """The pop of a call that rings at or is spoken by this user. Missing for everybody else."""
    call = session.get(Call, call_id)
    seat = session.get(AgentSeat, user) if user else None
    rings = seat is not None and seat.call == call_id
    if call is None or not user or (call.agent != user and not rings):
        raise Missing("no_such_call", "没有这个来电，或它不在您的坐席上。")
    return screen_pop(session, call) | {"guest": _asked_in(session, call, seat) if seat and rings else None}


def _asked_in(session: Session, call: Call, seat: AgentSeat) -> dict[str, Any] | None:
    """Who asked this seat into his talk, and for what; None where the call is its own."""
    if not seat.guest:
        return None
    host = session.get(User, call.agent)
    role = call.talk.get("guests", {}).get(seat.token, {}).get("role", "")
    return {"by": host.shown if host else call.agent, "role": role}


def _open_cases(session: Session, caller: str) -> list[dict[str, Any]]:
    if not caller:
        return []
    his = Case.phone_index.in_([privacy.blind(spelling) for spelling in spellings(caller)])
    rows = select(Case).where(his, Case.state.notin_([s.value for s in ENDED])).options(selectinload(Case.clocks))
    return [_case_told(case) for case in session.scalars(rows.order_by(Case.id.desc()).limit(MOST_CASES))]


def _case_told(case: Case) -> dict[str, Any]:
    running = [row for row in reading.clocks(case) if row["stopped_at"] is None]
    shown = {"number": case.number, "title": case.title, "state": case.state, "state_label": State(case.state).label}
    return shown | {"clocks": running}


def _earlier(session: Session, call: Call) -> int:
    if not call.caller_index:
        return 0
    his = select(func.count()).where(Call.caller_index == call.caller_index, Call.id != call.id)
    return session.scalar(his.where(Call.invite_at <= call.invite_at)) or 0


def rate(unit: Unit, call_id: str) -> bool:
    """The call's digit becomes the review of the case it settled, where it can; whether it did."""
    call = unit.session.get(Call, call_id, with_for_update=True)
    done = call is not None and reviews.rate(unit, call)
    if call is not None and done:
        checks.counted(unit, call)
    return done


def case_made(unit: Unit, call_id: str, number: str) -> bool:
    """A case was written from this call: the record names it, its wrap-up is over. False: no such call."""
    call = unit.session.get(Call, call_id, with_for_update=True)
    if call is not None:
        call.case_number = number
        agents.case_saved(unit, call_id)
    return call is not None
