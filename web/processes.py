"""What runs on one machine: started, watched, restarted with a growing pause, the processes stopped in order."""

import contextlib
import logging
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hotline.settings import ROOT

log = logging.getLogger(__name__)
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
END_SECONDS = 15.0
LOOK_SECONDS = 0.5


@dataclass
class Pause:
    """The time before the next start; it grows while what was started does not last."""

    started: float = 0.0
    seconds: float = 1.0
    again_at: float = 0.0

    def begin(self) -> None:
        """A start is made now."""
        self.started, self.again_at = time.monotonic(), 0.0

    def is_over(self, ended: str) -> bool:
        """Whether what is down may be started again; the first look at it writes `ended` to the log."""
        now = time.monotonic()
        if not self.again_at:
            self.seconds = 1.0 if now - self.started > STEADY_SECONDS else min(self.seconds * 2, LONGEST_PAUSE)
            self.again_at = now + self.seconds
            log.warning("%s, starting again", ended)
        return now >= self.again_at


@dataclass
class Process:
    """A command that has to be running. Its output goes to its own log file."""

    name: str
    command: list[str]
    child: "subprocess.Popen[bytes] | None" = None
    pause: Pause = field(default_factory=Pause)

    def start(self, folder: Path) -> None:
        """Start it now."""
        with (folder / f"{self.name}.log").open("ab") as out:
            self.child = subprocess.Popen(
                self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        self.pause.begin()

    def look(self, folder: Path) -> None:
        """Restart it when it has died and its pause is over."""
        if self.child is None or self.child.poll() is None:
            return
        if self.pause.is_over(f"{self.name} ended with {self.child.returncode}"):
            self.start(folder)


@dataclass
class Store:
    """A server that has to be running: `start` returns once it answers, or raises."""

    name: str
    lives: Callable[[], bool]
    start: Callable[[], None]
    pause: Pause = field(default_factory=Pause)

    def look(self) -> None:
        """Start it again when it has died and its pause is over; what does not come up is tried again."""
        if self.lives() or not self.pause.is_over(f"{self.name} is gone"):
            return
        self.pause.begin()
        try:
            self.start()
        except Exception as error:  # noqa: BLE001 - whatever it was: the system goes on and the next look tries again
            log.warning("%s did not come up: %s", self.name, error)
        else:
            log.warning("%s runs again", self.name)

    def keep(self, stop: threading.Event) -> None:
        """Look at it until `stop`."""
        while not stop.wait(LOOK_SECONDS):
            self.look()


@dataclass
class Supervisor:
    """All child processes of `hotline up`, and the servers it started."""

    folder: Path
    processes: list[Process]
    stores: list[Store] = field(default_factory=list)

    def start(self) -> None:
        """Start all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for process in self.processes:
            process.start(self.folder)

    def watch(self, stop: threading.Event) -> None:
        """Keep all running until `stop`. Each store has its own thread: a slow one holds up nothing."""
        keepers = [threading.Thread(target=store.keep, args=(stop,), daemon=True) for store in self.stores]
        for keeper in keepers:
            keeper.start()
        while not stop.wait(LOOK_SECONDS):
            for process in self.processes:
                process.look(self.folder)
        for keeper in keepers:
            keeper.join(END_SECONDS)

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
