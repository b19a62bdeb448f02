"""The clock drives the city: the sweep runs at each tick, everybody does at each second one what he meant to do by now,
the people of every other share of the cases a tick after the others.

In process: the use cases of hotline/cases.py (all that people mean to do by one tick is one `act_many`, all intakes of
one tick one commit), the sweep, the seals, and the reaction that writes 督办 orders. Left out: HTTP, sockets, Celery,
Redis.
"""

import datetime as dt
import heapq
import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.cityyear.life import AGENT, CITIZEN, USUAL, City, Deed, Habits, Life, Seen, life
from bench.cityyear.messages import Message
from hotline import cases, clock, db, facts
from hotline.errors import HotlineError
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.timing import timing
from hotline.together import Order, act_many
from hotline.unit import transaction
from hotline.words import AT_ONCE, Channel, Clock, Delivery

TICK = dt.timedelta(minutes=15)  # of the sweep
SITTING = 2 * TICK  # of the people
EPOCH = dt.datetime(2025, 1, 1, tzinfo=clock.SHANGHAI)
CHANNELS = ((Channel.PHONE, 85), (Channel.APP, 8), (Channel.WEB, 7))  # Jiangsu told 85 % of 2024 by telephone
HOURS = (1, 1, 1, 1, 1, 1, 2, 4, 8, 9, 9, 8, 5, 5, 7, 9, 8, 7, 6, 5, 4, 4, 3, 2)  # when people call


@dataclass(frozen=True)
class Plan:
    """How many cases from when to when, by whose habits, from which seed."""

    cases: int
    begin: dt.datetime
    end: dt.datetime
    seed: int = 12345
    habits: Habits = USUAL

    def arrivals(self, part: int, parts: int) -> list[tuple[dt.datetime, int]]:
        """The moments of one part's intakes, in order, each with its number in the whole."""
        dice = random.Random(self.seed)
        days = (self.end - self.begin).days
        drawn = sorted(self._moment(dice, days) for _ in range(self.cases))
        return [(at, number) for number, at in enumerate(drawn) if number % parts == part]

    def _moment(self, dice: random.Random, days: int) -> dt.datetime:
        hour = dice.choices(range(24), HOURS)[0]
        return self.begin + dt.timedelta(days=dice.randrange(days), hours=hour, seconds=dice.randrange(3600))


def seen(case: Case, house: str = "") -> Seen:
    """The case as a life sees it."""
    live = [row for row in facts.live_places(case) if row.status != Delivery.RETURNED]
    names = {Clock.REPLY, Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX}
    clocks = [row for row in case.clocks if row.stopped_at is None and row.clock in names]
    own = [row for row in clocks if row.department == house] or clocks
    due = min((row.due_at for row in own), default=None)
    return Seen(case.state, case.version, case.lead, tuple(row.department for row in live), due)


class Task(NamedTuple):
    """What somebody means to do next about one case; `version` is the one he knows."""

    number: str
    version: int
    story: Life
    deed: Deed


