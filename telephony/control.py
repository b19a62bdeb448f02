"""What a person may do with a running call: the agent with his own, a supervisor with anybody's. One row per order."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.city_models import Department, User
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.lifecycle import Actor
from hotline.unit import Unit
from hotline.words import Role
from telephony import acts, agents, outbound
from telephony.models import AgentSeat, Call
from telephony.queueing import Rules
from telephony.reaction import Reaction, command, told
from telephony.words import ENGAGED, CallState, Doing, SeatState, Status

LONGEST_REASON = 200
MOST_TAGS = 8
GUEST_RINGS = 30  # seconds
SUPERVISORS = frozenset({Role.SUPERVISOR})


@dataclass(frozen=True)
class Order:
    """`sends` is the connector's command; `needs` what must come with the order: to, token, reason, guest."""

    sends: str
    needs: str = ""
    doing: Doing | None = None
    mode: str = ""


OWN: Mapping[str, Order] = {
    "hold": Order("hold"),
    "unhold": Order("unhold"),
    "mute": Order("mute"),
    "unmute": Order("unmute"),
    "requeue": Order("requeue", doing=Doing.TRANSFER),
    "consult": Order("consult", "to"),
    "conference": Order("conference", "to", Doing.CONFERENCE),
    "join": Order("join", "token", Doing.CONFERENCE),
    "drop": Order("drop", "token"),
    "transfer": Order("transfer_blind", "to", Doing.TRANSFER),
    "complete": Order("transfer_attended", "token", Doing.TRANSFER),
    "pause_recording": Order("pause_recording", "reason", Doing.PAUSE_RECORDING),
    "resume_recording": Order("resume_recording", "", Doing.RESUME_RECORDING),
}
# The agent's own phone, by the token of his leg: F8 at the desk. What is allowed goes by the state of his seat.
PHONE: Mapping[str, tuple[str, frozenset[str]]] = {
    "answer": ("pick_up", frozenset({SeatState.RINGING})),
    "hang_up": ("put_down", frozenset({SeatState.RINGING, SeatState.TALKING})),
}
OVER: Mapping[str, Order] = {
    "listen": Order("monitor", "own", Doing.LISTEN, "listen"),
    "whisper": Order("monitor", "own", Doing.WHISPER, "whisper"),
    "barge": Order("monitor", "own", Doing.BARGE, "barge"),
    "off": Order("monitor", "own", Doing.MONITOR_OFF, "off"),
    "take_over": Order("take_over", "listener", Doing.TAKE_OVER),
}


def give(unit: Unit, call_id: str, do: str, by: Actor, given: Mapping[str, Any], rules: Rules) -> list[Reaction]:
    """What is said for one order; what a supervisor does, and what the law asks for, is logged.

    Raises Missing (no such call, or not his), Forbidden, Conflict (nobody speaks), BadInput, Unreachable.
    """
    if do in PHONE:
        return own_phone(unit, call_id, do, by)
    row = OWN.get(do) or OVER.get(do)
    if row is None:
        raise BadInput("unknown_order", "没有这个操作。", {"do": "没有这个操作"})
    call = unit.session.get(Call, call_id, with_for_update=True)
    check_may(call, do, by)
    if call is None or call.state != CallState.TALKING:
        raise Conflict("not_talking", "现在没有通话，不能这样操作。", {"state": call.state if call else ""})
    fields = _needed(unit.session, call, row, by, given, rules)
    if row.doing is not None:
        acts.note(unit, by.name, row.doing, call=call.id, agent=call.agent, reason=fields.get("reason", ""))
    return [command(row.sends, call=call.id, **fields), told(call.agent, "call", call.id)]


def own_phone(unit: Unit, call_id: str, do: str, by: Actor) -> list[Reaction]:
    """The agent's phone answers, refuses or hangs up, also as a guest. Missing where he has no part in the call,
    Conflict in another state."""
    sends, states = PHONE[do]
    call = unit.session.get(Call, call_id, with_for_update=True)
    seats = [*agents.holding(unit, call_id), *agents.guests(unit, call_id)]
    seat = next((one for one in seats if one.user == by.name), None)
    if call is None or seat is None:
        raise Missing("no_such_call", "没有这个来电，或它不在您的坐席上。")
    if seat.state not in states:
        raise Conflict("not_ringing", "您的话机现在没有振铃或通话。", {"state": seat.state})
    if call.talk.get("refused"):
        call.talk = {**call.talk, "refused": ""}
    return [command(sends, call=call.id, token=seat.token)]


