"""The port to the telephone line: what the step machine needs of it, and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from telephony.hearing import Pairs
from telephony.signals import Heard

# Headers of an INVITE that make a phone answer by itself: RFC 5373, and the two most makers read.
AUTO_ANSWER = {
    "Answer-Mode": "Auto",
    "Call-Info": "<sip:hotline.invalid>;answer-after=0",
    "Alert-Info": "<http://hotline.invalid>;info=alert-autoanswer;delay=0",
}


class LineError(Exception):
    """The line could not do what it was told; the text holds no number and no name."""


class Line(Protocol):
    """A telephone line. Calls are named by the ids it gave them, agents' legs by the token of their offer.

    Everything is asked for and comes back later as a signal of `poll`. A call or leg that is already gone is no
    error: the order does nothing. All methods are called from one thread.
    """

    def poll(self, seconds: float) -> list[Heard]:
        """Let the line work for at most `seconds`; what happened since the last time, in order."""

    def refuse(self, call: str, code: int, headers: Mapping[str, str]) -> None:
        """Turn a new call away with this SIP status."""

    def take_calls(self, *, on: bool) -> None:
        """Say whether new calls are taken to whoever asks beforehand, a proxy by OPTIONS."""

    def answer(self, call: str) -> None:
        """Pick up. Signals ANSWERED once the caller's side is connected and can be heard."""

    def play(self, call: str, prompt: str) -> None:
        """Play a prompt to the caller instead of what he hears. PROMPT_END when it was heard to its end."""

    def hold(self, call: str) -> None:
        """Let the caller hear the waiting music."""

    def ring(self, call: str, token: str, uri: str, headers: Mapping[str, str]) -> None:
        """Ring a phone for the call: AGENT_RINGING, then AGENT_ANSWERED or AGENT_FAILED. LineError: bad address."""

    def dial(self, call: str, uri: str) -> None:
        """Ring the citizen of a call of ours: ANSWERED or CALLER_FAILED, then as any caller; CALLER_EARLY when his
        side is heard before it answers. LineError: bad address."""

    def pick_up(self, call: str, token: str) -> None:
        """Ask a phone that rings to answer, as far as it lets itself be asked; NOT_PICKED_UP when it rings on."""

    def cancel(self, call: str, token: str) -> None:
        """End the leg of this token, ringing or answered, without a further signal from it."""

    def bridge(self, call: str, token: str) -> None:
        """Let caller and agent hear each other. BRIDGED, or BRIDGE_FAILED when the sound does not come about."""

    def patch(self, call: str, pairs: Pairs) -> None:
        """Let the legs of this call hear each other as the table says and no otherwise; see `telephony.hearing`."""

    def record(self, call: str, file: Path) -> None:
        """Write both sides, mixed, 8 kHz mono A-law, to `file`; a recording that runs already goes on. LineError."""

    def stop_record(self, call: str) -> None:
        """Finish the recording, if any. RECORDED with its digest and length once the file is whole."""

    def hang_up(self, call: str) -> None:
        """Say good-bye to the caller. CALLER_GONE follows."""

    def close(self) -> None:
        """Put the line down for good."""
