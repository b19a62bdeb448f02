"""PJSIP set up for a hotline: the library, the account that takes calls, the legs, and how they are told things.

Callbacks only append to a deque; the line acts on it in its loop.
"""

import functools
import re
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pjsua2 as pj

SESSION_SECONDS, SHORTEST_SESSION = 600, 90
PORTS_PER_CALL = 40
FEWEST_PORTS = 2000
SPARE_CALLS = 8
REQUEST_PENDING, FIRST_REFUSAL, NOTIFY = 491, 300, "NOTIFY"
PROMPTS = Path(__file__).resolve().parent.parent / "prompts"
CODECS = {"PCMA/8000/1": 255, "PCMU/8000/1": 254}
VIA = re.compile(r"(?im)^(?:via|v)[ \t]*:[ \t]*SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*(\w+)")
TONE_LOUDNESS = 6000
NO_NUMBER: int = pj.PJSUA_INVALID_ID
OVER = frozenset({pj.PJSIP_TSX_STATE_COMPLETED, pj.PJSIP_TSX_STATE_TERMINATED})  # over TCP at once the latter
Inbox = deque[tuple[str, str, Any]]
Legs = dict[str, Any]


class Srtp(StrEnum):
    """Whether the sound of legs over TLS is encrypted. Keys travel in the signalling: other legs never have it."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


USE: Mapping[Srtp, int] = {
    Srtp.OFF: pj.PJMEDIA_SRTP_DISABLED,
    Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.REQUIRED: pj.PJMEDIA_SRTP_MANDATORY,
}


@dataclass(frozen=True)
class Config:
    """Where the line is, how wide, and whose voice it has (folders of WAVs, the
    first that has a prompt counts).

    A leg whose sound stays away for `silence` seconds is dead (ten times as long while it is on hold).
    `certificate` and `key` (PEM files) open TLS on the port after the SIP port; `authorities` (PEM file) are those who
    may vouch for the other side, which is not asked for a certificate without them. `srtp` is of legs over TLS.
    """

    bind: str = "127.0.0.1"
    sip_port: int = 5060
    slots: int = 64
    rtp_port: int = 30000
    log: Path | None = None
    log_level: int = 0
    certificate: str = ""
    key: str = ""
    authorities: str = ""
    srtp: Srtp = Srtp.OFF
    voices: tuple[Path, ...] = (PROMPTS,)
    silence: float = 30.0


def guarded(callback: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """A callback that never raises into PJSIP: what goes wrong is counted in the loop."""

    @functools.wraps(callback)
    def safe(self: Any, prm: Any) -> None:
        try:
            callback(self, prm)
        except Exception as wrong:  # noqa: BLE001 - reported as a fault by poll
            self.inbox.append(("", "fault", type(wrong).__name__))

    return safe


class Leg(pj.Call):  # type: ignore[misc]
    """Held by `legs`, the line's table, and by nothing else. It leaves the table in its last callback: PJSIP gives its
    number to the next call in the same turn, and whoever is destroyed later hangs up the number's new owner."""

    def __init__(self, account: Any, name: str, inbox: Inbox, legs: Legs, number: int = NO_NUMBER) -> None:
        pj.Call.__init__(self, account, number)
        self.name, self.inbox, self.legs = name, inbox, legs
        legs[name] = self

    @guarded
    def onCallState(self, _prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        self.inbox.append((self.name, "state", (info.state, info.lastStatusCode)))
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.legs.pop(self.name, None)

    @guarded
    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802
        """Our change of the session crossed one of the other side's: PJSIP does not try again by itself."""
        event = prm.e  # its parts are only valid while it is held
        transaction = event.body.tsxState.tsx
        refused = transaction.statusCode == REQUEST_PENDING and transaction.state == pj.PJSIP_TSX_STATE_COMPLETED
        if refused and transaction.role == pj.PJSIP_ROLE_UAC and transaction.method in {"INVITE", "UPDATE"}:
            self.inbox.append((self.name, "glare", None))
        refused = transaction.statusCode >= FIRST_REFUSAL and transaction.state in OVER
        if refused and transaction.role == pj.PJSIP_ROLE_UAC and transaction.method == NOTIFY:
            self.inbox.append((self.name, "deaf", None))

    @guarded
    def onCallMediaState(self, _prm: Any) -> None:  # noqa: N802
        self.inbox.append((self.name, "media", None))

    @guarded
    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802
        self.inbox.append((self.name, "digit", prm.digit))

    @guarded
    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802
        """A REFER would let a stranger place calls at our cost."""
        prm.statusCode = pj.PJSIP_SC_DECLINE

    @guarded
    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802
        prm.statusCode = pj.PJSIP_SC_DECLINE


class Account(pj.Account):  # type: ignore[misc]
    """Takes incoming calls. `legs` is the line's table: the leg must exist before the callback returns."""

    def __init__(self, legs: Legs, inbox: Inbox) -> None:
        pj.Account.__init__(self)
        self.legs, self.inbox = legs, inbox

    @guarded
    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        leg = Leg(self, str(uuid.uuid4()), self.inbox, self.legs, prm.callId)
        self.inbox.append((leg.name, "invite", leg.getInfo().remoteUri))


class Endpoint(pj.Endpoint):  # type: ignore[misc]
    """The library itself. `takes` are the numbers of the accounts that take calls over TLS and over anything else,
    once there are two."""

    def __init__(self, inbox: Inbox) -> None:
        pj.Endpoint.__init__(self)
        self.inbox = inbox
        self.takes: tuple[int, ...] = ()

    @guarded
    def onSelectAccount(self, prm: Any) -> None:  # noqa: N802
        """By the top Via: who lies in it has a call that PJSIP refuses."""
        message = prm.rdata  # its parts are only valid while it is held
        if self.takes:
            over = VIA.search(message.wholeMsg)
            prm.accountIndex = self.takes[not (over and over[1].upper() == "TLS")]

    @guarded
    def onRejectedIncomingCall(self, prm: Any) -> None:  # noqa: N802
        self.inbox.append((str(uuid.uuid4()), "refused", (prm.remoteInfo, prm.statusCode)))


def start_endpoint(config: Config, inbox: Inbox) -> Endpoint:
    """Starts the library and listens. RuntimeError when an address is taken."""
    endpoint = Endpoint(inbox)
    endpoint.libCreate()
    endpoint.libInit(endpoint_config(config))
    for codec in endpoint.codecEnum2():
        endpoint.codecSetPriority(codec.codecId, CODECS.get(codec.codecId, 0))
    try:
        for kind, port, shape in transports(config):
            endpoint.transportCreate(kind, shape(config, port))
    except pj.Error as taken:
        endpoint.libDestroy()
        raise RuntimeError(f"the SIP port {config.sip_port} cannot be opened") from taken
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    return endpoint


def endpoint_config(config: Config) -> Any:
    """One thread for signalling (ours), one of PJSIP for sound; 8 kHz mono throughout; no silence suppression."""
    made = pj.EpConfig()
    made.uaConfig.threadCnt, made.uaConfig.mainThreadOnly = 0, True
    made.uaConfig.maxCalls = 2 * config.slots + SPARE_CALLS
    made.uaConfig.userAgent = "hotline"
    media = made.medConfig
    media.clockRate = media.sndClockRate = 8000
    media.channelCount, media.noVad, media.ecTailLen = 1, True, 0
    media.maxMediaPorts = 4 * made.uaConfig.maxCalls + 254
    # messages carry callers' numbers: nothing is logged unless somebody asks for it
    made.logConfig.level, made.logConfig.consoleLevel = config.log_level, 0
    made.logConfig.msgLogging = 1 if config.log_level else 0
    made.logConfig.filename = str(config.log) if config.log and config.log_level else ""
    return made


def transports(config: Config) -> list[tuple[Any, int, Callable[[Config, int], Any]]]:
    """UDP and TCP on the SIP port; TLS on the next one once there is a certificate."""
    made: list[tuple[Any, int, Callable[[Config, int], Any]]] = [
        (pj.PJSIP_TRANSPORT_UDP, config.sip_port, plain),
        (pj.PJSIP_TRANSPORT_TCP, config.sip_port, plain),
    ]
    if config.certificate:
        made.append((pj.PJSIP_TRANSPORT_TLS, config.sip_port + 1, secure))
    return made


def plain(config: Config, port: int) -> Any:
    made = pj.TransportConfig()
    made.port, made.boundAddress = port, bound(config)
    return made


def secure(config: Config, port: int) -> Any:
    made = plain(config, port)
    tls = made.tlsConfig
    tls.certFile, tls.privKeyFile, tls.CaListFile = config.certificate, config.key, config.authorities
    tls.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    tls.verifyServer = tls.verifyClient = tls.requireClientCert = bool(config.authorities)
    return made


def bound(config: Config) -> str:
    """PJSIP finds the outer address by itself when none is given."""
    return "" if config.bind == "0.0.0.0" else config.bind  # noqa: S104 - compared, not bound


def open_accounts(config: Config, endpoint: Endpoint, legs: Legs, inbox: Inbox) -> tuple[Account, Account]:
    """The hotline's own addresses, over TLS and over anything else, which take every call; without SRTP one."""
    host = bound(config) or "127.0.0.1"
    usual = open_account(config, legs, inbox, f"sip:12345@{host}:{config.sip_port}", Srtp.OFF)
    if not config.certificate or config.srtp == Srtp.OFF:
        return usual, usual
    uri = f"sip:12345@{host}:{config.sip_port + 1};transport=tls"
    secure = open_account(config, legs, inbox, uri, config.srtp)
    endpoint.takes = (secure.getId(), usual.getId())
    return secure, usual


def open_account(config: Config, legs: Legs, inbox: Inbox, uri: str, srtp: Srtp) -> Account:
    """One of them."""
    made = pj.AccountConfig()
    made.idUri = uri
    made.callConfig.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS
    made.callConfig.timerSessExpiresSec, made.callConfig.timerMinSESec = SESSION_SECONDS, SHORTEST_SESSION
    made.mediaConfig.lockCodecEnabled = False
    made.mediaConfig.srtpUse = USE[srtp]
    rtp = made.mediaConfig.transportConfig
    rtp.port, rtp.portRange = config.rtp_port, max(FEWEST_PORTS, PORTS_PER_CALL * config.slots)
    rtp.boundAddress = bound(config)
    account = Account(legs, inbox)
    account.create(made)
    return account


def operation(code: int = 0, headers: Mapping[str, str] | None = None) -> Any:
    """What goes with an order to a leg: one audio stream, no video, no text; a status; headers of ours."""
    made = pj.CallOpParam(True)  # noqa: FBT003 - C++ knows no names
    made.opt.audioCount, made.opt.videoCount, made.opt.textCount = 1, 0, 0
    made.statusCode = code
    for name, value in (headers or {}).items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, "".join(sign for sign in value if sign.isprintable())
        made.txOption.headers.append(header)
    return made


def talk_notice() -> Any:
    """The request to a ringing phone to answer: NOTIFY with the event `talk`, as most makers of desk phones know it."""
    made = pj.CallSendRequestParam()
    made.method = NOTIFY
    said = operation(headers={"Event": "talk", "Subscription-State": "active"})  # its parts live as long as it does
    made.txOption = said.txOption
    return made


def make_tone(*pattern: tuple[int, int, int]) -> Any:
    """A source that repeats a tone, (hertz, milliseconds on, off) in turn; without any it is silent."""
    made, tones = pj.ToneGenerator(), pj.ToneDescVector()
    made.createToneGenerator(8000, 1)
    for hertz, on, off in pattern:
        tone = pj.ToneDesc()
        tone.freq1, tone.on_msec, tone.off_msec, tone.volume = hertz, on, off, TONE_LOUDNESS
        tones.append(tone)
    if pattern:
        made.play(tones, True)  # noqa: FBT003 - C++ knows no names
    return made


def make_player(file: Path, options: int) -> Any:
    """A player of a sound file."""
    player = pj.AudioMediaPlayer()
    player.createPlayer(str(file), options)
    return player
