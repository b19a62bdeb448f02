"""The clock, the workers, and what the beat does in between: one year from the first intake to the last revisit.

The parent moves the clock file; at each tick every worker (a process of its own) lets its people act, then sweeps,
while others may still act. Once a day the parent, beside them, seals the history and lets the 督办 orders be written.
"""

import datetime as dt
import gc
import multiprocessing as mp
import os
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, select, update

from bench.cityyear.drive import Part, Plan, next_tick
from bench.cityyear.life import AGENT
from bench.cityyear.messages import Message
from dispatch.service import sweep
from hotline import cases, db, history
from hotline.city_models import Department
from hotline.errors import BadInput
from hotline.events import revive
from hotline.message_models import OutboxRow
from hotline.models import ClockRow
from hotline.unit import transaction
from web import intake, reactions

DAY = dt.timedelta(days=1)
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


def _work(line: Connection, part: Part) -> None:
    """A worker: at each moment it is told its people act, then it sweeps; until it is told nothing more."""
    db.engine().dispose(close=False)
    gc.collect()
    gc.freeze()  # as in a process that serves: what was read at its start stays, no collection looks through it again
    while (now := line.recv()) is not None:
        part.tick(now)
        line.send((part.wants(), sweep(most=10**9)))
    line.send((part.done, part.city.counted, _spent(resource.RUSAGE_SELF)))


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
    done: Counter[str] = field(default_factory=Counter)
    drawn: Counter[str] = field(default_factory=Counter)
    fired: int = 0
    ticks: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    def run(self) -> dt.datetime:
        """From the first intake until nobody wants anything; returns that moment."""
        context = mp.get_context("fork")
        db.engine().dispose()
        workers = []
        for part in self.parts:
            here, there = context.Pipe()
            workers.append(context.Process(target=_work, args=(there, part), daemon=True))
            self.lines.append(here)
            workers[-1].start()
        begin = time.monotonic()
        end = self._live()
        self.seconds = time.monotonic() - begin
        for line in self.lines:
            line.send(None)
            done, drawn, spent = line.recv()
            self.done.update(done)
            self.drawn.update(drawn)
            self.cpu += spent
        for worker in workers:
            worker.join()
        return end

    def _live(self) -> dt.datetime:
        at: dt.datetime | None = self.plan.begin
        last, day, begun = self.plan.begin, self.plan.begin, time.monotonic()
        while at is not None:
            self.ticks += 1
            self.drill.write_text(at.isoformat(), encoding="utf-8")
            for line in self.lines:
                line.send(at.astimezone(dt.UTC))
            if at - day >= DAY:
                day = at
                by_night()
                self.tell(f"{at:%Y-%m-%d} after {time.monotonic() - begun:.0f} s")
            wants, fired = zip(*(line.recv() for line in self.lines), strict=True)
            self.fired += sum(fired)
            last, at = at, next_tick(at, list(wants), _next_rung())
        by_night()
        return last


def _next_rung() -> dt.datetime | None:
    with db.session() as session:
        return session.scalar(select(func.min(ClockRow.next_at)))


def by_night() -> None:
    """What the worker does between the ticks: seal the history, write the orders that follow from revisits."""
    sealed = 1
    while sealed:
        with transaction() as unit:
            sealed = history.seal(unit)
    with transaction() as unit:
        waiting = update(OutboxRow).where(OutboxRow.done_at.is_(None)).values(done_at=unit.now)
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
