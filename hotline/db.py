"""The engine of this process and the base of all tables."""

import datetime as dt
import time
from collections.abc import Collection
from functools import lru_cache
from typing import Any, ClassVar, TypeVarTuple, cast

import orjson
from psycopg import OperationalError, pq
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Row,
    Select,
    any_,
    bindparam,
    create_engine,
    event,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from hotline.settings import Settings

RESTED_SECONDS = 2.0
PLANS_LAST_SECONDS = 300.0
PREPARED_FROM, PREPARED = 2, 500  # at which time a statement is prepared, and how many stay so in one connection
PLANNED_ONCE = {"options": "-c plan_cache_mode=force_generic_plan"}

Answer = TypeVarTuple("Answer")


class Instant(TypeDecorator[dt.datetime]):
    """An aware instant, UTC in Python and in the database; a naive one is refused.

    Out of the database it comes in the time zone of the connection, which is UTC (`_set_up`).
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Into the database."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        return value


class Base(DeclarativeBase):
    """All tables; names of constraints are fixed so that migrations can speak of them.

    `written_together`: columns that only change under the lock of their case. Where one of them changed all are written
    as they stand, so that few statements serve all steps.
    """

    written_together: ClassVar[frozenset[str]] = frozenset()

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {dt.datetime: Instant, dict[str, Any]: JSONB, list[Any]: JSONB, int: BigInteger}


@lru_cache
def engine() -> Engine:
    """One pool per process. READ COMMITTED; optimistic versions and row locks do the rest."""
    return _watched(pool_size=12, max_overflow=24)


@lru_cache
def engine_by_keys() -> Engine:
    """The same for transactions that find rows by their keys alone: one plan fits all values."""
    return _watched(pool_size=12, max_overflow=24, connect_args=PLANNED_ONCE)


@lru_cache
def _alone() -> Engine:
    return _watched(pool_size=2, isolation_level="AUTOCOMMIT", connect_args=PLANNED_ONCE)


def _watched(**more: Any) -> Engine:
    ways = {"pool_use_lifo": True, "hide_parameters": True, "json_deserializer": orjson.loads}
    made = create_engine(Settings().database(), **ways, **more)
    cast("Any", made.dialect).do_rollback = _roll_back
    event.listen(made, "connect", _set_up)
    event.listen(made, "checkin", _rests)
    event.listen(made, "checkout", _still_there)
    return made


def dispose(*, close: bool = True) -> None:
    """Close the connections of this process that rest; a process that was just forked lets its parent's alone."""
    for made in (engine, engine_by_keys, _alone):
        if made.cache_info().currsize:
            made().dispose(close)


def _set_up(connection: Any, record: Any) -> None:
    """UTC, whatever zone the server or the role is set to; statements that come again stay prepared, all of them."""
    connection.prepare_threshold, connection.prepared_max = PREPARED_FROM, PREPARED
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()
    record.info["made"] = record.info["planned"] = time.monotonic()


def _roll_back(connection: Any) -> None:
    """End a transaction of which nothing is kept, as each that only reads.

    psycopg's own `rollback` also forgets every prepared statement, for what it names may have been made in that
    transaction; ours make no tables. Where anything goes wrong it is left to psycopg.
    """
    begun = connection.pgconn.transaction_status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)
    if not begun or not _says(connection, b"ROLLBACK"):
        connection.rollback()


def _says(connection: Any, words: bytes) -> bool:
    """Whether the server did what it was told, outside of psycopg's transactions; False where it is gone."""
    try:
        told = connection.pgconn.exec_(words)
    except OperationalError:
        return False
    return told.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)


def _rests(_connection: Any, record: Any) -> None:
    record.info["since"] = time.monotonic()


def _still_there(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that rested is asked first: after a restart of the server it is replaced.

    Its plans are made anew when it is twice as old as they were made at, and every five minutes: what was planned while
    a table was small reads all of it when it is large.
    """
    if connection is None:
        return
    info, now = record.info, time.monotonic()
    old = now - info["planned"] > min(info["planned"] - info["made"] + 1, PLANS_LAST_SECONDS)
    rested = now - info.get("since", now) >= RESTED_SECONDS
    if (old or rested) and not _says(connection, b"DISCARD PLANS" if old else b"SELECT 1"):
        raise DisconnectionError
    if old:
        info["planned"] = now


@lru_cache
def _maker(by_keys: bool) -> sessionmaker[Session]:
    return sessionmaker(engine_by_keys() if by_keys else engine(), expire_on_commit=False)


def among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """The column has one of many values: one array, whatever their number, so that the statement stays the same."""
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))


def among_these(column: Any) -> ColumnElement[bool]:
    """The same for a statement that is made once and told its values when it runs: `{"these": [...]}`."""
    return cast("ColumnElement[bool]", column == any_(bindparam("these", type_=ARRAY(column.type))))


def each_by_itself() -> Session:
    """A session for few statements that come again and again, each a transaction of its own.

    Two messages fewer to the server and back, and none is planned anew for its values.
    """
    return Session(_alone())


def ask(question: Select[*Answer]) -> Row[*Answer]:
    """The one row that answers a small question, by itself and past the mapper."""
    with _alone().connect() as connection:
        return connection.execute(question).one()


def session(*, by_keys: bool = False) -> Session:
    """A new session; use it through `unit.transaction` or for reading in a `with`.

    `by_keys`: whatever it asks finds rows by their keys.
    """
    return _maker(by_keys)()
