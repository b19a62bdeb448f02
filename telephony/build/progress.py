"""Runs the long commands of the build: output goes to a log, one progress line to stderr."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES = 15


class BuildError(Exception):
    """A step failed; the text is one line for people, the log holds the rest."""


class Progress:
    """Counts stages of one build. `log` is appended to; times are seconds since the object was made."""

    def __init__(self, total: int, log: Path) -> None:
        self.total, self.number, self.title = total, 0, ""
        self.log = log
        self.start = time.monotonic()
        self.tty = sys.stderr.isatty()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("")

    def stage(self, title: str) -> None:
        """Starts the next stage and says so."""
        self.number += 1
        self.title = title
        self.note(f"\n=== {title}\n")
        self.show("\n" if not self.tty else "")

    def show(self, end: str = "") -> None:
        elapsed = int(time.monotonic() - self.start)
        line = f"pjsua2: stage {self.number}/{self.total}  {self.title}  {elapsed // 60}:{elapsed % 60:02d} elapsed"
        sys.stderr.write((f"\r\033[K{line}" if self.tty else line) + end)
        sys.stderr.flush()

    def done(self, words: str) -> None:
        """The last line: what came out, after how long."""
        elapsed = time.monotonic() - self.start
        sys.stderr.write(("\r\033[K" if self.tty else "") + f"pjsua2: {words} ({elapsed:.0f} s)\n")

    def note(self, text: str) -> None:
        with self.log.open("a") as out:
            out.write(text)

    def run(self, command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> None:
        """Runs `command`; raises BuildError with the end of the log when it fails."""
        self.note(f"$ {' '.join(command)}\n")
        with self.log.open("a") as out:
            process = subprocess.Popen(
                command, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
            while (code := wait(process)) is None:
                if self.tty:
                    self.show()
        if code:
            sys.stderr.write("\n" if self.tty else "")
            raise BuildError(f"{command[0]} failed (exit {code}); log: {self.log}\n{self.tail()}")

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def wait(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code, or None when the command still runs after a second."""
    try:
        return process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return None
