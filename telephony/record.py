"""What each event of the connector does to the record of a call, its seat and its debt; one function per event.

The connector's word about who speaks with whom is the truth; the queue follows it. Events that come late or after
the end change nothing but what is still missing.
"""

import re
from collections.abc import Callable
from typing import Any

from hotline import privacy
from hotline.city_models import User
from hotline.events import CallChanged
from telephony import agents, callbacks, checks, inside, overflow, reviews, standing
from telephony.models import AgentSeat, Call
from telephony.reaction import Reaction, Work, command, told
from telephony.words import SPOKEN_TO, CallState, Exit, Purpose, SeatState

LONGEST_CALLER = 40
_DIALLED = re.compile(r"[^0-9A-Za-z+*#._-]")
_MOBILE = re.compile(r"(?:\+|00)?(?:86)?0?(1[3-9]\d{9})")
_WITHHELD = frozenset({"anonymous", "unknown", "restricted", "unavailable", "private"})


# --- one function per event -----------------------------------------------------------------------------------------


def dialled(caller: str) -> str:
    """A caller's number as cases keep it: no +86, no trunk zero before a mobile number; empty when withheld."""
    plain = _DIALLED.sub("", caller)[:LONGEST_CALLER]
    mobile = _MOBILE.fullmatch(plain)
    if plain.lower() in _WITHHELD:
        return ""
    return mobile.group(1) if mobile else plain


def _name_caller(work: Work) -> None:
    caller = dialled(str(work.event.get("caller") or ""))
    if caller and not work.call.caller:
        work.call.caller, work.call.caller_index = caller, privacy.blind(caller)


def _invite(work: Work) -> None:
    _name_caller(work)
    work.call.connector = work.text("connector", LONGEST_CALLER)
    work.call.invite_at = work.at


def _dialled(work: Work) -> None:
    """A call we make; its row was written before it was commanded."""
    _name_caller(work)
    work.call.direction, work.call.connector = "out", work.text("connector", LONGEST_CALLER)


def _answered(work: Work) -> None:
    work.stamp("answer_at")
    work.move(CallState.NOTICE, CallState.RINGING)


def _notice_end(work: Work) -> None:
    work.stamp("notice_end_at")
    work.move(CallState.NOTICE, CallState.RINGING)


def _queued(work: Work) -> None:
    if work.call.queue_at is None:
        standing.join(work.unit.session, work.call, work.at, work.rules)
    work.stamp("queue_at")
    work.move(CallState.WAITING, CallState.RINGING, CallState.NOTICE)
    if work.call.state == CallState.OFFERED and not agents.holding(work.unit, work.call.id):
        requeue(work.call)  # a transfer to a phone outside that came to nothing


def _held(work: Work) -> AgentSeat | None:
    """The seat of this event's offer, when it is still this call's offer."""
    return agents.offered(work.unit, work.call.id, work.text("token"))


def _offer_ringing(work: Work) -> None:
    seat = _held(work)
    if seat is not None and seat.state == SeatState.RESERVED:
        seat.state, seat.since = SeatState.RINGING, work.unit.now
        work.said.append(told(seat.user, "call", work.call.id))


def requeue(call: Call) -> None:
    """Back into the queue; `rank_at` stays, so he keeps his place. Who was spoken to and passed on stays answered."""
    spoken = call.exit == Exit.ANSWERED and call.state == CallState.OFFERED
    call.state, call.agent, call.token = CallState.WAITING, "", ""
    if not spoken:
        call.agent_answer_at, call.exit = None, ""


def _offer_failed(work: Work) -> None:
    """Also after the agent answered: a bridge that failed leaves the caller waiting. Other phones ring on."""
    seat, call = _held(work), work.call
    if seat is None:
        return
    agents.fail(work.unit, seat, work.text("reason"), work.rules)
    work.said.append(told(seat.user, "seat", call.id))
    if call.state in {CallState.OFFERED, CallState.TALKING} and not agents.holding(work.unit, call.id):
        requeue(call)


def _withdraw(work: Work, seat: AgentSeat) -> None:
    work.said.append(command("cancel_offer", call=work.call.id, token=seat.token))
    work.said.append(told(seat.user, "seat", work.call.id))
    agents.release(work.unit, seat)


def _agent_answered(work: Work) -> None:
    """Whoever answered has the call, also on an offer that was being withdrawn; a later offer of it is cancelled."""
    call, name, token = work.call, work.text("agent"), work.text("token")
    over = call.state in {CallState.TALKING, CallState.RATING, CallState.ENDED}
    if not name or (over and not (call.state == CallState.ENDED and call.exit == Exit.SYSTEM)):
        return
    for other in agents.holding(work.unit, call.id):
        if other.user != name:
            _withdraw(work, other)
    if work.unit.session.get(User, name) is not None:  # a transfer may ring a phone outside
        seat = agents.seat_of(work.unit, name)
        if seat.call in {"", call.id}:
            agents.talk(work.unit, seat, call.id, token)
        call.agent = name
    passed_on = call.exit == Exit.ANSWERED and call.agent_answer_at is not None
    call.state, call.exit, call.token = CallState.TALKING, Exit.ANSWERED, token
    call.agent_answer_at, call.hangup_at = call.agent_answer_at if passed_on else work.at, None
    callbacks.settle(work.unit, call)


