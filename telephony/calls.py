"""What a call may hear and what follows: phase × signal → next phase, orders to the line, events to the world.

Pure: `decide` takes the facts of one call and a signal, and returns the facts after it. The caller (the connector)
writes the events to the journal first and carries out the orders afterwards. What happens inside a talk (hold, guests,
listeners) is `telephony.talk`. Source: rules.md §6.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from telephony import legs, talk
from telephony.signals import Decision, Event, Facts, Failure, Heard, Order, Phase, Signal, Talk, Told


@dataclass(frozen=True)
class Step:
    """One row: in these phases, on this signal, go there (None: stay), give these orders, tell these events."""

    sources: frozenset[Phase]
    signal: Signal
    target: Phase | None
    orders: tuple[Order, ...] = ()
    events: tuple[Event, ...] = ()


def _row(sources: str, signal: Signal, target: Phase | None, orders: str = "", events: str = "") -> Step:
    """A row from words, so that the table reads as a table."""
    phases = frozenset(Phase(word) for word in sources.split())
    told = tuple(Event(word) for word in events.split())
    return Step(phases, signal, target, tuple(Order(word) for word in orders.split()), told)


_BACK = "offer_failed queued"
_ALONE = "ringing notice waiting rating thanks asking leaving message parting"
_WITH_AGENT = "offered joining talking dialling"

STEPS: tuple[Step, ...] = (
    # arriving
    _row("new", Signal.INVITED, Phase.RINGING, "answer", "invite"),
    _row("new", Signal.REFUSED, Phase.ENDED, "refuse", "rejected"),
    _row("ringing", Signal.ANSWERED, Phase.NOTICE, "play_notice", "answered"),
    _row("notice", Signal.PROMPT_END, Phase.WAITING, "hold_music", "notice_end queued"),
    # waiting
    _row("waiting offered", Signal.PLAY, None, "play_prompt"),
    _row("waiting offered", Signal.ANNOUNCE, None, "play_prompt"),
    _row("waiting offered", Signal.PROMPT_END, None, "hold_music"),
    _row("waiting", Signal.OFFER, Phase.OFFERED, "ring_agent"),
    # an agent's phone rings
    _row("offered", Signal.AGENT_RINGING, None, "", "offer_ringing"),
    _row("offered", Signal.AGENT_FAILED, Phase.WAITING, "", _BACK),
    _row("offered", Signal.AGENT_GONE, Phase.WAITING, "", _BACK),
    _row("offered", Signal.RING_TIMEOUT, Phase.WAITING, "cancel_agent", _BACK),
    _row("offered", Signal.CANCEL_OFFER, Phase.WAITING, "cancel_agent", _BACK),
    _row("offered", Signal.AGENT_ANSWERED, Phase.JOINING, "bridge", "agent_answered"),
    # we call: the agent's phone, then the citizen's
    _row("new", Signal.DIAL, Phase.PREVIEW, "ring_agent", "dialled"),
    _row("preview", Signal.AGENT_RINGING, None, "", "offer_ringing"),
    _row("preview", Signal.AGENT_FAILED, Phase.ENDED, "", "offer_failed hangup"),
    _row("preview", Signal.AGENT_GONE, Phase.ENDED, "", "offer_failed hangup"),
    _row("preview", Signal.RING_TIMEOUT, Phase.ENDED, "cancel_agent", "offer_failed hangup"),
    _row("preview", Signal.CANCEL_OFFER, Phase.ENDED, "cancel_agent", "offer_failed hangup"),
    _row("preview", Signal.HANGUP, Phase.ENDED, "cancel_agent", "hangup"),
    _row("preview", Signal.CALLER_GONE, Phase.ENDED, "cancel_agent", "hangup"),
    _row("preview", Signal.AGENT_ANSWERED, Phase.DIALLING, "dial_caller patch", "agent_ready"),
    _row("dialling", Signal.CALLER_EARLY, None, "patch"),
    _row("dialling", Signal.ANSWERED, Phase.JOINING, "bridge", "answered agent_answered"),
    _row("dialling", Signal.CALLER_FAILED, Phase.ENDED, "cancel_agent", "hangup"),
    _row("dialling", Signal.DIAL_TIMEOUT, Phase.CLOSING, "cancel_agent hang_up"),
    _row("dialling", Signal.AGENT_GONE, Phase.CLOSING, "hang_up", "agent_hangup"),
    _row("dialling", Signal.AGENT_DEAD, Phase.CLOSING, "cancel_agent hang_up", "agent_hangup"),
    # we ask for a rating, nobody of ours is there
    _row("new", Signal.SURVEY, Phase.ASKING, "dial_caller", "dialled"),
    _row("asking", Signal.ANSWERED, Phase.RATING, "play_invitation", "answered rating_prompt"),
    _row("asking", Signal.DIAL_TIMEOUT, Phase.CLOSING, "hang_up"),
    _row("asking closing", Signal.CALLER_FAILED, Phase.ENDED, "", "hangup"),
    # both together; a talk that cannot be made or whose agent vanished goes back into the queue
    _row("joining", Signal.BRIDGED, Phase.TALKING, "record patch", "bridged"),
    _row("joining", Signal.BRIDGE_FAILED, Phase.WAITING, "cancel_agent hold_music", _BACK),
    _row("joining", Signal.AGENT_GONE, Phase.WAITING, "hold_music", _BACK),
    _row("joining talking", Signal.AGENT_DEAD, Phase.WAITING, "cancel_agent hold_music patch", _BACK),
    _row("talking", Signal.AGENT_GONE, Phase.RATING, "stop_record play_rating", "agent_hangup rating_prompt"),
    # the caller's word
    _row("rating", Signal.PROMPT_END, None, "collect_digit"),
    _row("rating", Signal.DIGIT, Phase.THANKS, "play_thanks", "rating"),
    _row("rating", Signal.RATING_TIMEOUT, Phase.CLOSING, "hang_up"),
    _row("thanks", Signal.PROMPT_END, Phase.CLOSING, "hang_up"),
    _row("notice waiting offered joining talking thanks leaving parting", Signal.DIGIT, None, "", "dtmf"),
    # nobody is free: a message, or last words
    _row("waiting", Signal.VOICEMAIL, Phase.LEAVING, "play_message"),
    _row("offered", Signal.VOICEMAIL, Phase.LEAVING, "cancel_agent play_message"),
    _row("waiting", Signal.WAIT_CAP, Phase.LEAVING, "play_message"),
    _row("offered", Signal.WAIT_CAP, Phase.LEAVING, "cancel_agent play_message"),
    _row("leaving", Signal.PROMPT_END, Phase.MESSAGE, "record patch collect_message", "message"),
    _row("message", Signal.DIGIT, Phase.CLOSING, "stop_record hang_up"),
    _row("message", Signal.MESSAGE_TIMEOUT, Phase.CLOSING, "stop_record hang_up"),
    _row("waiting", Signal.GOODBYE, Phase.PARTING, "play_prompt"),
    _row("offered", Signal.GOODBYE, Phase.PARTING, "cancel_agent play_prompt"),
    _row("parting", Signal.PROMPT_END, Phase.CLOSING, "hang_up"),
    # the end, whoever makes it
    _row(f"{_ALONE} closing", Signal.CALLER_GONE, Phase.ENDED, "stop_record", "hangup"),
    _row(_WITH_AGENT, Signal.CALLER_GONE, Phase.ENDED, "cancel_agent stop_record", "hangup"),
    _row(_ALONE, Signal.CALLER_DEAD, Phase.CLOSING, "stop_record hang_up"),
    _row(_WITH_AGENT, Signal.CALLER_DEAD, Phase.CLOSING, "cancel_agent stop_record hang_up"),
    _row(_ALONE, Signal.HANGUP, Phase.CLOSING, "stop_record hang_up"),
    _row(_WITH_AGENT, Signal.HANGUP, Phase.CLOSING, "cancel_agent stop_record hang_up"),
    _row(_ALONE, Signal.CALL_CAP, Phase.CLOSING, "stop_record hang_up"),
    _row(_WITH_AGENT, Signal.CALL_CAP, Phase.CLOSING, "cancel_agent stop_record hang_up"),
)

TABLE: Mapping[tuple[Phase, Signal], Step] = {(source, row.signal): row for row in STEPS for source in row.sources}

# Signals about one offer: they count only while their token is the call's token (compare-and-set).
OF_AN_OFFER = frozenset(
    {
        Signal.AGENT_RINGING, Signal.AGENT_FAILED, Signal.AGENT_ANSWERED, Signal.BRIDGED, Signal.BRIDGE_FAILED,
        Signal.AGENT_GONE, Signal.AGENT_DEAD, Signal.RING_TIMEOUT, Signal.CANCEL_OFFER,
    }
)  # fmt: skip
# Commands for a caller in line; where they do not fit they are refused in words.
ANSWERED = frozenset({Signal.ANNOUNCE, Signal.GOODBYE, Signal.VOICEMAIL})
_RATINGS, _ENDS_MESSAGE = frozenset("12345"), frozenset("#")

# A call we made asks for no rating when its agent hangs up.
OUTBOUND: Mapping[tuple[Phase, Signal], Step] = {
    (Phase.TALKING, Signal.AGENT_GONE): _row(
        "talking", Signal.AGENT_GONE, Phase.CLOSING, "stop_record hang_up", "agent_hangup"
    )
}

# Who ended the call, and why, when the signal itself carries no reason.
ENDS: Mapping[Signal, tuple[str, str]] = {
    Signal.CALLER_GONE: ("caller", "normal"),
    Signal.CALLER_DEAD: ("system", "no_rtp"),
    Signal.CALLER_FAILED: ("callee", "error"),
    Signal.DIAL_TIMEOUT: ("system", "no_answer"),
    Signal.AGENT_GONE: ("agent", "normal"),
    Signal.AGENT_DEAD: ("system", "no_rtp"),
    Signal.AGENT_FAILED: ("agent", "error"),
    Signal.RING_TIMEOUT: ("agent", "no_answer"),
    Signal.CANCEL_OFFER: ("system", "command"),
    Signal.HANGUP: ("system", "command"),
    Signal.GOODBYE: ("system", "command"),
    Signal.RATING_TIMEOUT: ("agent", "normal"),
    Signal.MESSAGE_TIMEOUT: ("caller", "voicemail"),
    Signal.DIGIT: ("caller", "voicemail"),
    Signal.CALL_CAP: ("system", "cap"),
    Signal.PROMPT_END: ("agent", "normal"),
}

_FAILURES: Mapping[Signal, Failure] = {
    Signal.RING_TIMEOUT: Failure.NO_ANSWER,
    Signal.CANCEL_OFFER: Failure.NO_ANSWER,
    Signal.AGENT_DEAD: Failure.UNREACHABLE,
}


def decide(facts: Facts, heard: Heard, now: dt.datetime) -> Decision:
    """What follows when a call with these facts hears that, at `now` (UTC). What the tables do not list changes
    nothing; an agent who answers an offer that is no longer this call's is to be dropped (`Decision.drop`)."""
    if heard.signal in talk.COMMANDS:
        return _alone(facts, talk.command(facts, heard, now))
    if heard.signal in OF_A_PHONE:
        return OF_A_PHONE[heard.signal](facts, heard, now)
    inside = talk.heard_of_guest(facts, heard) or talk.agent_left(facts, heard)
    return _alone(facts, inside or _by_table(facts, heard, now))


