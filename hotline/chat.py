"""Web chats: every message is kept before anybody answers, one agent wins, and a chat becomes a case in one commit.

States: bot (nobody of the centre is in it) → waiting (in line) → agent → closed; a citizen who speaks again in a
closed chat is with the bot again, with all that was said before. A chat is known by its key, which only the citizen's
browser has; its digest is kept.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hotline import attachments, cases, clock, facts, privacy
from hotline.attachment_models import Attachment
from hotline.chat_models import Chat, ChatMessage
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.events import ChatChanged
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.unit import Unit, transaction
from hotline.words import Role

BOT, WAITING, AGENT, CLOSED = "bot", "waiting", "agent", "closed"
CITIZEN, SYSTEM, OF_AGENT = "citizen", "system", "agent:"
LONGEST = 2_000  # characters of one message
MOST_A_MINUTE = 30  # messages of one citizen
SHORTEST_KEY, LONGEST_KEY, LONGEST_ID = 32, 128, 80
MOST_READ = 500
LISTED = 100


@dataclass(frozen=True)
class Said:
    """What a message did: the chat after it, and whether it was new (a resend is not)."""

    chat: Chat
    fresh: bool


# --- finding ---------------------------------------------------------------------------------------------------------


def digest(key: Any) -> str:
    """How a citizen's key is kept. Raises BadInput `bad_chat_key`."""
    if not isinstance(key, str) or not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise BadInput("bad_chat_key", "对话标识不对，请刷新页面。")
    return privacy.token_digest(key)


def by_key(session: Session, key: Any, *, lock: bool = False) -> Chat | None:
    """The citizen's chat, or None before his first word."""
    rows = select(Chat).where(Chat.key == digest(key))
    return session.scalars(rows.with_for_update() if lock else rows).one_or_none()


def by_id(session: Session, chat_id: int, *, lock: bool = False) -> Chat:
    """Raises Missing."""
    rows = select(Chat).where(Chat.id == chat_id)
    chat = session.scalars(rows.with_for_update() if lock else rows).one_or_none()
    if chat is None:
        raise Missing("no_such_chat", "没有这个对话。")
    return chat


# --- speaking --------------------------------------------------------------------------------------------------------


def checked_text(text: Any) -> str:
    """What may be said. Raises BadInput."""
    if not isinstance(text, str) or not text.strip():
        raise BadInput("empty_message", "请输入内容。", {"text": "缺少此项"})
    if len(text) > LONGEST:
        raise BadInput("message_too_long", f"一条消息最多 {LONGEST} 字，请分几条发送。", {"text": "内容太长"})
    return text.strip().replace("\x00", "")


def _checked_id(client_id: Any) -> str:
    if not isinstance(client_id, str) or not 0 < len(client_id) <= LONGEST_ID:
        raise BadInput("bad_client_id", "消息编号不对。", {"client_id": "格式不对"})
    return client_id


def _known(session: Session, chat: Chat, client_id: str) -> bool:
    known = select(ChatMessage.id).where(ChatMessage.chat_id == chat.id, ChatMessage.client_id == client_id)
    return session.scalar(known) is not None


def add(unit: Unit, chat: Chat, by: str, client_id: str, text: str, file: str = "") -> bool:
    """Keep a message in a locked chat; false when this client id was kept before."""
    if _known(unit.session, chat, client_id):
        return False
    unit.session.add(ChatMessage(chat_id=chat.id, at=unit.now, by=by, client_id=client_id, text=text, file=file))
    unit.session.flush()
    unit.record(ChatChanged(chat.id, chat.state))
    return True


def notice(unit: Unit, chat: Chat, text: str) -> None:
    """A line of the system itself, read by both sides."""
    count = select(func.count()).where(ChatMessage.chat_id == chat.id)
    add(unit, chat, SYSTEM, f"system:{unit.session.scalar(count)}", text)


def _too_fast(unit: Unit, chat: Chat) -> bool:
    since = unit.now - dt.timedelta(minutes=1)
    mine = select(func.count()).where(ChatMessage.chat_id == chat.id, ChatMessage.by == CITIZEN)
    return (unit.session.scalar(mine.where(ChatMessage.at > since)) or 0) >= MOST_A_MINUTE


def own(unit: Unit, key: Any) -> Chat:
    """The citizen's chat, locked; made at his first word."""
    first = {"key": digest(key), "state": BOT, "name": "", "phone": "", "created_at": unit.now}
    unit.session.execute(insert(Chat).values(**first).on_conflict_do_nothing(index_elements=["key"]))
    return unit.session.scalars(select(Chat).where(Chat.key == first["key"]).with_for_update()).one()


