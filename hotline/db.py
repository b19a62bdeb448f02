"""The engine of this process and the base of all tables."""

import datetime as dt
import time
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Table,
    any_,
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


class Instant(TypeDecorator[dt.datetime]):
    """An aware instant, UTC in Python and in the database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Into the database."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        return value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Out of the database."""
        return None if value is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """All tables; names of constraints are fixed so that migrations can speak of them."""

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
    made = create_engine(Settings().database(), pool_size=12, max_overflow=24, pool_use_lifo=True, hide_parameters=True)
    event.listen(made, "checkin", _rests)
    event.listen(made, "checkout", _still_there)
    return made


def _rests(_connection: Any, record: Any) -> None:
    record.info["since"] = time.monotonic()


def _still_there(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that rested is asked first: after a restart of the server it is replaced."""
    if connection is None or time.monotonic() - record.info.get("since", time.monotonic()) < RESTED_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as gone:
        raise DisconnectionError from gone


@lru_cache
def _maker() -> sessionmaker[Session]:
    return sessionmaker(engine(), expire_on_commit=False)


def among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """The column has one of many values: one array, whatever their number, so that the statement stays the same."""
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(column.type))))


def copy_in(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write many rows that name the same columns by COPY, in the open transaction. Defaults of the model are filled in.

    Raises psycopg's errors as they are.
    """
    connection = session.connection()
    dialect, whole = connection.dialect, cast("Table", table.__table__)
    columns = [column for column in whole.columns if column.name in rows[0] or _default(column) is not None]
    ways = [(c.name, _default(c), c.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is) for c in columns]
    quoted = dialect.identifier_preparer
    names = ", ".join(quoted.format_column(column) for column in columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {quoted.format_table(whole)} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([way(row.get(name, default)) for name, default, way in ways])


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    return default.arg if default is not None and default.is_scalar else None


def _as_it_is(value: Any) -> Any:
    return value


def session() -> Session:
    """A new session; use it through `unit.transaction` or for reading in a `with`."""
    return _maker()()
