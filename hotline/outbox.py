"""The relay's side of the outbox: claim with a lease, retry with back-off, mark as done."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, String, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from hotline import clock
from hotline.backoff import pause
from hotline.db import among
from hotline.message_models import Handled, OutboxRow
from hotline.unit import Unit, transaction

LEASE = dt.timedelta(seconds=60)
_BACK_OFF = dt.timedelta(seconds=5)
_LONGEST_BACK_OFF = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Message:
    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int


def _message(row: OutboxRow) -> Message:
    return Message(row.id, row.kind, row.payload, row.attempts)


def claim(most: int = 200) -> list[Message]:
    """Take waiting messages, oldest first, for LEASE: who dies with them loses them to the next claimer."""
    with transaction(clock.machine()) as unit:
        waiting = OutboxRow.done_at.is_(None) & (OutboxRow.ready_at <= unit.now)
        rows = select(OutboxRow).where(waiting).order_by(OutboxRow.ready_at, OutboxRow.id).limit(most)
        claimed = list(unit.session.scalars(rows.with_for_update(skip_locked=True)))
        for row in claimed:
            row.ready_at = unit.now + LEASE
            row.attempts += 1
        return [_message(row) for row in claimed]


def read(unit: Unit, ids: Sequence[int]) -> list[Message]:
    """Those of the messages that are not done, oldest first."""
    rows = select(OutboxRow).where(among(OutboxRow.id, ids), OutboxRow.done_at.is_(None)).order_by(OutboxRow.id)
    return [_message(row) for row in unit.session.scalars(rows)]


def first_time(unit: Unit, pairs: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which of these (message, handler) meet for the first time; remembered in this transaction."""
    if not pairs:
        return set()
    ids, names = ([pair[n] for pair in sorted(pairs)] for n in range(2))
    columns = func.unnest(literal(ids, ARRAY(BigInteger)), literal(names, ARRAY(String)))
    given = columns.table_valued("id", "name").render_derived()
    rows = insert(Handled).from_select(["message_id", "handler"], select(given.c.id, given.c.name))
    met = rows.on_conflict_do_nothing().returning(Handled.message_id, Handled.handler)
    return {(row.message_id, row.handler) for row in unit.session.execute(met)}


def done(unit: Unit, ids: Sequence[int]) -> None:
    """All handlers have taken them."""
    unit.session.execute(update(OutboxRow).where(among(OutboxRow.id, ids)).values(done_at=clock.machine(), error=""))


def failed(message_id: int, attempts: int, error: str) -> None:
    """A handler failed: try again later; the time between tries doubles up to ten minutes."""
    wait = pause(_BACK_OFF, _LONGEST_BACK_OFF, attempts + 1)
    with transaction(clock.machine()) as unit:
        change = update(OutboxRow).where(OutboxRow.id == message_id)
        unit.session.execute(change.values(ready_at=unit.now + wait, error=error[:200]))


def sweep_out(unit: Unit, keep: dt.timedelta = dt.timedelta(days=7)) -> int:
    """Delete done messages older than `keep`; returns how many."""
    old = select(OutboxRow.id).where(OutboxRow.done_at < unit.now - keep).limit(10_000)
    ids = list(unit.session.scalars(old))
    unit.session.execute(delete(Handled).where(among(Handled.message_id, ids)))
    unit.session.execute(delete(OutboxRow).where(among(OutboxRow.id, ids)))
    return len(ids)