@dataclass
class Part:
    """One worker's share of the cases."""

    plan: Plan
    part: int
    parts: int
    messages: list[tuple[Message, cases.NewCase]]
    houses: list[str]
    waiting: list[tuple[dt.datetime, int, Task]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        dice = random.Random(f"{self.plan.seed}/{self.part}")
        self.city = City(dice, timing().calendar, self.houses, self.plan.habits)
        self.coming = iter(self.plan.arrivals(self.part, self.parts))
        self.next = next(self.coming, None)
        self._serial = 0
        self._shift = self.part % 2 * TICK

    def wants(self) -> dt.datetime | None:
        """The sitting at which the next citizen comes or somebody means to do something."""
        moments = [self.next[0]] if self.next else []
        first = min(moments + [at for at, *_ in self.waiting[:1]], default=None)
        return first and self._sitting(first)

    def _sitting(self, at: dt.datetime) -> dt.datetime:
        """The first that is not before `at`."""
        return _from(at - self._shift, SITTING) + self._shift

    def sits(self, now: dt.datetime) -> bool:
        """Whether its people act at this tick."""
        return self._sitting(now) == now

    def take_in(self, now: dt.datetime) -> None:
        """Take in who came by now."""
        coming = []
        while self.next is not None and self.next[0] <= now:
            coming.append(self.next)
            self.next = next(self.coming, None)
        if coming:
            self._take_in(coming)

    def act(self, now: dt.datetime, but: Collection[str] = ()) -> None:
        """Everybody does what he meant to do by now, each person in one sitting; not on the cases of `but`."""
        due = self._due(now, but)
        while looking := [task for task in due if not task.deed.action]:
            self._look(looking)
            due = [task for task in due if task.deed.action] + self._due(now, but)  # who looked may act on what he saw
        self._act(due)

    def _due(self, now: dt.datetime, but: Collection[str]) -> list[Task]:
        """What was to be done by now, in order, taken off the list; on the cases of `but` it stays."""
        found, left = [], []
        while self.waiting and self.waiting[0][0] <= now:
            wanted = heapq.heappop(self.waiting)
            (left if wanted[2].number in but else found).append(wanted)
        for wanted in left:
            heapq.heappush(self.waiting, wanted)
        return [task for *_, task in found]

    def _take_in(self, coming: list[tuple[dt.datetime, int]]) -> None:
        made, rules = [], timing()
        with transaction(by_keys=True) as unit, unit.session.no_autoflush:
            for serial, (at, number) in zip(cases.serials(unit, len(coming)), coming, strict=True):
                new, actor = self._matter(number)
                made.append((cases.take_in(unit, new, actor, serial=serial, rules=rules), new, at, number))
        for case, new, at, number in made:
            self.done["create"] += 1
            owner = new.suggestion.get("department") or self.houses[number % len(self.houses)]
            self._go_on(case.number, life(self.city, seen(case), at, owner), seen(case), first=True)

    def _matter(self, number: int) -> tuple[cases.NewCase, Actor]:
        _, new = self.messages[number % len(self.messages)]
        channel = self.city.dice.choices([c for c, _ in CHANNELS], [w for _, w in CHANNELS])[0]
        urgent = "紧急" if self.city.happens("urgent") else "一般"
        phone = f"138{self.city.dice.randrange(10**8):08}"
        told = {**vars(new), "channel": channel.value, "urgency": urgent, "phone": phone}
        return cases.NewCase(**told), AGENT if channel in AT_ONCE else CITIZEN

    def _go_on(self, number: str, story: Life, told: Seen, *, first: bool = False) -> None:
        try:
            deed = next(story) if first else story.send(told)
        except StopIteration:
            return
        self._serial += 1
        heapq.heappush(self.waiting, (deed.at, self._serial, Task(number, told.version, story, deed)))

    def _look(self, tasks: list[Task]) -> None:
        for task, told in zip(tasks, self._read(tasks), strict=True):
            self._go_on(task.number, task.story, told)

    def _read(self, tasks: list[Task]) -> list[Seen]:
        """The cases of these tasks as they stand, each as its own actor sees it."""
        if not tasks:
            return []
        with db.session() as session:
            rows = facts.bare(session, "number", {task.number for task in tasks})
            facts.look_beside(session, rows, ("places", "clocks"), words=False)
            there = {case.number: case for case in rows}
        return [seen(there[task.number], task.deed.actor.department) for task in tasks]

    def _act(self, tasks: list[Task]) -> None:
        """All that is done by now; whoever was overtaken reads the case again, as his life says."""
        orders = [Order(t.deed.actor, t.number, t.deed.action, t.deed.form, t.version) for t in tasks if t.deed.action]
        refused = []
        for task, case in zip(tasks, act_many(orders), strict=True):
            if isinstance(case, HotlineError):
                self.done[f"refused {task.deed.action}: {case.code}"] += 1
                refused.append((task, case.code))
            else:
                self.done[str(task.deed.action)] += 1
                self._go_on(task.number, task.story, seen(case, task.deed.actor.department))
        for (task, code), told in zip(refused, self._read([task for task, _ in refused]), strict=True):
            self._go_on(task.number, task.story, told._replace(refused=code))


def next_tick(now: dt.datetime, wanted: list[dt.datetime | None], rung: dt.datetime | None) -> dt.datetime | None:
    """The first sitting that somebody wants, or the first tick at which a rung is due; None: neither."""
    there = [at for at in wanted if at is not None] + ([_from(rung, TICK)] if rung else [])
    return max(min(there), now + TICK).astimezone(now.tzinfo) if there else None


def _from(at: dt.datetime, step: dt.timedelta) -> dt.datetime:
    """The first of the equal steps of a day that is not before `at`."""
    past = (at - EPOCH) % step
    return at + (step - past if past else past)
