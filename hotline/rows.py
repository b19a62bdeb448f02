"""Many rows in few statements: JSON that PostgreSQL takes apart, past the mapper's unit of work.

A statement has one parameter per table, so it stays the same, and prepared, for any number of rows.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, cast

from sqlalchemy import JSON, Column, Dialect, Table, inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history, set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from hotline.db import Base

_WAS = "version_as_read"


def put(
    session: Session, lines: Mapping[type[Base], Sequence[Mapping[str, Any]]], *, unless_there: bool = False
) -> None:
    """Write rows of several tables in one statement that is the same for any number of them.

    What a row does not name has the model's default. Constraints are checked behind all of them, so their order does
    not matter. With `unless_there` a row that is there already stays as it is. Raises SQLAlchemy's errors.
    """
    connection = session.connection()
    ways = [_way(table, frozenset().union(*rows), connection.dialect) for table, rows in lines.items()]
    inserts = [way.insert + (" ON CONFLICT DO NOTHING" if unless_there else "") for way in ways]
    first = ", ".join(f"w{number} AS ({insert})" for number, insert in enumerate(inserts[:-1]))
    told = tuple(way.told(rows) for way, rows in zip(ways, lines.values(), strict=True))
    connection.exec_driver_sql(f"WITH {first} {inserts[-1]}" if first else inserts[-1], told)


def settle(session: Session) -> None:
    """Write what changed in the rows the session holds, those with the same columns changed in one statement.

    What is new, deleted, or hangs on a relationship is left to the flush. Raises StaleDataError as that does where
    another transaction wrote a versioned row meanwhile.
    """
    changed: dict[tuple[type[Base], frozenset[str]], list[Base]] = defaultdict(list)
    for row in session.dirty:
        names = frozenset(name for name in _touched(row) if get_history(row, name).has_changes())
        if names:
            changed[type(row), names].append(row)
    for (table, names), rows in changed.items():
        way = _change(table, names, session.connection().dialect)
        told = [way.values(row) | {_WAS: _version(row)} for row in rows]
        written = session.connection().exec_driver_sql(way.update, (_as_text(told),)).rowcount
        if written != len(rows):
            raise StaleDataError(f"{table.__name__}: {written} of {len(rows)} rows were as they had been read")
        for row, name in product(rows, names):
            set_committed_value(row, name, row.__dict__[name])


def _touched(row: Base) -> set[str]:
    state = inspect(row)
    return set(_columns(type(row))) - state.unmodified if state.persistent else set()


@lru_cache
def _columns(table: type[Base]) -> tuple[str, ...]:
    return tuple(attribute.key for attribute in inspect(table).column_attrs)


def _version(row: Base) -> Any:
    """The version with which the row was read, where its table has one."""
    column = inspect(type(row)).version_id_col
    if column is None:
        return None
    before = get_history(row, column.name)
    return next(iter(before.deleted or before.unchanged))


@dataclass(frozen=True)
class _Change:
    """How changed columns of held rows are told to PostgreSQL."""

    update: str
    columns: tuple[tuple[str, Callable[[Any], Any]], ...]

    def values(self, row: Base) -> dict[str, Any]:
        """The row's key and what changed, as JSON."""
        return {name: value(row.__dict__[name]) for name, value in self.columns}


@lru_cache(maxsize=512)
def _change(table: type[Base], names: frozenset[str], dialect: Dialect) -> _Change:
    whole, quoted = cast("Table", table.__table__), dialect.identifier_preparer
    keys, version = list(whole.primary_key), inspect(table).version_id_col
    columns = [*keys, *(column for column in whole.columns if column.name in names)]
    typed = {quoted.format_column(column): column.type.compile(dialect) for column in columns}
    if version is not None:
        typed[_WAS] = version.type.compile(dialect)
    given = ", ".join(f"{name} {type_}" for name, type_ in typed.items())
    values = ", ".join(f"{name} = given.{name}" for name in map(quoted.format_column, columns[len(keys) :]))
    name = quoted.format_table(whole)
    same = [f"{name}.{key} = given.{key}" for key in map(quoted.format_column, keys)]
    if version is not None:
        same.append(f"{name}.{quoted.format_column(version)} = given.{_WAS}")
    rows = f"json_to_recordset(%s::json) AS given ({given})"
    update = f"UPDATE {name} SET {values} FROM {rows} WHERE {' AND '.join(same)}"  # noqa: S608 - names of our own tables
    return _Change(update, tuple((column.name, _as_json(column, dialect)) for column in columns))


@dataclass(frozen=True)
class _Way:
    """How rows of one table that name the same columns are told to PostgreSQL."""

    insert: str
    columns: tuple[tuple[str, Callable[[], Any], Callable[[Any], Any]], ...]  # name, default, its value as JSON

    def told(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """The rows as JSON."""
        return _as_text(
            [{n: value(row[n] if n in row else default()) for n, default, value in self.columns} for row in rows]
        )


@lru_cache(maxsize=256)
def _way(table: type[Base], named: frozenset[str], dialect: Dialect) -> _Way:
    whole, quoted = cast("Table", table.__table__), dialect.identifier_preparer
    columns = [column for column in whole.columns if column.name in named or column.default is not None]
    names, name = ", ".join(map(quoted.format_column, columns)), quoted.format_table(whole)
    read = f"SELECT {names} FROM json_populate_recordset(NULL::{name}, %s::json)"  # noqa: S608 - names of our own tables
    ways = tuple((column.name, _default(column), _as_json(column, dialect)) for column in columns)
    return _Way(f"INSERT INTO {name} ({names}) {read}", ways)


def _default(column: Column[Any]) -> Callable[[], Any]:
    default: Any = column.default
    if default is not None and default.is_callable:
        return lambda: default.arg(None)
    return lambda: None if default is None else default.arg


def _as_json(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any]:
    """JSON stays what it is; every other type is bound as it would be alone."""
    bound = None if isinstance(column.type, JSON) else column.type.dialect_impl(dialect).bind_processor(dialect)
    return bound or _as_it_is


def _as_text(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False, allow_nan=False, default=dt.datetime.isoformat)


def _as_it_is(value: Any) -> Any:
    return value
