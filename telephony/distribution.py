"""The queue in the database: who waits, whose seat is free, and each change as one compare-and-set."""

import datetime as dt
import secrets
from collections.abc import Collection
from functools import partial
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from hotline import clock, db
from hotline.events import CallChanged
from hotline.unit import Unit, transaction
from telephony import agents, house, outbound
from telephony.models import AgentSeat, Call, Callback
from telephony.queueing import Assignment, Caller, Rules, assign
from telephony.reaction import Reaction, Work, command, told
from telephony.record import apply, cut_off, requeue
from telephony.words import CallbackState, CallState, Purpose, SeatState, Status

KEPT = "callback:"
LONGEST_CALL = dt.timedelta(days=1)  # no connector lets a call live so long; keeps reading to the newest rows


# `callers` before `seats`: the order in which everybody else locks them. What somebody changed in between is left out.
_HAND_OUT = """
WITH wanted AS MATERIALIZED (
  SELECT * FROM unnest(CAST(%(calls)s AS text[]), CAST(%(users)s AS text[]), CAST(%(tokens)s AS text[]),
                       CAST(%(together)s AS boolean[]), CAST(%(told)s AS jsonb[]))
                WITH ORDINALITY AS w(call, agent, token, together, told, place)
), callers AS MATERIALIZED (
  SELECT id FROM calls WHERE id = ANY (CAST(%(calls)s AS text[])) AND state = 'waiting' ORDER BY id FOR UPDATE
), seats AS MATERIALIZED (
  SELECT s."user", u.phone_uri FROM agent_seats s JOIN users u ON u.name = s."user"
   WHERE s."user" = ANY (CAST(%(users)s AS text[])) AND s.status = 'ready' AND s.state = 'idle'
     AND (s.not_before IS NULL OR s.not_before <= %(machine)s) AND (SELECT count(*) FROM callers) > 0
   ORDER BY s."user" FOR UPDATE OF s
), given AS MATERIALIZED (
  SELECT w.*, s.phone_uri
    FROM wanted w JOIN callers c ON c.id = w.call JOIN seats s ON s."user" = w.agent
), offered AS (
  UPDATE calls SET state = 'offered', agent = g.agent, token = g.token, offer_at = %(now)s
    FROM (SELECT DISTINCT ON (call) call, agent, token FROM given ORDER BY call, place DESC) g WHERE calls.id = g.call
), reserved AS (
  UPDATE agent_seats SET state = 'reserved', call = g.call, token = g.token, not_before = %(until)s, since = %(now)s,
         rung_at = %(now)s FROM given g WHERE agent_seats."user" = g.agent
), outboxed AS (
  INSERT INTO outbox (kind, payload, created_at, ready_at)
  SELECT DISTINCT ON (call) %(kind)s, told, %(now)s, %(machine)s FROM given ORDER BY call
)
SELECT call, agent, token, phone_uri, together FROM given ORDER BY place
"""


# --- offers ---------------------------------------------------------------------------------------------------------


def give(
    rules: Rules, silent: Collection[str] = (), now: dt.datetime | None = None
) -> tuple[list[Reaction], list[Assignment]]:
    """Look, decide and reserve: what is said for it, and whose turn it is to be called back.

    Looking holds nothing and reserving is one statement that compares, so each is a commit of its own.
    """
    with db.each_by_itself() as session:
        unit = Unit(session, now or clock.now())
        made = due(unit, rules, silent)
        inwards = [one for one in made if not one.call.startswith(KEPT)]
        return reserve(unit, inwards, rules), [one for one in made if one.call.startswith(KEPT)]


def due(unit: Unit, rules: Rules, silent: Collection[str] = ()) -> list[Assignment]:
    """Who could ring where now; nothing is reserved yet."""
    found = house.look(unit.session, rules, unit.now, silent)
    waiting = [*found.waiting, *(_kept(unit.session, rules) if found.free else [])]
    signed_in = partial(house.present, unit.session)  # asked only where nobody of a group is free
    return assign(waiting, found.free, unit.now, rules, clock.machine(), signed_in) if waiting else []


def _kept(session: Session, rules: Rules) -> list[Caller]:
    """Those who hung up to be called back stand in the queue as if they still waited."""
    rows = outbound.kept(session, rules) if rules.trunk else []
    return [Caller(f"{KEPT}{row.id}", row.rank_at or row.created_at, rules.groups[0].code) for row in rows]


def reserve(unit: Unit, made: list[Assignment], rules: Rules) -> list[Reaction]:
    """Reserve each seat for its caller where both are still free: the pop for the desk, then the offer. One statement,
    compare-and-set: of two that want the same caller or seat the second gets nothing."""
    if not made:
        return []
    rows = unit.session.connection().exec_driver_sql(_HAND_OUT, _wanted(unit, made, rules)).all()
    return [said for row in rows for said in _said(row, rules)]


def _wanted(unit: Unit, made: list[Assignment], rules: Rules) -> dict[str, Any]:
    """`until` is when the offer has to be decided."""
    machine = clock.machine()
    changed = [CallChanged(one.call, CallState.OFFERED) for one in made]
    return {
        "kind": changed[0].kind,
        "told": [Jsonb(event.payload()) for event in changed],
        "calls": [one.call for one in made],
        "users": [one.user for one in made],
        "tokens": [secrets.token_hex(8) for _ in made],
        "together": [one.together for one in made],
        "now": unit.now,
        "machine": machine,
        "until": machine + dt.timedelta(seconds=rules.ring + rules.grace),
    }


def _said(row: Row[Any], rules: Rules) -> list[Reaction]:
    how = {"timeout": rules.ring} | ({"together": True} if row.together else {})
    offer = command("offer", call=row.call, agent=row.agent, uri=row.phone_uri, token=row.token, **how)
    return [told(row.agent, "pop", row.call), offer]


def stale_offers(session: Session, *, unrung: bool = False) -> list[tuple[str, str]]:
    """(call, token) of offers about which the connector said nothing in time; `unrung`: all that do not ring yet."""
    late = AgentSeat.not_before <= clock.machine()
    waiting = AgentSeat.state.in_([SeatState.RESERVED, SeatState.RINGING]) & AgentSeat.guest.is_(False)
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
