"""The rates of a month and of a year over 300,000 closed cases, counted by the database.

The baseline folds the same rates from the history alone in Python, over fewer cases; there both must agree.
"""

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CASES, FOLDED = 300_000, 10_000
TRIES = 5
HERE = Path(__file__).resolve().parent
Rows = list[tuple[str, str]]


def _empty() -> None:
    from hotline import db

    names = "cases, clocks, assignments, replies, revisits, ratings, history, calls"
    with db.engine().begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


def fill(cases: int) -> None:
    """Write a year of `cases` closed cases, and let the database know what it holds."""
    from hotline import db

    _empty()
    with db.engine().begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL bench.cases = {cases}")
        connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
        driver: Any = connection.connection.driver_connection
        driver.execute((HERE / "year.sql").read_text(encoding="utf-8"))
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


def _best(work: Callable[[], Any]) -> float:
    """The median of some tries after a first one: what a reader waits while the system is in use."""
    work()
    return sorted(_timed(work)[0] for _ in range(TRIES))[TRIES // 2]


def _periods() -> dict[str, Any]:
    from hotline.clock import SHANGHAI
    from hotline.rates import Period

    now = dt.datetime(2027, 2, 1, tzinfo=SHANGHAI)
    month = Period(dt.datetime(2026, 11, 1, tzinfo=SHANGHAI), dt.datetime(2026, 12, 1, tzinfo=SHANGHAI), now)
    return {
        "month": month,
        "year": Period(dt.datetime(2026, 1, 1, tzinfo=SHANGHAI), dt.datetime(2027, 1, 1, tzinfo=SHANGHAI), now),
    }


def _told(period: Any, *, from_history: bool = False) -> list[dict[str, Any]]:
    from hotline import db
    from web import figures

    with db.session() as session:
        rates: list[dict[str, Any]] = figures.told(session, period, from_history=from_history)["rates"]
        return rates


def _by_department(period: Any) -> int:
    from hotline import db
    from hotline.queries import rates_by_department

    with db.session() as session:
        return len(rates_by_department(session, period))


def _fold() -> Rows:
    """The baseline, and the proof that both ways count the same."""
    fill(FOLDED)
    rows = []
    for name, period in _periods().items():
        spent, folded = _timed(lambda period=period: _told(period, from_history=True))
        if folded != _told(period):
            raise SystemExit(f"the database and the history disagree about the {name}")
        rows.append((f"{name}, folded from the history in Python, {FOLDED:,} cases", f"{spent:.2f} s"))
    return rows


def _counted() -> Rows:
    fill(CASES)
    rows = []
    for name, period in _periods().items():
        rows.append((f"{name}, counted, {CASES:,} cases", f"{_best(lambda period=period: _told(period)):.3f} s"))
        each = _best(lambda period=period: _by_department(period))
        rows.append((f"{name}, counted by department, {CASES:,} cases", f"{each:.3f} s"))
    return rows


def measure() -> Rows:
    """(what, figure) of all measurements, on a database of its own."""
    from bench import stores

    with stores.own():
        return _fold() + _counted()


def main() -> None:
    print("\nrates of rules.md §4 over a year of closed cases")
    for what, figure in measure():
        print(f"  {what:<72}{figure}")


if __name__ == "__main__":
    main()
