"""The distribution process: `python -m telephony.acd`.

Reads the connectors' events, writes them down, gives waiting callers to free seats, sees to offers and connectors
that fell silent. Queue and calls live in PostgreSQL, so the process may die at any moment: what it had not finished
it reads again. One process works; a second one stands by until the first one's database lock is free.

The rules are the city's (`layout.load`). HOTLINE_QUEUE: a JSON object that replaces some, for instance {"wrap_up": 30}.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any

import redis
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hotline import clock, db
from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.timing import timing
from hotline.unit import transaction
from telephony import distribution, house, layout, outbound, overflow, saying, service
from telephony.queueing import Assignment, Rules
from telephony.reaction import Reaction

log = logging.getLogger("telephony.acd")

EVENTS = "tel:events"
DEAD = "tel:events:dead"  # documents that cannot be taken, kept for a person to look at
GROUP, CONSUMER = "acd", "acd"
OWN_SIGN, SIGN_SECONDS = "alive:acd", 5
BATCH, BLOCK_MS = 40, 200
UPKEEP_SECONDS, ANNOUNCE_SECONDS, TIDY_SECONDS = 0.5, 3.0, 600.0
KEPT_DEAD = 10_000
KEPT_EVENTS_MS = 3_600_000
LATER_TRIES = 5  # times an event may fail by itself before it is put aside
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
LOCK = 12345_01


class Acd:
    """One turn at a time; nothing is kept between turns that is not read again after a crash."""

    def __init__(self, client: "redis.Redis", rules: Rules) -> None:
        self.redis, self.rules = client, rules
        self.ready = False
        self.unsaid: list[Reaction] = []  # said late rather than never when Redis goes away in between
        self.silent: dict[str, float] = {}  # connector → monotonic instant since when it gives no sign
        self.heard: dict[str, float] = {}  # call → monotonic instant of its last event
        self.failures: dict[str, int] = {}
        self.next_upkeep = self.next_tidy = self.next_word = 0.0

    def turn(self) -> None:
        """Events, then assignments, then upkeep when it is due. Raises RedisError and SQLAlchemyError."""
        if not self.ready:
            self._resume()
        entries = self._read(">")
        self._take_all(entries)
        self._assign()
        self._upkeep(caught_up=len(entries) < BATCH)

    # --- events ---

    def _resume(self) -> None:
        """The group, what an earlier process had read but not finished, and offers it may not have sent."""
        self._say([])
        try:
            self.redis.xgroup_create(EVENTS, GROUP, id="0", mkstream=True)
        except redis.ResponseError as there:
            if "BUSYGROUP" not in str(there):
                raise
        self.silent.clear()
        self._take_pending()
        with transaction() as unit:
            house.adopt(unit.session, self.rules)
            unrung = distribution.stale_offers(unit.session, unrung=True)
        for call, token in unrung:
            self._say(distribution.withdraw(call, token, self.rules))
        self.ready = True

    def _take_pending(self) -> None:
        start: Any = "0-0"
        while True:
            answer: Any = self.redis.xautoclaim(EVENTS, GROUP, CONSUMER, min_idle_time=0, start_id=start, count=BATCH)
            start, entries = answer[0], answer[1]
            self._take_all([entry for entry in entries if entry[1]])
            if start in {b"0-0", "0-0"}:
                return

    def _read(self, since: str) -> list[tuple[Any, Any]]:
        answer: Any = self.redis.xreadgroup(GROUP, CONSUMER, {EVENTS: since}, count=BATCH, block=BLOCK_MS)
        return list(answer[0][1]) if answer else []

    def _take_all(self, entries: list[tuple[Any, Any]]) -> None:
        """Written, said, acknowledged; in this order. A batch with a fault in it is taken one by one."""
        if not entries:
            return
        try:
            events = [_parsed(fields) for _, fields in entries]
            said = service.take_all(events, clock.now(), self.rules)
        except Exception as fault:  # noqa: BLE001 - one event must not stop all the calls
            self._one_by_one(entries, fault)
            return
        self.heard |= {event["call"]: time.monotonic() for event in events}
        self._say(said)
        self.redis.xack(EVENTS, GROUP, *(entry for entry, _ in entries))

    def _one_by_one(self, entries: list[tuple[Any, Any]], fault: Exception) -> None:
        """A part that is away is waited for. What cannot be taken alone either is put aside for a person."""
        if isinstance(fault, SQLAlchemyError) and _away(fault):
            raise fault
        if len(entries) > 1:
            for entry in entries:
                self._take_all([entry])
            return
        key = _text(entries[0][0])
        self.failures[key] = self.failures.get(key, 0) + 1
        if isinstance(fault, SQLAlchemyError) and self.failures[key] < LATER_TRIES:
            raise fault
        log.error("event %s put aside: %s", key, _told(fault))
        self._put_aside(*entries[0])

    def _put_aside(self, entry: Any, fields: Mapping[Any, Any]) -> None:
        self.failures.pop(_text(entry), None)
        kept: Any = dict(fields) or {"json": ""}
        with self.redis.pipeline(transaction=True) as batch:
            batch.xadd(DEAD, kept, maxlen=KEPT_DEAD, approximate=True)
            batch.xack(EVENTS, GROUP, entry)
            batch.execute()

    # --- saying ---

    def _say(self, said: list[Reaction]) -> None:
        """To desks and connectors, in the order given: the pop is out before the phone is rung."""
        self.unsaid += said
        if not self.unsaid:
            return
        saying.say(self.redis, self.unsaid)
        self.unsaid.clear()

    # --- assignments ---

    def _assign(self) -> None:
        said, kept = distribution.give(self.rules, self.silent)
        self._say(said)
        for made in kept:
            self._call_back(made)

    def _call_back(self, made: Assignment) -> None:
        try:
            connector = saying.a_connector(self.redis)
            self._say(distribution.call_back(made, connector, self.rules))
        except HotlineError as refused:
            log.warning("%s waits: %s", made.call, refused.code)

    # --- upkeep ---

    def _upkeep(self, *, caught_up: bool) -> None:
        """Nobody is thought silent while there are events that were not read yet."""
        if time.monotonic() < self.next_upkeep:
            return
        self.next_upkeep = time.monotonic() + UPKEEP_SECONDS
        self.redis.set(OWN_SIGN, f"{time.time():.3f}", ex=SIGN_SECONDS)
        self._say(distribution.end_wrap_ups())
        self._announce()
        with db.session() as session:
            stale, opened = distribution.stale_offers(session), distribution.open_calls(session, clock.now())
        self._listen_for(sorted({connector for _, connector in opened}))
        if caught_up:
            for call, token in stale:
                self._say(distribution.withdraw(call, token, self.rules))
            self._reap(opened)
            self._tidy({call for call, _ in opened})

    def _announce(self) -> None:
        if time.monotonic() >= self.next_word:
            self.next_word = time.monotonic() + ANNOUNCE_SECONDS
            self._say(overflow.announce(self.rules))
            self._invite()

    def _invite(self) -> None:
        if not (self.rules.surveys and self.rules.trunk):
            return
        try:
            self._say(outbound.invite(saying.a_connector(self.redis), self.rules, timing().policy))
        except HotlineError as refused:
            log.warning("no invitation calls: %s", refused.code)

    def _listen_for(self, connectors: list[str]) -> None:
        signs: list[Any] = self.redis.mget([saying.ALIVE + name for name in connectors]) if connectors else []
        still = {name for name, sign in zip(connectors, signs, strict=True) if sign is None}
        now = time.monotonic()
        self.silent = {name: self.silent.get(name, now) for name in still}

    def _reap(self, opened: list[tuple[str, str]]) -> None:
        """End the calls of connectors that gave no sign, and no event, for `rules.silent` seconds."""
        limit = time.monotonic() - self.rules.silent
        for call, connector in opened:
            if self.silent.get(connector, limit + 1) <= limit and self.heard.get(call, limit) <= limit:
                log.warning("call %s ended: its connector is silent", call)
                self._say(distribution.reap(call, rules=self.rules))

    def _tidy(self, opened: set[str]) -> None:
        if time.monotonic() < self.next_tidy:
            return
        self.next_tidy = time.monotonic() + TIDY_SECONDS
        self.heard = {call: at for call, at in self.heard.items() if call in opened}
        self.redis.xtrim(EVENTS, minid=int(time.time() * 1000) - KEPT_EVENTS_MS, approximate=True)
        with transaction() as unit:
            service.forget_events(unit)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _parsed(fields: Mapping[Any, Any]) -> dict[str, Any]:
    """The event's document. BadEvent when there is none."""
    try:
        document = json.loads(fields.get(b"json", b""))
    except ValueError:
        raise service.BadEvent("json") from None
    if not isinstance(document, dict):
        raise service.BadEvent("json")
    return document


