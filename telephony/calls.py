"""What a call may hear and what follows: phase × signal → next phase, orders to the line, events to the world.

Pure: `decide` takes the facts of one call and a signal, and returns the facts after it. The caller (the connector)
writes the events to the journal first and carries out the orders afterwards. Source: rules.md §6.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Where the connector has a call. NEW is a call the table has not seen, JOINING lasts from the agent's 200 OK
    until both hear each other, CLOSING from our BYE until the line is down."""

    NEW = "new"
    RINGING = "ringing"
    NOTICE = "notice"
    WAITING = "waiting"
    OFFERED = "offered"
    JOINING = "joining"
    TALKING = "talking"
    RATING = "rating"
    THANKS = "thanks"
    CLOSING = "closing"
    ENDED = "ended"


class Signal(StrEnum):
    """What can happen. The first block comes from the line, the second from timers, the third from commands."""

    INVITED = "invited"
    REFUSED = "refused"
    ANSWERED = "answered"
    PROMPT_END = "prompt_end"
    DIGIT = "digit"
    CALLER_GONE = "caller_gone"
    CALLER_DEAD = "caller_dead"
    AGENT_RINGING = "agent_ringing"
    AGENT_FAILED = "agent_failed"
    AGENT_ANSWERED = "agent_answered"
    BRIDGED = "bridged"
    BRIDGE_FAILED = "bridge_failed"
    AGENT_GONE = "agent_gone"
    AGENT_DEAD = "agent_dead"
    RECORDED = "recorded"

    RING_TIMEOUT = "ring_timeout"
    RATING_TIMEOUT = "rating_timeout"
    WAIT_CAP = "wait_cap"
    CALL_CAP = "call_cap"

    OFFER = "offer"
    CANCEL_OFFER = "cancel_offer"
    HANGUP = "hangup"
    PLAY = "play"


class Order(StrEnum):
    """What the line or a timer is told to do."""

    REFUSE = "refuse"
    ANSWER = "answer"
    PLAY_NOTICE = "play_notice"
    PLAY_PROMPT = "play_prompt"
    HOLD_MUSIC = "hold_music"
    RING_AGENT = "ring_agent"
    CANCEL_AGENT = "cancel_agent"
    BRIDGE = "bridge"
    RECORD = "record"
    STOP_RECORD = "stop_record"
    PLAY_RATING = "play_rating"
    COLLECT_DIGIT = "collect_digit"
    PLAY_THANKS = "play_thanks"
    HANG_UP = "hang_up"


class Event(StrEnum):
    """What the world is told; the names are the types on the stream `tel:events`."""

    INVITE = "invite"
    REJECTED = "rejected"
    ANSWERED = "answered"
    NOTICE_END = "notice_end"
    QUEUED = "queued"
    OFFER_RINGING = "offer_ringing"
    OFFER_FAILED = "offer_failed"
    AGENT_ANSWERED = "agent_answered"
    BRIDGED = "bridged"
    RECORDING = "recording"
    AGENT_HANGUP = "agent_hangup"
    RATING_PROMPT = "rating_prompt"
    RATING = "rating"
    DTMF = "dtmf"
    HANGUP = "hangup"
    LOST = "lost"


class Failure(StrEnum):
    """Why an agent's phone did not take a call."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECT = "reject"
    UNREACHABLE = "unreachable"
    ERROR = "error"


@dataclass(frozen=True)
class Heard:
    """One signal for one call. `token` names the offer it belongs to; the other fields are those of its kind."""

    call: str
    signal: Signal
    token: str = ""
    agent: str = ""
    uri: str = ""
    timeout: float = 0.0
    case: str = ""
    reason: str = ""
    digit: str = ""
    prompt: str = ""
    caller: str = ""
    display: str = ""
    file: str = ""
    sha256: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Facts:
    """What is known of one call. `joined` is when it first queued (UTC), `used` are the tokens of all its offers."""

    call: str
    phase: Phase = Phase.NEW
    token: str = ""
    agent: str = ""
    rang: bool = False
    used: frozenset[str] = frozenset()
    joined: dt.datetime | None = None
    by: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Told:
    """One event with its own fields; the connector adds id, call and instant."""

    event: Event
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The facts afterwards, the orders in turn, the events in turn. `drop` names an agent leg nobody owns."""

    facts: Facts
    orders: tuple[Order, ...] = ()
    events: tuple[Told, ...] = ()
    drop: str = ""


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


