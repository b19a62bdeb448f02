"""Recordings on their way to the shelf: the bridge finishes a file on its own clock, then it is hashed and sealed.

Sealing is done by one thread beside the line's, which only looks whether it is done.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from telephony import wav
from telephony.signals import Heard, Signal

PATIENCE_SECONDS = 3.0
Keep = Callable[[Path], str]


def digest(file: Path) -> str:
    """The SHA-256 of a file that stays as it is. OSError."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@dataclass
class Take:
    """One recording. `until` is set when it was stopped: the latest instant to wait for its writer; `work` is its
    way to the shelf."""

    file: Path
    until: float | None = None
    work: Future[Heard] | None = None


class Filing:
    """The recordings of a line, by call. `keep` puts a whole file away and gives its digest. Instants are seconds of
    the line's clock."""

    def __init__(self, keep: Keep = digest) -> None:
        self._takes: dict[str, Take] = {}
        self._keep = keep
        self._clerk = ThreadPoolExecutor(1, "filing")

    def runs(self, call: str) -> bool:
        take = self._takes.get(call)
        return take is not None and take.until is None

    def begin(self, call: str, file: Path) -> None:
        """Notes a recording."""
        self._takes[call] = Take(file)

    def end(self, call: str, now: float) -> None:
        """Notes that it was stopped."""
        self._takes[call].until = now + PATIENCE_SECONDS

    def done(self, now: float) -> list[Heard]:
        """The recordings that are filed now. One whose writer did not finish in time is mended by its size."""
        found = []
        for call, take in list(self._takes.items()):
            if take.work is None and take.until is not None and (wav.whole(take.file) or now >= take.until):
                take.work = self._clerk.submit(filed, call, take.file, self._keep)
            if take.work is not None and take.work.done():
                del self._takes[call]
                found.append(take.work.result())
        return found

    def close(self) -> None:
        """Waits for what is being sealed."""
        self._clerk.shutdown()


def filed(call: str, file: Path, keep: Keep = digest) -> Heard:
    """The signal for a finished file; without a digest when it cannot be read or put away."""
    try:
        if not wav.whole(file):
            wav.repair(file)
        seconds = wav.seconds(file)
        return Heard(call, Signal.RECORDED, file=str(file), sha256=keep(file), seconds=seconds)
    except (OSError, ValueError):
        return Heard(call, Signal.RECORDED, file=str(file), reason="unreadable")
