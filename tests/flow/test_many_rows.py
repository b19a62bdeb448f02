"""Rows that a step adds are written by INSERT or, where they are many, by COPY: what is read back is the same."""

import datetime as dt

import pytest
from sqlalchemy import select

from hotline import db
from hotline.message_models import Notice, OutboxRow
from hotline.models import HistoryRow
from hotline.unit import _MANY, transaction

pytestmark = pytest.mark.usefixtures("database")
AT = dt.datetime(2026, 11, 26, 1, 2, 3, 456_789, tzinfo=dt.UTC)
ODD = "反斜线\\t、制表\t、换行\n、引号\"'、NULL、\\N、逗号,"


def read(table, *without):
    kept = [column for column in table.__table__.columns if column.name not in {"id", *without}]
    with db.session() as session:
        return [tuple(row) for row in session.execute(select(*kept).order_by(table.id))]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (OutboxRow, {"kind": "CaseCreated", "payload": {"words": ODD, "none": None}, "created_at": AT, "ready_at": AT}),
        (Notice, {"at": AT, "user": "clerk1", "case_number": "1", "rung": "red", "text": ODD}),
    ],
)
def test_both_ways_write_the_same(table, values):
    with transaction() as unit:
        unit.write(table, **values)
    (alone,) = read(table)
    with transaction() as unit:
        for _ in range(_MANY):
            unit.write(table, **values)
    assert read(table) == [alone] * (_MANY + 1)


def test_sealed_words_are_sealed_in_both_ways():
    from hotline import privacy

    assert privacy.decrypt(sealed(1)) == privacy.decrypt(sealed(_MANY)) == ODD


def sealed(count):
    """What stands in the table of one of so many rows."""
    from sqlalchemy import text

    who = {"actor": "x", "role": "system", "department": "", "before": "", "after": "", "previous": "", "hash": ""}
    with transaction() as unit:
        unit.session.execute(text("SET LOCAL session_replication_role = replica"))  # no case belongs to these rows
        for number in range(count):
            unit.write(HistoryRow, case_id=count, seq=number, at=AT, action="x", facts={}, words=ODD, **who)
    with db.session() as session:
        kept = text("SELECT words FROM history WHERE case_id = :case LIMIT 1")
        return session.scalar(kept, {"case": count})


def test_nothing_of_many_is_there_where_the_step_fails():
    def half_done():
        with transaction() as unit:
            for _ in range(_MANY):
                unit.write(Notice, at=AT, user="clerk1", case_number="1", rung="red", text=ODD)
            unit.put_down()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert read(Notice) == []