_OPEN = "ringing notice waiting offered joining talking rating thanks"
_BACK = "offer_failed queued"

STEPS: tuple[Step, ...] = (
    # arriving
    _row("new", Signal.INVITED, Phase.RINGING, "answer", "invite"),
    _row("new", Signal.REFUSED, Phase.ENDED, "refuse", "rejected"),
    _row("ringing", Signal.ANSWERED, Phase.NOTICE, "play_notice", "answered"),
    _row("notice", Signal.PROMPT_END, Phase.WAITING, "hold_music", "notice_end queued"),
    # waiting
    _row("waiting offered", Signal.PLAY, None, "play_prompt"),
    _row("waiting offered", Signal.PROMPT_END, None, "hold_music"),
    _row("waiting", Signal.OFFER, Phase.OFFERED, "ring_agent"),
    _row(
        "new ringing notice offered joining talking rating thanks closing ended", Signal.OFFER, None, "", "offer_failed"
    ),
    # an agent's phone rings
    _row("offered", Signal.AGENT_RINGING, None, "", "offer_ringing"),
    _row("offered", Signal.AGENT_FAILED, Phase.WAITING, "", _BACK),
    _row("offered", Signal.AGENT_GONE, Phase.WAITING, "", _BACK),
    _row("offered", Signal.RING_TIMEOUT, Phase.WAITING, "cancel_agent", _BACK),
    _row("offered", Signal.CANCEL_OFFER, Phase.WAITING, "cancel_agent", _BACK),
    _row("offered", Signal.AGENT_ANSWERED, Phase.JOINING, "bridge", "agent_answered"),
    # both together; a talk that cannot be made or whose agent vanished goes back into the queue
    _row("joining", Signal.BRIDGED, Phase.TALKING, "record", "bridged"),
    _row("joining", Signal.BRIDGE_FAILED, Phase.WAITING, "cancel_agent hold_music", _BACK),
    _row("joining", Signal.AGENT_GONE, Phase.WAITING, "hold_music", _BACK),
    _row("joining talking", Signal.AGENT_DEAD, Phase.WAITING, "cancel_agent hold_music", _BACK),
    _row("talking", Signal.AGENT_GONE, Phase.RATING, "stop_record play_rating", "agent_hangup rating_prompt"),
    # the caller's word
    _row("rating", Signal.PROMPT_END, None, "collect_digit"),
    _row("rating", Signal.DIGIT, Phase.THANKS, "play_thanks", "rating"),
    _row("rating", Signal.RATING_TIMEOUT, Phase.CLOSING, "hang_up"),
    _row("thanks", Signal.PROMPT_END, Phase.CLOSING, "hang_up"),
    _row("notice waiting offered joining talking thanks", Signal.DIGIT, None, "", "dtmf"),
    # the end, whoever makes it
    _row("ringing notice waiting rating thanks closing", Signal.CALLER_GONE, Phase.ENDED, "stop_record", "hangup"),
    _row("offered joining talking", Signal.CALLER_GONE, Phase.ENDED, "cancel_agent stop_record", "hangup"),
    _row("ringing notice waiting rating thanks", Signal.CALLER_DEAD, Phase.CLOSING, "stop_record hang_up"),
    _row("offered joining talking", Signal.CALLER_DEAD, Phase.CLOSING, "cancel_agent stop_record hang_up"),
    _row("ringing notice waiting rating thanks", Signal.HANGUP, Phase.CLOSING, "stop_record hang_up"),
    _row("offered joining talking", Signal.HANGUP, Phase.CLOSING, "cancel_agent stop_record hang_up"),
    _row("waiting", Signal.WAIT_CAP, Phase.CLOSING, "hang_up"),
    _row("offered", Signal.WAIT_CAP, Phase.CLOSING, "cancel_agent hang_up"),
    _row("ringing notice waiting rating thanks", Signal.CALL_CAP, Phase.CLOSING, "stop_record hang_up"),
    _row("offered joining talking", Signal.CALL_CAP, Phase.CLOSING, "cancel_agent stop_record hang_up"),
)

TABLE: Mapping[tuple[Phase, Signal], Step] = {(source, row.signal): row for row in STEPS for source in row.sources}

