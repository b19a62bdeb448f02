"""Many rows, changed and new ones, in one statement: JSON that PostgreSQL takes apart, past the mapper's unit of work.

A statement has one parameter for each sort of row, so it stays the same, and prepared, for any number of rows.
"""

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import orjson
from sqlalchemy import JSON, Column, Dialect, Table, inspect
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import get_history, instance_state, set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from hotline.db import Base

_WAS = "version_as_read"
_PLAIN = (str, int, float, dt.datetime, dict, list)  # values, no expressions that the server works out


def put_down(session: Session, lines: Mapping[type[Base], Sequence[Mapping[str, Any]]], *, last: bool = False) -> None:
    """Write all that the session holds and these rows besides, in one statement: what changed, what is new, `lines`.

    What hangs on something that the flush has to sort out is left to it, behind what changed and before the lines. New
    rows are held by the session afterwards as after a flush, or by nobody where it was the `last` before it ends.
    Raises SQLAlchemy's errors, and StaleDataError as a flush does where another transaction wrote a versioned row
    meanwhile.
    """
    changes = list(_changes(session))
    fresh = _taken_out(session)
    _clean(session)
    told = {table: list(rows) for table, rows in lines.items()}
    for row in fresh:
        told.setdefault(type(row), []).append({name: row.__dict__[name] for name in _columns(type(row))})
    if session.new or session.deleted or session.dirty:
        _write(session, changes, {})
        session.flush()
        changes = []
    _write(session, changes, told)
    for row in fresh:
        make_transient_to_detached(row)
    if not last:
        session.add_all(fresh)


def _taken_out(session: Session) -> list[Base]:
    """The new rows that can be told as lines, whole and with their keys, taken out of the session."""
    fresh = [row for row in session.new if _stands_alone(row)]
    if not fresh:
        return []
    for row, key in zip(fresh, _keys(session, fresh), strict=True):
        for name, value in _unsaid(row).items():
            set_committed_value(row, name, value)
        set_committed_value(row, "id", key)
        session.expunge(row)
    holder: Base
    for holder in (*session.dirty, *session.new):
        for name in _lists(type(holder)) & inspect(holder).committed_state.keys():
            set_committed_value(holder, name, list(getattr(holder, name)))  # they are written, not to be flushed again
    return fresh


def _clean(session: Session) -> None:
    """The flush has nothing to look for in rows of which all is written."""
    for row in session.dirty:
        state = instance_state(row)
        if not state.committed_state:
            state._commit_all(state.dict, session.identity_map)  # noqa: SLF001 - what the flush itself does at its end


def _stands_alone(row: Base) -> bool:
    """Whether its table has a running number as its key, no lists, and the row names all that only a server knows."""
    keyed, needed = _shape(type(row))
    told = row.__dict__
    return keyed and told.get("id") is None and all(isinstance(told.get(name), _PLAIN) for name in needed)


@lru_cache
def _shape(table: type[Base]) -> tuple[bool, tuple[str, ...]]:
    """(whether its rows may be told as lines, the columns a row has to name)."""
    mapper, whole = inspect(table), cast("Table", table.__table__)
    key = whole.autoincrement_column
    keyed = key is not None and key.name == "id" and len(whole.primary_key) == 1 and not mapper.relationships
    plain = mapper.version_id_col is None and set(whole.columns.keys()) == _columns(table)
    unsaid = (c for c in whole.columns if c.default is None and (c.server_default is not None or not c.nullable))
    return keyed and plain, tuple(column.name for column in unsaid if column is not key)


def _unsaid(row: Base) -> dict[str, Any]:
    """What the row does not name, as the model's defaults say."""
    return {name: make() for name, make in _defaults(type(row)) if name not in row.__dict__}