def _put_down(facts: Facts, heard: Heard, now: dt.datetime) -> Decision:
    """The leg of this token ends as if its phone had been put down: nothing waits for the phone to do so."""
    made = decide(facts, legs.by_own_hand(facts, heard), now)
    if made == Decision(facts):
        return legs.refused(facts, heard)
    return replace(made, drop=(*made.drop, heard.token))


OF_A_PHONE: Mapping[Signal, Callable[[Facts, Heard, dt.datetime], Decision]] = {
    Signal.PICK_UP: lambda facts, heard, _now: legs.pick_up(facts, heard),
    Signal.NOT_PICKED_UP: lambda facts, heard, _now: legs.not_picked_up(facts, heard),
    Signal.PUT_DOWN: _put_down,
}


def _alone(facts: Facts, made: Decision) -> Decision:
    """A talk that is over takes its further legs with it."""
    if made.facts.phase == Phase.TALKING or made.facts.talk == Talk():
        return made
    gone = tuple(guest.token for guest in facts.talk.guests if guest.token != made.facts.token)
    return replace(made, facts=replace(made.facts, talk=Talk()), drop=made.drop + gone)


def _by_table(facts: Facts, heard: Heard, now: dt.datetime) -> Decision:
    """Of several phones that ring the table sees the one that is spoken of."""
    seen = legs.in_front(facts, heard.token)
    return legs.settled(seen, _step(seen, heard, now))


