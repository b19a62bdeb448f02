"""What happens inside a talk: hold, mute, guests, listeners, and the call going over to somebody else.

`Call.talk` is what desks show of it: {"held", "muted", "paused", "message": bool, "guests": {token: {…}},
"refused": command}. The connector's word is the truth.
"""

from collections.abc import Callable
from typing import Any

from hotline.city_models import User
from telephony import agents
from telephony.reaction import Work, told
from telephony.words import CallState, Exit, SeatState


def _flag(name: str, *, on: bool) -> Callable[[Work], None]:
    def take(work: Work) -> None:
        work.call.talk = {**work.call.talk, name: on, "refused": ""}

    return take


def _guests(work: Work) -> dict[str, Any]:
    return dict(work.call.talk.get("guests", {}))


def _guest(state: str, seat_state: SeatState) -> Callable[[Work], None]:
    """A further leg rings or has answered; where it is a colleague's, his seat says so."""

    def take(work: Work) -> None:
        known = {"agent": work.text("agent"), "role": work.text("role"), "state": state}
        work.call.talk = {**work.call.talk, "guests": _guests(work) | {work.text("token"): known}, "refused": ""}
        if work.call.state != CallState.ENDED and work.unit.session.get(User, known["agent"]) is not None:
            seat = agents.seat_of(work.unit, known["agent"])
            agents.ask_in(work.unit, seat, work.call.id, work.text("token"), seat_state)
            work.said.append(told(seat.user, "seat", work.call.id))

    return take


def let_guests_out(work: Work, token: str = "") -> None:
    """The colleague of this leg, or all of them, are out of the talk."""
    for seat in agents.guests(work.unit, work.call.id):
        if token in {"", seat.token}:
            agents.let_out(work.unit, seat)
            work.said.append(told(seat.user, "seat", work.call.id))


def _guest_gone(work: Work) -> None:
    let_guests_out(work, work.text("token"))
    left = {token: guest for token, guest in _guests(work).items() if token != work.text("token")}
    reason = work.text("reason", 40)
    work.call.talk = {**work.call.talk, "guests": left, "refused": f"guest_{reason}" if reason else ""}


def _changed(**fields: str) -> Callable[[Work], None]:
    """A known guest's role or mode; `fields`: what to keep → the event's own field, or a fixed word."""

    def take(work: Work) -> None:
        guests, token = _guests(work), work.text("token")
        known = guests.get(token, {"agent": work.text("agent"), "state": "answered"})
        said = {name: work.text(value[1:]) if value.startswith("$") else value for name, value in fields.items()}
        work.call.talk = {**work.call.talk, "guests": guests | {token: known | said}, "refused": ""}

    return take


def _refused(work: Work) -> None:
    work.call.talk = {**work.call.talk, "refused": work.text("command", 40)}


def _transferred(work: Work) -> None:
    """The agent named in `from` is free; his colleague, a stranger, a new phone or the queue has the caller."""
    call, how, name = work.call, work.text("how", 20), work.text("agent")
    if call.state == CallState.ENDED:
        return
    _leaves(work, work.text("from"))
    guests = {} if how in {"queue", "blind"} else _guests(work)
    guests.pop(work.text("token"), None)
    call.talk = {"guests": guests} if guests else {}
    if how == "queue":
        call.state, call.agent, call.token = CallState.WAITING, "", ""
    elif how == "blind":
        call.state, call.token = CallState.OFFERED, ""
    elif work.unit.session.get(User, name) is not None:
        seat = agents.seat_of(work.unit, name)
        if seat.call in {"", call.id}:
            agents.talk(work.unit, seat, call.id, work.text("token"))
            work.said.append(told(name, "pop", call.id))
        call.agent, call.token = name, work.text("token")
    call.exit = Exit.ANSWERED


def _leaves(work: Work, name: str) -> None:
    for seat in agents.holding(work.unit, work.call.id):
        if seat.user == name and seat.state == SeatState.TALKING:
            agents.hang_up(work.unit, seat, work.rules)
            work.said.append(told(name, "seat", work.call.id))


def _sealed(work: Work) -> None:
    work.call.recording = work.text("file") or work.call.recording
    work.call.sha256 = work.text("sha256", 64) or work.call.sha256


def _ready(work: Work) -> None:
    """The agent of a call we make has taken his phone."""
    seat = agents.offered(work.unit, work.call.id, work.text("token"))
    if seat is not None:
        agents.talk(work.unit, seat, work.call.id, work.text("token"))


TAKES: dict[str, Callable[[Work], None]] = {
    "held": _flag("held", on=True),
    "unheld": _flag("held", on=False),
    "muted": _flag("muted", on=True),
    "unmuted": _flag("muted", on=False),
    "recording_paused": _flag("paused", on=True),
    "recording_resumed": _flag("paused", on=False),
    "message": _flag("message", on=True),
    "guest_ringing": _guest("ringing", SeatState.RINGING),
    "guest_answered": _guest("answered", SeatState.TALKING),
    "guest_failed": _guest_gone,
    "guest_gone": _guest_gone,
    "joined": _changed(role="conference"),
    "monitored": _changed(role="monitor", mode="$mode"),
    "transferred": _transferred,
    "refused": _refused,
    "recording_done": _sealed,
    "agent_ready": _ready,
}