@lru_cache
def _defaults(table: type[Base]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple((column.name, _default(column)) for column in cast("Table", table.__table__).columns)


@lru_cache
def _lists(table: type[Base]) -> frozenset[str]:
    return frozenset(relation.key for relation in inspect(table).relationships)


def _keys(session: Session, rows: Sequence[Base]) -> list[int]:
    """The next running numbers of the tables of these rows, one for each."""
    counts = Counter(type(row).__tablename__ for row in rows)
    each = "unnest(%s::text[], %s::int[]) AS wanted(name, n), generate_series(1, n)"
    drawn = f"SELECT name, nextval(pg_get_serial_sequence(name, 'id')) FROM {each}"  # noqa: S608 - no names in it
    keys: dict[str, list[int]] = defaultdict(list)
    for table, key in session.connection().exec_driver_sql(drawn, (list(counts), list(counts.values()))):
        keys[table].append(key)
    ahead = {table: iter(sorted(found)) for table, found in keys.items()}
    return [next(ahead[type(row).__tablename__]) for row in rows]


def put(
    session: Session, lines: Mapping[type[Base], Sequence[Mapping[str, Any]]], *, unless_there: bool = False
) -> None:
    """Write rows of several tables in one statement that is the same for any number of them.

    What a row does not name has the model's default. Constraints are checked behind all of them, so their order does
    not matter. With `unless_there` a row that is there already stays as it is. Raises SQLAlchemy's errors.
    """
    _write(session, [], lines, unless_there=unless_there)


def _write(
    session: Session,
    changes: Sequence["_Changed"],
    lines: Mapping[type[Base], Sequence[Mapping[str, Any]]],
    *,
    unless_there: bool = False,
) -> None:
    """Changes of held rows and new rows in one statement. Raises StaleDataError where a held row was not as read."""
    connection, sorts = session.connection(), list(_sorts(lines))
    ways = [_way(table, frozenset().union(*rows), connection.dialect) for table, rows in sorts]
    told = (*(change.told for change in changes), *(way.told(rows) for way, (_, rows) in zip(ways, sorts, strict=True)))
    if told:
        statement = _one(tuple(change.update for change in changes), tuple(way.insert for way in ways), unless_there)
        found = connection.exec_driver_sql(statement, told)
        for change, written in zip(changes, found.one() if changes else (), strict=True):
            change.check(written)


@lru_cache(maxsize=4096)
def _one(updates: tuple[str, ...], inserts: tuple[str, ...], unless_there: bool) -> str:
    """All in one statement; with updates it answers how many rows each of them wrote."""
    parts = [f"c{number} AS ({update} RETURNING 1)" for number, update in enumerate(updates)]
    more = [insert + " ON CONFLICT DO NOTHING" if unless_there else insert for insert in inserts]
    counts = ", ".join(f"(SELECT count(*) FROM c{number})" for number in range(len(updates)))  # noqa: S608 - our own names
    last = f"SELECT {counts}" if updates else more.pop()
    parts += [f"w{number} AS ({insert})" for number, insert in enumerate(more)]
    return f"WITH {', '.join(parts)} {last}" if parts else last


def _sorts(
    lines: Mapping[type[Base], Sequence[Mapping[str, Any]]],
) -> Iterator[tuple[type[Base], Sequence[Mapping[str, Any]]]]:
    """The rows by table, those that name their running number apart from those to which the server gives one."""
    for table, rows in lines.items():
        keyed = [row for row in rows if "id" in row]
        unkeyed = [row for row in rows if "id" not in row] if keyed else rows
        yield from ((table, some) for some in (keyed, unkeyed) if some)


@dataclass(frozen=True)
class _Changed:
    """Changed rows of one table, told as JSON; the session takes them for written."""

    table: type[Base]
    update: str
    told: str
    count: int

    def check(self, written: int) -> None:
        """Raise StaleDataError unless all of them were written."""
        if written != self.count:
            raise StaleDataError(f"{self.table.__name__}: {written} of {self.count} rows were as they had been read")


def _changes(session: Session) -> Iterator[_Changed]:
    """What changed in the rows the session holds, few changes for all of a table.

    What is new, deleted, or hangs on a relationship is left to the flush.
    """
    changed: dict[tuple[type[Base], frozenset[str]], list[Base]] = defaultdict(list)
    for row in session.dirty:
        touched = _touched(row)
        names = _changed(row, touched)
        _is_written(row, touched - names)  # what was set to what it was
        if names:
            changed[type(row), _with_theirs(row, names)].append(row)
    for table, names, rows in _joined(changed):
        way = _change(table, names, session.connection().dialect)
        told = [way.values(row) | {_WAS: _version(row)} for row in rows]
        for row in rows:
            _is_written(row, names)
        yield _Changed(table, way.update, _as_text(told), len(rows))


def _joined(
    changed: Mapping[tuple[type[Base], frozenset[str]], list[Base]],
) -> Iterator[tuple[type[Base], frozenset[str], list[Base]]]:
    """The same, rows of a versioned table together where each of them knows all columns that one of them changed.

    What did not change is written as it was read: the version tells that nobody else wrote these rows meanwhile.
    """
    versioned: dict[type[Base], list[tuple[frozenset[str], list[Base]]]] = defaultdict(list)
    for (table, names), rows in changed.items():
        if inspect(table).version_id_col is None:
            yield table, names, rows
            continue
        groups = versioned[table]
        for place, (others, held) in enumerate(groups):
            if all(names | others <= row.__dict__.keys() for row in (*held, *rows)):
                groups[place] = names | others, held + rows
                break
        else:
            groups.append((names, rows))
    yield from ((table, *group) for table, groups in versioned.items() for group in groups)


def _touched(row: Base) -> frozenset[str]:
    """The columns of a held row that were set since it was read."""
    state = instance_state(row)
    return _columns(type(row)) & state.committed_state.keys() if state.persistent else frozenset()


def _changed(row: Base, touched: frozenset[str]) -> frozenset[str]:
    """Those of the touched columns that are not what they were; what they were may not be known."""
    was, is_ = instance_state(row).committed_state, row.__dict__
    return frozenset(name for name in touched if was[name] is not is_[name] and was[name] != is_[name])


def _with_theirs(row: Base, names: frozenset[str]) -> frozenset[str]:
    """And what its table writes together with them, as far as it was read."""
    together = row.written_together
    return names | together if names & together and together <= row.__dict__.keys() else names


def _is_written(row: Base, names: Collection[str]) -> None:
    state = instance_state(row)
    state._commit(state.dict, names)  # noqa: SLF001 - what `set_committed_value` does for one of them


@lru_cache
def _columns(table: type[Base]) -> frozenset[str]:
    return frozenset(attribute.key for attribute in inspect(table).column_attrs)


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
    try:
        return orjson.dumps(rows).decode()
    except orjson.JSONEncodeError:  # half a surrogate pair, a number beyond 64 bits: PostgreSQL or its driver says no
        return json.dumps(rows, ensure_ascii=False, allow_nan=False, default=dt.datetime.isoformat)


def _as_it_is(value: Any) -> Any:
    return value
