"""What may be done inside a talk: hold, mute, guests, listeners, handing over, pausing the recording.

Pure, as `telephony.calls`, which asks here first. One function per command; None means that it cannot be done now.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from telephony.legs import refused
from telephony.signals import (
    Decision,
    Event,
    Facts,
    Failure,
    Guest,
    Heard,
    Mode,
    Order,
    Phase,
    Role,
    Signal,
    Told,
)

MOST_GUESTS = 5
Made = Decision | None


def command(facts: Facts, heard: Heard, now: dt.datetime) -> Decision:
    """A command for a talk, done or refused. `now` is when a caller who never queued and is sent there joined."""
    made = COMMANDS[heard.signal](facts, heard, now) if facts.phase == Phase.TALKING else None
    return made or refused(facts, heard)


# --- small steps ----------------------------------------------------------------------------------------------------


def _turned(facts: Facts, event: Event, fields: Mapping[str, Any] | None = None, **change: Any) -> Made:
    """One switch of the talk; None when it stands so already."""
    after = replace(facts.talk, **change)
    if after == facts.talk:
        return None
    return Decision(replace(facts, talk=after), (Order.PATCH,), (Told(event, fields or {}),))


def _find(facts: Facts, token: str) -> Guest | None:
    return next((guest for guest in facts.talk.guests if guest.token == token), None)


def _swapped(facts: Facts, old: Guest, *new: Guest) -> Facts:
    """The facts with one guest replaced, or gone when there is no new one."""
    guests = tuple(kept for guest in facts.talk.guests for kept in (new if guest is old else (guest,)))
    return replace(facts, talk=replace(facts.talk, guests=guests))


def _of(guest: Guest, **more: Any) -> dict[str, Any]:
    return {"token": guest.token, "agent": guest.agent, "role": guest.role.value, **more}


def _unheld(facts: Facts) -> tuple[Told, ...]:
    return (Told(Event.UNHELD),) if facts.talk.held else ()


def _rung(facts: Facts, heard: Heard, guest: Guest, *, held: bool) -> Made:
    """A further phone rings. None for a token that was used, no address, or too many guests."""
    if not heard.token or not heard.uri or heard.token in facts.used or len(facts.talk.guests) >= MOST_GUESTS:
        return None
    talk = replace(facts.talk, held=facts.talk.held or held, guests=(*facts.talk.guests, guest))
    events = (Told(Event.HELD),) if held and not facts.talk.held else ()
    after = replace(facts, talk=talk, used=facts.used | {heard.token})
    return Decision(after, (Order.PATCH, Order.RING_AGENT), events)


# --- commands -------------------------------------------------------------------------------------------------------


def _hold(facts: Facts, _heard: Heard, _now: dt.datetime) -> Made:
    return _turned(facts, Event.HELD, held=True)


def _unhold(facts: Facts, _heard: Heard, _now: dt.datetime) -> Made:
    return _turned(facts, Event.UNHELD, held=False)


def _mute(facts: Facts, _heard: Heard, _now: dt.datetime) -> Made:
    return _turned(facts, Event.MUTED, muted=True)


def _unmute(facts: Facts, _heard: Heard, _now: dt.datetime) -> Made:
    return _turned(facts, Event.UNMUTED, muted=False)


def _pause(facts: Facts, heard: Heard, _now: dt.datetime) -> Made:
    """Only with a reason."""
    return _turned(facts, Event.RECORDING_PAUSED, {"reason": heard.reason}, paused=True) if heard.reason else None


def _resume(facts: Facts, _heard: Heard, _now: dt.datetime) -> Made:
    return _turned(facts, Event.RECORDING_RESUMED, paused=False)


def _consult(facts: Facts, heard: Heard, _now: dt.datetime) -> Made:
    return _rung(facts, heard, Guest(heard.token, heard.agent, Role.CONSULT), held=True)


def _conference(facts: Facts, heard: Heard, _now: dt.datetime) -> Made:
    return _rung(facts, heard, Guest(heard.token, heard.agent, Role.CONFERENCE), held=False)


def _join(facts: Facts, heard: Heard, _now: dt.datetime) -> Made:
    """A consultation becomes a talk of three."""
    guest = _find(facts, heard.token)
    if guest is None or not guest.up or guest.role != Role.CONSULT:
        return None
    after = _swapped(facts, guest, replace(guest, role=Role.CONFERENCE))
    joined = Told(Event.JOINED, {"token": guest.token, "agent": guest.agent})
    after = replace(after, talk=replace(after.talk, held=False))
    return Decision(after, (Order.PATCH,), (*_unheld(facts), joined))


def _drop(facts: Facts, heard: Heard, _now: dt.datetime) -> Made:
    guest = _find(facts, heard.token)
    if guest is None:
        return None
    gone = Told(Event.GUEST_GONE, _of(guest))
    return Decision(_swapped(facts, guest), (Order.PATCH,), (gone,), (guest.token,))


def _monitor(facts: Facts, heard: Heard, now: dt.datetime) -> Made:
    """A new token rings the supervisor's phone, a known one changes what he does."""
    if heard.mode not in set(Mode):
        return None
    mode, guest = Mode(heard.mode), _find(facts, heard.token)
    if guest is None:
        listener = Guest(heard.token, heard.agent, Role.MONITOR, mode)
        return None if mode == Mode.OFF else _rung(facts, heard, listener, held=False)
    if guest.role != Role.MONITOR or guest.mode == mode:
        return None
    if mode == Mode.OFF:
        return _drop(facts, heard, now)
    after = _swapped(facts, guest, replace(guest, mode=mode))
    return Decision(after, (Order.PATCH,), (_monitored(replace(guest, mode=mode)),) if guest.up else ())


