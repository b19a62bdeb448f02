"""The connector's side of Redis: events out, commands in, a sign of life. Redis may be away; calls go on.

Streams: `tel:events` and `tel:commands`, one JSON document in the field `json`. An event may arrive twice after a
crash, with the same id; never out of order, never not at all.
"""

import json
import logging
import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from telephony.journal import Journal

log = logging.getLogger(__name__)
EVENTS, COMMANDS, ALIVE = "tel:events", "tel:commands", "tel:alive:"
ALIVE_SECONDS = 5
BEAT_SECONDS = 1.0
KEPT_EVENTS = 1_000_000
PATIENCE_SECONDS = 0.3
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 2.0


class Outlet:
    """A connection that is tried again after a growing pause. No method raises because Redis is away."""

    def __init__(self, url: str, name: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self.name = name
        self._last = ""
        self._next_beat = 0.0
        self._pause, self._again = FIRST_PAUSE, 0.0

    def exchange(self, journal: Journal, status: dict[str, Any]) -> list[dict[str, Any]]:
        """Delivers what the journal owes, says that the connector lives, returns the commands that came."""
        if time.monotonic() < self._again:
            return []
        try:
            self._deliver(journal)
            self._beat(status)
            commands = self._commands()
        except redis.RedisError as away:
            self._wait(away)
            return []
        self._pause = FIRST_PAUSE
        return commands

    def forget(self) -> None:
        """Takes the sign of life away."""
        try:
            self._redis.delete(ALIVE + self.name)
            self._redis.close()
        except redis.RedisError as away:
            self._wait(away)

    def _wait(self, away: redis.RedisError) -> None:
        if self._pause == FIRST_PAUSE:
            log.warning("redis is away (%s); events wait in the journal", type(away).__name__)
        self._again = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _deliver(self, journal: Journal) -> None:
        """One batch, all or nothing, so that a batch that is repeated stays in order."""
        if not journal.owed:
            return
        with self._redis.pipeline(transaction=True) as batch:
            for document in journal.pending():
                batch.xadd(EVENTS, {"json": document}, maxlen=KEPT_EVENTS, approximate=True)
            batch.execute()
        journal.delivered()

    def _beat(self, status: dict[str, Any]) -> None:
        if time.monotonic() >= self._next_beat:
            self._redis.set(ALIVE + self.name, json.dumps(status), ex=ALIVE_SECONDS)
            self._next_beat = time.monotonic() + BEAT_SECONDS

    def _commands(self) -> list[dict[str, Any]]:
        """New commands, oldest first. What was on the stream before this process began is not for it."""
        if not self._last:
            newest: Any = self._redis.xrevrange(COMMANDS, count=1)
            self._last = newest[0][0] if newest else "0-0"
        answer: Any = self._redis.xread({COMMANDS: self._last}, count=100)
        entries = answer[0][1] if answer else []
        if entries:
            self._last = entries[-1][0]
        return [document for _, fields in entries if (document := _parsed(fields.get("json", ""))) is not None]


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        log.warning("a command that is no JSON document was skipped")
        return None
    return document
