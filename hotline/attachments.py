"""Photos and documents of a case: kept once checked, sealed on the disk, opened for who may see them.

A citizen brings up to `HOTLINE_UPLOADS` files to a case or a chat, each department as many to each of its rounds. What
a department brings to its reply is the citizen's once the centre has passed that reply. The files of one who asked not
to be known are shown to those who may not see him only after the centre has found nothing of him in them (rules.md §7).
"""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from hotline import cases, clock, persons, uploads
from hotline.attachment_models import Attachment
from hotline.chat_models import Chat
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.events import CaseChanged
from hotline.lifecycle import Actor
from hotline.models import Case, ReplyRow
from hotline.settings import Settings
from hotline.unit import Unit
from hotline.vault import SpoiltError, Vault
from hotline.words import DEPARTMENT, Attached, Role

FOLDER = "attachments"
THUMB = ".thumb"
_LONGEST_NAME = 120
_OF_CITIZEN = frozenset({Attached.MATTER, Attached.CHAT})
_OF_DEPARTMENT = frozenset({Attached.CONTACT, Attached.REPLY})


@dataclass(frozen=True)
class Upload:
    """A file as it came: its own name, its content, and what it belongs to."""

    name: str
    content: bytes
    purpose: Attached


@dataclass(frozen=True)
class Opened:
    """A file as it is given out."""

    name: str
    type: str
    content: bytes


def vault() -> Vault:
    """The vault of the attachments."""
    return Vault(Settings().secret(), FOLDER.encode())


# --- keeping ----------------------------------------------------------------------------------------------------------


def check_may(case: Case, purpose: Attached, actor: Actor) -> None:
    """Citizens and the centre bring what belongs to the matter, a department what belongs to its own work."""
    if actor.role in DEPARTMENT:
        own = any(row.department == actor.department and row.round == case.round for row in case.places)
        if own and purpose in _OF_DEPARTMENT:
            return
    elif purpose is Attached.MATTER and (actor.role is Role.CITIZEN or actor.role in persons.SEES_PERSON):
        return
    raise Forbidden("not_allowed", f"{actor.role.label}不能在这里上传“{purpose.label}”。")


def keep(unit: Unit, case: Case, upload: Upload, actor: Actor) -> Attachment:
    """Keeps a checked copy with a locked case, and says so in its history. Raises BadInput, Forbidden."""
    check_may(case, upload.purpose, actor)
    here = (Attachment.case_id == case.id, Attachment.department == actor.department, Attachment.round == case.round)
    _check_count(unit.session, *here)
    row = _kept(unit, upload, actor)
    row.case_id, row.department, row.round = case.id, actor.department, case.round
    unit.session.add(row)
    _tell(unit, case, row, actor)
    return row


def _tell(unit: Unit, case: Case, row: Attachment, actor: Actor) -> None:
    """The digest stands in the chain: a file that is changed later does not fit it any more."""
    told = {"attachment": row.id, "purpose": row.purpose, "sha256": row.sha256, "type": row.type}
    cases.note(unit, case, "attach", told, actor)
    unit.record(CaseChanged(case.id, case.number, case.version, "attach", case.state))


def keep_in_chat(unit: Unit, chat: Chat, upload: Upload, actor: Actor) -> Attachment:
    """The same in a locked chat; it goes with the chat when that becomes a case. Raises BadInput."""
    _check_count(unit.session, Attachment.chat_id == chat.id)
    row = _kept(unit, upload, actor)
    row.chat_id = chat.id
    unit.session.add(row)
    return row


def with_case(unit: Unit, chat: Chat, case: Case, actor: Actor) -> None:
    """What was sent in the chat belongs to the case it became."""
    rows = unit.session.scalars(select(Attachment).where(Attachment.chat_id == chat.id, Attachment.case_id.is_(None)))
    for row in rows:
        row.case_id = case.id
        _tell(unit, case, row, actor)


def _check_count(session: Session, *here: ColumnElement[bool]) -> None:
    most = Settings().uploads
    if (session.scalar(select(func.count()).select_from(Attachment).where(*here)) or 0) >= most:
        raise BadInput("too_many_files", f"最多上传 {most} 个文件。", {"file": f"最多 {most} 个"})


def _kept(unit: Unit, upload: Upload, actor: Actor) -> Attachment:
    """The file first, then its row: a crash in between leaves a file nobody knows, which the sweep takes away."""
    settings = Settings()
    kinds = frozenset(settings.upload_kinds.split(","))
    clean = uploads.cleaned(upload.content, settings.upload_mb << 20, kinds)
    id_ = uuid.uuid4().hex
    place = f"{FOLDER}/{clock.local(unit.now):%Y/%m/%d}/{id_}"
    digest = vault().put(settings.data / place, clean.content)
    if clean.thumb:
        vault().put(settings.data / f"{place}{THUMB}", clean.thumb)
    about = {"name": _name(upload.name), "type": clean.type, "bytes": len(clean.content), "sha256": digest}
    who = {"by": actor.name, "role": actor.role.value, "at": unit.now, "purpose": upload.purpose.value}
    return Attachment(id=id_, file=place, **about, **who)


