"""Agents' seats: what an agent says of himself, and what the machine does to his seat.

The functions that take a Unit run inside an open transaction and lock the seat. `not_before` is the machine's own
time (`clock.machine`), also in a drill: until then the seat does not ring, or its wrap-up lasts, or its offer is open.
"""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hotline import clock
from hotline.city_models import User
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.lifecycle import Actor
from hotline.unit import Unit, transaction
from hotline.words import Role
from telephony import acts
from telephony.models import AgentSeat
from telephony.queueing import Rules, after_failure
from telephony.reaction import Reaction, told
from telephony.words import ENGAGED, Doing, SeatState, Status

LONGEST_REASON = 40
_FORCES = frozenset({Role.SUPERVISOR, Role.ADMIN})


# --- what people say ------------------------------------------------------------------------------------------------


def sign_in(user: str, now: dt.datetime | None = None) -> AgentSeat:
    """The agent is there and ready. BadInput when he has no phone, Missing when there is no such user."""
    with transaction(now) as unit:
        check_phone(unit.session, user)
        return _say(unit, user, Status.READY, "")


def pause(user: str, reason: str, now: dt.datetime | None = None) -> AgentSeat:
    """On break, with a reason; a call that already rings or runs is not touched. BadInput without a reason."""
    with transaction(now) as unit:
        return _say(unit, user, Status.BREAK, _reason(reason))


def after_call(user: str, now: dt.datetime | None = None) -> AgentSeat:
    """He needs more time after a call, until he says that he is ready."""
    with transaction(now) as unit:
        return _say(unit, user, Status.WRAP_UP, "")


def sign_off(user: str, now: dt.datetime | None = None) -> AgentSeat:
    """Off duty. Conflict while his phone rings or he speaks."""
    with transaction(now) as unit:
        seat = seat_of(unit, user)
        if seat.state in ENGAGED:
            raise Conflict("on_call", "正在振铃或通话，请在通话结束后签退。", {"status": seat.state})
        return _say(unit, user, Status.OFF, "")


def force(user: str, status: str, reason: str, by: Actor, now: dt.datetime | None = None) -> AgentSeat:
    """A supervisor sets an agent's status, always with a reason; a running call goes on. Forbidden for others."""
    if by.role not in _FORCES:
        raise Forbidden("not_supervisor", "只有值班长可以更改他人的坐席状态。")
    if status not in set(Status):
        raise BadInput("status_unknown", "没有这种坐席状态。", {"status": status})
    with transaction(now) as unit:
        check_phone(unit.session, user)
        acts.note(unit, by.name, Doing.FORCE, agent=user, reason=f"{Status(status).label}：{_reason(reason)}")
        return _say(unit, user, Status(status), f"{by.name}：{_reason(reason)}")


def change(user: str, status: str, reason: str = "", now: dt.datetime | None = None) -> AgentSeat:
    """The same four by name, for a door that gets `status` as a word. BadInput for another word."""
    says: dict[str, Any] = {Status.READY: sign_in, Status.WRAP_UP: after_call, Status.OFF: sign_off}
    if status == Status.BREAK:
        return pause(user, reason, now)
    if status not in says:
        raise BadInput("status_unknown", "没有这种坐席状态。", {"status": status})
    seat: AgentSeat = says[status](user, now=now)
    return seat


def _reason(text: str) -> str:
    said = " ".join(text.split())
    if not said or len(said) > LONGEST_REASON:
        raise BadInput("reason_missing", f"请填写原因（不超过{LONGEST_REASON}个字）。", {"reason": "缺少此项或过长"})
    return said


def check_phone(session: Session, user: str) -> str:
    """The SIP address of his phone. Missing for nobody, BadInput for somebody without one."""
    row = session.get(User, user)
    if row is None or not row.active:
        raise Missing("no_such_user", "没有这个用户。")
    if not row.phone_uri:
        raise BadInput(
            "no_phone", "您的账号没有登记话机地址，无法接听电话，请联系系统管理员。", {"phone_uri": "缺少此项"}
        )
    return row.phone_uri


def _say(unit: Unit, user: str, status: Status, reason: str) -> AgentSeat:
    seat = seat_of(unit, user)
    was_free = seat.status == Status.READY and seat.state == SeatState.IDLE
    seat.status, seat.reason, seat.since = status, reason, unit.now
    if status is Status.READY:
        seat.missed = 0
    if seat.state not in ENGAGED:
        seat.state = SeatState.WRAP_UP if status is Status.WRAP_UP else SeatState.IDLE
        seat.not_before = None
        if not was_free:
            seat.idle_since = unit.now
    unit.session.flush()
    return seat


# --- what the machine does ------------------------------------------------------------------------------------------


def seat_of(unit: Unit, user: str) -> AgentSeat:
    """The agent's seat, locked; a first one is made, off duty."""
    first = insert(AgentSeat).values(
        user=user, status=Status.OFF, since=unit.now, state=SeatState.IDLE, idle_since=unit.now, call="", token="",
        reason="", missed=0,
    )  # fmt: skip
    unit.session.execute(first.on_conflict_do_nothing(index_elements=["user"]))
    return unit.session.get_one(AgentSeat, user, with_for_update=True, populate_existing=True)


def holding(unit: Unit, call: str) -> list[AgentSeat]:
    """The seats that have this call, locked: more than one while several phones ring for it."""
    return _locked(unit, call, guest=False)


def guests(unit: Unit, call: str) -> list[AgentSeat]:
    """The seats of colleagues who were asked into this call, locked."""
    return _locked(unit, call, guest=True)


