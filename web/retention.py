"""When the retention period is over: a case keeps what happened and loses whom it was about (rules.md §7).

`ERASED` says for every table which columns go; a test compares it with all sealed columns there are. The history keeps
its rows, digests and hashes: only its words go, which the chain allows for cases that are marked as anonymised.
"""

import datetime as dt
import logging
from typing import Any

from sqlalchemy import ColumnElement, Text, delete, literal_column, or_, select, type_coerce, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from dispatch.models import Letter
from hotline import attachments, cases, clock, vault
from hotline.attachment_models import Attachment
from hotline.chat_models import Chat, ChatMessage
from hotline.loop_models import Appeal, StuckMatter
from hotline.models import Assignment, Case, CaseWords, HistoryRow, Rating, ReplyRow, Request, RevisitRow
from hotline.settings import Settings
from hotline.timing import timing
from hotline.unit import Unit, transaction
from hotline.window_models import WindowReview
from hotline.words import ENDED
from telephony.models import Call, Callback, CallCheck
from triage.models import Example, Likeness

log = logging.getLogger(__name__)
BATCH, MOST = 100, 5_000
EMPTY: ColumnElement[str] = literal_column("''")  # not sealed: nothing stands there
GONE = "（已过保存期限，个人信息已隐去）"
Column = InstrumentedAttribute[Any]
OF_CASE: tuple[tuple[Column, tuple[Column, ...]], ...] = (  # by the case's id
    (HistoryRow.case_id, (HistoryRow.words,)),
    (ReplyRow.case_id, (ReplyRow.facts, ReplyRow.internal, ReplyRow.public, ReplyRow.reason)),
    (RevisitRow.case_id, (RevisitRow.words,)),
    (Rating.case_id, (Rating.words,)),
    (Assignment.case_id, (Assignment.opinion,)),
    (Request.case_id, (Request.reason, Request.verdict_reason)),
    (Appeal.case_id, (Appeal.reason, Appeal.evidence, Appeal.verdict_reason)),
    (StuckMatter.case_id, (StuckMatter.story, StuckMatter.explanation)),
)
OF_NUMBER: tuple[tuple[Column, tuple[Column, ...]], ...] = (  # by the case's number
    (WindowReview.case_number, (WindowReview.words, WindowReview.phone)),
    (Letter.case_number, (Letter.address, Letter.text)),
    (Chat.case_number, (Chat.name, Chat.phone)),
    (Call.case_number, (Call.caller, Call.caller_index)),
    (Callback.case_number, (Callback.caller, Callback.caller_index, Callback.words, Callback.result)),
)
OWN = (Case.content, Case.name, Case.phone, Case.phone_index, Case.address, Case.direct_answer, Case.query_code)


def months_before(now: dt.datetime, months: int) -> dt.datetime:
    """The same time of day so many months ago, Asia/Shanghai; a day that month has not is its 28th."""
    here = clock.local(now)
    year, month = divmod(here.year * 12 + here.month - 1 - months, 12)
    return here.replace(year=year, month=month + 1, day=min(here.day, 28))


def _over(limit: dt.datetime) -> ColumnElement[bool]:
    """Ended so long ago; what was guided or merged never closed and counts from its receipt."""
    closed = Case.closed_at <= limit
    never = Case.closed_at.is_(None) & (Case.received_at <= limit)
    ended = Case.state.in_([state.value for state in ENDED])
    return Case.anonymised_at.is_(None) & ended & or_(closed, never)


def anonymise(now: dt.datetime | None = None) -> int:
    """Every case whose time is over, at most `MOST` a night; how many. Nothing where `HOTLINE_CASE_MONTHS` is 0."""
    months, done = Settings().case_months, 0
    while months and done < MOST:
        with transaction(now) as unit:
            rows = select(Case).where(_over(months_before(unit.now, months))).order_by(Case.id).limit(BATCH)
            found = list(unit.session.scalars(rows.with_for_update(skip_locked=True)))
            places = [place for case in found for place in _erased(unit, case)]
        _remove(places)
        done += len(found)
        if len(found) < BATCH:
            break
    return done


def _erased(unit: Unit, case: Case) -> list[str]:
    """One case without its person; the files that are to go once this is committed."""
    session = unit.session
    case.title, case.guidance, case.anonymised_at = GONE, {}, unit.now
    case.version += 1
    session.flush()  # the history lets words go only from a case that is marked
    returned = (ReplyRow.case_id == case.id, type_coerce(ReplyRow.sent_back, Text) != "")
    session.execute(update(ReplyRow).where(*returned).values(sent_back=[GONE]))  # that it was stays, why goes
    session.execute(update(Case).where(Case.id == case.id).values(dict.fromkeys(OWN, EMPTY)))
    for table, value in ((OF_CASE, case.id), (OF_NUMBER, case.number)):
        for link, columns in table:
            session.execute(update(link.class_).where(link == value).values(dict.fromkeys(columns, EMPTY)))
    chats = select(Chat.id).where(Chat.case_number == case.number)
    session.execute(update(ChatMessage).where(ChatMessage.chat_id.in_(chats)).values(text=EMPTY))
    calls = select(Call.id).where(Call.case_number == case.number)
    session.execute(update(CallCheck).where(CallCheck.call.in_(calls)).values(words=EMPTY))
    session.execute(delete(Example).where(Example.case_number == case.number))
    session.execute(update(Likeness).where(Likeness.case_id == case.id).values(marks=[]))
    session.execute(update(CaseWords).where(CaseWords.case_id == case.id).values(words=[]))
    cases.note(unit, case, "anonymise", {})
    return attachments.forget(session, Attachment.case_id == case.id)


def _remove(places: list[str]) -> None:
    """The sealed files; one that cannot be deleted now is found by the sweep of orphans."""
    home = Settings().data
    for place in places:
        for name in (place, place + attachments.THUMB):
            vault.remove(home / name)


# --- recordings -------------------------------------------------------------------------------------------------------


def forget_recordings(now: dt.datetime | None = None) -> int:
    """Recordings older than the profile's `recording_months` go, those of open cases stay; how many went."""
    done = 0
    while done < MOST:
        with transaction(now) as unit:
            found = _old_calls(unit.session, months_before(unit.now, timing().policy.recording_months))
            places = [call.recording for call in found]
            for call in found:
                call.recording = ""
        _remove(places)
        done += len(found)
        if len(found) < BATCH:
            break
    return done


def _old_calls(session: Session, limit: dt.datetime) -> list[Call]:
    running = select(Case.id).where(Case.number == Call.case_number, Case.state.notin_([s.value for s in ENDED]))
    rows = select(Call).where(Call.recording != "", Call.invite_at <= limit, ~running.exists())
    return list(session.scalars(rows.order_by(Call.invite_at).limit(BATCH).with_for_update(skip_locked=True)))


def sweep_files() -> int:
    """Sealed attachments that belong to no row (a crash while they came), once they are a day old."""
    oldest = clock.machine().timestamp() - dt.timedelta(days=1).total_seconds()
    with transaction() as unit:
        left = [file for file in attachments.orphans(unit.session) if file.stat().st_mtime < oldest]
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def keep_no_longer() -> tuple[int, int, int]:
    """The night's work: (cases without their persons, recordings gone, stray files gone)."""
    told = anonymise(), forget_recordings(), sweep_files()
    log.info("retention: %d cases anonymised, %d recordings and %d stray files removed", *told)
    return told
