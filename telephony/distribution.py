"""The queue in the database: who waits, whose seat is free, and each change as one compare-and-set."""

import datetime as dt
import secrets
from collections.abc import Collection

from sqlalchemy import and_, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from hotline import clock
from hotline.city_models import User
from hotline.events import CallChanged
from hotline.unit import Unit, transaction
from telephony import agents, outbound
from telephony.models import AgentSeat, Call, Callback
from telephony.queueing import Assignment, Caller, Rules, Seat, assign, eligible
from telephony.reaction import Reaction, Work, command, told
from telephony.record import apply, cut_off, requeue
from telephony.words import CallbackState, CallState, Purpose, SeatState, Status, Strategy

KEPT = "callback:"
_SEAT = (
    AgentSeat.user,
    AgentSeat.status,
    AgentSeat.state,
    AgentSeat.idle_since,
    AgentSeat.not_before,
    AgentSeat.rung_at,
)
LONGEST_CALL = dt.timedelta(days=1)  # no connector lets a call live so long; keeps reading to the newest rows


class _Taken(Exception):  # noqa: N818 - a turn of events, caught here
    """Somebody else had the caller or the seat first."""


# --- reading --------------------------------------------------------------------------------------------------------


def seats(session: Session, rules: Rules) -> list[Seat]:
    """Every signed-in seat that has a phone, free or not; pauses are judged by `queueing.eligible`."""
    rows = select(*_SEAT).join(User, User.name == AgentSeat.user).where(User.active, User.phone_uri != "")
    found = session.execute(rows.where(AgentSeat.status != Status.OFF)).all()
    served = _served(session) if any(g.strategy == Strategy.FEWEST_CALLS for g in rules.groups) else {}
    return [
        Seat(user, status, state, idle, pause, served.get(user, 0), rung)
        for user, status, state, idle, pause, rung in found
    ]


def _served(session: Session) -> dict[str, int]:
    """How many calls each agent has answered since midnight in Shanghai."""
    midnight = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    today = select(Call.agent, func.count()).where(Call.invite_at >= midnight, Call.agent_answer_at.is_not(None))
    return dict(session.execute(today.group_by(Call.agent)).all())


def callers(session: Session, rules: Rules, silent: Collection[str] = (), most: int = 1000) -> list[Caller]:
    """The first `most` of each group that wait. Callers of a `silent` connector cannot be given to anybody.

    Nobody behind them could ring either: in one group who stands before has the wider circle.
    """
    columns = (Call.id, Call.rank_at, Call.queue_at, Call.skill_group, Call.wanted_agent)
    waiting = select(*columns).where(Call.state == CallState.WAITING, Call.connector.notin_(silent))
    codes = [group.code for group in rules.groups]
    parts = [waiting.where(Call.skill_group == code) for code in codes] + [
        waiting.where(Call.skill_group.notin_(codes))
    ]
    heads = [part.order_by(Call.rank_at, Call.id).limit(most).subquery().select() for part in parts]
    rows = session.execute(union_all(*heads)).all()
    return [Caller(row.id, row.rank_at or row.queue_at, row.skill_group, row.wanted_agent) for row in rows]


def due(rules: Rules, silent: Collection[str] = ()) -> list[Assignment]:
    """Who could ring where now; nothing is reserved yet."""
    with transaction() as unit:
        machine = clock.machine()
        if not (_somebody_waits(unit.session) or _kept(unit.session, rules)):
            return []
        present = seats(unit.session, rules)
        free = sum(eligible(seat, machine) for seat in present)
        waiting = [*callers(unit.session, rules, silent, free), *_kept(unit.session, rules)] if free else []
        return assign(waiting, present, unit.now, rules, machine)


def _kept(session: Session, rules: Rules) -> list[Caller]:
    """Those who hung up to be called back stand in the queue as if they still waited."""
    rows = outbound.kept(session, rules) if rules.trunk else []
    return [Caller(f"{KEPT}{row.id}", row.rank_at or row.created_at, rules.groups[0].code) for row in rows]