def _locked(unit: Unit, call: str, *, guest: bool) -> list[AgentSeat]:
    rows = select(AgentSeat).where(AgentSeat.call == call, AgentSeat.guest.is_(guest)).order_by(AgentSeat.user)
    return list(unit.session.scalars(rows.with_for_update().execution_options(populate_existing=True)))


def offered(unit: Unit, call: str, token: str) -> AgentSeat | None:
    """The seat of one offer of this call, locked; None when the offer is over."""
    return next((seat for seat in holding(unit, call) if seat.token == token), None)


def release(unit: Unit, seat: AgentSeat) -> None:
    """An offer went away without the agent's doing: he keeps his place among the idle."""
    _let_go(unit, seat, SeatState.IDLE)
    seat.not_before = None


def fail(unit: Unit, seat: AgentSeat, reason: str, rules: Rules) -> None:
    """An offer came to nothing: the seat pauses, and goes to break when it missed too many in a row."""
    cost = after_failure(reason, seat.missed, rules)
    _let_go(unit, seat, SeatState.IDLE)
    seat.missed, seat.not_before = cost.missed, clock.machine() + cost.pause
    if cost.words and seat.status == Status.READY:
        seat.status, seat.reason = Status.BREAK, cost.words


def talk(unit: Unit, seat: AgentSeat, call: str, token: str) -> None:
    """The agent took the call."""
    seat.state, seat.call, seat.token = SeatState.TALKING, call, token
    seat.since, seat.not_before, seat.missed, seat.last_call, seat.guest = unit.now, None, 0, call, False


def ask_in(unit: Unit, seat: AgentSeat, call: str, token: str, state: SeatState) -> None:
    """His phone rings, or he speaks, in a colleague's talk: nothing else rings at it.

    What he says of himself, his place among the idle, and a pause or wrap-up that runs stay as they are.
    """
    if seat.state not in ENGAGED or (seat.guest and seat.token == token):
        seat.state, seat.call, seat.token, seat.since, seat.guest = state, call, token, unit.now, True


def let_out(unit: Unit, seat: AgentSeat) -> None:
    """The colleague's talk is over for him."""
    _let_go(unit, seat, SeatState.WRAP_UP if seat.status == Status.WRAP_UP else SeatState.IDLE)


def hang_up(unit: Unit, seat: AgentSeat, rules: Rules) -> None:
    """His talk is over: timed wrap-up when he was ready; what he asked for meanwhile (break, wrap-up) otherwise."""
    timed = seat.status == Status.READY and rules.wrap_up > 0
    _let_go(unit, seat, SeatState.WRAP_UP if timed or seat.status == Status.WRAP_UP else SeatState.IDLE)
    seat.idle_since, seat.not_before = unit.now, None
    if timed:
        seat.status, seat.not_before = Status.WRAP_UP, clock.machine() + dt.timedelta(seconds=rules.wrap_up)


def _let_go(unit: Unit, seat: AgentSeat, state: SeatState) -> None:
    seat.state, seat.call, seat.token, seat.since, seat.guest = state, "", "", unit.now, False


def end_wrap_ups(unit: Unit) -> list[str]:
    """Seats whose timed wrap-up is over become ready; returns their users."""
    over = AgentSeat.not_before <= clock.machine()
    rows = select(AgentSeat).where(AgentSeat.state == SeatState.WRAP_UP, over).order_by(AgentSeat.user)
    seats = list(unit.session.scalars(rows.with_for_update(skip_locked=True)))
    for seat in seats:
        _ready(unit, seat)
    return [seat.user for seat in seats]


def case_saved(unit: Unit, call: str) -> str:
    """The case of a call is written: its timed wrap-up is over. Returns the user who is ready now, or empty."""
    timed = AgentSeat.not_before.is_not(None)
    rows = select(AgentSeat).where(AgentSeat.last_call == call, AgentSeat.state == SeatState.WRAP_UP, timed)
    seat = unit.session.scalars(rows.with_for_update()).first()
    if seat is None:
        return ""
    _ready(unit, seat)
    return seat.user


def _ready(unit: Unit, seat: AgentSeat) -> None:
    seat.status, seat.state, seat.not_before = Status.READY, SeatState.IDLE, None
    seat.since = seat.idle_since = unit.now


# --- who is there ---------------------------------------------------------------------------------------------------


def seats(session: Session, now: dt.datetime) -> list[dict[str, Any]]:
    """Every seat that is not off duty, with the seconds it has been as it is; by user."""
    rows = select(AgentSeat, User.shown).join(User, User.name == AgentSeat.user)
    found = session.execute(rows.where(AgentSeat.status != Status.OFF).order_by(AgentSeat.user))
    return [seat_told(seat, shown, now) for seat, shown in found]


def seat_told(seat: AgentSeat, shown: str, now: dt.datetime) -> dict[str, Any]:
    """A seat as desks and boards show it."""
    return {
        "user": seat.user,
        "name": shown,
        "status": seat.status,
        "status_label": Status(seat.status).label,
        "state": seat.state,
        "state_label": SeatState(seat.state).label,
        "reason": seat.reason,
        "call": seat.call,
        "since": clock.iso(seat.since),
        "seconds": max(int((now - seat.since).total_seconds()), 0),
        "missed": seat.missed,
        "last_call": seat.last_call,
        "guest": seat.guest,
    }


def seat_word(user: str) -> Reaction:
    """Tells his desk to read the seat again."""
    return told(user, "seat", "")


def seat(session: Session, user: str, now: dt.datetime) -> dict[str, Any] | None:
    """One agent's own seat, or None when he never signed in."""
    row = session.get(AgentSeat, user)
    return None if row is None else seat_told(row, user, now)
