"""Real parts for the tests: PostgreSQL and Redis from their wheels, started once per run, a clean database per test."""

import faulthandler
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

_ROOT = Path(__file__).resolve().parent.parent
_CLEARED_AWAY_SECONDS = 300
_TERMINAL = pytest.StashKey[int]()


def pytest_configure(config):
    config.stash[_TERMINAL] = os.dup(sys.__stderr__.fileno())  # before pytest takes what is printed for its own


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """What hangs while a test is cleared away says where and ends its process: after a failure pytest-timeout rests."""
    faulthandler.dump_traceback_later(_CLEARED_AWAY_SECONDS, exit=True, file=item.config.stash[_TERMINAL])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def parts():
    """PostgreSQL and Redis of this run; the environment of the process points at them."""
    from web.embedded import Embedded

    with tempfile.TemporaryDirectory(prefix="hotline-test-") as folder:
        Path(folder).chmod(0o755)
        os.environ["HOTLINE_DATA"] = folder
        os.environ["HOTLINE_DEMO"] = "1"
        os.environ.pop("HOTLINE_CLOCK", None)
        from hotline.settings import Settings

        embedded = Embedded(Settings())
        embedded.start()
        _hurry()
        try:
            yield Settings()
        finally:
            from hotline import db

            db.dispose()
            embedded.stop()


def _hurry():
    """This run's tables may be gone after a power cut; tests/faults has stores of its own that may not."""
    from hotline import db

    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in ("fsync", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def schema(parts):
    """All tables, made by the migrations as they stand."""
    from web.schema import upgrade

    upgrade()
    return parts


CITY_TABLES = frozenset({"areas", "departments", "categories", "catalogue", "fallbacks", "users"})


@pytest.fixture
def database(schema):
    """A database without any matter in it, nor an index of another test's; the city's tables stay filled."""
    from hotline import db
    from hotline.rulebook import present
    from web import replies
    from web.tables import METADATA

    present.forget()
    replies.forget()
    shutil.rmtree(schema.data / "index", ignore_errors=True)
    kept = [f'"{table.name}"' for table in METADATA.sorted_tables if table.name not in CITY_TABLES]
    ask = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in kept)
    for last in (False, False, True):
        try:
            with db.engine().begin() as connection:
                used = connection.exec_driver_sql(ask).scalars().all()
                if used:
                    connection.exec_driver_sql(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE")
            break
        except OperationalError as locked:  # a page of the test before still asks: each waits for the other's table
            if last or not isinstance(locked.orig, DeadlockDetected):
                raise
    return schema


@pytest.fixture(scope="session")
def loaded_city(schema):
    """The demo city with its departments, categories, catalogue and users, loaded once."""
    from web.city import load

    load(demo=True)
    return schema


@pytest.fixture
def city(loaded_city, database):
    """The demo city and no matter in it."""
    return database


@pytest.fixture
def drill(tmp_path, monkeypatch):
    """The test's own clock: call it with an ISO instant."""
    file = tmp_path / "clock"
    monkeypatch.setenv("HOTLINE_CLOCK", str(file))

    def set_to(iso: str) -> None:
        file.write_text(iso + "\n", encoding="utf-8")

    return set_to
