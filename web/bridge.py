"""Carries the telephone's word to the desks: Redis `desk:events` → Socket.IO room of the user.

A message says who and which call, nothing more; the desk reads again by itself. What is said while Redis is away is
not repeated: a desk reads its seat at each connection and every 20 seconds without one.
"""

import json
import logging
import threading
import time
from typing import Any

import redis
from flask import Flask

from hotline.settings import Settings
from web import live

log = logging.getLogger(__name__)
CHANNEL = "desk:events"
KINDS = frozenset({"pop", "call", "seat", "note"})
FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
HEALTH_SECONDS = 30


def start(app: Flask) -> threading.Thread:
    """Listen in the background for as long as the process lives; returns the (daemon) thread."""
    settings: Settings = app.config["HOTLINE"]
    thread = threading.Thread(target=_listen_always, args=(settings.redis(),), name="desk-bridge", daemon=True)
    thread.start()
    return thread


def _listen_always(address: str) -> None:
    wait = FIRST_WAIT
    while True:
        try:
            _listen(address)
        except redis.RedisError as away:
            log.warning("desk bridge: %s, again in %.1f s", type(away).__name__, wait)
            time.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        else:
            wait = FIRST_WAIT


def _listen(address: str) -> None:
    """Until Redis goes away. Raises RedisError."""
    with redis.Redis.from_url(address, health_check_interval=HEALTH_SECONDS) as client, client.pubsub() as line:
        line.subscribe(CHANNEL)
        for message in line.listen():
            if message["type"] == "message":
                carry(message["data"])


def carry(data: bytes | str) -> bool:
    """Tell the desk named in one message; False for a message that is none. Each web process tells its own desks."""
    said = _parsed(data)
    if said is None:
        log.warning("desk bridge: a message that is none")
        return False
    told = {"kind": said["event"], "id": str(said.get("call", ""))}
    live.sockets.emit(said["event"], told, namespace=live.DESK, to=f"user:{said['user']}", ignore_queue=True)
    return True


def _parsed(data: bytes | str) -> dict[str, Any] | None:
    try:
        said = json.loads(data)
    except ValueError:
        return None
    fits = isinstance(said, dict) and said.get("event") in KINDS and isinstance(said.get("user"), str)
    return said if fits and said["user"] else None
