"""Which versions are in force: the database is the truth, each process looks at most once a second.

A version takes force in every process within LOOK_SECONDS of its approval, or at its own hour, without a restart. A
clock that was started in between carries the stamp of what judged it, so that the re-judgement finds it (jobs.py).
Where the database cannot be read, what was known goes on; where nothing was known yet, the files do.
"""

import datetime as dt
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from time import monotonic

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hotline import clock, db, profiles
from hotline.errors import BadInput
from hotline.policy import Policy
from hotline.rulebook.models import RuleVersion
from hotline.settings import Settings
from hotline.words import Rule
from hotline.workcalendar import Calendar, Year, year_of

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
_LOCK = threading.Lock()

Key = tuple[str, str]  # what, name


@dataclass(frozen=True)
class _Kept:
    """What this process goes by: versions by key, in force from `since` until another one's hour."""

    policy: Policy
    versions: dict[Key, int]
    since: dt.datetime
    until: dt.datetime | None
    looked: float

    def fresh(self, now: dt.datetime) -> bool:
        """Whether nothing else can be in force."""
        in_time = self.since <= now and (self.until is None or now < self.until)
        return in_time and monotonic() - self.looked < LOOK_SECONDS


_kept: _Kept | None = None


def profile() -> str:
    """The name of this city's profile."""
    return Path(Settings().profile).stem


def policy() -> Policy:
    """The profile in force now, over the calendars in force. Raises BadInput where none can be used."""
    now, kept = clock.now(), _kept
    if kept is not None and kept.fresh(now):
        return kept.policy
    if not _LOCK.acquire(blocking=kept is None):
        return kept.policy if kept else policy()  # another thread is looking
    try:
        return _look(now, _kept).policy
    finally:
        _LOCK.release()


def forget() -> None:
    """Look again at the next question: this process has just changed something."""
    global _kept  # noqa: PLW0603 - one reading per process
    _kept = None


def _look(now: dt.datetime, before: _Kept | None) -> _Kept:
    global _kept  # noqa: PLW0603 - one reading per process
    try:
        with db.session() as session:
            _kept = _read(session, now, before)
    except (SQLAlchemyError, RuntimeError) as gone:
        _kept = _as_before(now, before, type(gone).__name__)
    except BadInput as wrong:
        if before is None:
            raise
        _kept = _as_before(now, before, wrong.code)
    return _kept


def _as_before(now: dt.datetime, before: _Kept | None, why: str) -> _Kept:
    log.warning("the versions of the rules cannot be read (%s): what was in force goes on", why)
    if before is None:
        return _Kept(assembled({}), {}, now, None, monotonic())
    return replace(before, since=min(now, before.since), until=None, looked=monotonic())


def _read(session: Session, now: dt.datetime, before: _Kept | None) -> _Kept:
    versions, until = numbers(session, now)
    if before is not None and before.versions == versions:
        return replace(before, since=now, until=until, looked=monotonic())
    return _Kept(assembled(texts(session, versions)), versions, now, until, monotonic())


def numbers(session: Session, now: dt.datetime) -> tuple[dict[Key, int], dt.datetime | None]:
    """The number in force of every profile and year, and when that changes next."""
    rows = select(RuleVersion.what, RuleVersion.name, RuleVersion.number, RuleVersion.valid_from)
    found: dict[Key, int] = {}
    coming: list[dt.datetime] = []
    for what, name, number, valid_from in session.execute(rows.order_by(RuleVersion.number)):
        if valid_from <= now:
            found[what, name] = number
        else:
            coming.append(valid_from)
    return found, min(coming, default=None)


def texts(session: Session, versions: Mapping[Key, int]) -> dict[Key, str]:
    """What these versions say."""
    rows = select(RuleVersion).where(RuleVersion.number.in_(set(versions.values())))
    return {
        (row.what, row.name): row.content
        for row in session.scalars(rows)
        if versions.get((row.what, row.name)) == row.number
    }


@lru_cache
def _years_of_files() -> dict[int, Year]:
    return {year.year: year for year in Calendar.load().years}


def assembled(said: Mapping[Key, str], name: str = "") -> Policy:
    """The policy these texts make together; what they do not speak of is read from the files.

    `name` is another profile than this city's own. Raises BadInput where they cannot be used.
    """
    named = name or profile()
    own = {int(of): year_of(text, f"{of}年日历") for (what, of), text in said.items() if what == Rule.CALENDAR}
    years = _years_of_files() | own
    calendar = Calendar(tuple(years[year] for year in sorted(years)))
    text = said.get((Rule.POLICY, named))
    table = profiles.parsed(text, named) if text else profiles.table(name or Settings().profile)
    return Policy.of(table, calendar)
