"""Giving callers to seats: 500 agents, 2,000 waiting; beside it the plain way, which looks at every seat per caller."""

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable

from telephony.queueing import Assignment, Caller, Group, Rules, Seat, assign, eligible

AGENTS, WAITING, ROUNDS = 500, 2_000, 30
NOW = dt.datetime(2026, 9, 29, 8, 0, tzinfo=dt.UTC)
CODES = ("general", "elderly", "urgent")
RULES = Rules(
    groups=tuple(Group(code, widening=((0, 1), (10, 2), (30, 1000))) for code in CODES),
    skills={f"agent{n}": {CODES[n % 3]: 1, CODES[(n + 1) % 3]: 2} for n in range(AGENTS)},
)


def ago(seconds: float) -> dt.datetime:
    return NOW - dt.timedelta(seconds=seconds)


def crowd(chance: random.Random) -> list[Caller]:
    return [Caller(f"{n:04}", ago(chance.random() * 300), chance.choice(CODES)) for n in range(WAITING)]


def house(chance: random.Random, free: int) -> list[Seat]:
    """500 agents, so many of them free."""
    places = set(chance.sample(range(AGENTS), free))
    return [
        Seat(f"agent{n}", "ready", "idle" if n in places else "talking", ago(chance.random() * 900))
        for n in range(AGENTS)
    ]


def plain(callers: list[Caller], seats: list[Seat]) -> list[Assignment]:
    """For each free seat's turn, every caller and every seat is looked at again."""
    made: list[Assignment] = []
    waiting, free = list(callers), [seat for seat in seats if eligible(seat, NOW)]
    while waiting and free:
        caller = min(waiting, key=lambda c: (c.joined, c.call))
        waiting.remove(caller)
        reach = RULES.group(caller.group).reach((NOW - caller.joined).total_seconds())
        fit = [seat for seat in free if RULES.level(seat.user, caller.group) <= reach]
        if fit:
            seat = min(fit, key=lambda s: (RULES.level(s.user, caller.group), s.idle_since, s.user))
            free.remove(seat)
            made.append(Assignment(caller.call, seat.user))
    return made


def timed(give: Callable[[list[Caller], list[Seat]], list[Assignment]], free: int, rounds: int) -> tuple[float, float]:
    """Milliseconds (median, longest) of one turn that fills so many free seats."""
    chance, found = random.Random(12345), []
    for _ in range(rounds):
        callers, seats = crowd(chance), house(chance, free)
        begun = time.perf_counter()
        made = give(callers, seats)
        found.append((time.perf_counter() - begun) * 1000)
        assert len(made) == free
    return statistics.median(found), max(found)


def measure() -> list[tuple[str, float, float, float]]:
    """(what, median ms of a turn, longest, ms for one assignment in it)."""
    ours = lambda callers, seats: assign(callers, seats, NOW, RULES)
    rows = []
    for free, rounds in ((1, ROUNDS), (50, ROUNDS), (AGENTS, ROUNDS)):
        middle, longest = timed(ours, free, rounds)
        rows.append((f"{free} free", middle, longest, middle / free))
        middle, longest = timed(plain, free, 3)
        rows.append((f"{free} free, plain way", middle, longest, middle / free))
    return rows


def main() -> None:
    chance = random.Random(1)
    callers, seats = crowd(chance), house(chance, 50)
    assert assign(callers, seats, NOW, RULES) == plain(callers, seats), "both ways must agree"
    print(f"\ndistribution: {AGENTS} agents, {WAITING} waiting")
    print(f"  {'':<24}{'turn, ms':>10}{'longest':>10}{'one assignment, ms':>20}")
    for what, middle, longest, one in measure():
        print(f"  {what:<24}{middle:>10.2f}{longest:>10.2f}{one:>20.3f}")


if __name__ == "__main__":
    main()
