"""The chat's doors: citizens over Socket.IO, agents over JSON. Messages are never pushed, only that there are new ones.

Citizens, namespace `/chat`, connect with auth `{key}` (32–128 letters the browser made and keeps). Each event has an
acknowledgement; a refusal is `{"error": {"code", "message", "fields"}}`:
- `read {after}` → `{chat: {id, state, place, case_number, waiting_since, rate} | null, items: [message]}`; `rate` is
  where he may rate what came of it, empty while he may not
- `say {client_id, text}` → the same as `read`, resending with the same client_id is harmless
- `human {}` → into the line · `close {}` → ends · `case {…body of POST /api/v1/cases}` → `{number, query_code, clocks}`
- the server says `changed {id, state}`: read again from the last message id.
A photo or document goes by `POST /chat/files` (multipart `file`, `client_id`; header `X-Chat-Key`), and is read at
`GET /chat/files/FILE`. A message is `{id, at, by: citizen | bot | agent | system, client_id, text, file}`; chat states:
bot, waiting, agent, closed.

Staff (agents, supervisors), JSON under `/desk/chats`; `/desk` hears `changed {kind: "chat", id, state}`:
- `GET /desk/chats` → `{items: [card], next: null}`: mine, then the line; a card is the chat with `agent, name, phone,
  waiting_seconds, unread, last, last_at`
- `GET /desk/chats/ID?after=MESSAGE` → `{chat: card, items: [message]}`, at most 500: ask again until none comes
- `POST /desk/chats/ID/take` → as above; 409 `chat_taken` when another agent was first
- `POST /desk/chats/ID/say {client_id, text}` → as above; 403 `not_your_chat`
- `POST /desk/chats/ID/to_case {…body of POST /api/v1/cases}` → 201 `{number, query_code, state, version, suggestion,
  clocks}`, told to the citizen in the chat; 409 `already_case`
- `GET /desk/chats/ID/files/FILE[?thumb=1]` → a photo or document the citizen sent (`file` of a message)
- `POST /desk/chats/ID/release` → back into the line · `POST /desk/chats/ID/close` → ends. No body is needed.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request, session
from flask_socketio import join_room
from limits import parse
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from hotline import attachments, chat, clock, db, facts, rating_links, reading
from hotline.chat_models import Chat
from hotline.errors import BadInput, HotlineError
from hotline.lifecycle import Actor, possible
from hotline.models import Case
from hotline.timing import timing
from hotline.unit import transaction
from hotline.words import Action, Attached, Channel, Role
from web import access, bot, intake
from web.errors import ODD_VALUE, object_body
from web.files import given_out, upload
from web.live import CHAT, sockets
from web.pace import FILES, READS, caller, hit, strangers

chats = Blueprint("chats", __name__, url_prefix="/desk/chats")
citizen_files = Blueprint("chat_files", __name__)
KEY_HEADER = "X-Chat-Key"
AGENTS = (Role.AGENT, Role.SUPERVISOR)
MOST_NEW = parse("120/hour")  # chats begun, and cases made of them, from one address
_KEY = "chat_key"
Answer = dict[str, Any]


def _room(chat_id: int) -> str:
    return f"chat:{chat_id}"


def _tell(told: Chat) -> None:
    """To the citizen's browser; the desks hear through the outbox."""
    sockets.emit("changed", {"id": told.id, "state": told.state}, namespace=CHAT, to=_room(told.id))


def _tell_line() -> None:
    """Everybody in the line has moved up."""
    with db.session() as reading_session:
        ids = chat.waiting(reading_session)
    for chat_id in ids:
        sockets.emit("changed", {"id": chat_id, "state": chat.WAITING}, namespace=CHAT, to=_room(chat_id))


# --- the citizen's side ----------------------------------------------------------------------------------------------


def _answering(handler: Callable[[str, Answer], Answer]) -> Callable[..., Answer]:
    """A refusal goes back as the acknowledgement, and the connection stays."""

    @wraps(handler)
    def answered(body: Any = None) -> Answer:
        try:
            return handler(session.get(_KEY, ""), body if isinstance(body, dict) else {})
        except HotlineError as no:
            return {"error": {"code": no.code, "message": no.message, "fields": no.fields}}
        except (DataError, UnicodeEncodeError, OverflowError):
            return {"error": {"code": "bad_value", "message": ODD_VALUE, "fields": {}}}

    return answered


