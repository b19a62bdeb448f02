"""Reads the documents of the stream `tel:commands`."""

import uuid
from collections.abc import Mapping
from typing import Any

from telephony import legs, talk
from telephony.calls import ANSWERED
from telephony.signals import Heard, Signal

DRAIN, UNDRAIN = "drain", "undrain"
IN_LINE = (Signal.OFFER, Signal.CANCEL_OFFER, Signal.PLAY, *legs.COMMANDS, *ANSWERED)
COMMANDS: Mapping[str, Signal] = {
    signal.value: signal for signal in (Signal.HANGUP, *IN_LINE, *talk.COMMANDS, Signal.DIAL, Signal.SURVEY)
}
TEXTS = ("agent", "uri", "token", "case", "reason", "prompt", "mode", "to")
SWITCHES = ("together", "auto")


def command(document: Mapping[str, Any]) -> Heard | None:
    """A command document as a signal. None for one that is not of this form."""
    signal = COMMANDS.get(str(document.get("type")))
    call = document.get("call")
    if signal is None or not _is_uuid(call):
        return None
    text: dict[str, Any] = {name: str(document.get(name) or "") for name in TEXTS}
    try:
        timeout = float(document.get("timeout") or 0)
    except (TypeError, ValueError):
        return None
    switched: dict[str, Any] = {name: document.get(name) is True for name in SWITCHES}
    return Heard(str(call), signal, timeout=timeout, prompts=_names(document.get("prompts")), **text, **switched)


def _names(given: object) -> tuple[str, ...]:
    return tuple(str(name) for name in given) if isinstance(given, list) else ()


def _is_uuid(text: object) -> bool:
    try:
        uuid.UUID(str(text))
    except ValueError:
        return False
    return True
