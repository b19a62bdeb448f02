"""The dispatch catalogue as the processes use it: read from the tables, kept for a few seconds."""

import time
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.models import CatalogueRow, Fallback
from dispatch.routing import Book, Rule
from hotline import db
from hotline.city_models import Department

KEPT_SECONDS = 30.0
_lock = Lock()
_kept: tuple[float, Book] | None = None


def read(session: Session) -> Book:
    """The catalogue as it stands in the tables; dissolved departments are left out of those that exist."""
    rows = session.scalars(select(CatalogueRow))
    return Book(
        rules={(row.category, row.area): Rule(row.lead, tuple(row.co), row.basis) for row in rows},
        fallbacks={row.area: row.department for row in session.scalars(select(Fallback))},
        departments=frozenset(session.scalars(select(Department.code).where(Department.dissolved.is_(False)))),
    )


def book() -> Book:
    """The catalogue, at most KEPT_SECONDS old."""
    global _kept  # noqa: PLW0603 - one copy per process
    with _lock:
        if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
            with db.session() as session:
                _kept = (time.monotonic(), read(session))
        return _kept[1]


def forget() -> None:
    """Read again next time (a city was loaded, a test begins)."""
    global _kept  # noqa: PLW0603 - one copy per process
    with _lock:
        _kept = None
