"""Child processes of one machine: started, watched, restarted with a growing pause, stopped in reverse order."""

import contextlib
import logging
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from hotline.settings import ROOT

log = logging.getLogger(__name__)
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
END_SECONDS = 15.0


@dataclass
class Process:
    """A command that has to be running. Its output goes to its own log file."""

    name: str
    command: list[str]
    child: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 1.0
    again_at: float = field(default=0.0)

    def start(self, folder: Path) -> None:
        """Start it now."""
        with (folder / f"{self.name}.log").open("ab") as out:
            self.child = subprocess.Popen(
                self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        self.started, self.again_at = time.monotonic(), 0.0

    def look(self, folder: Path) -> None:
        """Restart it when it has died and its pause is over."""
        if self.child is None or self.child.poll() is None:
            return
        now = time.monotonic()
        if not self.again_at:
            self.pause = 1.0 if now - self.started > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
            self.again_at = now + self.pause
            log.warning("%s ended with %s, starting again", self.name, self.child.returncode)
        if now >= self.again_at:
            self.start(folder)


@dataclass
class Supervisor:
    """All child processes of `hotline up`."""

    folder: Path
    processes: list[Process]

    def start(self) -> None:
        """Start all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for process in self.processes:
            process.start(self.folder)

    def watch(self, stop: threading.Event) -> None:
        """Keep all running until `stop`."""
        while not stop.wait(0.5):
            for process in self.processes:
                process.look(self.folder)

    def stop(self) -> None:
        """Ask all to end, the doors first; who does not is killed."""
        for process in self.processes:
            if process.child is not None and process.child.poll() is None:
                process.child.terminate()
        end = time.monotonic() + END_SECONDS
        for process in self.processes:
            _await(process, end)


def _await(process: Process, end: float) -> None:
    if process.child is None:
        return
    try:
        process.child.wait(max(0.1, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        log.warning("%s did not end, killed", process.name)
        process.child.kill()
        process.child.wait()


def ready(url: str, stop: threading.Event, seconds: float = 120.0) -> bool:
    """Wait until the address answers 200; False when stopped or out of time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop.wait(0.3):
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            if answer.status == 200:  # noqa: PLR2004
                return True
    return False