def _monitored(guest: Guest) -> Told:
    return Told(Event.MONITORED, {"token": guest.token, "agent": guest.agent, "mode": guest.mode.value})


def _transferred(facts: Facts, how: str, token: str = "", agent: str = "") -> Told:
    return Told(Event.TRANSFERRED, {"how": how, "from": facts.agent, "token": token, "agent": agent})


def _handed(facts: Facts, guest: Guest, how: str) -> Decision:
    """The guest has the call now, the agent's leg ends."""
    rest = _swapped(facts, guest)
    talk = replace(rest.talk, held=False, muted=False)
    after = replace(rest, token=guest.token, agent=guest.agent, talk=talk)
    events = (*_unheld(facts), _transferred(facts, how, guest.token, guest.agent))
    return Decision(after, (Order.CANCEL_AGENT, Order.PATCH), events)


def _transfer_attended(facts: Facts, heard: Heard, _now: dt.datetime) -> Made:
    guest = _find(facts, heard.token)
    if guest is None or not guest.up or guest.role == Role.MONITOR:
        return None
    return _handed(facts, guest, "attended")


def _take_over(facts: Facts, heard: Heard, _now: dt.datetime) -> Made:
    guest = _find(facts, heard.token)
    if guest is None or not guest.up or guest.role != Role.MONITOR:
        return None
    return _handed(facts, guest, "take_over")


def _transfer_blind(facts: Facts, heard: Heard, now: dt.datetime) -> Made:
    """From here on it is an offer like any other: when it fails the caller waits in the queue."""
    if not heard.token or not heard.uri or heard.token in facts.used:
        return None
    used, joined = facts.used | {heard.token}, facts.joined or now
    after = replace(
        facts, phase=Phase.OFFERED, token=heard.token, agent=heard.agent, rang=False, used=used, joined=joined
    )
    orders = (Order.CANCEL_AGENT, Order.HOLD_MUSIC, Order.PATCH, Order.RING_AGENT)
    return Decision(after, orders, (_transferred(facts, "blind", heard.token, heard.agent),))


def _requeue(facts: Facts, _heard: Heard, now: dt.datetime) -> Made:
    """Back into the queue, at the instant he first joined it."""
    joined = facts.joined or now
    after = replace(facts, phase=Phase.WAITING, token="", agent="", joined=joined)
    events = (_transferred(facts, "queue"), Told(Event.QUEUED, {"joined": joined.isoformat()}))
    return Decision(after, (Order.CANCEL_AGENT, Order.HOLD_MUSIC, Order.PATCH), events)


