"""One transaction per use case: what changed, its history and its events are one commit."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from hotline import clock, db, rows
from hotline.db import Base
from hotline.errors import Conflict
from hotline.events import Event
from hotline.message_models import OutboxRow


@dataclass(frozen=True)
class Unit:
    """An open transaction and the one `now` (aware UTC) that everything in it uses.

    `tails`: case → (sequence, hash) of the last history row of cases it has locked. `lines`: table → rows that nobody
    reads again here; they are written together before the commit.
    """

    session: Session
    now: dt.datetime
    tails: dict[int, tuple[int, str]] = field(default_factory=dict)
    lines: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def record(self, event: Event) -> None:
        """Write the event into the outbox, in this transaction."""
        told = {"kind": event.kind, "payload": event.payload()}
        self.write(OutboxRow, **told, created_at=self.now, ready_at=clock.machine())

    def write(self, table: type[Base], **values: Any) -> None:
        """Add a row that this transaction does not read again."""
        self.lines.setdefault(table, []).append(values)

    def keep(self, row: Base) -> None:
        """Add a row that was made as an object; what becomes of the object from now on is not written."""
        names = row.__table__.columns.keys()
        self.write(type(row), **{name: row.__dict__[name] for name in names if name in row.__dict__})

    def put_down(self, *, last: bool = False) -> None:
        """Write what changed in held rows, what is new, and what was added: as few statements as there are sorts.

        `last`: only the commit comes after it.
        """
        rows.put_down(self.session, self.lines, last=last)
        self.lines.clear()


@contextmanager
def transaction(now: dt.datetime | None = None, *, by_keys: bool = False) -> Iterator[Unit]:
    """Commit at the end, roll back on any error. Raises Conflict when somebody else wrote the same row first.

    `by_keys`: whatever it asks finds rows by their keys, as the steps of cases do, so that nothing is planned twice.
    """
    with db.session(by_keys=by_keys) as session:
        try:
            unit = Unit(session, now or clock.now())
            yield unit
            unit.put_down(last=True)
            session.commit()
        except StaleDataError:
            session.rollback()
            raise Conflict("changed_meanwhile", "别人刚刚改动了这件诉求，请刷新后再试。") from None
        except BaseException:
            session.rollback()
            raise
