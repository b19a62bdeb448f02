"""15-second rate while there are at least as many free agents as callers, by the formula of rules.md §4.

The distribution is the real process on a PostgreSQL and a Redis of its own, fed as a connector feeds it. Connector and
agents are played: the notice lasts as long as the recorded one, phones ring at once, an agent takes his phone after one
to four seconds and speaks for twenty on average.
"""

import datetime as dt
import heapq
import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import stores
from telephony import wav

ROOT = Path(__file__).resolve().parent.parent
AGENTS, PER_SECOND, SECONDS = 200, 3.0, 40
RULES = {"wrap_up": 0, "ring": 20, "announce_first": 0}


def notice() -> float:
    """Seconds of the notice a caller hears first."""
    return wav.seconds(ROOT / "telephony" / "prompts" / "notice.wav")


class Play:
    """Calls and phones on one time line: what happens next is on the heap."""

    def __init__(self, feed: "object", seed: int) -> None:
        self.feed, self.chance = feed, random.Random(seed)
        self.line: list[tuple[float, int, Callable[[], None]]] = []
        self.busy, self.open, self.least, self.count = 0, 0, AGENTS, 0

    def later(self, seconds: float, does: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.line, (time.monotonic() + seconds, self.count, does))

    def ring(self, number: int, heard: float) -> None:
        call = str(uuid.uuid4())
        self.open += 1
        self.feed.event(call, "invite", caller=f"139{number:08}", display="", connector=self.feed.name)
        self.feed.event(call, "answered")
        self.later(heard, lambda: (self.feed.event(call, "notice_end"), self.feed.event(call, "queued")))

    def offered(self, offer: dict[str, str]) -> None:
        said = {"agent": offer["agent"], "token": offer["token"]}
        self.busy += 1
        self.least = min(self.least, AGENTS - self.busy)
        self.feed.event(offer["call"], "offer_ringing", **said)
        self.later(self.chance.uniform(1, 4), lambda: self.taken(offer["call"], said))

    def taken(self, call: str, said: dict[str, str]) -> None:
        self.feed.event(call, "agent_answered", **said)
        self.feed.event(call, "bridged")
        self.later(self.chance.expovariate(1 / 20), lambda: self.over(call))

    def over(self, call: str) -> None:
        self.busy, self.open = self.busy - 1, self.open - 1
        self.feed.finish(call)

    def run(self, seconds: float, per_second: float) -> None:
        """New calls for so many seconds, then on until the last one has ended."""
        begun, heard, number, beat = time.monotonic(), notice(), 0, 0.0
        at = 0.0
        while at < seconds:
            self.later(at, lambda n=number: self.ring(n, heard))
            number, at = number + 1, at + self.chance.expovariate(per_second)
        while (self.line or self.open) and time.monotonic() < begun + seconds + 90:
            while self.line and self.line[0][0] <= time.monotonic():
                heapq.heappop(self.line)[2]()
            for command in self.feed.commands():
                if command["type"] == "offer":
                    self.offered(command)
            if time.monotonic() > beat:
                beat = time.monotonic() + 1
                self.feed.alive()
            time.sleep(0.01)


@contextmanager
def distribution() -> Iterator[None]:
    """The process as it is run, for as long as the block lasts."""
    command, environment = [sys.executable, "-m", "telephony.acd"], os.environ | {"HOTLINE_QUEUE": json.dumps(RULES)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def people() -> None:
    """So many agents, all free."""
    from hotline import clock
    from hotline.city_models import User
    from hotline.unit import transaction
    from telephony.models import AgentSeat

    now = clock.now()
    with transaction() as unit:
        for n in range(AGENTS):
            person = {"shown": "", "role": "agent", "password": "", "phone_uri": f"sip:agent{n}@127.0.0.1:5999"}
            seat = {"status": "ready", "state": "idle", "since": now, "idle_since": now}
            unit.session.add_all([User(name=f"agent{n}", **person), AgentSeat(user=f"agent{n}", **seat)])


def measure() -> tuple[dict[str, tuple[int, int]], list[float], int]:
    """({rate: (numerator, denominator)}, seconds in line until a phone was chosen, fewest free seats)."""
    from hotline import clock, db, queries
    from hotline.rates import FORMULAS, Period
    from telephony.models import Call
    from telephony.reading import CALLS
    from tests.flow.acd_feed import Feed

    people()
    begun = clock.now()
    feed = Feed()
    feed.alive()
    play = Play(feed, 12345)
    with distribution():
        play.run(SECONDS, PER_SECOND)
    ended = clock.now()
    period = Period(begun - dt.timedelta(seconds=1), ended, ended)
    asked = [formula for formula in FORMULAS if formula.code in {"connect", "answer_15s_invite", "answer_15s_notice"}]
    with db.session() as session:
        rates = queries.rates(session, period, [CALLS], asked)
        spoken = session.query(Call.offer_at, Call.queue_at).filter(Call.agent_answer_at.is_not(None))
        waits = sorted((offered - queued).total_seconds() for offered, queued in spoken)
    return {rate.code: (rate.numerator, rate.denominator) for rate in rates}, waits, play.least


def report() -> None:
    """Prints the rates; the tables are those of the block around it."""
    found, waits, least = measure()
    print(f"\nanswering: {AGENTS} agents, {PER_SECOND:.0f} calls/s for {SECONDS} s, never fewer than {least} free")
    for code, (part, whole) in found.items():
        print(f"  {code:<24}{part:>6} of {whole:<6}{100 * part / whole if whole else 0:>8.2f} %")
    middle, last = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.99))
    print(f"  in line until a phone is chosen, ms: median {middle:.0f}, p99 {last:.0f}, longest {waits[-1] * 1000:.0f}")


if __name__ == "__main__":
    with stores.own():
        report()
