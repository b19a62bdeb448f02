"""Reads the documents of the stream `tel:commands`."""

import uuid
from collections.abc import Mapping
from typing import Any

from telephony.calls import Heard, Signal

DRAIN = "drain"
COMMANDS: Mapping[str, Signal] = {
    "offer": Signal.OFFER,
    "cancel_offer": Signal.CANCEL_OFFER,
    "hangup": Signal.HANGUP,
    "play": Signal.PLAY,
}
TEXTS = ("agent", "uri", "token", "case", "reason", "prompt")


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
    return Heard(str(call), signal, timeout=timeout, **text)


def _is_uuid(text: object) -> bool:
    try:
        uuid.UUID(str(text))
    except ValueError:
        return False
    return True
