"""Socket.IO: rooms for desks, boards and chats. It pushes id, version and kind; the browser reads again by itself."""

import logging
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import socketio
from flask import Flask, request
from flask_socketio import SocketIO, join_room

from hotline.lifecycle import Actor
from hotline.settings import Settings
from hotline.words import CENTRE, DEPARTMENT, Role
from web import access

log = logging.getLogger(__name__)
sockets = SocketIO(async_mode="threading")
DESK, BOARD, CHAT = "/desk", "/board", "/chat"
CHANNEL = "sockets"
BURST = 5
_BOARDS = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.AGENT, Role.DISPATCHER, Role.REVIEWER, Role.REVISITOR})


def init(app: Flask) -> None:
    """Hang the sockets on the application; other processes speak through Redis."""
    settings: Settings = app.config["HOTLINE"]
    manager = socketio.RedisManager(settings.redis(), channel=CHANNEL)
    sockets.init_app(app, client_manager=manager, cors_allowed_origins=None, ping_interval=20)


@sockets.on_error_default  # type: ignore[untyped-decorator]
def _failed(error: Exception) -> Any:
    """What no handler foresaw: the place goes into the log, never the values; who was connecting is not let in."""
    place = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s in a socket\n%s", type(error).__name__, place)
    if request.event["message"] == "connect":  # type: ignore[attr-defined]
        return False
    return {"error": {"code": "internal", "message": "系统出错，请稍后再试。", "fields": {}}}


def _who(auth: Any) -> Actor:
    """Who connects, by token or session; whose token is nobody's is a stranger."""
    try:
        return access.of_token(str(auth.get("token", ""))) if isinstance(auth, dict) else access.asking()
    except access.NotLoggedIn:
        return access.CITIZEN


@sockets.on("connect", namespace=DESK)  # type: ignore[untyped-decorator]
def _desk_connects(auth: Any = None) -> bool:
    """Staff only: his own room, his role's, his department's."""
    actor = _who(auth)
    if actor.role not in CENTRE | DEPARTMENT:
        return False
    for room in (f"user:{actor.name}", f"role:{actor.role.value}", f"department:{actor.department}"):
        if not room.endswith(":"):
            join_room(room)
    return True


@sockets.on("connect", namespace=BOARD)  # type: ignore[untyped-decorator]
def _board_connects(auth: Any = None) -> bool:
    """The wall board: supervisors and the centre."""
    actor = _who(auth)
    if actor.role not in _BOARDS:
        return False
    join_room("board")
    return True


@lru_cache
def _outside() -> socketio.RedisManager:
    """A voice for processes that serve no sockets themselves."""
    return socketio.RedisManager(Settings().redis(), channel=CHANNEL, write_only=True)


Said = tuple[str, str, str, dict[str, Any]]  # namespace, room, event, what is told
_waiting: ContextVar[list[Said] | None] = ContextVar("waiting", default=None)


def push(rooms: set[str], event: str, told: dict[str, Any]) -> None:
    """Say to these rooms of the desks, and to every board, that something changed: ids and versions only."""
    said = [(DESK, room, event, told) for room in sorted(rooms)] + [(BOARD, "board", event, told)]
    waiting = _waiting.get()
    if waiting is None:
        _say(said)
    else:
        waiting.extend(said)


@contextmanager
def gathered() -> Iterator[None]:
    """What is pushed inside is said at the end, when it is committed; nothing is said when the inside fails."""
    said: list[Said] = []
    token = _waiting.set(said)
    try:
        yield
    finally:
        _waiting.reset(token)
    _say(_without_bursts(said))


def _without_bursts(said: list[Said]) -> list[Said]:
    """More than BURST words of one kind to one room become one: `many` changed, read again."""
    kinds = Counter((space, room, event, told["kind"]) for space, room, event, told in said)
    burst = {words for words, times in kinds.items() if times > BURST}
    few = [one for one in said if (*one[:3], one[3]["kind"]) not in burst]
    return few + [(*words[:3], {"kind": words[3], "many": kinds[words]}) for words in sorted(burst)]


def _say(said: list[Said]) -> None:
    for namespace, room, event, told in said:
        _outside().emit(event, told, namespace=namespace, room=room)