# Signals about one offer: they count only while their token is the call's token (compare-and-set).
OF_AN_OFFER = frozenset(
    {
        Signal.AGENT_RINGING, Signal.AGENT_FAILED, Signal.AGENT_ANSWERED, Signal.BRIDGED, Signal.BRIDGE_FAILED,
        Signal.AGENT_GONE, Signal.AGENT_DEAD, Signal.RING_TIMEOUT, Signal.CANCEL_OFFER,
    }
)  # fmt: skip
_RATINGS = frozenset("12345")

# Who ended the call, and why, when the signal itself carries no reason.
ENDS: Mapping[Signal, tuple[str, str]] = {
    Signal.CALLER_GONE: ("caller", "normal"),
    Signal.CALLER_DEAD: ("system", "no_rtp"),
    Signal.HANGUP: ("system", "command"),
    Signal.RATING_TIMEOUT: ("agent", "normal"),
    Signal.WAIT_CAP: ("system", "no_agents"),
    Signal.CALL_CAP: ("system", "cap"),
    Signal.PROMPT_END: ("agent", "normal"),
}

_FAILURES: Mapping[Signal, Failure] = {
    Signal.RING_TIMEOUT: Failure.NO_ANSWER,
    Signal.CANCEL_OFFER: Failure.NO_ANSWER,
    Signal.AGENT_DEAD: Failure.UNREACHABLE,
}


def decide(facts: Facts, heard: Heard, now: dt.datetime) -> Decision:
    """What follows when a call with these facts hears that, at `now` (UTC). What the table does not list changes
    nothing; an agent who answers an offer that is no longer this call's is to be dropped (`Decision.drop`)."""
    if _stale(facts, heard):
        return Decision(facts, drop=heard.token if heard.signal == Signal.AGENT_ANSWERED else "")
    step = TABLE.get((facts.phase, heard.signal))
    if step is None:
        return Decision(facts)
    if heard.signal == Signal.OFFER:
        return _offer(facts, heard, step)
    if facts.phase == Phase.RATING and heard.signal == Signal.DIGIT and heard.digit not in _RATINGS:
        return Decision(facts, events=(Told(Event.DTMF, {"digit": heard.digit}),))
    after = _after(facts, heard, step, now)
    events = tuple(Told(event, _fields(event, facts, after, heard)) for event in step.events)
    return Decision(after, step.orders, events)


def _stale(facts: Facts, heard: Heard) -> bool:
    return heard.signal in OF_AN_OFFER and (not facts.token or heard.token != facts.token)


def _offer(facts: Facts, heard: Heard, step: Step) -> Decision:
    """A first offer to a waiting caller rings. The same command again changes nothing; any other is refused."""
    if heard.token and heard.token == facts.token:
        return Decision(facts)
    if step.target is None or not heard.token or heard.token in facts.used:
        failed = {"agent": heard.agent, "token": heard.token, "reason": Failure.ERROR}
        return Decision(facts, events=(Told(Event.OFFER_FAILED, failed),))
    used = facts.used | {heard.token}
    after = replace(facts, phase=step.target, token=heard.token, agent=heard.agent, rang=False, used=used)
    return Decision(after, step.orders)


def _after(facts: Facts, heard: Heard, step: Step, now: dt.datetime) -> Facts:
    """The facts after a step: an offer that is over leaves its token, the first to end a call is named."""
    target = step.target or facts.phase
    after = replace(facts, phase=target, rang=facts.rang or heard.signal == Signal.AGENT_RINGING)
    if target == Phase.WAITING:
        after = replace(after, token="", agent="", joined=facts.joined or now)
    if target in {Phase.CLOSING, Phase.ENDED} and not facts.by and heard.signal in ENDS:
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
        Event.QUEUED: {"joined": after.joined.isoformat() if after.joined else ""},
        Event.OFFER_RINGING: offer,
        Event.OFFER_FAILED: {**offer, "reason": _failure(facts, heard)},
        Event.AGENT_ANSWERED: offer,
        Event.RATING: {"digit": heard.digit},
        Event.DTMF: {"digit": heard.digit},
        Event.HANGUP: {"by": after.by, "cause": after.cause},
    }
    return table.get(event, {})


def listed() -> Iterator[tuple[Phase, Signal]]:
    """Every pair the table answers."""
    yield from TABLE
