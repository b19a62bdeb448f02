"""An instant comes out of the database as it went in: the same moment, aware, in UTC."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from hotline import clock, db
from hotline.message_models import Notice
from hotline.unit import transaction


def server_in(zone):
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone = {zone}")
    db.dispose()  # connections of before would not have it


@pytest.fixture
def elsewhere(database):
    """A server whose own time zone is that of the city."""
    server_in("'Asia/Shanghai'")
    yield
    server_in("DEFAULT")


def test_instants_are_in_utc_whatever_zone_the_server_is_set_to(elsewhere):
    at = dt.datetime(2026, 11, 2, 7, 30, tzinfo=clock.SHANGHAI)
    with transaction() as unit:
        unit.session.add(Notice(at=at, user="clerk1", case_number="", rung="half", text="x"))
    with db.session() as session:
        kept, reckoned = session.scalars(select(Notice.at)).one(), session.scalar(select(func.max(Notice.at)))
    assert kept == reckoned == at
    assert kept.tzinfo is reckoned.tzinfo is dt.UTC


def test_the_zone_stands_after_a_rollback_too(elsewhere):
    with db.session() as session:
        session.execute(select(1))
        session.rollback()
        assert session.scalar(select(func.current_setting("TimeZone"))) == "UTC"
