"""What the line knows of a leg, and what PJSIP's numbers and the patchboard's names mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.hearing import CALLER, MUSIC, RECORDER, RINGBACK, SILENCE
from telephony.signals import Failure

SHARED = frozenset({MUSIC, RINGBACK, SILENCE})  # one source for all calls

FAILURES: Mapping[int, Failure] = {
    486: Failure.BUSY, 600: Failure.BUSY, 603: Failure.REJECT, 403: Failure.REJECT, 488: Failure.REJECT,
    408: Failure.NO_ANSWER, 487: Failure.NO_ANSWER,
    404: Failure.UNREACHABLE, 410: Failure.UNREACHABLE, 480: Failure.UNREACHABLE, 502: Failure.UNREACHABLE,
    503: Failure.UNREACHABLE, 504: Failure.UNREACHABLE,
}  # fmt: skip


@dataclass
class Side:
    """One leg of a call as the line sees it. `token` is empty for the caller; `ours` if we rang it, at `uri` with
    `headers`; `anew`: once more when this ringing is over."""

    call: str
    token: str
    ours: bool = False
    confirmed: bool = False
    rang: bool = False
    dropped: bool = False
    held: bool = False
    packets: int = -1
    moved: float = 0.0
    uri: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False


def port_name(call: str, end: str) -> str:
    """The name on the patchboard of an end of a call's table."""
    return {CALLER: call, RECORDER: f"recorder:{call}"}.get(end, end if end in SHARED else f"{call}/{end}")


def due(alarms: dict[str, float], now: float) -> list[str]:
    """The names whose instant has come; each is given once."""
    late = [name for name, at in alarms.items() if at <= now]
    for name in late:
        del alarms[name]
    return late
