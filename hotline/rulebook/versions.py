"""Reading versions, and the files as the first of them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, profiles
from hotline.errors import Missing
from hotline.rulebook import present
from hotline.rulebook.models import RuleVersion
from hotline.settings import Settings
from hotline.unit import transaction
from hotline.words import Rule
from hotline.workcalendar import CALENDARS

SYSTEM = "system"


def of(session: Session, what: str, name: str) -> list[RuleVersion]:
    """Every version of a profile or a year, newest first."""
    mine = select(RuleVersion).where(RuleVersion.what == what, RuleVersion.name == name)
    return list(session.scalars(mine.order_by(RuleVersion.number.desc())))


def one(session: Session, what: str, name: str, number: int) -> RuleVersion:
    """That version. Raises Missing."""
    row = session.scalar(select(RuleVersion).filter_by(what=what, name=name, number=number))
    if row is None:
        raise Missing("no_such_version", "没有这个版本。")
    return row


def told(row: RuleVersion) -> dict[str, Any]:
    """A version for programs, without its text; instants with +08:00."""
    who = {"by": row.by, "approved_by": row.approved_by, "reason": row.reason}
    when = {"at": clock.iso(row.at), "valid_from": clock.iso(row.valid_from)}
    return {"what": row.what, "name": row.name, "number": row.number} | who | when


def in_force(session: Session, now: dt.datetime) -> dict[present.Key, int]:
    """The number in force of every profile and year."""
    return present.numbers(session, now)[0]


def content(session: Session, what: str, name: str, now: dt.datetime) -> str:
    """What is in force, as TOML; the file's where there is no version yet. Raises Missing, BadInput."""
    number = in_force(session, now).get((what, name))
    if number is not None:
        return one(session, what, name, number).content
    said = dict(_of_files()).get((what, name))
    if said is None:
        raise Missing("no_such_version", "没有这个方案或年份。")
    return said


def _of_files() -> Iterator[tuple[present.Key, str]]:
    """Every profile and year this program came with, whole."""
    for name in sorted({*(file.stem for file in profiles.POLICIES.glob("*.toml")), present.profile()}):
        from_file = Settings().profile if name == present.profile() else name
        yield (Rule.POLICY.value, name), profiles.written(profiles.table(from_file))
    for file in sorted(CALENDARS.glob("*.toml")):
        yield (Rule.CALENDAR.value, file.stem), file.read_text(encoding="utf-8")


def take_up_files() -> int:
    """At every start: a file without a version becomes the first one, a changed file that no person changed a next one.

    What a person approved is never overruled by a file. Returns how many versions were written.
    """
    with transaction() as unit:
        rows = unit.session.scalars(select(RuleVersion).order_by(RuleVersion.number))
        newest = {(row.what, row.name): row for row in rows}
        fresh = [_from_file(key, text, newest.get(key), unit.now) for key, text in _of_files()]
        written = [row for row in fresh if row is not None]
        unit.session.add_all(written)
    present.forget()
    return len(written)


def _from_file(key: present.Key, text: str, last: RuleVersion | None, now: dt.datetime) -> RuleVersion | None:
    if last is not None and (last.content == text or last.by != SYSTEM):
        return None
    reason = "随程序提供" if last is None else "程序文件有更新"
    who = {"by": SYSTEM, "approved_by": SYSTEM, "reason": reason}
    number = last.number + 1 if last else 1
    return RuleVersion(what=key[0], name=key[1], number=number, content=text, at=now, valid_from=now, **who)