def tag(unit: Unit, call_id: str, tags: Collection[str], by: Actor, rules: Rules) -> list[str]:
    """What this call was, in the city's own words; replaces what stood there. By its agent, also after the call, or a
    supervisor. Raises Missing, BadInput for a word the city does not have."""
    call = unit.session.get(Call, call_id, with_for_update=True)
    if call is None or (call.agent != by.name and by.role not in SUPERVISORS):
        raise Missing("no_such_call", "没有这个来电，或它不在您的坐席上。")
    strange = [word for word in tags if word not in rules.tags]
    if strange or len(set(tags)) > MOST_TAGS:
        raise BadInput("unknown_tag", "没有这种标签。", {"tags": "、".join(strange)[:LONGEST_REASON] or "太多"})
    call.tags = [word for word in rules.tags if word in tags]
    acts.note(unit, by.name, Doing.TAG, call=call.id, agent=call.agent, reason="、".join(call.tags))
    return call.tags


def check_may(call: Call | None, do: str, by: Actor) -> None:
    """Missing where the call is not his; Forbidden where his role may not listen."""
    if do in OVER:
        if by.role not in SUPERVISORS:
            raise Forbidden("not_supervisor", "只有值班长可以旁听、指导或接管通话。")
        if call is None or call.agent == by.name:
            raise Missing("no_such_call", "没有这个通话，或它就在您的坐席上。")
    elif call is None or call.agent != by.name:
        raise Missing("no_such_call", "没有这个来电，或它不在您的坐席上。")


def _needed(
    session: Session, call: Call, row: Order, by: Actor, given: Mapping[str, Any], rules: Rules
) -> dict[str, Any]:
    if row.needs == "to":
        agent, uri = target(session, given.get("to"), rules)
        return {"token": secrets.token_hex(8), "agent": agent, "uri": uri, "timeout": GUEST_RINGS}
    if row.needs == "token":
        return {"token": _guest(call, str(given.get("token", "")))}
    if row.needs == "reason":
        return {"reason": _reason(given)}
    if row.needs in {"own", "listener"}:
        return _listening(session, call, row, by)
    return {}


def _reason(given: Mapping[str, Any]) -> str:
    said = " ".join(str(given.get("reason", "")).split())[:LONGEST_REASON]
    if not said:
        raise BadInput("reason_missing", "请填写原因。", {"reason": "缺少此项"})
    return said


def _guest(call: Call, token: str) -> str:
    if token not in call.talk.get("guests", {}):
        raise Missing("no_such_guest", "这一方已经不在通话里。")
    return token


def _listening(session: Session, call: Call, row: Order, by: Actor) -> dict[str, Any]:
    """His own leg: a new one is rung, a known one changes its mode or takes over."""
    guests: Mapping[str, Any] = call.talk.get("guests", {})
    mine = [t for t, g in guests.items() if g.get("role") == "monitor" and g.get("agent") == by.name]
    if row.mode not in {"off", ""} and not mine:
        uri = agents.check_phone(session, by.name)
        return {"token": secrets.token_hex(8), "agent": by.name, "uri": uri, "mode": row.mode}
    if not mine:
        raise Conflict("not_listening", "您还没有旁听这个通话。", {})
    return {"token": mine[0]} | ({"agent": by.name, "uri": "", "mode": row.mode} if row.mode else {})


def target(session: Session, to: Any, rules: Rules) -> tuple[str, str]:
    """(name shown, SIP address) of {"agent": user}, {"department": code} or {"number": digits}.

    Raises BadInput, Missing, Unreachable.
    """
    kind, value = next(iter(to.items()), ("", "")) if isinstance(to, Mapping) else ("", "")
    if kind == "agent":
        return str(value), agents.check_phone(session, str(value))
    if kind == "department":
        house = session.get(Department, str(value))
        if house is None:
            raise Missing("no_such_department", "没有这个部门。")
        return house.short, outbound.address(house.contact_phone, rules)
    if kind == "number":
        return str(value)[:20], outbound.address(str(value), rules)
    raise BadInput("no_target", "请选择要转接或邀请的一方。", {"to": "缺少此项"})


def directory(session: Session, by: str) -> list[dict[str, Any]]:
    """The colleagues of the centre who have a phone and how their seats stand: who is free first, who is off last."""
    rows = select(User, AgentSeat).outerjoin(AgentSeat, AgentSeat.user == User.name)
    rows = rows.where(User.phone_uri != "", User.active, User.name != by).order_by(User.name)
    found = [(user, *_standing(seat)) for user, seat in session.execute(rows)]
    return [
        {"user": user.name, "name": user.shown, "role": Role(user.role).label, "seat": said, "free": rank == 0}
        for user, rank, said in sorted(found, key=lambda one: one[1])
    ]


def _standing(seat: AgentSeat | None) -> tuple[int, str]:
    """(rank in the list, how it is said)."""
    if seat is None or seat.status == Status.OFF:
        return 2, "未签入"
    if seat.state in ENGAGED:
        return 1, SeatState(seat.state).label
    return int(seat.status != Status.READY), Status(seat.status).label
