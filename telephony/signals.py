"""The words and facts of a call: phases, signals, orders, events, and what is known of one call at one moment.

Pure; `telephony.calls` and `telephony.talk` say what follows from what.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Where the connector has a call. NEW is a call the table has not seen, JOINING lasts from the agent's 200 OK
    until both hear each other, CLOSING from our BYE until the line is down. PREVIEW: we call, the agent's phone rings;
    DIALLING: then the citizen's; ASKING: the citizen's alone. LEAVING: the invitation to speak a message, MESSAGE: he
    speaks it; PARTING: last words before we hang up."""

    NEW = "new"
    RINGING = "ringing"
    NOTICE = "notice"
    WAITING = "waiting"
    OFFERED = "offered"
    JOINING = "joining"
    TALKING = "talking"
    RATING = "rating"
    THANKS = "thanks"
    PREVIEW = "preview"
    DIALLING = "dialling"
    ASKING = "asking"
    LEAVING = "leaving"
    MESSAGE = "message"
    PARTING = "parting"
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
    CALLER_FAILED = "caller_failed"
    CALLER_EARLY = "caller_early"
    AGENT_RINGING = "agent_ringing"
    AGENT_FAILED = "agent_failed"
    AGENT_ANSWERED = "agent_answered"
    BRIDGED = "bridged"
    BRIDGE_FAILED = "bridge_failed"
    AGENT_GONE = "agent_gone"
    AGENT_DEAD = "agent_dead"
    NOT_PICKED_UP = "not_picked_up"
    RECORDED = "recorded"

    RING_TIMEOUT = "ring_timeout"
    DIAL_TIMEOUT = "dial_timeout"
    RATING_TIMEOUT = "rating_timeout"
    MESSAGE_TIMEOUT = "message_timeout"
    WAIT_CAP = "wait_cap"
    CALL_CAP = "call_cap"

    OFFER = "offer"
    CANCEL_OFFER = "cancel_offer"
    PICK_UP = "pick_up"
    PUT_DOWN = "put_down"
    HANGUP = "hangup"
    PLAY = "play"
    ANNOUNCE = "announce"
    GOODBYE = "goodbye"
    VOICEMAIL = "voicemail"
    DIAL = "dial"
    SURVEY = "survey"
    HOLD = "hold"
    UNHOLD = "unhold"
    MUTE = "mute"
    UNMUTE = "unmute"
    CONSULT = "consult"
    CONFERENCE = "conference"
    JOIN = "join"
    DROP = "drop"
    TRANSFER_ATTENDED = "transfer_attended"
    TRANSFER_BLIND = "transfer_blind"
    REQUEUE = "requeue"
    MONITOR = "monitor"
    TAKE_OVER = "take_over"
    PAUSE_RECORDING = "pause_recording"
    RESUME_RECORDING = "resume_recording"


class Order(StrEnum):
    """What the line or a timer is told to do."""

    REFUSE = "refuse"
    ANSWER = "answer"
    PLAY_NOTICE = "play_notice"
    PLAY_PROMPT = "play_prompt"
    PLAY_INVITATION = "play_invitation"
    PLAY_MESSAGE = "play_message"
    HOLD_MUSIC = "hold_music"
    RING_AGENT = "ring_agent"
    DIAL_CALLER = "dial_caller"
    CANCEL_AGENT = "cancel_agent"
    PICK_UP = "pick_up"
    BRIDGE = "bridge"
    PATCH = "patch"
    RECORD = "record"
    STOP_RECORD = "stop_record"
    PLAY_RATING = "play_rating"
    COLLECT_DIGIT = "collect_digit"
    COLLECT_MESSAGE = "collect_message"
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
    DIALLED = "dialled"
    AGENT_READY = "agent_ready"
    HELD = "held"
    UNHELD = "unheld"
    MUTED = "muted"
    UNMUTED = "unmuted"
    GUEST_RINGING = "guest_ringing"
    GUEST_ANSWERED = "guest_answered"
    GUEST_FAILED = "guest_failed"
    GUEST_GONE = "guest_gone"
    JOINED = "joined"
    MONITORED = "monitored"
    TRANSFERRED = "transferred"
    REFUSED = "refused"
    RECORDING_PAUSED = "recording_paused"
    RECORDING_RESUMED = "recording_resumed"
    RECORDING_DONE = "recording_done"
    MESSAGE = "message"
    HANGUP = "hangup"
    LOST = "lost"


class Failure(StrEnum):
    """Why an agent's phone did not take a call. TAKEN: another of the phones that rang did."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECT = "reject"
    UNREACHABLE = "unreachable"
    ERROR = "error"
    TAKEN = "taken"


class Role(StrEnum):
    """What a further leg of a talk is there for."""

    CONSULT = "consult"
    CONFERENCE = "conference"
    MONITOR = "monitor"


class Mode(StrEnum):
    """What a supervisor does in a talk; OFF ends his leg."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
    OFF = "off"


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
    prompts: tuple[str, ...] = ()
    mode: str = ""
    to: str = ""
    caller: str = ""
    display: str = ""
    file: str = ""
    sha256: str = ""
    seconds: float = 0.0
    together: bool = False
    auto: bool = False


@dataclass(frozen=True)
class Offer:
    """A phone that rings for a caller in line. `rang` is whether it said so."""

    token: str
    agent: str
    rang: bool = False


@dataclass(frozen=True)
class Guest:
    """A further leg of a talk. `rang` and `up` are how far its phone got; `mode` is a supervisor's."""

    token: str
    agent: str
    role: Role
    mode: Mode = Mode.LISTEN
    rang: bool = False
    up: bool = False


@dataclass(frozen=True)
class Talk:
    """What is special in a talk: the caller on hold, the agent mute, the recording paused, the further legs."""

    held: bool = False
    muted: bool = False
    paused: bool = False
    guests: tuple[Guest, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What is known of one call. `joined` is when it first queued (UTC), `used` are the tokens of all its legs,
    `outbound` says that we called, `early` that the other side is heard
    before it answers. `others` are the phones that ring beside that of `token`."""

    call: str
    phase: Phase = Phase.NEW
    token: str = ""
    agent: str = ""
    rang: bool = False
    others: tuple[Offer, ...] = ()
    used: frozenset[str] = frozenset()
    joined: dt.datetime | None = None
    by: str = ""
    cause: str = ""
    outbound: bool = False
    early: bool = False
    to: str = ""
    talk: Talk = field(default_factory=Talk)


@dataclass(frozen=True)
class Told:
    """One event with its own fields; the connector adds id, call and instant."""

    event: Event
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The facts afterwards, the orders in turn, the events in turn. `drop` names the legs nobody owns any more."""

    facts: Facts
    orders: tuple[Order, ...] = ()
    events: tuple[Told, ...] = ()
    drop: tuple[str, ...] = ()
