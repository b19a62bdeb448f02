"""`python -m bench.sweep`: the sweep costs what is due, not what is open (rules.md §3).

Nothing due among many open cases; very many rungs due at once, by two sweeps side by side; an outage over a weekend.
What fires, in which order and how often is read back from the tables, and a fault ends the run.
"""

import argparse
import multiprocessing as mp
import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import cost

HERE = Path(__file__).resolve().parent
Rows = list[tuple[str, str]]
WORDS = "小区东门外烧烤摊每天营业到凌晨两点，油烟和噪音很大，多次反映没有解决。"


def fill(first: int, cases: int, **settings: str) -> None:
    """Write open cases with one running clock each; see sweep.sql for the settings."""
    from hotline import db, privacy

    told = {"first": str(first), "cases": str(cases), "words": privacy.encrypt(WORDS)} | settings
    with db.engine().begin() as connection:
        for name, value in told.items():
            connection.exec_driver_sql(f"SET LOCAL bench.{name} = '{value}'")
        driver: Any = connection.connection.driver_connection
        driver.execute((HERE / "sweep.sql").read_text(encoding="utf-8"))


def _analyse() -> None:
    from hotline import db

    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE cases, clocks, assignments")


def _sweep_all(_number: int) -> int:
    from dispatch.service import sweep
    from hotline import db

    db.dispose(close=False)
    return sweep(most=10**9)


def _side_by_side(count: int) -> tuple[float, int]:
    """Seconds and rungs of so many sweeps at once, each in a process of its own."""
    from hotline import db

    db.dispose()
    begin = time.perf_counter()
    with mp.get_context("fork").Pool(count) as pool:
        fired = sum(pool.map(_sweep_all, range(count)))
    return time.perf_counter() - begin, fired


def _check(wanted: int, *, ordered: bool) -> None:
    """Each rung once; with one sweep also in the order of their moments."""
    from sqlalchemy import func, select

    from hotline import db
    from hotline.models import HistoryRow, RungRow

    with db.session() as session:
        rows = session.execute(select(RungRow.clock_id, RungRow.rung, RungRow.due_at).order_by(RungRow.id)).all()
        told = session.scalar(select(func.count()).select_from(HistoryRow).where(HistoryRow.action == "rung"))
    if len(rows) != wanted or len({(row.clock_id, row.rung) for row in rows}) != wanted or told != wanted:
        raise SystemExit(f"{wanted} rungs were due, {len(rows)} fired, {told} are told in the history")
    if ordered and not all(one.due_at <= other.due_at for one, other in pairwise(rows)):
        raise SystemExit("not in the order of their moments")


def _empty() -> None:
    from hotline import db

    names = "cases, clocks, assignments, rungs, notices, history, outbox, papers, paper_series"
    with db.engine().begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


def nothing_due(open_cases: int) -> Rows:
    """The sweep among many open cases of which none is due."""
    from dispatch.service import sweep

    later = {"start": "2026-11-02T09:00+08:00", "due": "2027-11-16T18:00+08:00", "next": "2027-11-09T10:00+08:00"}
    fill(1, open_cases, rung="half", spread="0.5", **later)
    _analyse()
    spent = []
    for _ in range(30):
        begin = time.perf_counter()
        if sweep():
            raise SystemExit("something was due")
        spent.append(time.perf_counter() - begin)
    median, worst = sorted(spent)[15], max(spent)
    return [(f"nothing due, {open_cases:,} open cases", f"{1000 * median:.1f} ms, at worst {1000 * worst:.1f} ms")]


def all_at_once(first: int, due: int, postgres: int) -> Rows:
    """So many rungs due at once, two sweeps side by side."""
    now = {"start": "2026-11-02T09:00+08:00", "due": "2026-11-16T18:00+08:00", "next": "2026-11-09T10:00+08:00"}
    fill(first, due, rung="half", spread="0.0001", **now)
    _analyse()
    python, server = cost.of_children(), cost.of_postgres(postgres)
    spent, fired = _side_by_side(2)
    each = [1e6 * (cost.of_children() - python) / fired, 1e6 * (cost.of_postgres(postgres) - server) / fired]
    _check(due, ordered=False)
    idle = 2e6 / sum(each)
    return [
        (f"{due:,} rungs due at once, two sweeps", f"{fired / spent:,.0f}/s ({spent:.1f} s)"),
        ("  CPU of each: Python, PostgreSQL", f"{each[0]:.0f} µs, {each[1]:.0f} µs: {idle:,.0f}/s on two idle cores"),
    ]


def outage(first: int, rungs: int) -> Rows:
    """Friday 18:00 to Sunday 06:00 nothing ran; each clock owes the morning of its day and its deadline."""
    weekend = {"start": "2026-11-05T09:00+08:00", "due": "2026-11-07T10:00+08:00", "next": "2026-11-07T08:30+08:00"}
    fill(first, rungs // 2, rung="due_morning", spread="0", **weekend)
    spent, _ = _side_by_side(1)
    _check(rungs, ordered=True)
    return [(f"36 hours without a sweep, {rungs:,} rungs due, in order, each once", f"{spent:.1f} s")]


def measure(open_cases: int, due: int, owed: int) -> Rows:
    """All of it on a database of its own."""
    from bench import stores
    from web.city import load

    with stores.own(clock=True) as (folder, parts):
        drill = folder / "clock"
        drill.write_text("2026-11-08T06:00:00+08:00", encoding="utf-8")
        load(demo=True)
        rows = outage(1, owed)
        _empty()
        drill.write_text("2026-11-10T09:00:00+08:00", encoding="utf-8")
        rows += nothing_due(open_cases)
        return rows + all_at_once(open_cases + 1, due, parts.postgres.get_pid())


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--open", type=int, default=1_000_000)
    words.add_argument("--due", type=int, default=100_000)
    words.add_argument("--owed", type=int, default=10_000)
    asked = words.parse_args()
    print(f"\nthe sweep on {os.cpu_count()} cores")
    for what, figure in measure(asked.open, asked.due, asked.owed):
        print(f"  {what:<72}{figure}")


if __name__ == "__main__":
    sys.exit(main())
