"""The clocks, the workers, and what the beat does in between: one year from the first intake to the last revisit.

The parent tells its workers the ticks of a day, and of the next before they are through. In each worker but one the
people of a share of the cases act, at every second tick; that one sweeps at each tick until nothing is due any more,
when all who sit at that tick have acted and what fell due meanwhile is due. Who sits again while that sweep goes on
leaves the cases it has still to look at for the end. The shares sit in turn, so that one is swept while others sit.
Each worker has a clock file of its own.
Once a day the parent, beside them, seals the history and lets the 督办 orders of the day before be written.
"""

import datetime as dt
import multiprocessing as mp
import os
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from bench.cityyear.drive import SITTING, TICK, Part, Plan, next_tick
from bench.cityyear.life import AGENT
from bench.cityyear.messages import Message
from dispatch.service import sweep
from hotline import cases, collector, db, history
from hotline.city_models import Department
from hotline.errors import BadInput
from hotline.events import revive
from hotline.message_models import OutboxRow
from hotline.models import Case, ClockRow
from hotline.unit import transaction
from web import intake, reactions

DAY = dt.timedelta(days=1)
BEHIND = dt.timedelta(minutes=1)  # longer than a sitting takes: so long after its tick comes a sweep
HELD_SECONDS = 0.005  # before a case that somebody holds is looked at again
ORDERING = ("revisit", "supervise")
PHONE = {"phone": "13800000001"}  # drawn anew for each case
Matters = list[tuple[Message, cases.NewCase]]


def checked(messages: list[Message]) -> Matters:
    """The messages as the door lets them in, each with the suggestion of the classifier that is there."""
    found = []
    for message in messages:
        body = {"kind": message.kind, "title": message.title, "content": message.text, "citizen": PHONE}
        try:
            found.append((message, intake.checked(body, AGENT)))
        except BadInput as refused:
            print(f"left out: {refused.code}", flush=True)
    return found


def houses() -> list[str]:
    """The codes of the departments that handle matters."""
    with db.session() as session:
        rows = select(Department.code).where(Department.kind != "centre", Department.dissolved.is_(False))
        return list(session.scalars(rows.order_by(Department.code)))


class Pace:
    """By which moment the people of each worker have acted, and by which moment was swept."""

    def __init__(self, context: mp.context.ForkContext, parts: int) -> None:
        self._moved = context.Condition()
        self._acted = context.Array("d", parts, lock=False)
        self._swept = context.Value("d", lock=False)

    def acted(self, part: int, now: dt.datetime) -> None:
        """The people of this worker have done what they meant to do by now."""
        with self._moved:
            self._acted[part] = now.timestamp()
            self._moved.notify_all()

    def swept(self, now: dt.datetime) -> None:
        """What was due by now has fired."""
        with self._moved:
            self._swept.value = now.timestamp()
            self._moved.notify_all()

    def wait_for_people(self, by: dt.datetime) -> None:
        """Until the people of all workers have acted by that moment."""
        with self._moved:
            self._moved.wait_for(lambda: min(self._acted) >= by.timestamp())

    def has_swept(self, by: dt.datetime) -> bool:
        """Whether what was due by that moment has fired."""
        with self._moved:
            return bool(self._swept.value >= by.timestamp())

    def wait_for_sweep(self, by: dt.datetime) -> None:
        """Until what was due by that moment has fired."""
        with self._moved:
            self._moved.wait_for(lambda: self._swept.value >= by.timestamp())


def _people(line: Connection, part: Part, pace: Pace, drill: Path) -> None:
    """A worker: through the ticks it is told, its people act at each; until it is told nothing more."""
    _settle(drill)
    last: dt.datetime | None = None
    while (moments := line.recv()) is not None:
        for now in moments:
            if part.sits(now):
                _sit(part, now, last, pace, drill)
                last = now
            pace.acted(part.part, now)
        line.send((part.wants(), 0))
    line.send((part.done, part.city.counted, _spent(resource.RUSAGE_SELF)))


def _sit(part: Part, now: dt.datetime, last: dt.datetime | None, pace: Pace, drill: Path) -> None:
    """Take in who came, then act; where rungs of the `last` sitting have not fired yet, when they have."""
    _set(drill, now)
    part.take_in(now)
    if last and not pace.has_swept(last):
        part.act(now, but=_owing(last + BEHIND))
        pace.wait_for_sweep(last)
    part.act(now)


def _owing(by: dt.datetime) -> set[str]:
    """The cases of which rungs have not fired that were due by then; those of a sitting earlier have."""
    with db.session() as session:
        rows = select(Case.number).join(ClockRow, ClockRow.case_id == Case.id)
        return set(session.scalars(rows.where(ClockRow.next_at.between(by - SITTING, by))))


def _sweeper(line: Connection, pace: Pace, drill: Path) -> None:
    """The worker that sweeps at each tick it is told, until it is told nothing more."""
    _settle(drill)
    while (moments := line.recv()) is not None:
        fired = 0
        for now in moments:
            pace.wait_for_people(now)
            _set(drill, now + BEHIND)
            fired += sweep_all(now + BEHIND)
            pace.swept(now)
        line.send((None, fired))
    line.send((Counter(), {}, _spent(resource.RUSAGE_SELF)))


def sweep_all(now: dt.datetime) -> int:
    """What was due by now, also of cases that somebody held when the sweep came by: a hotline sweeps again soon."""
    fired = sweep(most=10**9)
    while (owed := _next_rung()) is not None and owed <= now:
        time.sleep(HELD_SECONDS)
        fired += sweep(most=10**9)
    return fired


