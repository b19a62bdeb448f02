"""Real parts for the tests: PostgreSQL and Redis from their wheels, started once per run, a clean database per test."""

import os
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

_ROOT = Path(__file__).resolve().parent.parent


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
        try:
            yield Settings()
        finally:
            from hotline import db

            db.engine().dispose()
            embedded.stop()


@pytest.fixture(scope="session")
def schema(parts):
    """All tables, made by the migrations as they stand."""
    from web.schema import upgrade

    upgrade()
    return parts


CITY_TABLES = frozenset({"areas", "departments", "categories", "catalogue", "fallbacks", "users"})


@pytest.fixture
def database(schema):
    """A database without any matter in it: every table but the city's is emptied before the test."""
    from hotline import db
    from hotline.rulebook import present
    from web.tables import METADATA

    present.forget()
    names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables if table.name not in CITY_TABLES)
    with db.engine().begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
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
