"""Who is next and whose phone rings. Pure.

A seat gets a call when its agent is ready, its phone idle and its pause after a missed offer over; the longest idle
one comes first. Callers come by priority, then by the instant they joined the queue, which a failed offer never
changes. A caller that cannot be given to anybody (his connector is silent) is passed over, not waited for.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from telephony.words import SeatState, Status


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
    "error": Failure(3, missed=False),  # our own doing, for instance a bridge that failed
}


@dataclass(frozen=True)
class Rules:
    """Numbers of the queue, all seconds but `break_after` (offers) and the switches. All are assumptions of ours."""

    ring: float = 20  # how long a phone rings before the caller goes to the next seat
    grace: float = 3  # how much longer the distribution waits for the connector's word about it
    wrap_up: float = 20  # after-call time before the seat is ready by itself; 0 = at once
    break_after: int = 3  # missed offers in a row that send a seat to break
    silent: float = 15  # a connector without heartbeat for so long has lost its calls
    owed_first: bool = True  # who is still owed a call back goes before the others
    last_agent_first: bool = False  # the agent he spoke to last, when he is free
    pauses: Mapping[str, float] = field(default_factory=dict)  # other pauses than those of FAILURES, by reason

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Rules":
        """The defaults with some replaced. ValueError names a word that is none, or a number below zero."""
        known = {f.name for f in fields(cls)}
        wrong = [name for name, value in given.items() if name not in known or _negative(value)]
        if wrong:
            raise ValueError(f"queue rules: {', '.join(sorted(wrong))}")
        return cls(**given)


def _negative(value: Any) -> bool:
    return isinstance(value, int | float) and value < 0


@dataclass(frozen=True)
class Caller:
    """Somebody who waits. `joined` aware UTC; higher `priority` first."""

    call: str
    joined: dt.datetime
    priority: int = 0
    last_agent: str = ""
    reachable: bool = True


@dataclass(frozen=True)
class Seat:
    """An agent's seat as the database has it; instants aware UTC."""

    user: str
    status: str
    state: str
    idle_since: dt.datetime
    not_before: dt.datetime | None = None


@dataclass(frozen=True)
class Assignment:
    """A call and the seat at which it rings."""

    call: str
    user: str


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


def _chosen(caller: Caller, free: Collection[Seat]) -> Seat:
    """The first of `free` (longest idle first), or his last agent when that one is among them."""
    return next((seat for seat in free if seat.user == caller.last_agent), next(iter(free)))


def assign(callers: Iterable[Caller], seats: Iterable[Seat], now: dt.datetime) -> list[Assignment]:
    """Who rings where, in the order of the queue: each caller and each seat at most once."""
    free = {s.user: s for s in sorted(seats, key=lambda s: (s.idle_since, s.user)) if eligible(s, now)}
    made = []
    for caller in sorted(callers, key=lambda c: (-c.priority, c.joined, c.call)):
        if not free:
            break
        if caller.reachable:
            seat = free.pop(_chosen(caller, free.values()).user)
            made.append(Assignment(caller.call, seat.user))
    return made


def after_failure(reason: str, missed: int, rules: Rules) -> Consequence:
    """What a seat with `missed` offers in a row meets after one more that failed. An unknown reason is an error."""
    failure = FAILURES.get(reason, FAILURES["error"])
    pause = dt.timedelta(seconds=rules.pauses.get(reason, failure.pause))
    count = missed + int(failure.missed)
    if not failure.missed or count < rules.break_after:
        return Consequence(pause, count)
    return Consequence(pause, count, f"连续{count}次未接听,系统转为小休")