def _begun(unit: Unit, key: Any, client_id: str) -> tuple[Chat, bool]:
    """The citizen's chat ready for a message, and whether it is a new one. Raises BadInput `too_fast`."""
    chat = own(unit, key)
    if _known(unit.session, chat, client_id):
        return chat, False
    if _too_fast(unit, chat):
        raise BadInput("too_fast", "您发得太快了，请稍等一会儿再发。")
    if chat.state == CLOSED:
        chat.state, chat.agent, chat.closed_at, chat.waiting_since = BOT, "", None, None
    return chat, True


def citizen_says(unit: Unit, key: Any, client_id: Any, text: Any) -> Said:
    """Keep what the citizen said. Raises BadInput, also `too_fast`."""
    words, name = checked_text(text), f"c:{_checked_id(client_id)}"
    chat, fresh = _begun(unit, key, name)
    return Said(chat, fresh and add(unit, chat, CITIZEN, name, words))


def citizen_sends(unit: Unit, key: Any, client_id: Any, upload: attachments.Upload) -> Said:
    """Keep a photo or document as a message; it goes to the case the chat has become. Raises BadInput."""
    name = f"c:{_checked_id(client_id)}"
    chat, fresh = _begun(unit, key, name)
    if not fresh:
        return Said(chat, fresh=False)
    who = Actor(CITIZEN, Role.CITIZEN)
    row = attachments.keep_in_chat(unit, chat, upload, who)
    if chat.case_number:
        unit.session.flush()
        attachments.with_case(unit, chat, facts.load(unit.session, chat.case_number, lock=True), who)
    return Said(chat, add(unit, chat, CITIZEN, name, f"[文件] {row.name}".strip(), row.id))


def agent_says(unit: Unit, chat_id: int, actor: Actor, client_id: Any, text: Any) -> Chat:
    """Keep what the agent said to the citizen he has taken. Raises Forbidden `not_your_chat`."""
    words = checked_text(text)
    name = f"a:{actor.name}:{_checked_id(client_id)}"
    chat = by_id(unit.session, chat_id, lock=True)
    _check_mine(chat, actor)
    add(unit, chat, OF_AGENT + actor.name, name, words)
    return chat


# --- moving on -------------------------------------------------------------------------------------------------------


def want_person(unit: Unit, key: Any) -> Chat:
    """Into the line for an agent; nothing happens to who already waits or is served."""
    chat = own(unit, key)
    if chat.state in {BOT, CLOSED}:
        chat.state, chat.agent, chat.waiting_since, chat.closed_at = WAITING, "", unit.now, None
        notice(unit, chat, "已为您转人工，请稍候。排队时您可以继续把事情写下来，工作人员接入后都能看到。")
    return chat


def place(session: Session, chat: Chat) -> int:
    """Place in the line, 1 is next; 0 when not waiting."""
    if chat.state != WAITING or chat.waiting_since is None:
        return 0
    before = (Chat.waiting_since < chat.waiting_since) | (
        (Chat.waiting_since == chat.waiting_since) & (Chat.id < chat.id)
    )
    return 1 + (session.scalar(select(func.count()).where(Chat.state == WAITING, before)) or 0)


def waiting(session: Session) -> list[int]:
    """Ids in the line, who waits longest first."""
    return list(session.scalars(select(Chat.id).where(Chat.state == WAITING).order_by(Chat.waiting_since, Chat.id)))


def _check_mine(chat: Chat, actor: Actor) -> None:
    if chat.state != AGENT or chat.agent != actor.name:
        raise Forbidden("not_your_chat", "这个对话不由您接待，请先接入。")


def _may_take(chat: Chat, actor: Actor) -> bool:
    return chat.state in {WAITING, BOT} or (chat.state == AGENT and actor.role is Role.SUPERVISOR)


def take(chat_id: int, actor: Actor, now: dt.datetime | None = None) -> Chat:
    """One agent wins; taking one's own again is harmless. Raises Conflict `chat_taken` naming the winner."""
    with transaction(now) as unit:
        chat = by_id(unit.session, chat_id, lock=True)
        if chat.state == AGENT and chat.agent == actor.name:
            return chat
        if not _may_take(chat, actor):
            who = {"by": chat.agent} if chat.agent else {}
            raise Conflict("chat_taken", "这个对话已由别人接待或已经结束。", who)
        chat.state, chat.agent, chat.answered_at = AGENT, actor.name, chat.answered_at or unit.now
        notice(unit, chat, "工作人员已接入。")
        return chat


def release(chat_id: int, actor: Actor, now: dt.datetime | None = None) -> Chat:
    """Back into the line, at the place his waiting began. Raises Forbidden."""
    with transaction(now) as unit:
        chat = by_id(unit.session, chat_id, lock=True)
        if actor.role is not Role.SUPERVISOR or chat.state != AGENT:
            _check_mine(chat, actor)
        chat.state, chat.agent, chat.waiting_since = WAITING, "", chat.waiting_since or unit.now
        notice(unit, chat, "正在为您转给其他工作人员，请稍候。")
        return chat