def _name(said: str) -> str:
    """The file's own last name, without signs that mean something elsewhere."""
    last = said.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*')[-_LONGEST_NAME:]


# --- reading ----------------------------------------------------------------------------------------------------------


def _passed(session: Session, case: Case) -> set[tuple[str, int]]:
    rows = select(ReplyRow.department, ReplyRow.round)
    found = session.execute(rows.where(ReplyRow.case_id == case.id, ReplyRow.passed_at.is_not(None)))
    return {(department, number) for department, number in found}


def _there(row: Attachment, reader: Actor, passed: set[tuple[str, int]]) -> bool:
    """Whether this reader learns of the file: citizens of their own and of passed replies, the house of all."""
    if reader.role is not Role.CITIZEN:
        return True
    own = row.purpose in _OF_CITIZEN
    return own or (row.purpose == Attached.REPLY and (row.department, row.round) in passed)


def may_open(case: Case, row: Attachment, reader: Actor) -> bool:
    """Whether the content is for this reader: a picture may show who stays unknown."""
    if row.purpose in _OF_DEPARTMENT or row.released_by or reader.role is Role.CITIZEN:
        return True
    return not persons.hidden(case) or persons.may_look(case, reader)


def listed(session: Session, case: Case, reader: Actor) -> list[dict[str, Any]]:
    """The files of a case this reader learns of, the oldest first."""
    rows = select(Attachment).where(Attachment.case_id == case.id).order_by(Attachment.at, Attachment.id)
    passed = _passed(session, case) if reader.role is Role.CITIZEN else set()
    return [
        told(row, open_=may_open(case, row, reader)) for row in session.scalars(rows) if _there(row, reader, passed)
    ]


def told(row: Attachment, *, open_: bool = True) -> dict[str, Any]:
    """One file in a list; `open` says whether its content may be asked for."""
    return {
        "id": row.id,
        "name": row.name if open_ else "",
        "type": row.type,
        "bytes": row.bytes,
        "at": clock.iso(row.at),
        "purpose": row.purpose,
        "purpose_label": Attached(row.purpose).label,
        "department": row.department,
        "round": row.round,
        "open": open_ and bool(row.file),
        "picture": row.type.startswith("image/"),
        "released": bool(row.released_by),
    }


def find(session: Session, case: Case, id_: str, reader: Actor) -> Attachment:
    """The file of this case. Raises Missing, also where the reader may not see it."""
    row = session.get(Attachment, id_)
    if row is None or row.case_id != case.id or not _there(row, reader, _passed(session, case)):
        raise _missing()
    if not may_open(case, row, reader):
        raise Forbidden("attachment_closed", "这个文件可能显示市民身份，由热线核看后才能打开。")
    return row


def _missing() -> Missing:
    return Missing("no_such_file", "没有这个文件。")


def opened(row: Attachment, *, thumb: bool = False) -> Opened:
    """Its content. Raises Missing when it is gone, Conflict when the sealed file was changed."""
    if not row.file or (thumb and not row.type.startswith("image/")):
        raise _missing()
    settings = Settings()
    place: Path = settings.data / (row.file + (THUMB if thumb else ""))
    try:
        content = vault().read(place)
    except FileNotFoundError:
        raise Missing("no_such_file", "文件不在了，请报告值班长。") from None
    except SpoiltError:
        raise Conflict("file_spoilt", "文件被改动或损坏，不能打开，请报告值班长。", {"file": row.id}) from None
    return Opened(row.name, uploads.JPEG if thumb else row.type, content)


def release(unit: Unit, case: Case, id_: str, actor: Actor) -> Attachment:
    """The centre has looked: nothing in this file shows who the citizen is, the departments may see it."""
    row = find(unit.session, case, id_, actor)
    row.released_by = actor.name
    cases.note(unit, case, "release", {"attachment": row.id}, actor)
    return row


def orphans(session: Session) -> list[Path]:
    """Sealed files that belong to no row."""
    home = Settings().data
    known = set(session.scalars(select(Attachment.file).where(Attachment.file != "")))
    found = (home / FOLDER).rglob("*.sm4")
    return [file for file in found if str(file.relative_to(home)).removesuffix(".sm4").removesuffix(THUMB) not in known]


def forget(session: Session, *which: ColumnElement[bool]) -> list[str]:
    """The rows lose name and place; the places that are to be deleted once that is committed."""
    places = list(session.scalars(select(Attachment.file).where(Attachment.file != "", *which)))
    session.execute(update(Attachment).where(*which).values(file="", name=""))
    return places
