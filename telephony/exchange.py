"""Runs the calls of one connector: signals in, decisions by the table, events to the journal, then orders to the line.

One thread, one object. Nothing is done about an event before it is on the disk: while the journal cannot be written,
its orders wait and are tried again.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from hotline import clock
from telephony.calls import Decision, Event, Facts, Heard, Order, Signal, Told, decide
from telephony.line import Line, LineError

log = logging.getLogger(__name__)

BUSY_HERE, UNAVAILABLE = 486, 503
REMEMBERED = 10_000


class Record(Protocol):
    """Where events are written before anything is done about them."""

    def append(self, documents: list[dict[str, Any]]) -> None:
        """On the disk when this returns; OSError when not."""


@dataclass(frozen=True)
class Limits:
    """Numbers a city may change. Seconds, and calls at once."""

    slots: int = 64
    rating: float = 10.0
    wait_cap: float = 1800.0
    call_cap: float = 4 * 3600.0
    ring: float = 20.0
    filing: float = 5.0


@dataclass
class Live:
    """One open call: its facts, its event counter, its timers (instant on the monotonic clock, token)."""

    facts: Facts
    seq: int = 0
    timers: dict[Signal, tuple[float, str]] = field(default_factory=dict)
    file: str = ""
    filed: Heard | None = None
    goodbye: tuple[Told, dt.datetime] | None = None
    goodbye_by: float = 0.0


@dataclass(frozen=True)
class Job:
    """One order to be carried out once its events are written. `token` is the offer it is about."""

    live: Live
    order: Order
    heard: Heard
    token: str

    @property
    def call(self) -> str:
        return self.live.facts.call


class Exchange:
    """`data` is where recordings go; `name` is the connector's, told with each invite; `ticks` counts seconds."""

    def __init__(
        self,
        line: Line,
        record: Record,
        data: Path,
        name: str,
        limits: Limits | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.line, self.record, self.data, self.name = line, record, data, name
        self.limits, self.ticks = limits or Limits(), ticks
        self.calls: dict[str, Live] = {}
        self.draining = False
        self.faults = 0
        self._ended: dict[str, Live] = {}
        self._again: list[Heard] = []
        self._unwritten: list[dict[str, Any]] = []
        self._jobs: list[Job] = []

    def turn(self, seconds: float, commands: list[Heard]) -> None:
        """One turn: let the line work for at most `seconds`, hear everything, write, act."""
        again, self._again = self._again, []
        for heard in [*again, *self.line.poll(seconds), *self._due(), *commands]:
            self.hear(heard)
        self._say_goodbyes()
        if self._write():
            self._act()

    def hear(self, heard: Heard) -> None:
        """Takes one signal to its call. A signal for a call of another connector is none of ours."""
        if heard.signal == Signal.INVITED and (self.draining or len(self.calls) >= self.limits.slots):
            heard = replace(heard, signal=Signal.REFUSED, reason="full")
        live = self.calls.get(heard.call)
        if live is None:
            live = self._stranger(heard)
        if live is None:
            return
        if heard.signal == Signal.RECORDED:
            live.filed = heard
            return
        self._follow(live, heard, decide(live.facts, heard, clock.now()))

    def stop(self, reason: str) -> None:
        """Ends every call."""
        self.draining = True
        for call in list(self.calls):
            self.hear(Heard(call, Signal.HANGUP, reason=reason))

    def _stranger(self, heard: Heard) -> Live | None:
        """A call that is new, or one that ended here (an offer for it must be answered)."""
        if heard.signal in {Signal.INVITED, Signal.REFUSED}:
            self.calls[heard.call] = live = Live(Facts(heard.call))
            return live
        return self._ended.get(heard.call) if heard.signal == Signal.OFFER else None

    def _follow(self, live: Live, heard: Heard, made: Decision) -> None:
        before, live.facts = live.facts, made.facts
        if made.drop:
            self.line.cancel(heard.call, made.drop)
        for told in made.events:
            self._tell(live, told)
        self._jobs.extend(Job(live, order, heard, before.token or heard.token) for order in made.orders)

    def _tell(self, live: Live, told: Told) -> None:
        """An event becomes a document. The last one waits until the recording is whole."""
        if told.event == Event.HANGUP:
            live.goodbye = (told, clock.now())
            live.goodbye_by = self.ticks() + self.limits.filing
            live.timers.clear()
            return
        if told.event == Event.QUEUED and Signal.WAIT_CAP not in live.timers:
            self._later(live, Signal.WAIT_CAP, self.limits.wait_cap)
        connector = {"connector": self.name} if told.event in {Event.INVITE, Event.REJECTED} else {}
        self._publish(live, told.event, clock.now(), {**told.fields, **connector})
        if told.event == Event.REJECTED:
            self._forget(live)

    def _publish(self, live: Live, event: Event, at: dt.datetime, fields: dict[str, Any]) -> None:
        live.seq += 1
        call = live.facts.call
        head = {"id": f"{call}:{live.seq}", "call": call, "type": event.value, "at": instant(at)}
        self._unwritten.append({**head, **fields})

    def _say_goodbyes(self) -> None:
        now = self.ticks()
        for live in [live for live in self.calls.values() if live.goodbye]:
            if live.goodbye and (not live.file or live.filed or now >= live.goodbye_by):
                told, at = live.goodbye
                filed = live.filed or Heard(live.facts.call, Signal.RECORDED)
                proof = {"recording": live.file, "sha256": filed.sha256, "seconds": round(filed.seconds, 2)}
                self._publish(live, told.event, at, {**told.fields, **proof})
                self._forget(live)

    def _forget(self, live: Live) -> None:
        self.calls.pop(live.facts.call, None)
        self._ended[live.facts.call] = live
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def _write(self) -> bool:
        if not self._unwritten:
            return True
        try:
            self.record.append(self._unwritten)
        except OSError as full:
            self._fault("the journal cannot be written", full)
            return False
        self._unwritten = []
        return True

    def _act(self) -> None:
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            try:
                ORDERS[job.order](self, job)
            except LineError as failed:
                self._failed(job, failed)
        # what an order tells by itself (a recording begun) is written before the next turn
        self._write()

    def _failed(self, job: Job, failed: LineError) -> None:
        """An agent's leg that could not be made or joined is told to the call; anything else is counted."""
        self._fault(f"call {job.call}: {job.order} failed", failed)
        signal = {Order.RING_AGENT: Signal.AGENT_FAILED, Order.BRIDGE: Signal.BRIDGE_FAILED}.get(job.order)
        if signal:
            self._again.append(Heard(job.call, signal, token=job.token, reason="error"))

    def _fault(self, words: str, error: Exception) -> None:
        self.faults += 1
        log.error("%s (%s)", words, type(error).__name__)

    # --- timers -----------------------------------------------------------------------------------------------------

    def _later(self, live: Live, signal: Signal, seconds: float, token: str = "") -> None:
        live.timers[signal] = (self.ticks() + seconds, token)

    def _due(self) -> list[Heard]:
        now = self.ticks()
        return [heard for call, live in self.calls.items() for heard in _rung(call, live, now)]

    # --- orders -----------------------------------------------------------------------------------------------------

    def do_refuse(self, job: Job) -> None:
        self.line.refuse(job.call, UNAVAILABLE if self.draining else BUSY_HERE)

    def do_answer(self, job: Job) -> None:
        self._later(job.live, Signal.CALL_CAP, self.limits.call_cap)
        self.line.answer(job.call)

    def do_ring(self, job: Job) -> None:
        heard = job.heard
        self._later(job.live, Signal.RING_TIMEOUT, heard.timeout or self.limits.ring, job.token)
        headers = {"X-Hotline-Call": job.call} | ({"X-Hotline-Case": heard.case} if heard.case else {})
        self.line.ring(job.call, job.token, heard.uri, headers)

    def do_record(self, job: Job) -> None:
        """One file per call. A call that is joined a second time goes on in the same file."""
        if job.live.file:
            return
        now = clock.now()
        relative = Path("recordings") / clock.local(now).strftime("%Y/%m/%d") / f"{job.call}.wav"
        self.line.record(job.call, self.data / relative)
        job.live.file = str(relative)
        self._publish(job.live, Event.RECORDING, now, {"file": job.live.file, "started": instant(now)})

    def do_collect(self, job: Job) -> None:
        self._later(job.live, Signal.RATING_TIMEOUT, self.limits.rating)


def _rung(call: str, live: Live, now: float) -> list[Heard]:
    """The timers of a call that are due; each rings once."""
    due = [signal for signal, (at, _) in live.timers.items() if at <= now]
    return [Heard(call, signal, token=live.timers.pop(signal)[1]) for signal in due]


def instant(at: dt.datetime) -> str:
    """UTC with microseconds."""
    return at.isoformat(timespec="microseconds")


ORDERS: dict[Order, Callable[[Exchange, Job], None]] = {
    Order.REFUSE: Exchange.do_refuse,
    Order.ANSWER: Exchange.do_answer,
    Order.PLAY_NOTICE: lambda x, job: x.line.play(job.call, "notice"),
    Order.PLAY_PROMPT: lambda x, job: x.line.play(job.call, job.heard.prompt),
    Order.PLAY_RATING: lambda x, job: x.line.play(job.call, "rating"),
    Order.PLAY_THANKS: lambda x, job: x.line.play(job.call, "thanks"),
    Order.HOLD_MUSIC: lambda x, job: x.line.hold(job.call),
    Order.RING_AGENT: Exchange.do_ring,
    Order.CANCEL_AGENT: lambda x, job: x.line.cancel(job.call, job.token),
    Order.BRIDGE: lambda x, job: x.line.bridge(job.call, job.token),
    Order.RECORD: Exchange.do_record,
    Order.STOP_RECORD: lambda x, job: x.line.stop_record(job.call),
    Order.COLLECT_DIGIT: Exchange.do_collect,
    Order.HANG_UP: lambda x, job: x.line.hang_up(job.call),
}
