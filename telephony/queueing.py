"""Who is next and whose phone rings. Pure.

A seat gets a call when its agent is ready, its phone idle and its pause after a missed offer over. Callers come by the
instant they joined, moved forward by a head start in seconds (an urgent open case, 65+, owed a call) or backward (a
nuisance): so nobody waits for ever behind others. A failed offer never changes a place. A caller that cannot be given
to anybody (his connector is silent) is passed over, not waited for.

Each call belongs to a skill group. The group's own seats ring first, by their level; the longer the wait, the wider the
circle. Where the roster gives its calls to other groups, the first of them says how they ring (a small night shift:
all at once). Where nobody of the group is signed in, everybody serves it: the line is never closed (rules.md §6).
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from heapq import heapify, heappop
from itertools import islice
from typing import Any

from telephony.roster import Duty, serving
from telephony.words import SeatState, Status, Strategy

MOST_TOGETHER = 30  # as many phones as a connector lets ring for one caller
ANYONE = 1_000  # the level of a seat in a group it has no skill for
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Failure:
    """What an offer that came to nothing means for the seat: a pause in seconds, and whether the agent missed it."""

    pause: float
    missed: bool


FAILURES: Mapping[str, Failure] = {
    "busy": Failure(30, missed=False),  # he speaks on his phone
    "no_answer": Failure(20, missed=True),
    "reject": Failure(10, missed=True),
    "unreachable": Failure(30, missed=True),
    "taken": Failure(0, missed=False),  # another phone that rang for the same caller was quicker
    "error": Failure(3, missed=False),  # our own doing, for instance a bridge that failed
}


@dataclass(frozen=True)
class Group:
    """A skill group. `widening`: (seconds waited, highest level that rings then); who has no skill for it is ANYONE."""

    code: str
    name: str = ""
    strategy: str = Strategy.LONGEST_IDLE
    widening: tuple[tuple[float, int], ...] = ((0, ANYONE),)

    def reach(self, waited: float) -> int:
        """The highest level that may ring for somebody who waited so many seconds."""
        return max((level for after, level in self.widening if after <= waited), default=0)


GENERAL = Group("general", "综合受理")
HEADS: Mapping[str, float] = {"urgent": 600, "elderly": 180, "owed": 120, "nuisance": -300}


@dataclass(frozen=True)
class Rules:
    """Numbers of the queue, all seconds but `break_after` (offers) and the tables. All are assumptions of ours.

    `groups[0]` takes every call that no row of `routes` (fact, group) claims. `skills`: user → group → level; a user
    who is not named there serves the first group at level 1.
    """

    ring: float = 20  # how long a phone rings before the caller goes to the next seat
    grace: float = 3  # how much longer the distribution waits for the connector's word about it
    wrap_up: float = 20  # after-call time before the seat is ready by itself; 0 = at once
    break_after: int = 3  # missed offers in a row that send a seat to break
    silent: float = 15  # a connector without heartbeat for so long has lost its calls
    resume: float = 600  # who hung up while waiting has his place again for so long
    last_agent: float = 0  # who spoke to an agent within so many seconds gets him again when he is free; 0 = off
    announce_first: float = 20  # the first word about his place comes after so much waiting; 0 = never
    announce_gap: float = 45  # the least time between two of them
    offer_callback: float = 60  # from then on he may press 1 to be called back, 2 to leave a message; 0 = never
    longest_queue: int = 0  # so many waiting and the next is asked at once; 0 = no limit
    callback_tries: int = 3  # how often the machine rings him back before a person has to
    surveys: int = 0  # invitation calls (电话邀评) at once, in the revisit hours; 0 = none
    trunk: str = ""  # how a number outside is reached, "sip:{number}@host"; empty = we call nobody
    pauses: Mapping[str, float] = field(default_factory=dict)  # other pauses than those of FAILURES, by reason
    heads: Mapping[str, float] = field(default_factory=lambda: HEADS)  # head start by fact
    groups: tuple[Group, ...] = (GENERAL,)
    routes: tuple[tuple[str, str], ...] = ()
    duties: tuple[Duty, ...] = ()
    tags: tuple[str, ...] = ()  # what an agent may say of a call
    skills: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Rules":
        """The defaults with some replaced. ValueError names a word that is none, or a number below zero."""
        known = {f.name for f in fields(cls)}
        wrong = [name for name, value in given.items() if name not in known or _negative(value)]
        if wrong:
            raise ValueError(f"queue rules: {', '.join(sorted(wrong))}")
        return cls(**given)

    def group(self, code: str) -> Group:
        """The group of this code; the first one for a code of yesterday."""
        return next((group for group in self.groups if group.code == code), self.groups[0])

    def acting(self, code: str, now: dt.datetime) -> Group:
        """The group whose strategy and circle count for the calls of a group now: the first that serves it."""
        return self.group(serving(self.duties, code, now)[0])

    def level(self, user: str, group: str) -> int:
        """How well this agent serves a group: 1 best, ANYONE without the skill."""
        if user not in self.skills:
            return 1 if group == self.groups[0].code else ANYONE
        return self.skills[user].get(group, ANYONE)

    def route(self, known: Collection[str]) -> str:
        """The group of a call about which these facts are known: the first row that fits."""
        return next((group for fact, group in self.routes if fact in known), self.groups[0].code)

    def head(self, known: Collection[str]) -> float:
        """Seconds of head start for these facts."""
        return sum(self.heads.get(fact, 0) for fact in known)


def _negative(value: Any) -> bool:
    return isinstance(value, int | float) and value < 0


@dataclass(frozen=True)
class Caller:
    """Somebody who waits. `joined` aware UTC, his head start already in it; `last_agent` whom he spoke to last."""

    call: str
    joined: dt.datetime
    group: str = ""
    last_agent: str = ""
    reachable: bool = True


@dataclass(frozen=True)
class Seat:
    """An agent's seat as the database has it; instants aware UTC. `calls` answered today, `rung_at` the last offer."""

    user: str
    status: str
    state: str
    idle_since: dt.datetime
    not_before: dt.datetime | None = None
    calls: int = 0
    rung_at: dt.datetime | None = None


