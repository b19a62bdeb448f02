"""Socket.IO: rooms for desks, boards and chats. It pushes id, version and kind; the browser reads again by itself."""

from functools import lru_cache
from typing import Any

import socketio
from flask import Flask
from flask_socketio import SocketIO, join_room

from hotline.settings import Settings
from hotline.words import CENTRE, DEPARTMENT, Role
from web import access

sockets = SocketIO(async_mode="threading")
DESK, BOARD, CHAT = "/desk", "/board", "/chat"
CHANNEL = "sockets"
_BOARDS = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.AGENT, Role.DISPATCHER, Role.REVIEWER, Role.REVISITOR})


def init(app: Flask) -> None:
    """Hang the sockets on the application; other processes speak through Redis."""
    settings: Settings = app.config["HOTLINE"]
    manager = socketio.RedisManager(settings.redis(), channel=CHANNEL)
    sockets.init_app(app, client_manager=manager, cors_allowed_origins=None, ping_interval=20)


@sockets.on("connect", namespace=DESK)  # type: ignore[untyped-decorator]
def _desk_connects(auth: Any = None) -> bool:
    """Staff only: his own room, his role's, his department's."""
    actor = access.asking() if not isinstance(auth, dict) else access.of_token(str(auth.get("token", "")))
    if actor.role not in CENTRE | DEPARTMENT:
        return False
    for room in (f"user:{actor.name}", f"role:{actor.role.value}", f"department:{actor.department}"):
        if not room.endswith(":"):
            join_room(room)
    return True


@sockets.on("connect", namespace=BOARD)  # type: ignore[untyped-decorator]
def _board_connects(auth: Any = None) -> bool:
    """The wall board: supervisors and the centre."""
    actor = access.asking() if not isinstance(auth, dict) else access.of_token(str(auth.get("token", "")))
    if actor.role not in _BOARDS:
        return False
    join_room("board")
    return True


@lru_cache
def _outside() -> socketio.RedisManager:
    """A voice for processes that serve no sockets themselves."""
    return socketio.RedisManager(Settings().redis(), channel=CHANNEL, write_only=True)


def push(rooms: set[str], event: str, told: dict[str, Any]) -> None:
    """Say to these rooms of the desks, and to every board, that something changed: ids and versions only."""
    voice = _outside()
    for room in sorted(rooms):
        voice.emit(event, told, namespace=DESK, room=room)
    voice.emit(event, told, namespace=BOARD, room="board")