def _settle(drill: Path) -> None:
    """Begin as a process of its own, with a clock file of its own."""
    os.environ["HOTLINE_CLOCK"] = str(drill)
    db.dispose(close=False)
    collector.settle()


def _set(drill: Path, now: dt.datetime) -> None:
    drill.write_text(now.isoformat(), encoding="utf-8")


def _spent(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


@dataclass
class Year:
    """A run: what was done, what fired, and what it cost."""

    plan: Plan
    drill: Path
    parts: list[Part]
    tell: Callable[[str], None] = print
    lines: list[Connection] = field(default_factory=list)
    workers: list[mp.context.ForkProcess] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    drawn: Counter[str] = field(default_factory=Counter)
    fired: int = 0
    ticks: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    def run(self) -> dt.datetime:
        """From the first intake until nobody wants anything; returns that moment."""
        db.dispose()
        self._start(mp.get_context("fork"))
        begin = time.monotonic()
        end = self._live()
        self.seconds = time.monotonic() - begin
        self._tell_all(None)
        for done, drawn, spent in self._answers():
            self.done.update(done)
            self.drawn.update(drawn)
            self.cpu += spent
        for worker in self.workers:
            worker.join()
        return end

    def _start(self, context: mp.context.ForkContext) -> None:
        pace = Pace(context, len(self.parts))
        works: list[tuple[Callable[..., None], list[Part]]] = [(_people, [part]) for part in self.parts]
        for number, (work, whose) in enumerate([*works, (_sweeper, [])]):
            here, there = context.Pipe()
            drill = self.drill.with_name(f"{self.drill.name}{number}")
            self.workers.append(context.Process(target=work, args=(there, *whose, pace, drill), daemon=True))
            self.lines.append(here)
            self.workers[-1].start()

    def _live(self) -> dt.datetime:
        begun = time.monotonic()
        last, wants = self._days(begun)
        night = last
        while (at := next_tick(last, wants, _next_rung())) is not None:
            if at - night >= DAY:
                self._night(night := at, begun)
            self._send([at])
            wants, last = self._heard(), at
        self._night(last + TICK, begun)
        return last

    def _days(self, begun: float) -> tuple[dt.datetime, list[dt.datetime | None]]:
        """While new matters come, day by day, each told before the one before is over; the last tick, and who wants
        what next."""
        days = (self.plan.end - self.plan.begin) // DAY
        for day in (self.plan.begin + n * DAY for n in range(days)):
            self._send([day + n * TICK for n in range(DAY // TICK)])
            if day > self.plan.begin:
                self._heard()
                self._night(day, begun)
        return self.plan.end - TICK, self._heard()

    def _night(self, at: dt.datetime, begun: float) -> None:
        """What the workers of a hotline do beside all this, of what happened before `at`."""
        _set(self.drill, at)
        write_orders(at)
        seal()
        self.tell(f"{at:%Y-%m-%d} after {time.monotonic() - begun:.0f} s")

    def _send(self, moments: list[dt.datetime]) -> None:
        self.ticks += len(moments)
        self._tell_all(moments)

    def _tell_all(self, moments: list[dt.datetime] | None) -> None:
        for line in self.lines:
            line.send(moments)

    def _heard(self) -> list[dt.datetime | None]:
        """What the people of the workers want next, once all have gone through what they were told."""
        wants, fired = zip(*self._answers(), strict=True)
        self.fired += sum(fired)
        return list(wants)

    def _answers(self) -> list[Any]:
        """An answer of each worker. RuntimeError where one has died: the others would wait for it."""
        for line in self.lines:
            while not line.poll():
                wait([line, *(worker.sentinel for worker in self.workers if worker.exitcode is None)])
                if any(worker.exitcode for worker in self.workers):
                    raise RuntimeError("a worker of the year has died")
        return [line.recv() for line in self.lines]


def _next_rung() -> dt.datetime | None:
    with db.session() as session:
        return session.scalar(select(func.min(ClockRow.next_at)))


def seal() -> None:
    """Seal all of the history that is not sealed yet."""
    sealed = 1
    while sealed:
        with transaction() as unit:
            sealed = history.seal(unit)


def write_orders(before: dt.datetime) -> None:
    """What the worker does between the ticks: write the orders that follow from revisits before a moment."""
    with transaction() as unit:
        earlier = OutboxRow.done_at.is_(None), OutboxRow.created_at < before
        waiting = update(OutboxRow).where(*earlier).values(done_at=unit.now)
        orders = (OutboxRow.kind == "CaseChanged") & OutboxRow.payload["action"].astext.in_(ORDERING)
        asked = unit.session.execute(waiting.where(orders).returning(OutboxRow.id, OutboxRow.kind, OutboxRow.payload))
        told = [revive(kind, payload) for _, kind, payload in sorted(asked, key=lambda row: row.id)]
        reactions.write_orders(unit, told)
        unit.session.execute(waiting.where(~orders))


def year(plan: Plan, messages: list[Message], drill: Path, parts: int, tell: Callable[[str], None] = print) -> Year:
    """A year ready to run: messages checked, departments read. `drill` is the clock file of HOTLINE_CLOCK."""
    os.environ["HOTLINE_CLOCK"] = str(drill)
    drill.write_text(plan.begin.isoformat(), encoding="utf-8")
    matters, codes = checked(messages), houses()
    return Year(plan, drill, [Part(plan, number, parts, matters, codes) for number in range(parts)], tell)
