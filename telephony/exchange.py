"""Runs the calls of one connector: signals in, decisions by the table, events to the journal, then orders to the line.

One thread, one object. Nothing is done about an event before it is on the disk: while the journal cannot be written,
its orders wait and are tried again.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from hotline import clock
from telephony import hearing, legs, talk
from telephony.caller import identity
from telephony.calls import ANSWERED, OF_AN_OFFER, decide
from telephony.line import AUTO_ANSWER, Line, LineError
from telephony.live import Job, Limits, Live
from telephony.signals import Decision, Event, Facts, Heard, Order, Phase, Signal, Told

log = logging.getLogger(__name__)

BUSY_HERE, UNAVAILABLE = 486, 503
REMEMBERED = 2_000  # ended calls a late command or recording may still be about
NEVER = float("inf")
WE_CALL = frozenset({Signal.DIAL, Signal.SURVEY})
ANSWERED_AFTER_THE_END = frozenset({Signal.OFFER, Signal.RECORDED, *ANSWERED, *legs.COMMANDS, *talk.COMMANDS})
FAILED = {
    Order.RING_AGENT: Signal.AGENT_FAILED,
    Order.BRIDGE: Signal.BRIDGE_FAILED,
    Order.DIAL_CALLER: Signal.CALLER_FAILED,
}
_FIRST = frozenset({Event.INVITE, Event.REJECTED, Event.DIALLED})
# phases in which a prompt has the caller's ear: a table that comes late does not take it away
_SAID_BY_OTHERS = frozenset({Phase.RATING, Phase.THANKS, Phase.LEAVING, Phase.PARTING, Phase.CLOSING, Phase.ENDED})


class Record(Protocol):
    """Where events are written before anything is done about them."""

    def append(self, documents: list[dict[str, Any]]) -> None:
        """On the disk when this returns; OSError when not."""


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
        self._leaving: dict[str, Live] = {}
        self._alarm = NEVER
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
        if heard.signal == Signal.INVITED and self._full():
            heard = replace(heard, signal=Signal.REFUSED, reason="full")
        if heard.signal in WE_CALL:
            self._call_out(heard)
            return
        live = self.calls.get(heard.call)
        if live is None:
            live = self._stranger(heard)
        if live is None:
            return
        if heard.signal == Signal.RECORDED:
            self._filed(live, heard)
            return
        if heard.signal == Signal.PROMPT_END and live.playlist:
            self.line.play(heard.call, live.playlist.pop(0))
            return
        self._follow(live, heard, decide(live.facts, heard, clock.now()))

    def drain(self, *, on: bool = True) -> None:
        """No new call from now on, or again; open ones go on."""
        self.draining = on
        self.line.take_calls(on=not on)

    def stop(self, reason: str) -> None:
        """Ends every call."""
        self.drain()
        for call in list(self.calls):
            self.hear(Heard(call, Signal.HANGUP, reason=reason))

    def _stranger(self, heard: Heard) -> Live | None:
        """A call that is new, or one that ended here: a command for it must be answered, its recording told."""
        if heard.signal in {Signal.INVITED, Signal.REFUSED}:
            self.calls[heard.call] = live = Live(Facts(heard.call))
            return live
        return self._ended.get(heard.call) if heard.signal in ANSWERED_AFTER_THE_END else None

    def _full(self) -> bool:
        """No new call: draining, or every slot taken. A call that only waits for its recording has left its slot."""
        return self.draining or len(self.calls) - len(self._leaving) >= self.limits.slots

    def _call_out(self, heard: Heard) -> None:
        """A call of ours begins. The same command again changes nothing; without room it is refused."""
        if heard.call in self.calls or heard.call in self._ended:
            return
        live = Live(Facts(heard.call))
        if self._full() or not identity(heard.to)[0]:
            self._follow(live, heard, legs.refused(live.facts, heard))
            self._forget(live)
            return
        self.calls[heard.call] = live
        heard = replace(heard, caller=identity(heard.to)[0])
        self._follow(live, heard, decide(live.facts, heard, clock.now()))

    def _filed(self, live: Live, heard: Heard) -> None:
        live.filed = heard
        proof = {"file": live.file, "sha256": heard.sha256, "seconds": round(heard.seconds, 2)}
        self._publish(live, Event.RECORDING_DONE, clock.now(), proof)

    def _follow(self, live: Live, heard: Heard, made: Decision) -> None:
        before, live.facts = live.facts, made.facts
        for token in made.drop:
            self.line.cancel(heard.call, token)
        for told in made.events:
            self._tell(live, told)
        token = heard.token if heard.signal in OF_AN_OFFER else before.token or heard.token
        self._jobs.extend(Job(live, order, heard, token) for order in made.orders)

    def _tell(self, live: Live, told: Told) -> None:
        """An event becomes a document. The last one waits until the recording is whole."""
        if told.event == Event.HANGUP:
            live.goodbye = (told, clock.now())
            self._leaving[live.facts.call] = live
            live.goodbye_by = self.ticks() + self.limits.filing
            live.timers.clear()
            return
        if told.event == Event.QUEUED and (Signal.WAIT_CAP, "") not in live.timers:
            self._later(live, Signal.WAIT_CAP, self.limits.wait_cap)
        connector = {"connector": self.name} if told.event in _FIRST else {}
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
        for live in list(self._leaving.values()):
            if live.goodbye and (not live.file or live.filed or now >= live.goodbye_by):
                told, at = live.goodbye
                filed = live.filed or Heard(live.facts.call, Signal.RECORDED)
                proof = {"recording": live.file, "sha256": filed.sha256, "seconds": round(filed.seconds, 2)}
                self._publish(live, told.event, at, {**told.fields, **proof})
                self._forget(live)

    def _forget(self, live: Live) -> None:
        self.calls.pop(live.facts.call, None)
        self._leaving.pop(live.facts.call, None)
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
        signal = FAILED.get(job.order)
        if signal:
            token = job.heard.token if job.order == Order.RING_AGENT else job.token
            self._again.append(Heard(job.call, signal, token=token, reason="error"))

    def _fault(self, words: str, error: Exception) -> None:
        self.faults += 1
        log.error("%s (%s)", words, type(error).__name__)

    # --- timers -----------------------------------------------------------------------------------------------------

    def _later(self, live: Live, signal: Signal, seconds: float, token: str = "") -> None:
        at = live.timers[signal, token] = self.ticks() + seconds
        self._alarm = min(self._alarm, at)

    def _due(self) -> list[Heard]:
        """Looked for only when the next timer of all is due: with hundreds of calls a turn must stay short."""
        now = self.ticks()
        if now < self._alarm:
            return []
        heard = [heard for call, live in self.calls.items() for heard in _rung(call, live, now)]
        self._alarm = min((at for live in self.calls.values() for at in live.timers.values()), default=NEVER)
        return heard

    # --- orders -----------------------------------------------------------------------------------------------------

    def do_refuse(self, job: Job) -> None:
        headers = {"Retry-After": str(self.limits.retry_after)} if self.draining else {}
        self.line.refuse(job.call, UNAVAILABLE if self.draining else BUSY_HERE, headers)

    def do_answer(self, job: Job) -> None:
        self._later(job.live, Signal.CALL_CAP, self.limits.call_cap)
        self.line.answer(job.call)

    def do_ring(self, job: Job) -> None:
        heard = job.heard
        self._later(job.live, Signal.RING_TIMEOUT, heard.timeout or self.limits.ring, heard.token)
        headers = {"X-Hotline-Call": job.call} | ({"X-Hotline-Case": heard.case} if heard.case else {})
        self.line.ring(job.call, heard.token, heard.uri, headers | (AUTO_ANSWER if heard.auto else {}))

    def do_dial(self, job: Job) -> None:
        self._later(job.live, Signal.CALL_CAP, self.limits.call_cap)
        self._later(job.live, Signal.DIAL_TIMEOUT, self.limits.dial)
        self.line.dial(job.call, job.live.facts.to)

    def do_play(self, job: Job) -> None:
        """One prompt, or several in turn."""
        prompts = list(job.heard.prompts) or [job.heard.prompt]
        job.live.playlist = prompts[1:]
        self.line.play(job.call, prompts[0])

    def do_say(self, job: Job, *prompts: str) -> None:
        job.live.playlist = list(prompts[1:])
        self.line.play(job.call, prompts[0])

    def do_music(self, job: Job) -> None:
        job.live.playlist = []
        self.line.hold(job.call)

    def do_bridge(self, job: Job) -> None:
        job.live.playlist = []
        self.line.bridge(job.call, job.token)

    def do_patch(self, job: Job) -> None:
        """As the facts are now; who left since has no leg any more."""
        if job.live.facts.phase not in _SAID_BY_OTHERS:
            self.line.patch(job.call, hearing.pairs(job.live.facts))

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

    def do_collect_message(self, job: Job) -> None:
        self._later(job.live, Signal.MESSAGE_TIMEOUT, self.limits.message)


def _rung(call: str, live: Live, now: float) -> list[Heard]:
    """The timers of a call that are due; each rings once."""
    due = [key for key, at in live.timers.items() if at <= now]
    for key in due:
        del live.timers[key]
    return [Heard(call, signal, token=token) for signal, token in due]


def instant(at: dt.datetime) -> str:
    """UTC with microseconds."""
    return at.isoformat(timespec="microseconds")


ORDERS: dict[Order, Callable[[Exchange, Job], None]] = {
    Order.REFUSE: Exchange.do_refuse,
    Order.ANSWER: Exchange.do_answer,
    Order.PLAY_NOTICE: lambda x, job: x.do_say(job, "notice"),
    Order.PLAY_PROMPT: Exchange.do_play,
    Order.PLAY_INVITATION: lambda x, job: x.do_say(job, "invitation", "rating"),
    Order.PLAY_MESSAGE: lambda x, job: x.do_say(job, "message"),
    Order.PLAY_RATING: lambda x, job: x.do_say(job, "rating"),
    Order.PLAY_THANKS: lambda x, job: x.do_say(job, "thanks"),
    Order.HOLD_MUSIC: Exchange.do_music,
    Order.DIAL_CALLER: Exchange.do_dial,
    Order.PATCH: Exchange.do_patch,
    Order.RING_AGENT: Exchange.do_ring,
    Order.CANCEL_AGENT: lambda x, job: x.line.cancel(job.call, job.token),
    Order.PICK_UP: lambda x, job: x.line.pick_up(job.call, job.heard.token),
    Order.BRIDGE: Exchange.do_bridge,
    Order.RECORD: Exchange.do_record,
    Order.STOP_RECORD: lambda x, job: x.line.stop_record(job.call),
    Order.COLLECT_DIGIT: Exchange.do_collect,
    Order.COLLECT_MESSAGE: Exchange.do_collect_message,
    Order.HANG_UP: lambda x, job: x.line.hang_up(job.call),
}
