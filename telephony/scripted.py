"""A line that plays written calls: for tests and demonstrations without a network.

Time is what `poll` is asked to wait: `poll(0.5)` is half a second later. Phones behave as written per address.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from telephony import wav
from telephony.hearing import Pairs
from telephony.line import LineError
from telephony.signals import Failure, Heard, Signal


@dataclass(frozen=True)
class Phone:
    """How an agent's phone behaves: rings, then answers after `answers` seconds or fails at once with `fails`; hangs
    up after `talks` seconds. `remote`: it answers when it is asked to."""

    answers: float | None = 1.0
    fails: Failure | None = None
    talks: float | None = None
    remote: bool = False


@dataclass
class Leg:
    """One side of a call. `hears` is what comes out of the earpiece: a prompt, `music`, or a token."""

    hears: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    up: bool = False
    ours: bool = False
    remote: bool = False
    recording: Path | None = None
    since: float = 0.0


@dataclass
class ScriptedLine:
    """A line in memory. `phones` by address (an address that is no `sip:` address is a LineError), `tables` is who
    hears whom in each talk."""

    phones: Mapping[str, Phone] = field(default_factory=dict)
    prompts: Mapping[str, float] = field(default_factory=dict)
    now: float = 0.0
    callers: dict[str, Leg] = field(default_factory=dict)
    agents: dict[tuple[str, str], Leg] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    tables: dict[str, Pairs] = field(default_factory=dict)
    closed: bool = False
    taking: bool = True
    _queue: list[tuple[float, int, Heard]] = field(default_factory=list)
    _count: int = 0

    # --- what the script may do -------------------------------------------------------------------------------------

    def caller_rings(self, call: str, caller: str, display: str = "", after: float = 0.0) -> None:
        self.callers[call] = Leg()
        self._later(after, Heard(call, Signal.INVITED, caller=caller, display=display))

    def caller_presses(self, call: str, digit: str, after: float = 0.0) -> None:
        self._later(after, Heard(call, Signal.DIGIT, digit=digit))

    def caller_hangs_up(self, call: str, after: float = 0.0) -> None:
        self._later(after, Heard(call, Signal.CALLER_GONE))

    def agent_answers(self, call: str, token: str, after: float = 0.0) -> None:
        self._later(after, Heard(call, Signal.AGENT_ANSWERED, token=token))

    def citizen_answers(self, call: str, after: float = 0.0) -> None:
        self._later(after, Heard(call, Signal.ANSWERED))

    def citizen_refuses(self, call: str, reason: Failure, after: float = 0.0) -> None:
        self._later(after, Heard(call, Signal.CALLER_FAILED, reason=reason))

    def agent_refuses(self, call: str, token: str, reason: Failure, after: float = 0.0) -> None:
        self._later(after, Heard(call, Signal.AGENT_FAILED, token=token, reason=reason))

    def agent_hangs_up(self, call: str, token: str, after: float = 0.0) -> None:
        self._later(after, Heard(call, Signal.AGENT_GONE, token=token))

    # --- the port ---------------------------------------------------------------------------------------------------

    def poll(self, seconds: float) -> list[Heard]:
        self.now += seconds
        due = sorted(entry for entry in self._queue if entry[0] <= self.now)
        self._queue = [entry for entry in self._queue if entry[0] > self.now]
        return [heard for _, _, heard in due if self._happens(heard)]

    def refuse(self, call: str, code: int, headers: Mapping[str, str]) -> None:  # noqa: ARG002 - a port's signature
        if self.callers.pop(call, None):
            self.refused[call] = code

    def take_calls(self, *, on: bool) -> None:
        self.taking = on

    def answer(self, call: str) -> None:
        if leg := self.callers.get(call):
            leg.up = True
            self._later(0, Heard(call, Signal.ANSWERED))

    def play(self, call: str, prompt: str) -> None:
        if leg := self.callers.get(call):
            leg.hears = prompt
            self._later(self.prompts.get(prompt, 1.0), Heard(call, Signal.PROMPT_END, prompt=prompt))

    def hold(self, call: str) -> None:
        if leg := self.callers.get(call):
            leg.hears = "music"

    def ring(self, call: str, token: str, uri: str, headers: Mapping[str, str]) -> None:
        if not uri.startswith("sip:"):
            raise LineError("not a telephone address")
        phone = self.phones.get(uri, Phone(fails=Failure.UNREACHABLE))
        self.agents[call, token] = Leg(headers=headers, remote=phone.remote)
        if phone.fails:
            self._later(0, Heard(call, Signal.AGENT_FAILED, token=token, reason=phone.fails))
            return
        self._later(0, Heard(call, Signal.AGENT_RINGING, token=token))
        if phone.answers is not None:
            self._later(phone.answers, Heard(call, Signal.AGENT_ANSWERED, token=token))
            if phone.talks is not None:
                self.agent_hangs_up(call, token, phone.answers + phone.talks)

    def dial(self, call: str, uri: str) -> None:
        if not uri.startswith("sip:"):
            raise LineError("not a telephone address")
        phone = self.phones.get(uri, Phone(fails=Failure.UNREACHABLE))
        self.callers[call] = Leg(ours=True)
        if phone.fails:
            self._later(0, Heard(call, Signal.CALLER_FAILED, reason=phone.fails))
        elif phone.answers is not None:
            self._later(phone.answers, Heard(call, Signal.ANSWERED))

    def pick_up(self, call: str, token: str) -> None:
        leg = self.agents.get((call, token))
        if leg and not leg.up:
            signal = Signal.AGENT_ANSWERED if leg.remote else Signal.NOT_PICKED_UP
            self._later(0, Heard(call, signal, token=token))

    def cancel(self, call: str, token: str) -> None:
        self.agents.pop((call, token), None)

    def bridge(self, call: str, token: str) -> None:
        caller, agent = self.callers.get(call), self.agents.get((call, token))
        joined = caller is not None and agent is not None and agent.up
        if caller and agent and joined:
            caller.hears, agent.hears = token, call
        self._later(0, Heard(call, Signal.BRIDGED if joined else Signal.BRIDGE_FAILED, token=token))

    def patch(self, call: str, pairs: Pairs) -> None:
        if call in self.callers:
            self.tables[call] = pairs

    def record(self, call: str, file: Path) -> None:
        leg = self.callers.get(call)
        if leg is None or leg.recording:
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            wav.write(file, [])
        except OSError as full:
            raise LineError("the recording cannot be written") from full
        leg.recording, leg.since = file, self.now

    def stop_record(self, call: str) -> None:
        leg = self.callers.get(call)
        if leg and leg.recording:
            self._file(call, leg, leg.recording)

    def hang_up(self, call: str) -> None:
        if leg := self.callers.get(call):
            self._later(0, Heard(call, Signal.CALLER_FAILED if leg.ours and not leg.up else Signal.CALLER_GONE))

    def close(self) -> None:
        self.callers.clear()
        self.agents.clear()
        self.closed = True

    # --- behind it --------------------------------------------------------------------------------------------------

    def _later(self, seconds: float, heard: Heard) -> None:
        self._count += 1
        self._queue.append((self.now + seconds, self._count, heard))

    def _happens(self, heard: Heard) -> bool:
        """Whether a written signal still comes about, and what it changes on the line."""
        leg = self.agents.get((heard.call, heard.token)) if heard.token else self.callers.get(heard.call)
        if heard.signal in {Signal.RECORDED, Signal.BRIDGE_FAILED}:
            return True
        if leg is None or (heard.signal == Signal.PROMPT_END and leg.hears != heard.prompt):
            return False
        if heard.signal == Signal.CALLER_FAILED:
            del self.callers[heard.call]
        if heard.signal == Signal.CALLER_GONE:
            self._gone(heard.call, self.callers.pop(heard.call))
        if heard.signal in {Signal.AGENT_GONE, Signal.AGENT_FAILED}:
            del self.agents[heard.call, heard.token]
        leg.up = leg.up or heard.signal in {Signal.ANSWERED, Signal.AGENT_ANSWERED}
        return True

    def _gone(self, call: str, leg: Leg) -> None:
        if leg.recording:
            self._file(call, leg, leg.recording)

    def _file(self, call: str, leg: Leg, file: Path) -> None:
        length = self.now - leg.since
        wav.write(file, [0] * int(length * wav.RATE))
        leg.recording = None
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        self._later(0, Heard(call, Signal.RECORDED, file=str(file), sha256=digest, seconds=length))