@sockets.on("connect", namespace=CHAT)  # type: ignore[untyped-decorator]
def _connects(auth: Any = None) -> bool:
    """The key stays with this connection; the room of an existing chat is joined at once."""
    key = auth.get("key") if isinstance(auth, dict) else None
    try:
        with db.session() as reading_session:
            found = chat.by_key(reading_session, key)
    except BadInput:
        return False
    session[_KEY] = key
    if found is not None:
        join_room(_room(found.id))
    return True


def _read(key: str, after: Any = 0) -> Answer:
    with db.session() as reading_session:
        found = chat.by_key(reading_session, key)
        if found is None:
            return {"chat": None, "items": []}
        since = after if isinstance(after, int) else 0
        told = chat.told(reading_session, found) | {"rate": _rating(reading_session, found)}
        return {"chat": told, "items": chat.messages(reading_session, found, since)}


def _rating(reading_session: Session, found: Chat) -> str:
    """Where the citizen, and nobody else, may rate what came of this chat; empty while he may not."""
    if not found.case_number:
        return ""
    known = facts.gather(reading_session, facts.load(reading_session, found.case_number), timing())
    return rating_links.path(found.case_number) if Action.RATE in possible(known, access.CITIZEN, clock.now()) else ""


@sockets.on("read", namespace=CHAT)  # type: ignore[untyped-decorator]
@_answering
def _reads(key: str, body: Answer) -> Answer:
    return _read(key, body.get("after"))


def _check_new(key: str) -> None:
    """Beginning many chats from one address is slowed. Raises BadInput `too_many`."""
    with db.session() as reading_session:
        known = chat.by_key(reading_session, key) is not None
    if not known and not hit(MOST_NEW, "chat", caller()):
        raise BadInput("too_many", "从您这里发起的对话太多，请稍后再试，或拨打 12345。")


@sockets.on("say", namespace=CHAT)  # type: ignore[untyped-decorator]
@_answering
def _says(key: str, body: Answer) -> Answer:
    """Keep it first, then let the bot answer if nobody of the centre is there."""
    _check_new(key)
    with transaction() as unit:
        said = chat.citizen_says(unit, key, body.get("client_id"), body.get("text"))
    join_room(_room(said.chat.id))
    _tell(said.chat)
    if said.chat.state == chat.BOT:
        _bot_answers(key, said.chat, str(body["client_id"]), str(body["text"]))
    return _read(key, body.get("after"))


def _bot_answers(key: str, spoken_in: Chat, client_id: str, text: str) -> None:
    if bot.wants_person(text):
        _to_person(key)
        return
    words = bot.answer(text)
    with transaction() as unit:
        held = chat.by_id(unit.session, spoken_in.id, lock=True)
        if held.state == chat.BOT:
            chat.add(unit, held, "bot", f"bot:{client_id}", words)
    _tell(held)


def _to_person(key: str) -> None:
    with transaction() as unit:
        held = chat.want_person(unit, key)
    join_room(_room(held.id))
    _tell(held)


@sockets.on("human", namespace=CHAT)  # type: ignore[untyped-decorator]
@_answering
def _wants_person(key: str, body: Answer) -> Answer:
    """转人工 is always there."""
    _check_new(key)
    _to_person(key)
    return _read(key, body.get("after"))


@sockets.on("close", namespace=CHAT)  # type: ignore[untyped-decorator]
@_answering
def _closes(key: str, body: Answer) -> Answer:
    with transaction() as unit:
        found = chat.by_key(unit.session, key, lock=True)
        if found is not None:
            chat.close(unit, found)
    if found is not None:
        _tell(found)
        _tell_line()
    return _read(key, body.get("after"))


@sockets.on("case", namespace=CHAT)  # type: ignore[untyped-decorator]
@_answering
def _becomes_case(key: str, body: Answer) -> Answer:
    """The bot's form: the citizen himself lets his chat become a case."""
    if not hit(MOST_NEW, "chat-case", caller()):
        raise BadInput("too_many", "从您这里登记的诉求太多，请稍后再试，或拨打 12345。")
    new = intake.checked(body | {"channel": Channel.CHAT.value}, access.CITIZEN)
    with transaction() as unit:
        held = chat.own(unit, key)
        case = chat.to_case(unit, held, new, access.CITIZEN)
    join_room(_room(held.id))
    _tell(held)
    return _made(case)