def close(unit: Unit, chat: Chat) -> None:
    """End a locked chat; nothing happens to one that has ended."""
    if chat.state != CLOSED:
        chat.state, chat.closed_at, chat.waiting_since = CLOSED, unit.now, None
        notice(unit, chat, "本次对话已结束。您随时可以接着说，以上内容都会保留。")


def close_by(chat_id: int, actor: Actor, now: dt.datetime | None = None) -> Chat:
    """The agent ends the chat he has, or one that nobody has. Raises Forbidden."""
    with transaction(now) as unit:
        chat = by_id(unit.session, chat_id, lock=True)
        if chat.state == AGENT and actor.role is not Role.SUPERVISOR:
            _check_mine(chat, actor)
        close(unit, chat)
        return chat


# --- becoming a case -------------------------------------------------------------------------------------------------


def to_case(unit: Unit, chat: Chat, new: cases.NewCase, actor: Actor) -> Case:
    """The case of a locked chat, with number and query code told in the chat, in one commit.

    Raises Conflict `already_case` naming the number when the chat has become a case before.
    """
    if chat.case_number:
        told = f"这个对话已登记为诉求 {chat.case_number}。"
        raise Conflict("already_case", told, {"number": chat.case_number})
    case = cases.create_in(unit, new, actor)
    chat.case_number, chat.phone, chat.name = case.number, new.phone, new.name
    attachments.with_case(unit, chat, case, actor)
    notice(
        unit,
        chat,
        f"已登记您的诉求。编号 {case.number}，查询码 {case.query_code}。请记下，凭它们在“查进度”里查看办理情况。",
    )
    return case


# --- reading ---------------------------------------------------------------------------------------------------------


def messages(session: Session, chat: Chat, after: int = 0) -> list[dict[str, Any]]:
    """Messages in order after the id `after`, at most 500; the browser asks again until none comes."""
    rows = select(ChatMessage).where(ChatMessage.chat_id == chat.id, ChatMessage.id > after)
    return [_message(row) for row in session.scalars(rows.order_by(ChatMessage.id).limit(MOST_READ))]


def _message(row: ChatMessage) -> dict[str, Any]:
    who = "agent" if row.by.startswith(OF_AGENT) else row.by
    own_id = row.client_id.removeprefix("c:") if row.by == CITIZEN else row.client_id.rpartition(":")[2]
    return {
        "id": row.id,
        "at": clock.iso(row.at),
        "by": who,
        "client_id": own_id,
        "text": row.text,
        "file": row.file or None,
    }


def file(session: Session, chat_id: int, id_: str) -> Attachment:
    """A file that was sent in this chat. Raises Missing."""
    row = session.get(Attachment, id_)
    if row is None or row.chat_id != chat_id:
        raise Missing("no_such_file", "没有这个文件。")
    return row


def told(session: Session, chat: Chat) -> dict[str, Any]:
    """The chat as both sides read it."""
    return {
        "id": chat.id,
        "state": chat.state,
        "place": place(session, chat),
        "case_number": chat.case_number,
        "waiting_since": clock.iso(chat.waiting_since) if chat.waiting_since else None,
    }


def card(session: Session, chat: Chat, now: dt.datetime) -> dict[str, Any]:
    """The chat as a card on the desk: who has it, seconds waited, unread citizen's messages, the last words."""
    spoken = select(func.max(ChatMessage.id)).where(ChatMessage.chat_id == chat.id, ChatMessage.by.startswith(OF_AGENT))
    seen = session.scalar(spoken) or 0
    unread = select(func.count()).where(
        ChatMessage.chat_id == chat.id, ChatMessage.by == CITIZEN, ChatMessage.id > seen
    )
    newest = select(ChatMessage).where(ChatMessage.chat_id == chat.id, ChatMessage.by == CITIZEN)
    last = session.scalars(newest.order_by(ChatMessage.id.desc()).limit(1)).one_or_none()
    waited = now - chat.waiting_since if chat.state == WAITING and chat.waiting_since else dt.timedelta()
    return told(session, chat) | {
        "agent": chat.agent,
        "name": chat.name or "",
        "phone": chat.phone or "",
        "waiting_seconds": int(waited.total_seconds()),
        "unread": session.scalar(unread) or 0,
        "last": last.text[:80] if last else "",
        "last_at": clock.iso(last.at) if last else None,
    }


def cards(session: Session, actor: Actor, now: dt.datetime) -> list[dict[str, Any]]:
    """Mine, then the line with who waits longest first; a supervisor sees everybody's."""
    served = Chat.state == AGENT
    mine = served if actor.role is Role.SUPERVISOR else served & (Chat.agent == actor.name)
    rows = select(Chat).where(mine | (Chat.state == WAITING)).order_by(Chat.state, Chat.waiting_since, Chat.id)
    return [card(session, chat, now) for chat in session.scalars(rows.limit(LISTED))]