COMMANDS: Mapping[Signal, Callable[[Facts, Heard, dt.datetime], Made]] = {
    Signal.HOLD: _hold,
    Signal.UNHOLD: _unhold,
    Signal.MUTE: _mute,
    Signal.UNMUTE: _unmute,
    Signal.PAUSE_RECORDING: _pause,
    Signal.RESUME_RECORDING: _resume,
    Signal.CONSULT: _consult,
    Signal.CONFERENCE: _conference,
    Signal.JOIN: _join,
    Signal.DROP: _drop,
    Signal.MONITOR: _monitor,
    Signal.TRANSFER_ATTENDED: _transfer_attended,
    Signal.TRANSFER_BLIND: _transfer_blind,
    Signal.TAKE_OVER: _take_over,
    Signal.REQUEUE: _requeue,
}

# --- what the line tells of the further legs ------------------------------------------------------------------------


def heard_of_guest(facts: Facts, heard: Heard) -> Made:
    """A signal about a guest's leg. None when it is about somebody else."""
    guest = _find(facts, heard.token) if heard.token else None
    if guest is None or heard.signal not in _OF_A_GUEST:
        return None
    return _OF_A_GUEST[heard.signal](facts, guest, heard)


def _ringing(facts: Facts, guest: Guest, _heard: Heard) -> Decision:
    events = (Told(Event.GUEST_RINGING, _of(guest)),)
    return Decision(_swapped(facts, guest, replace(guest, rang=True)), (Order.PATCH,), events)


def _answered(facts: Facts, guest: Guest, _heard: Heard) -> Decision:
    there = replace(guest, up=True)
    told = (Told(Event.GUEST_ANSWERED, _of(there)),)
    more = (_monitored(there),) if there.role == Role.MONITOR else ()
    return Decision(_swapped(facts, guest, there), (Order.PATCH,), told + more)


def _over(facts: Facts, guest: Guest, heard: Heard) -> Decision:
    """The leg is gone: before it was answered it failed."""
    reason = heard.reason or Failure.ERROR
    told = Told(Event.GUEST_GONE, _of(guest)) if guest.up else Told(Event.GUEST_FAILED, _of(guest, reason=reason))
    return Decision(_swapped(facts, guest), (Order.PATCH,), (told,))


def _unanswered(facts: Facts, guest: Guest, _heard: Heard) -> Decision:
    """Time is up for a phone that rang, or never did."""
    if guest.up:
        return Decision(facts)
    reason = Failure.NO_ANSWER if guest.rang else Failure.UNREACHABLE
    told = Told(Event.GUEST_FAILED, _of(guest, reason=reason))
    return Decision(_swapped(facts, guest), (Order.PATCH,), (told,), (guest.token,))


def _dead(facts: Facts, guest: Guest, _heard: Heard) -> Decision:
    return Decision(_swapped(facts, guest), (Order.PATCH,), (Told(Event.GUEST_GONE, _of(guest)),), (guest.token,))


_OF_A_GUEST: Mapping[Signal, Callable[[Facts, Guest, Heard], Decision]] = {
    Signal.AGENT_RINGING: _ringing,
    Signal.AGENT_ANSWERED: _answered,
    Signal.AGENT_FAILED: _over,
    Signal.AGENT_GONE: _over,
    Signal.AGENT_DEAD: _dead,
    Signal.RING_TIMEOUT: _unanswered,
}


def agent_left(facts: Facts, heard: Heard) -> Made:
    """The agent hung up while a guest was with him: caller and guest speak on. None when nobody is left."""
    leaves = heard.signal in {Signal.AGENT_GONE, Signal.AGENT_DEAD} and heard.token == facts.token
    if facts.phase != Phase.TALKING or not leaves:
        return None
    heirs = [guest for guest in facts.talk.guests if guest.up and guest.role != Role.MONITOR]
    return _handed(facts, heirs[0], "left") if heirs else None
