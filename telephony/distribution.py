"""The queue in the database: who waits, whose seat is free, and each change as one compare-and-set."""

import datetime as dt
import secrets
from collections.abc import Collection

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from hotline import clock
from hotline.city_models import User
from hotline.events import CallChanged
from hotline.unit import Unit, transaction
from telephony import agents
from telephony.models import AgentSeat, Call, Callback
from telephony.queueing import Assignment, Caller, Rules, Seat, assign
from telephony.record import Reaction, Work, apply, command, finish, requeue, told
from telephony.words import CallbackState, CallState, Exit, SeatState, Status

LONGEST_CALL = dt.timedelta(days=1)  # no connector lets a call live so long; keeps reading to the newest rows


class _Taken(Exception):  # noqa: N818 - a turn of events, caught here
    """Somebody else had the caller or the seat first."""


# --- reading --------------------------------------------------------------------------------------------------------


def free_seats(session: Session) -> list[Seat]:
    """Seats that are ready, idle and have a phone; pauses are judged by `queueing.eligible`."""
    rows = select(AgentSeat).join(User, User.name == AgentSeat.user).where(User.active, User.phone_uri != "")
    found = session.scalars(rows.where(AgentSeat.status == Status.READY, AgentSeat.state == SeatState.IDLE))
    return [Seat(s.user, s.status, s.state, s.idle_since, s.not_before) for s in found]


def callers(session: Session, rules: Rules, silent: Collection[str] = ()) -> list[Caller]:
    """Everybody who waits. Callers of a `silent` connector cannot be given to anybody."""
    waiting = select(Call.id, Call.queue_at, Call.connector, Call.caller_index).where(Call.state == CallState.WAITING)
    rows = session.execute(waiting.order_by(Call.queue_at, Call.id)).all()
    people = {row.caller_index for row in rows if row.caller_index}
    owed = _owed(session, people) if rules.owed_first else set()
    last = _last_agents(session, people) if rules.last_agent_first else {}
    return [
        Caller(
            row.id,
            row.queue_at,
            int(row.caller_index in owed),
            last.get(row.caller_index, ""),
            row.connector not in silent,
        )
        for row in rows
    ]


def _owed(session: Session, people: Collection[str]) -> set[str]:
    """Those of them whom we still owe a call back."""
    rows = select(Callback.caller_index).where(Callback.caller_index.in_(people))
    return set(session.scalars(rows.where(Callback.state == CallbackState.OPEN)))


def _last_agents(session: Session, people: Collection[str]) -> dict[str, str]:
    """Whom each of them spoke to last."""
    rows = select(Call.caller_index, Call.agent).where(Call.caller_index.in_(people), Call.agent_answer_at.is_not(None))
    return {row.caller_index: row.agent for row in session.execute(rows.order_by(Call.agent_answer_at))}


def due(rules: Rules, silent: Collection[str] = ()) -> list[Assignment]:
    """Who could ring where now; nothing is reserved yet."""
    with transaction() as unit:
        seats = free_seats(unit.session)
        return assign(callers(unit.session, rules, silent), seats, clock.machine()) if seats else []


# --- offers ---------------------------------------------------------------------------------------------------------


def reserve(made: Assignment, rules: Rules, now: dt.datetime | None = None) -> list[Reaction]:
    """Reserve the seat for the caller if both are still free: the pop for the desk, then the offer. Else nothing."""
    token = secrets.token_hex(8)
    try:
        with transaction(now) as unit:
            _take_caller(unit, made, token)
            _take_seat(unit, made, token, rules)
            uri = unit.session.scalars(select(User.phone_uri).where(User.name == made.user)).one()
            unit.record(CallChanged(made.call, CallState.OFFERED))
    except _Taken:
        return []
    offer = command("offer", call=made.call, agent=made.user, uri=uri, token=token, timeout=rules.ring)
    return [told(made.user, "pop", made.call), offer]


def _take_caller(unit: Unit, made: Assignment, token: str) -> None:
    still = update(Call).where(Call.id == made.call, Call.state == CallState.WAITING)
    values = {"state": CallState.OFFERED, "agent": made.user, "token": token, "offer_at": unit.now}
    if unit.session.execute(still.values(**values).returning(Call.id)).first() is None:
        raise _Taken


def _take_seat(unit: Unit, made: Assignment, token: str, rules: Rules) -> None:
    """`not_before` is when the offer has to be decided."""
    machine = clock.machine()
    paused = or_(AgentSeat.not_before.is_(None), AgentSeat.not_before <= machine)
    still = update(AgentSeat).where(AgentSeat.user == made.user, paused)
    still = still.where(AgentSeat.status == Status.READY, AgentSeat.state == SeatState.IDLE)
    until = machine + dt.timedelta(seconds=rules.ring + rules.grace)
    values = {"state": SeatState.RESERVED, "call": made.call, "token": token, "not_before": until, "since": unit.now}
    if unit.session.execute(still.values(**values).returning(AgentSeat.user)).first() is None:
        raise _Taken


def stale_offers(session: Session, *, unrung: bool = False) -> list[tuple[str, str]]:
    """(call, token) of offers about which the connector said nothing in time; `unrung`: all that do not ring yet."""
    late = AgentSeat.not_before <= clock.machine()
    waiting = AgentSeat.state.in_([SeatState.RESERVED, SeatState.RINGING])
    reserved = AgentSeat.state == SeatState.RESERVED
    rows = select(AgentSeat.call, AgentSeat.token).where(reserved if unrung else waiting & late)
    return [(call, token) for call, token in session.execute(rows.order_by(AgentSeat.user))]


def withdraw(call_id: str, token: str, rules: Rules, now: dt.datetime | None = None) -> list[Reaction]:
    """Take an offer back: the caller keeps his place. A phone that rang was missed; one that never did is our fault."""
    with transaction(now) as unit:
        call = unit.session.get(Call, call_id, with_for_update=True)
        seat = agents.holding(unit, call_id)
        if seat is None or seat.token != token or seat.state not in {SeatState.RESERVED, SeatState.RINGING}:
            return []
        agents.fail(unit, seat, "no_answer" if seat.state == SeatState.RINGING else "error", rules)
        said = [command("cancel_offer", call=call_id, token=token), told(seat.user, "seat", call_id)]
        if call is not None and call.state == CallState.OFFERED:
            requeue(call)
            unit.record(CallChanged(call_id, call.state))
        return said


# --- upkeep ---------------------------------------------------------------------------------------------------------


def end_wrap_ups(now: dt.datetime | None = None) -> list[Reaction]:
    """Seats whose wrap-up is over are ready again."""
    with transaction(now) as unit:
        return [told(user, "seat", "") for user in agents.end_wrap_ups(unit)]


def open_calls(session: Session, now: dt.datetime) -> list[tuple[str, str]]:
    """(call, connector) of all calls that have not ended."""
    live = Call.invite_at >= now - LONGEST_CALL
    rows = select(Call.id, Call.connector).where(live, Call.state != CallState.ENDED)
    return [(call, connector) for call, connector in session.execute(rows.order_by(Call.id))]


def reap(call_id: str, now: dt.datetime | None = None, rules: Rules | None = None) -> list[Reaction]:
    """End a call whose connector is gone: exit system and a call back, unless somebody spoke to the caller."""
    with transaction(now) as unit:
        call = unit.session.get(Call, call_id, with_for_update=True)
        if call is None or call.state == CallState.ENDED:
            return []
        work = Work(unit, call, {}, unit.now, rules or Rules())
        return apply(work, lambda w: finish(w, Exit.SYSTEM))
