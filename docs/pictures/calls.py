"""Calls for the pictures: real phones (baresip) at the demo agents' addresses, callers by sipp."""

import contextlib
import datetime as dt
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from town import PRESENT, Town

from tests.sip import sound
from tests.sip.peers import Baresip, Sipp, until

SIP_PORT = int(os.environ.get("PICTURES_SIP_PORT", "5060"))
ANSWERING = {"agent3": 5703, "agent5": 5705}  # a phone takes the port above its own too
BREAKS = {"agent4": ("break", "用餐"), "agent2": ("wrap_up", ""), "agent6": ("break", "培训")}
CALLERS = tuple(f"1380000{n}" for n in range(2101, 2107))


class Calls:
    """A morning of calls, and one that rings or is spoken while a picture is taken."""

    def __init__(self, folder: Path, town: Town) -> None:
        self.folder, self.town = folder, town
        self.folder.mkdir(exist_ok=True)
        self.phones: dict[str, Baresip] = {}
        self.was = False

    def _phone(self, name: str, port: int, mode: str) -> Baresip:
        if name not in self.phones:
            phone = Baresip(self.folder / str(time.time_ns()), name, 1600, port=port, answermode=mode, seconds=120)
            self.phones[name] = phone.start()
        return self.phones[name]

    def _seat(self, name: str, status: str, reason: str = "") -> None:
        self.town.ask(name, "POST", "/desk/seat", {"status": status, "reason": reason})

    def day(self) -> None:
        """Two agents answer six callers, two callers give up; others are at lunch or at their notes."""
        if self.was:
            return
        self.was = True
        self.town.now_is(PRESENT - dt.timedelta(minutes=18))
        tone = sound.tone_alaw(self.folder / "tone.wav", 1000, 20).read_bytes()
        (self.folder / "tone.alaw").write_bytes(tone[46:])
        for name, port in ANSWERING.items():
            self._phone(name, port, "auto")
            self._seat(name, "ready")
        for name, (status, reason) in BREAKS.items():
            self._seat(name, status, reason)
        Sipp(self.folder, SIP_PORT, "caller", CALLERS, r=1, rp=6500, d=14_000).run(120)
        for name in ANSWERING:
            self._seat(name, "wrap_up")
        Sipp(self.folder, SIP_PORT, "caller", ("13800002110", "13800002111"), r=1, d=9000).run(60)
        for name in ANSWERING:
            self._seat(name, "ready")
        self.town.now_is(PRESENT)

    @contextlib.contextmanager
    def ringing(self, number: str) -> Iterator[Sipp]:
        """agent1's phone rings; nobody else takes calls."""
        self._phone("agent1", 5701, "manual")
        for name in ANSWERING:
            self._seat(name, "wrap_up")
        self._seat("agent1", "ready")
        caller = Sipp(self.folder, SIP_PORT, "caller", (number,), d=25_000).start()
        try:
            yield caller
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                caller.wait(40)  # he hangs up himself: a caller who is killed would ring on
            caller.stop()
            self._seat("agent1", "wrap_up")
            for name in ANSWERING:
                self._seat(name, "ready")

    @contextlib.contextmanager
    def talking(self, number: str) -> Iterator[None]:
        """agent1 speaks with the caller."""
        phone = self._phone("agent1", 5701, "manual")
        before = len(phone.saw("CALL_INCOMING"))
        with self.ringing(number):
            until(lambda: len(phone.saw("CALL_INCOMING")) > before, 20, "no call came")
            time.sleep(0.5)
            phone.tell("accept")
            yield
            phone.tell("hangup")

    def stop(self) -> None:
        """Phones off the hook and gone."""
        for phone in self.phones.values():
            phone.stop()
