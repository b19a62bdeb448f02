"""After a crash: the calls that were open are told to be lost, and their recordings are made playable."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hotline import clock
from telephony import wav
from telephony.exchange import Record, instant
from telephony.filing import Keep, digest
from telephony.journal import OpenCall
from telephony.signals import Event

log = logging.getLogger(__name__)


def lost(record: Record, opened: Mapping[str, OpenCall], data: Path, keep: Keep = digest) -> int:
    """Tells for every call that was open when the process died that it is lost; returns how many."""
    documents = [_lost(call, known, data, keep) for call, known in opened.items()]
    if documents:
        record.append(documents)
    return len(documents)


def _lost(call: str, known: OpenCall, data: Path, keep: Keep) -> dict[str, Any]:
    if known.recording:
        mend(data / known.recording, keep)
    head = {"id": f"{call}:{known.last + 1}", "call": call, "type": Event.LOST.value, "at": instant(clock.now())}
    return {**head, "caller": known.invite["caller"], "recording": known.recording}


def mend(file: Path, keep: Keep) -> None:
    """Makes a recording playable whose writer was killed and puts it away; one that holds nothing is left alone."""
    try:
        wav.repair(file)
        keep(file)
    except (OSError, ValueError) as broken:
        log.warning("a recording could not be mended (%s)", type(broken).__name__)
