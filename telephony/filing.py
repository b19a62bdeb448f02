"""Recordings on their way to the shelf: the bridge finishes a file on its own clock, then it is hashed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from telephony import wav
from telephony.signals import Heard, Signal

PATIENCE_SECONDS = 3.0


@dataclass
class Take:
    """One recording. `until` is set when it was stopped: the latest instant to wait for its writer."""

    file: Path
    until: float | None = None


class Filing:
    """The recordings of a line, by call. Instants are seconds of the line's clock."""

    def __init__(self) -> None:
        self._takes: dict[str, Take] = {}

    def runs(self, call: str) -> bool:
        take = self._takes.get(call)
        return take is not None and take.until is None

    def begin(self, call: str, file: Path) -> str:
        """Notes a recording; returns its name on the patchboard."""
        self._takes[call] = Take(file)
        return f"recorder:{call}"

    def end(self, call: str, now: float) -> str:
        """Notes that it was stopped; returns its name on the patchboard."""
        self._takes[call].until = now + PATIENCE_SECONDS
        return f"recorder:{call}"

    def done(self, now: float) -> list[Heard]:
        """The recordings that are whole now. One whose writer did not finish in time is mended by its size."""
        found = []
        for call, take in list(self._takes.items()):
            if take.until is None or not (wav.whole(take.file) or now >= take.until):
                continue
            del self._takes[call]
            found.append(filed(call, take.file))
        return found


def filed(call: str, file: Path) -> Heard:
    """The signal for a finished file; without a digest when it cannot be read."""
    try:
        if not wav.whole(file):
            wav.repair(file)
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        return Heard(call, Signal.RECORDED, file=str(file), sha256=digest, seconds=wav.seconds(file))
    except (OSError, ValueError):
        return Heard(call, Signal.RECORDED, file=str(file), reason="unreadable")
