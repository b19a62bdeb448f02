"""A changed calendar over many open cases: `python bench/rejudge.py [CASES]` on a database of its own.

The cases are copies of one that a department has signed, each with its running clocks and its history. Measured: the
preview (all open clocks), the re-judgement that moves every reply deadline, and the look whether anything is left.
"""

import datetime as dt
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "flow")]
COPIES = (
    ("cases", "id", {"id": "id + n", "number": "'B' || n"}),
    ("clocks", "case_id", {"id": "10000000 + id + n * 100", "case_id": "case_id + n"}),
    ("history", "case_id", {"id": "10000000 + id + n * 100", "case_id": "case_id + n"}),
)


def copy(connection, first, count):
    from sqlalchemy import text

    from web.tables import METADATA

    for table, key, changed in COPIES:
        names = [column.name for column in METADATA.tables[table].columns]
        kept = ", ".join(f'"{name}"' for name in names)
        said = ", ".join(changed.get(name, f'"{name}"') for name in names)
        rows = f"FROM {table}, generate_series(1, :count) n WHERE {key} = :first"
        connection.execute(text(f"INSERT INTO {table} ({kept}) SELECT {said} {rows}"), {"first": first, "count": count})


def measure(count):
    from sqlalchemy import text
    from staff_story import SUPERVISOR, signed

    from hotline import clock, db, rejudge
    from hotline.lifecycle import Actor
    from hotline.rulebook import drafts, jobs, versions
    from hotline.rulebook.drafts import Change
    from hotline.timing import timing
    from hotline.words import Role, Rule
    from web import city

    city.load(demo=True)
    versions.take_up_files()
    case = signed()
    with db.engine().begin() as connection:
        copy(connection, case.id, count)
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    soon = clock.local(clock.now()).date() + dt.timedelta(days=3)
    with db.session() as session:
        notice = versions.content(session, "calendar", str(soon.year), clock.now())
    days = [day for day in (soon + dt.timedelta(days=n) for n in range(5)) if timing().calendar.is_working(day)]
    notice += f'\n[[festival]]\nname = "测试"\noff = [{days[0]}]\nwork = []\n'
    admin = Actor("admin1", Role.ADMIN)
    draft = drafts.write(Change(Rule.CALENDAR, str(soon.year), notice, "测量"), admin)
    report("preview of all open cases", count, lambda: run(jobs))
    drafts.propose(draft.id, None, admin)
    drafts.approve(draft.id, None, SUPERVISOR)
    report("re-judgement, each deadline moves", count, lambda: run(jobs))
    with db.session() as session:
        begun = time.perf_counter()
        left = rejudge.stale(session, timing().policy.stamp)
        print(
            f"{'the look whether anything is left: ' + str(left):<40}{(time.perf_counter() - begun) * 1000:>10.1f} ms"
        )


def run(jobs):
    while jobs.work(60):
        pass


def report(what, count, work):
    begun = time.perf_counter()
    work()
    took = time.perf_counter() - begun
    print(f"{what:<40}{took:>10.1f} s{count / took:>10.0f} cases/s", flush=True)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    from bench import stores

    with stores.own():
        measure(count)


if __name__ == "__main__":
    main()
