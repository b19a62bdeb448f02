"""`python -m bench.year`: a city's year in minutes, and whether its promises held.

300,000 cases by the real messages of a folder (read, never kept), realistic people, the real use cases, sweep and
PostgreSQL; see bench/cityyear for what is in process. The small one is a test: tests/flow/test_city_year.py.
"""

import argparse
import datetime as dt
import multiprocessing as mp
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from bench.cityyear.drive import Plan
    from bench.cityyear.run import Year

Promise = Callable[[Session], Iterable[str]]
_promises: dict[str, Promise] = {}  # filled before processes are forked that look whether they hold
DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
WHOLE = 365


def _asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--cases", type=int, default=300_000)
    words.add_argument("--days", type=int, default=WHOLE, help="intake over so many days from 2025-01-02")
    words.add_argument("--workers", type=int, default=2, help="processes in which people act; one more sweeps")
    words.add_argument(
        "--messages", type=int, default=3000, help="so many different messages, each used again and again"
    )
    words.add_argument("--data", type=Path, default=DATA)
    words.add_argument("--seed", type=int, default=12345)
    words.add_argument("--answered", type=float, help="share of all that is answered at once, of 1")
    return words.parse_args()


def measure(asked: argparse.Namespace) -> int:
    """Run and tell; returns how many faults were found."""
    from bench import cost, stores
    from bench.cityyear import drive, life, messages, run
    from hotline.clock import SHANGHAI
    from web.city import load

    with stores.own(clock=True) as (folder, parts):
        begin = dt.datetime(2025, 1, 2, tzinfo=SHANGHAI)
        drill = folder / "clock"
        drill.write_text(begin.isoformat(), encoding="utf-8")
        load(demo=True)
        habits = life.USUAL if asked.answered is None else replace(life.USUAL, answered_at_once=asked.answered)
        plan = drive.Plan(asked.cases, begin, begin + dt.timedelta(days=asked.days), asked.seed, habits)
        said = messages.shuffled(messages.read(asked.data), asked.seed)[: asked.messages]
        year = run.year(plan, said, drill, asked.workers)
        end = year.run()
        _tell(year, cost.of_postgres(parts.postgres.get_pid()))
        return _prove(plan, end)


def _tell(year: "Year", postgres: float) -> None:
    done = {name: count for name, count in year.done.items() if not name.startswith("refused")}
    steps, made = sum(done.values()), done["create"]
    print(f"\n{made:,} cases, {steps:,} steps, {year.fired:,} rungs, {year.ticks:,} ticks")
    print(f"  wall                 {year.seconds:10.1f} s   {made / year.seconds:8.1f} cases/s")
    print(
        f"  CPU of the workers   {year.cpu:10.1f} s   {1000 * year.cpu / (steps + year.fired):8.2f} ms per step or rung"
    )
    print(
        f"  CPU of PostgreSQL    {postgres:10.1f} s   {1000 * postgres / (steps + year.fired):8.2f} ms per step or rung"
    )
    both = (year.cpu + postgres) / 2
    print(f"  on two idle cores    {both:10.1f} s   {made / both:8.1f} cases/s, if both are kept busy")
    for name, count in sorted(year.done.items()):
        print(f"    {name:<48}{count:>10,}")


def _prove(plan: "Plan", end: dt.datetime) -> int:
    """Look whether each promise held, two at a time, the longest first; returns how many faults were found."""
    from bench.cityyear import proof
    from bench.cityyear.drive import TICK
    from hotline import db, history
    from hotline.rates import Period

    whole = Period(plan.begin, end + dt.timedelta(days=1), end + dt.timedelta(days=1))
    month = dt.timedelta(days=31)
    months = [Period(plan.begin + n * month, plan.begin + (n + 1) * month, whole.now) for n in range(12)]
    half = plan.cases // 2
    promises: dict[str, Promise] = {
        "history equals the boards: year to May": lambda s: proof.figures(s, [whole, *months[:5]]),
        "history equals the boards: from June on": lambda s: proof.figures(s, months[5:]),
        "the chains stand: first half": lambda s: proof.chains(s, 1, half),
        "the chains stand: second half": lambda s: proof.chains(s, half + 1, history.last_case(s)),
        "the seals stand": proof.seals,
        "every late clock has its rungs": lambda s: proof.ladders(s, 2 * TICK),
        "every red card its order": proof.orders,
        "every bad review revisited": lambda s: proof.bad_reviews(s, whole),
        "forwarded in time, once": lambda s: proof.forwarding(s, whole),
        "everything came to its end": proof.ended,
    }
    _promises.update(promises)
    db.dispose()
    with mp.get_context("fork").Pool(2) as pool:
        return sum(map(_told, pool.imap_unordered(_look, promises)))


def _look(name: str) -> tuple[str, list[str], float]:
    from hotline import db

    begin = time.monotonic()
    try:
        with db.session() as session:
            found = list(_promises[name](session))
    except Exception as broken:  # noqa: BLE001 - it is told as a fault, the other promises are still looked at
        found = [f"could not be looked up: {type(broken).__name__}"]
    return name, found, time.monotonic() - begin


def _told(looked: tuple[str, list[str], float]) -> int:
    name, found, seconds = looked
    print(f"  {name:<40}{'ok' if not found else f'{len(found)} faults':<12}{seconds:8.1f} s", flush=True)
    for fault in found[:10]:
        print(f"      {fault}", flush=True)
    return len(found)


if __name__ == "__main__":
    sys.exit(1 if measure(_asked()) else 0)