def _told(fault: Exception) -> str:
    """What may stand in a log: texts of other faults may name people."""
    return f"bad {fault}" if isinstance(fault, service.BadEvent) else type(fault).__name__


def _away(fault: SQLAlchemyError) -> bool:
    """Class 08, 53, 57: the server is away, full or going down. No code at all: the connection broke."""
    if not isinstance(fault, DBAPIError):
        return False
    state = getattr(fault.orig, "sqlstate", None)
    return state is None or state[:2] in {"08", "53", "57"}


# --- the process ----------------------------------------------------------------------------------------------------


class Stop:
    """Set by SIGTERM and SIGINT; the turn that runs is finished."""

    asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def _locked(connection: Connection) -> bool:
    """Whether this process is the one that distributes; the lock is the connection's and dies with it."""
    got = bool(connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar())
    connection.commit()
    return got


def _holds(connection: Connection) -> None:
    """Raises DBAPIError when the connection that holds the lock is gone."""
    connection.execute(text("SELECT 1"))
    connection.commit()


def work(acd: Acd, stop: Stop) -> None:
    """Turn by turn while this process holds the lock. Raises RedisError, SQLAlchemyError."""
    with db.engine().connect() as connection:
        while not stop.asked and not _locked(connection):
            time.sleep(0.5)
        log.info("distribution works")
        _turns(acd, stop, connection)
        connection.invalidate()  # closed, not given back to the pool: the lock goes with it