def _somebody_waits(session: Session) -> bool:
    return session.scalar(select(Call.id).where(Call.state == CallState.WAITING).limit(1)) is not None


# --- offers ---------------------------------------------------------------------------------------------------------


def reserve(made: Assignment, rules: Rules, now: dt.datetime | None = None) -> list[Reaction]:
    """Reserve the seat for the caller if both are still free: the pop for the desk, then the offer. Else nothing."""
    token = secrets.token_hex(8)
    try:
        with transaction(now) as unit:
            together = _take_caller(unit, made, token, rules)
            _take_seat(unit, made, token, rules)
            uri = unit.session.scalars(select(User.phone_uri).where(User.name == made.user)).one()
            unit.record(CallChanged(made.call, CallState.OFFERED))
    except _Taken:
        return []
    words = {"agent": made.user, "uri": uri, "timeout": rules.ring}
    offer = command("offer", call=made.call, token=token, **words, **({"together": True} if together else {}))
    return [told(made.user, "pop", made.call), offer]


def _take_caller(unit: Unit, made: Assignment, token: str, rules: Rules) -> bool:
    """A group that rings all may add a phone to an offer that rings already; whether his does."""
    together = [group.code for group in rules.groups if group.strategy == Strategy.RING_ALL]
    offered = and_(Call.state == CallState.OFFERED, Call.skill_group.in_(together))
    still = update(Call).where(Call.id == made.call, or_(Call.state == CallState.WAITING, offered))
    values = {"state": CallState.OFFERED, "agent": made.user, "token": token, "offer_at": unit.now}
    taken = unit.session.execute(still.values(**values).returning(Call.skill_group)).first()
    if taken is None:
        raise _Taken
    return taken.skill_group in together


def _take_seat(unit: Unit, made: Assignment, token: str, rules: Rules) -> None:
    """`not_before` is when the offer has to be decided."""
    machine = clock.machine()
    paused = or_(AgentSeat.not_before.is_(None), AgentSeat.not_before <= machine)
    still = update(AgentSeat).where(AgentSeat.user == made.user, paused)
    still = still.where(AgentSeat.status == Status.READY, AgentSeat.state == SeatState.IDLE)
    until = machine + dt.timedelta(seconds=rules.ring + rules.grace)
    values = {"state": SeatState.RESERVED, "call": made.call, "token": token, "not_before": until, "since": unit.now}
    values["rung_at"] = unit.now
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
        seat = agents.offered(unit, call_id, token)
        if seat is None or seat.state not in {SeatState.RESERVED, SeatState.RINGING}:
            return []
        agents.fail(unit, seat, "no_answer" if seat.state == SeatState.RINGING else "error", rules)
        outwards = call is not None and call.direction == "out"
        back = (
            command("hangup", call=call_id, reason="no_answer")
            if outwards
            else command("cancel_offer", call=call_id, token=token)
        )
        said = [back, told(seat.user, "seat", call_id)]
        if call is not None and call.state == CallState.OFFERED and not agents.holding(unit, call_id):
            requeue(call)
            unit.record(CallChanged(call_id, call.state))
        return said


def call_back(made: Assignment, connector: str, rules: Rules, now: dt.datetime | None = None) -> list[Reaction]:
    """The turn of one who asked for it: the free agent's phone rings, then his. Nothing when either is gone."""
    with transaction(now) as unit:
        row = unit.session.get(Callback, int(made.call.removeprefix(KEPT)), with_for_update=True)
        seat = agents.seat_of(unit, made.user)
        free = seat.status == Status.READY and seat.state == SeatState.IDLE
        if row is None or row.state != CallbackState.OPEN or not free:
            return []
        how, case = Purpose.CALLBACK, row.case_number
        return outbound.dial(unit, made.user, row.caller, connector, rules, how, case=case, callback=row.id)[1]


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
    """End a call whose connector is gone: everybody who waited or spoke is owed a call."""
    with transaction(now) as unit:
        call = unit.session.get(Call, call_id, with_for_update=True)
        if call is None or call.state == CallState.ENDED:
            return []
        work = Work(unit, call, {}, unit.now, rules or Rules())
        return apply(work, cut_off)