def _step(facts: Facts, heard: Heard, now: dt.datetime) -> Decision:
    if _stale(facts, heard):
        return Decision(facts, drop=(heard.token,) if heard.signal == Signal.AGENT_ANSWERED else ())
    if heard.signal == Signal.OFFER:
        return _offer(facts, heard)
    pair = facts.phase, heard.signal
    step = (OUTBOUND.get(pair) if facts.outbound else None) or TABLE.get(pair)
    if step is None:
        return legs.refused(facts, heard) if heard.signal in ANSWERED else Decision(facts)
    if _no_answer_meant(facts, heard):
        return Decision(facts, events=(Told(Event.DTMF, {"digit": heard.digit}),))
    after = _after(facts, heard, step, now)
    events = tuple(Told(event, _fields(event, facts, after, heard)) for event in step.events)
    return Decision(after, step.orders, events)


def _no_answer_meant(facts: Facts, heard: Heard) -> bool:
    """A digit that is no rating, or not the end of a message."""
    if heard.signal != Signal.DIGIT:
        return False
    meant = {Phase.RATING: _RATINGS, Phase.MESSAGE: _ENDS_MESSAGE}.get(facts.phase)
    return meant is not None and heard.digit not in meant


def _stale(facts: Facts, heard: Heard) -> bool:
    return heard.signal in OF_AN_OFFER and (not facts.token or heard.token != facts.token)


