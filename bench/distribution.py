"""Giving callers to seats: 500 agents, 2,000 waiting; beside it the plain way, which looks at every seat per caller."""

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable

from sqlalchemy import text

from bench import stores
from hotline import db
from telephony.queueing import Assignment, Caller, Group, Rules, Seat, assign, eligible
from telephony.words import Strategy

AGENTS, WAITING, ROUNDS = 500, 2_000, 30
TODAY = 30_000  # calls that have ended since midnight
NOW = dt.datetime(2026, 9, 29, 8, 0, tzinfo=dt.UTC)
CODES = ("general", "elderly", "urgent")
WIDER = ((0, 1), (10, 2), (30, 1000))
RULES = Rules(
    groups=(
        Group("general", strategy=Strategy.FEWEST_CALLS, widening=WIDER),
        *(Group(c, widening=WIDER) for c in CODES[1:]),
    ),
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


def fill() -> None:
    """500 agents who speak, 2,000 callers who wait, the calls of the day so far."""
    from hotline import clock
    from hotline.city_models import User
    from hotline.unit import transaction
    from telephony.models import AgentSeat, Call

    now = clock.now()
    with transaction() as unit:
        for n in range(AGENTS):
            seat = {"status": "ready", "state": "talking", "since": now, "idle_since": now, "call": f"busy{n}"}
            person = {"shown": "", "role": "agent", "password": "", "phone_uri": f"sip:agent{n}@127.0.0.1:5999"}
            unit.session.add_all([User(name=f"agent{n}", **person), AgentSeat(user=f"agent{n}", **seat)])
        for n in range(WAITING):
            joined = now - dt.timedelta(seconds=n % 300)
            place = {"state": "waiting", "skill_group": CODES[n % 3], "rank_at": joined, "queue_at": joined}
            unit.session.add(Call(id=f"{n:04}", caller="", caller_index="", invite_at=joined, connector="c1", **place))
        unit.session.flush()
        unit.session.execute(text(_EARLIER), {"count": TODAY, "agents": AGENTS, "now": now})
    with db.engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


_EARLIER = """
INSERT INTO calls (id, state, caller, caller_index, connector, invite_at, queue_at, agent_answer_at, hangup_at, agent,
                   exit, skill_group)
SELECT 'e' || n, 'ended', '', '', 'c1', :now, :now, :now, :now, 'agent' || n % :agents, 'answered', 'general'
  FROM generate_series(1, :count) n
"""


def with_database(rounds: int = 60) -> tuple[float, float, float, float]:
    """Milliseconds from one seat becoming free to its reservation committed in PostgreSQL (read, decided, written):
    median, longest, processor of this process; and for comparison the median of one row changed and committed."""
    from hotline.unit import transaction
    from telephony import distribution
    from telephony.models import AgentSeat

    fill()
    found, used = [], 0.0
    for n in range(rounds):
        with transaction() as unit:
            seat_row = unit.session.get_one(AgentSeat, f"agent{n}")
            seat_row.state, seat_row.call = "idle", ""
        begun, worked = time.perf_counter(), time.process_time()
        said, _ = distribution.give(RULES)
        found.append((time.perf_counter() - begun) * 1000)
        used += (time.process_time() - worked) * 1000
        assert len(said) == 2
    return statistics.median(found), max(found), used / rounds, statistics.median(_one_row() for _ in range(rounds))


def _one_row() -> float:
    begun = time.perf_counter()
    with db.each_by_itself() as session:
        session.connection().exec_driver_sql("UPDATE agent_seats SET missed = missed + 1 WHERE \"user\" = 'agent0'")
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    chance = random.Random(1)
    callers, seats = crowd(chance), house(chance, 50)
    assert assign(callers, seats, NOW, RULES) == plain(callers, seats), "both ways must agree"
    print(f"\ndistribution: {AGENTS} agents, {WAITING} waiting, {TODAY} calls since midnight")
    print(f"  {'':<24}{'turn, ms':>10}{'longest':>10}{'one assignment, ms':>20}")
    for what, middle, longest, one in measure():
        print(f"  {what:<24}{middle:>10.2f}{longest:>10.2f}{one:>20.3f}")
    with stores.own():
        middle, longest, used, row = with_database()
    print(f"  {'1 free, in PostgreSQL':<24}{middle:>10.2f}{longest:>10.2f}{middle:>20.3f}   (this process {used:.2f})")
    print(f"  {'one row, in PostgreSQL':<24}{row:>10.2f}")


if __name__ == "__main__":
    main()
