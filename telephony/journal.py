"""The connector's own memory: an append-only file that survives the process, and what of it Redis has not had yet.

Every event is on the disk before anything is done about it. Lines hold callers' numbers, so the folder is for its
owner only and files are dropped once everything in them was delivered (limit: the numbers are in clear until then).
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROTATE_BYTES = 16 * 1024 * 1024
_BEGINS = frozenset({"invite", "dialled"})
_ENDS = frozenset({"hangup", "rejected", "lost"})


class BusyError(Exception):
    """Another process writes this journal."""


@dataclass
class OpenCall:
    """A call the journal saw begin and not end."""

    invite: dict[str, Any]
    last: int
    recording: str = ""


class Journal:
    """One connector's journal in `folder`. BusyError when another process has it; OSError when it cannot be written."""

    def __init__(self, folder: Path, rotate_bytes: int = ROTATE_BYTES) -> None:
        self.folder, self.rotate_bytes = folder, rotate_bytes
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self._lock = _locked(folder / "lock")
        self._number, self._sent = self._read_mark()
        self.open: dict[str, OpenCall] = {}
        self._file = self._open_file()
        self._size = self._replay()
        self._sent = min(self._sent, self._size)
        self._read_to = self._sent

    def append(self, documents: Iterable[dict[str, Any]]) -> None:
        """Writes the events and waits until they are on the disk. OSError leaves the journal as it was."""
        told = list(documents)
        data = b"".join(_line(document) for document in told)
        try:
            self._file.seek(self._size)
            self._file.write(data)
            self._file.flush()
            os.fdatasync(self._file.fileno())
        except OSError:
            self._file.truncate(self._size)
            raise
        self._size += len(data)
        for document in told:
            self._note(document)

    def pending(self, most: int = 200) -> list[str]:
        """The next events that were not delivered, oldest first, as JSON; the same ones until `delivered` is called."""
        found: list[str] = []
        self._file.seek(self._sent)
        while len(found) < most and self._file.tell() < self._size:
            found.append(self._file.readline().decode().rstrip("\n"))
        self._read_to = self._file.tell()
        return found

    def delivered(self) -> None:
        """What `pending` last gave has arrived. A crash before this is noted delivers it once more, in order."""
        self._sent = self._read_to
        if self._sent == self._size > self.rotate_bytes:
            self._rotate()
        self._write_mark()

    @property
    def owed(self) -> int:
        """Bytes that were not delivered yet."""
        return self._size - self._sent

    def close(self) -> None:
        self._file.close()
        self._lock.close()

    def _path(self, number: int) -> Path:
        return self.folder / f"events-{number:06d}.jsonl"

    def _open_file(self) -> Any:
        descriptor = os.open(self._path(self._number), os.O_RDWR | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "r+b")

    def _replay(self) -> int:
        """Reads all; a last line that was cut off is removed: nothing was done about it. The size in bytes."""
        size = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            size += len(line)
            self._note(json.loads(line))
        self._file.truncate(size)
        return size

    def _note(self, document: dict[str, Any]) -> None:
        """Keeps the list of open calls."""
        call, kind = document["call"], document["type"]
        if kind in _BEGINS:
            self.open[call] = OpenCall(document, 0)
        elif kind in _ENDS:
            self.open.pop(call, None)
        if call in self.open:
            self.open[call].last = int(document["id"].rpartition(":")[2])
            if kind == "recording":
                self.open[call].recording = document["file"]

    def _rotate(self) -> None:
        """Starts a new file with the beginnings of the open calls; the mark decides which file counts."""
        old, known = self._file, list(self.open.values())
        self._number += 1
        self._path(self._number).unlink(missing_ok=True)
        self._file = self._open_file()
        self._size, self.open = 0, {}
        self.append(document for call in known for document in _beginning(call))
        self._sent = self._size
        self._write_mark()
        old.close()
        self._path(self._number - 1).unlink()

    def _read_mark(self) -> tuple[int, int]:
        mark = self.folder / "delivered"
        if not mark.exists():
            return 1, 0
        number, sent = mark.read_text().split()
        return int(number), int(sent)

    def _write_mark(self) -> None:
        draft = self.folder / "delivered.draft"
        draft.write_text(f"{self._number} {self._sent}")
        draft.replace(self.folder / "delivered")


def _beginning(call: OpenCall) -> list[dict[str, Any]]:
    """What has to be known of an open call in a new file: its invite, its recording, its last number."""
    name = call.invite["call"]
    last = {"id": f"{name}:{call.last}", "call": name, "type": "recording", "file": call.recording}
    return [call.invite, last]


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _locked(file: Path) -> Any:
    lock = file.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise BusyError(f"another connector writes {file.parent}") from None
    return lock
