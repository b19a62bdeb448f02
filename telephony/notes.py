"""What the shift leader says to the desks: one line, to one agent or to all who sit, until a moment of his choice."""

import datetime as dt
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hotline import clock
from hotline.city_models import User
from hotline.errors import BadInput, Forbidden, Missing
from hotline.lifecycle import Actor
from hotline.unit import Unit, transaction
from hotline.words import Role
from telephony.models import AgentSeat, ShiftNote, ShiftNoteRead
from telephony.reaction import Reaction, told
from telephony.words import Status

LONGEST, SHOWN = 200, 50
LONGEST_HOURS = 24 * 7
_LEADERS = frozenset({Role.SUPERVISOR})


def write(to: str, text: str, hours: float, by: Actor, now: dt.datetime | None = None) -> tuple[int, list[Reaction]]:
    """(number of the note, a word for each desk that is to read it). Raises Forbidden, BadInput, Missing."""
    if by.role not in _LEADERS:
        raise Forbidden("not_supervisor", "只有值班长可以发值班消息。")
    said = " ".join(text.split())
    if not 0 < len(said) <= LONGEST:
        raise BadInput("bad_note", f"请写下要说的话（不超过{LONGEST}个字）。", {"text": "缺少此项或过长"})
    if not 0 < hours <= LONGEST_HOURS:
        raise BadInput("bad_note", "有效时间从 1 小时到 7 天。", {"hours": "不对"})
    with transaction(now) as unit:
        if to and unit.session.get(User, to) is None:
            raise Missing("no_such_user", "没有这个用户。")
        note = ShiftNote(at=unit.now, by=by.name, to=to, text=said, until=unit.now + dt.timedelta(hours=hours))
        unit.session.add(note)
        unit.session.flush()
        return note.id, [told(user, "note", "") for user in _readers(unit, to)]


def _readers(unit: Unit, to: str) -> list[str]:
    there = select(AgentSeat.user).where(AgentSeat.status != Status.OFF).order_by(AgentSeat.user)
    return [to] if to else list(unit.session.scalars(there))


def read(note: int, user: str, now: dt.datetime | None = None) -> None:
    """He has seen it. Missing for a note that was not for him."""
    with transaction(now) as unit:
        row = unit.session.get(ShiftNote, note)
        if row is None or row.to not in {"", user}:
            raise Missing("no_such_note", "没有这条值班消息。")
        seen = insert(ShiftNoteRead).values(note=note, user=user, at=unit.now)
        unit.session.execute(seen.on_conflict_do_nothing())


def withdraw(note: int, by: Actor, now: dt.datetime | None = None) -> None:
    """It is over now. Forbidden, Missing."""
    if by.role not in _LEADERS:
        raise Forbidden("not_supervisor", "只有值班长可以撤回值班消息。")
    with transaction(now) as unit:
        row = unit.session.get(ShiftNote, note, with_for_update=True)
        if row is None:
            raise Missing("no_such_note", "没有这条值班消息。")
        row.until = min(row.until, unit.now)


def for_desk(session: Session, user: str, now: dt.datetime) -> list[dict[str, Any]]:
    """What still counts and is for him, newest first; `read` says whether he has seen it."""
    seen = and_(ShiftNoteRead.note == ShiftNote.id, ShiftNoteRead.user == user)
    rows = select(ShiftNote, ShiftNoteRead.at, User.shown).outerjoin(ShiftNoteRead, seen)
    rows = rows.outerjoin(User, User.name == ShiftNote.by)
    his = rows.where(ShiftNote.until > now, or_(ShiftNote.to == "", ShiftNote.to == user))
    found = session.execute(his.order_by(ShiftNote.id.desc()).limit(SHOWN))
    return [_told(note) | {"read": at is not None, "by_name": shown or note.by} for note, at, shown in found]


def listed(session: Session) -> list[dict[str, Any]]:
    """The newest notes for the shift leader, with how many have seen each and whether its time is over."""
    seen = select(ShiftNoteRead.note, func.count().label("count")).group_by(ShiftNoteRead.note).subquery()
    rows = select(ShiftNote, seen.c.count).outerjoin(seen, seen.c.note == ShiftNote.id)
    found = session.execute(rows.order_by(ShiftNote.id.desc()).limit(SHOWN))
    now = clock.now()
    return [_told(note) | {"seen": count or 0, "over": note.until <= now} for note, count in found]


def _told(note: ShiftNote) -> dict[str, Any]:
    said = {"id": note.id, "at": clock.iso(note.at), "by": note.by, "to": note.to or None, "text": note.text}
    return said | {"until": clock.iso(note.until)}