def _made(case: Case) -> Answer:
    running = [row for row in reading.clocks(case) if row["stopped_at"] is None]
    about = {"state": case.state, "version": case.version, "suggestion": case.suggestion}
    return {"number": case.number, "query_code": case.query_code} | about | {"clocks": running}


@citizen_files.post("/chat/files")
@strangers(FILES)
def sends() -> Response:
    """A photo or document of the citizen (multipart `file`, `client_id`), his key in the header X-Chat-Key."""
    key = request.headers.get(KEY_HEADER, "")
    _check_new(key)
    with transaction() as unit:
        said = chat.citizen_sends(unit, key, request.form.get("client_id"), upload(Attached.CHAT))
    _tell(said.chat)
    return jsonify(_read(key, request.form.get("after", 0, type=int)))


@citizen_files.get("/chat/files/<id_>")
@strangers(READS)
def sent(id_: str) -> Response:
    """What was sent in the citizen's own chat."""
    with db.session() as reading_session:
        found = chat.by_key(reading_session, request.headers.get(KEY_HEADER, ""))
        row = chat.file(reading_session, found.id if found else 0, id_)
    return given_out(attachments.opened(row, thumb=request.args.get("thumb") == "1"))


# --- the agent's side ------------------------------------------------------------------------------------------------


def _agent() -> Actor:
    return access.staff(*AGENTS)


def _shown(chat_id: int) -> Response:
    with db.session() as reading_session:
        found = chat.by_id(reading_session, chat_id)
        card = chat.card(reading_session, found, clock.now())
        items = chat.messages(reading_session, found, request.args.get("after", 0, type=int))
    return jsonify({"chat": card, "items": items})


@chats.get("")
def listed() -> Response:
    """Mine and the line."""
    actor = _agent()
    with db.session() as reading_session:
        return jsonify({"items": chat.cards(reading_session, actor, clock.now()), "next": None})


@chats.get("/<int:chat_id>")
def one(chat_id: int) -> Response:
    """A chat and its messages after `after`."""
    _agent()
    return _shown(chat_id)


@chats.post("/<int:chat_id>/take")
def take(chat_id: int) -> Response:
    """Serve this citizen; one agent wins."""
    _tell(chat.take(chat_id, _agent()))
    _tell_line()
    return _shown(chat_id)


@chats.post("/<int:chat_id>/say")
def say(chat_id: int) -> Response:
    """Speak to the citizen."""
    actor, body = _agent(), object_body()
    with transaction() as unit:
        held = chat.agent_says(unit, chat_id, actor, body.get("client_id"), body.get("text"))
    _tell(held)
    return _shown(chat_id)


@chats.post("/<int:chat_id>/to_case")
def to_case(chat_id: int) -> tuple[Response, int]:
    """The chat becomes a case."""
    actor = _agent()
    new = intake.checked(object_body() | {"channel": Channel.CHAT.value}, actor)
    with transaction() as unit:
        held = chat.by_id(unit.session, chat_id, lock=True)
        case = chat.to_case(unit, held, new, actor)
    _tell(held)
    return jsonify(_made(case)), 201


@chats.get("/<int:chat_id>/files/<id_>")
def file(chat_id: int, id_: str) -> Response:
    """What the citizen sent, for the agents who serve him."""
    _agent()
    with db.session() as reading_session:
        row = chat.file(reading_session, chat_id, id_)
    return given_out(attachments.opened(row, thumb=request.args.get("thumb") == "1"))


@chats.post("/<int:chat_id>/release")
def release(chat_id: int) -> Response:
    """Back into the line."""
    _tell(chat.release(chat_id, _agent()))
    return _shown(chat_id)


@chats.post("/<int:chat_id>/close")
def close(chat_id: int) -> Response:
    """End the chat."""
    _tell(chat.close_by(chat_id, _agent()))
    _tell_line()
    return _shown(chat_id)