def _offer(facts: Facts, heard: Heard) -> Decision:
    """A first offer to a waiting caller rings, and those that shall ring together. The same command again changes
    nothing; any other is refused."""
    if heard.token and heard.token == facts.token:
        return Decision(facts)
    if more := legs.beside(facts, heard):
        return more
    step = TABLE.get((facts.phase, heard.signal))
    if step is None or not heard.token or heard.token in facts.used:
        failed = {"agent": heard.agent, "token": heard.token, "reason": Failure.ERROR}
        return Decision(facts, events=(Told(Event.OFFER_FAILED, failed),))
    return Decision(_with_leg(facts, heard, Phase.OFFERED), step.orders)


def _with_leg(facts: Facts, heard: Heard, phase: Phase) -> Facts:
    used = facts.used | {heard.token}
    return replace(facts, phase=phase, token=heard.token, agent=heard.agent, rang=False, used=used)


def _after(facts: Facts, heard: Heard, step: Step, now: dt.datetime) -> Facts:
    """The facts after a step: an offer that is over leaves its token, the first to end a call is named."""
    target = step.target or facts.phase
    after = replace(facts, phase=target, rang=facts.rang or heard.signal == Signal.AGENT_RINGING)
    after = replace(after, early=after.early or heard.signal == Signal.CALLER_EARLY)
    if heard.signal == Signal.DIAL:
        after = _with_leg(after, heard, target)
    if heard.signal in {Signal.DIAL, Signal.SURVEY}:
        after = replace(after, outbound=True, to=heard.to)
    if target in {Phase.WAITING, Phase.LEAVING, Phase.PARTING}:
        after = replace(after, token="", agent="", joined=facts.joined or now)
    if target == Phase.MESSAGE:
        after = replace(after, by="caller", cause="voicemail")
    if target in {Phase.CLOSING, Phase.ENDED, Phase.PARTING} and not facts.by and heard.signal in ENDS:
        by, cause = ENDS[heard.signal]
        after = replace(after, by=by, cause=heard.reason or cause)
    return after


def _failure(facts: Facts, heard: Heard) -> str:
    """The word for an offer that came to nothing. A phone that never rang until the time was up is unreachable."""
    if heard.signal == Signal.RING_TIMEOUT and not facts.rang:
        return Failure.UNREACHABLE
    return heard.reason or _FAILURES.get(heard.signal, Failure.ERROR)


def _fields(event: Event, facts: Facts, after: Facts, heard: Heard) -> dict[str, Any]:
    """The fields of one event beside id, call and instant. `recording` and `sha256` of a hangup are the connector's."""
    offer = {"agent": facts.agent, "token": facts.token}
    table: dict[Event, dict[str, Any]] = {
        Event.INVITE: {"caller": heard.caller, "display": heard.display},
        Event.REJECTED: {"caller": heard.caller, "reason": heard.reason},
        Event.DIALLED: {"caller": heard.caller, "agent": heard.agent, "token": heard.token, "case": heard.case},
        Event.QUEUED: {"joined": after.joined.isoformat() if after.joined else ""},
        Event.OFFER_RINGING: offer,
        Event.OFFER_FAILED: {**offer, "reason": _failure(facts, heard)},
        Event.AGENT_READY: offer,
        Event.AGENT_ANSWERED: offer,
        Event.AGENT_HANGUP: offer,
        Event.RATING: {"digit": heard.digit},
        Event.DTMF: {"digit": heard.digit},
        Event.HANGUP: {"by": after.by, "cause": after.cause},
    }
    return table.get(event, {})


def listed() -> Iterator[tuple[Phase, Signal]]:
    """Every pair the table answers."""
    yield from TABLE
