"""What a connection keeps from one transaction to the next: statements stay prepared, plans grow with the tables."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from hotline import db
from hotline.db import among_these
from hotline.message_models import Notice
from hotline.unit import transaction

pytestmark = pytest.mark.usefixtures("database")
KNOWN = text("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%notices%'")
ASKED = select(Notice.text).where(among_these(Notice.id))
MANY = 20_000


@pytest.fixture(autouse=True)
def fresh():
    """Connections that know nothing yet."""
    db.dispose()


def ask(*, by_keys=False):
    """Read what is read again and again, in a transaction of which nothing is kept."""
    with db.session(by_keys=by_keys) as session:
        session.execute(ASKED, {"these": [1, 2]})


def known(*, by_keys=False):
    """The names under which the connection has prepared that question."""
    with db.session(by_keys=by_keys) as session:
        return session.scalars(KNOWN).all()


@pytest.mark.parametrize("by_keys", [False, True])
def test_who_only_reads_does_not_make_the_connection_forget_its_statements(by_keys):
    for _ in range(3):
        ask(by_keys=by_keys)
    first = known(by_keys=by_keys)
    ask(by_keys=by_keys)
    assert len(first) == 1
    assert known(by_keys=by_keys) == first


def test_what_was_planned_while_a_table_was_small_is_planned_anew_when_it_is_large(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(db, "time", SimpleNamespace(monotonic=lambda: now[0]))
    fill(3)
    with db.engine().begin() as connection:
        connection.exec_driver_sql("ANALYZE notices")
    for _ in range(3):
        ask(by_keys=True)
    fill(MANY)
    assert "Seq Scan" in plan()
    now[0] += 1.5  # more than a second, less than a rest
    assert "Seq Scan" not in plan()


def fill(count):
    with transaction() as unit:
        for _ in range(count):
            unit.write(Notice, at=unit.now, text="已超期")


def plan():
    """How the rows of the question would be found now."""
    with db.session(by_keys=True) as session:
        (name,) = session.scalars(KNOWN).all()
        return "\n".join(session.scalars(text(f"EXPLAIN EXECUTE \"{name}\" ('{{1,2}}')")).all())