@dataclass(frozen=True)
class Assignment:
    """A call and the seat at which it rings; a group that rings all makes one for each seat, `together`."""

    call: str
    user: str
    together: bool = False


@dataclass(frozen=True)
class Consequence:
    """What a failed offer does to the seat; `words` is the reason of a break, empty where he stays ready."""

    pause: dt.timedelta
    missed: int
    words: str = ""


def eligible(seat: Seat, now: dt.datetime) -> bool:
    """Whether this seat may ring now."""
    free = seat.status == Status.READY and seat.state == SeatState.IDLE
    return free and (seat.not_before is None or seat.not_before <= now)


def _turn(seat: Seat, strategy: str) -> tuple[Any, ...]:
    """Where a seat stands among those of its level."""
    if strategy == Strategy.FEWEST_CALLS:
        return seat.calls, seat.idle_since, seat.user
    if strategy == Strategy.ROUND_ROBIN:
        return seat.rung_at or _LONG_AGO, seat.user
    return seat.idle_since, seat.user


class _House:
    """The free seats of one moment, sorted once per group; a seat that was given away is skipped."""

    def __init__(
        self, free: Iterable[Seat], present: Callable[[], Iterable[str]], now: dt.datetime, rules: Rules
    ) -> None:
        self.now, self.rules, self.present = now, rules, present
        self.free = {seat.user: seat for seat in free}
        self._rows: dict[str, list[tuple[int, str]]] = {}
        self._begins: dict[str, int] = {}

    def row(self, code: str) -> list[tuple[int, str]]:
        """(level, user) of the seats that serve a group now, best first. Nobody of it signed in: everybody is."""
        if code not in self._rows:
            level, strategy = self._levels(code), self.rules.acting(code, self.now).strategy
            order = sorted(self.free.values(), key=lambda seat: (level[seat.user], *_turn(seat, strategy)))
            self._rows[code] = [(level[seat.user], seat.user) for seat in order]
        return self._rows[code]

    def _levels(self, code: str) -> dict[str, int]:
        served = serving(self.rules.duties, code, self.now)
        level = {user: self._level(user, served) for user in self.free}
        manned = any(found < ANYONE for found in level.values())
        manned = manned or any(self._level(user, served) < ANYONE for user in self.present())
        return level if manned else dict.fromkeys(level, 0)

    def _level(self, user: str, served: tuple[str, ...]) -> int:
        return min(self.rules.level(user, group) for group in served)

    def open_to(self, code: str, reach: int) -> Iterator[str]:
        """Free seats of a group up to a level; seats that are gone at its head are not looked at again."""
        row, begin = self.row(code), self._begins.get(code, 0)
        while begin < len(row) and row[begin][1] not in self.free:
            begin += 1
        self._begins[code] = begin
        for place in range(begin, len(row)):
            level, user = row[place]
            if level > reach:
                return
            if user in self.free:
                yield user


def _rung(caller: Caller, house: _House) -> list[Assignment]:
    """Where one caller rings: nowhere, at one seat, or at all of a group that rings all."""
    if caller.last_agent in house.free:
        return [Assignment(caller.call, caller.last_agent)]
    code = house.rules.group(caller.group).code
    acting = house.rules.acting(code, house.now)
    users = house.open_to(code, acting.reach(max((house.now - caller.joined).total_seconds(), 0)))
    if acting.strategy == Strategy.RING_ALL:
        return [Assignment(caller.call, user, together=True) for user in islice(users, MOST_TOGETHER)]
    return [Assignment(caller.call, user) for user in islice(users, 1)]


DEFAULT = Rules()


def assign(
    callers: Iterable[Caller],
    seats: Collection[Seat],
    now: dt.datetime,
    rules: Rules = DEFAULT,
    machine: dt.datetime | None = None,
    present: Callable[[], Iterable[str]] | None = None,
) -> list[Assignment]:
    """Who rings where, in the order of the queue; each seat at most once.

    `present` gives the users signed in, free or not: they say whether a group has anybody at all where nobody of it is
    free; without it they are read from `seats`. `machine` is the real instant that ends the seats' pauses where `now`
    is a drilled one.
    """
    there = present or (lambda: [seat.user for seat in seats if seat.status != Status.OFF])
    house = _House((seat for seat in seats if eligible(seat, machine or now)), there, now, rules)
    made: list[Assignment] = []
    line = [(caller.joined, caller.call, caller) for caller in callers if caller.reachable]
    heapify(line)  # one free seat needs the first of two thousand, not all of them in order
    while line and house.free:
        caller = heappop(line)[2]
        for rung in _rung(caller, house):
            made.append(rung)
            del house.free[rung.user]
    return made


def after_failure(reason: str, missed: int, rules: Rules) -> Consequence:
    """What a seat with `missed` offers in a row meets after one more that failed. An unknown reason is an error."""
    failure = FAILURES.get(reason, FAILURES["error"])
    pause = dt.timedelta(seconds=rules.pauses.get(reason, failure.pause))
    count = missed + int(failure.missed)
    if not failure.missed or count < rules.break_after:
        return Consequence(pause, count)
    return Consequence(pause, count, f"连续{count}次未接听，系统转为小休")