def _turns(acd: Acd, stop: Stop, connection: Connection) -> None:
    checked = time.monotonic()
    try:
        while not stop.asked:
            acd.turn()
            if time.monotonic() - checked > 1:
                _holds(connection)
                checked = time.monotonic()
    except (redis.RedisError, SQLAlchemyError):
        connection.invalidate()
        raise


def run(acd: Acd, stop: Stop) -> None:
    """Until it is asked to stop; a part that is away is waited for with a growing pause."""
    pause = FIRST_PAUSE
    while not stop.asked:
        begun = time.monotonic()
        try:
            work(acd, stop)
        except (redis.RedisError, SQLAlchemyError, RuntimeError) as away:
            acd.ready = False
            pause = FIRST_PAUSE if time.monotonic() - begun > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            log.warning("waiting %.1f s: %s", pause, type(away).__name__)
            time.sleep(pause)


def main() -> int:
    """Exit 0 after SIGTERM or SIGINT, 2 for rules that are none."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    try:
        rules = layout.load(given=json.loads(os.environ.get("HOTLINE_QUEUE") or "{}"))
    except (ValueError, TypeError, KeyError, OSError) as wrong:
        log.error("telephone.toml, skills.csv, HOTLINE_QUEUE: %s", wrong)  # noqa: TRY400 - one line says it
        return 2
    client: redis.Redis = redis.Redis.from_url(Settings().redis(), socket_timeout=5, socket_connect_timeout=3)
    run(Acd(client, rules), stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