def _agent_hangup(work: Work) -> None:
    if work.call.state == CallState.TALKING:
        _free_seats(work)
        work.call.state = CallState.RATING


def _rating(work: Work) -> None:
    digit = work.text("digit")
    spoken = work.call.agent_answer_at or work.call.purpose == Purpose.SURVEY
    if digit in {"1", "2", "3", "4", "5"} and spoken and work.call.rating is None:
        work.call.rating = int(digit)
        if not reviews.rate(work.unit, work.call):
            checks.open_for(work.unit, work.call)


def _digit(work: Work) -> None:
    """1: be called back and keep his place; 2: leave a message. Only for who waits and was asked."""
    if work.call.state == CallState.WAITING and work.call.talk.get("asked"):
        work.said += overflow.chosen(work.call.id, work.text("digit", 1))


def _recording(work: Work) -> None:
    work.call.recording = work.text("file") or work.call.recording


def _free_seats(work: Work) -> None:
    for seat in agents.holding(work.unit, work.call.id):
        if seat.state == SeatState.TALKING:
            agents.hang_up(work.unit, seat, work.rules)
            work.said.append(told(seat.user, "seat", work.call.id))
        else:
            _withdraw(work, seat)
    inside.let_guests_out(work)


def cut_off(work: Work) -> None:
    """The connector died with this call open: whoever was on it is owed a call, also in the middle of a talk."""
    talked = work.call.state == CallState.TALKING and work.call.direction == "in"
    finish(work, Exit.SYSTEM)
    if talked:
        callbacks.owe(work.unit, work.call, Exit.SYSTEM)


def finish(work: Work, reason: Exit, *, owed: bool = True) -> None:
    """The call is over. Who left the queue unanswered gets `reason` and, when `owed`, a call back; once."""
    call = work.call
    if call.state == CallState.ENDED:
        return
    _free_seats(work)
    call.state, call.hangup_at, call.talk = CallState.ENDED, work.at, {}
    call.cause = work.text("cause", 40)
    if call.direction == "out":
        callbacks.tried(work.unit, call)
        call.exit = call.exit or Exit.SYSTEM
    elif call.exit not in SPOKEN_TO:
        call.exit, call.agent, call.token = reason, "", ""
        if reason == Exit.VOICEMAIL:
            overflow.file_message(work.unit, call)
        if owed and reason not in SPOKEN_TO:
            callbacks.owe(work.unit, call)
    elif call.agent_answer_at is not None:
        reviews.draw(work.unit, call)


def _exit(work: Work) -> Exit:
    """A cause that is itself an exit's name (voicemail, no_agents, transferred…) says why; else who hung up."""
    cause = work.text("cause")
    if cause in set(Exit) - {Exit.ANSWERED}:
        return Exit(cause)
    return Exit.ABANDONED if work.text("by") == "caller" else Exit.SYSTEM


def _hangup(work: Work) -> None:
    work.call.recording = work.text("recording") or work.call.recording
    work.call.sha256 = work.text("sha256", 64) or work.call.sha256
    if work.call.state == CallState.ENDED and work.call.exit == Exit.ANSWERED:
        callbacks.forgive(work.unit, work.call)  # its connector was only cut off from us
    finish(work, _exit(work))


def _rejected(work: Work) -> None:
    """No free line: owed a call back. A malformed call is, when it says who called."""
    _name_caller(work)
    full = work.text("reason") == Exit.FULL
    finish(work, Exit.FULL if full else Exit.SYSTEM, owed=full or bool(work.call.caller))


def _lost(work: Work) -> None:
    _name_caller(work)
    work.call.recording = work.text("recording") or work.call.recording
    cut_off(work)


def _heard(_work: Work) -> None:
    """Nothing to write but that it was seen."""


TAKES: dict[str, Callable[[Work], None]] = {
    **inside.TAKES,
    "dialled": _dialled,
    "invite": _invite,
    "answered": _answered,
    "notice_end": _notice_end,
    "queued": _queued,
    "offer_ringing": _offer_ringing,
    "offer_failed": _offer_failed,
    "agent_answered": _agent_answered,
    "bridged": _heard,
    "recording": _recording,
    "agent_hangup": _agent_hangup,
    "rating_prompt": _agent_hangup,
    "rating": _rating,
    "dtmf": _digit,
    "hangup": _hangup,
    "rejected": _rejected,
    "lost": _lost,
}


def apply(work: Work, change: Callable[[Work], None]) -> list[Reaction]:
    """Change the call and record for the boards what came of it."""
    before = _shown(work.call)
    change(work)
    work.unit.session.flush()
    if _shown(work.call) != before or work.event.get("type") in {"invite", "bridged", "rejected"}:
        work.unit.record(CallChanged(work.call.id, work.call.state))
        if work.call.agent:
            work.said.append(told(work.call.agent, "call", work.call.id))
    return work.said


def _shown(call: Call) -> tuple[Any, ...]:
    return call.state, call.agent, call.exit, call.rating, call.recording, call.talk
