"""The dead man's switch: the web process watches the sweep and raises an alarm when it stops; beside it, for checks of
bad ratings of calls that nobody made in time.

The sweep cannot report its own death. With Redis away it stands still too, and that counts as stopped.
"""

import logging
import threading

from redis.exceptions import RedisError
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError

from dispatch.alarms import alarm
from dispatch.models import Alarm
from hotline.unit import transaction
from telephony import checks
from web import live, pulse

log = logging.getLogger(__name__)
CODE = "sweep_stopped"
TEXT = "后台巡检停了：时限提醒和兜底转办不会自动执行。请看 worker.log 和 beat.log，并人工盯住转办时限。"
LATE = "call_check_late"
LATE_TEXT = "来电差评超过核查时限还没有人核实：坐席 {agent}，评 {level}。请看“通话”的差评核查。"
EVERY_SECONDS = 10.0
PATIENCE = 3  # looks in a row without a sign, beside the half minute that a sign lasts


def _stands() -> bool:
    try:
        return not pulse.alive("sweep")
    except (RedisError, OSError):
        return True


class Watchman:
    """Counts the looks without a sign of life; raises one alarm per standstill."""

    def __init__(self) -> None:
        self.missed = 0

    def look(self) -> bool:
        """One look; True when an alarm was raised by it. Raises SQLAlchemyError when the database is away."""
        self.missed = self.missed + 1 if _stands() else 0
        return self.missed == PATIENCE and raise_alarm()


def raise_alarm() -> bool:
    """One alarm as long as nobody took it; boards hear of it."""
    with live.gathered(), transaction() as unit:
        if unit.session.scalar(select(exists().where(Alarm.code == CODE, Alarm.taken_at.is_(None)))):
            return False
        alarm(unit, CODE, TEXT)
        live.push({"role:supervisor"}, "changed", {"kind": "alarm"})
    return True


def late_checks() -> int:
    """One alarm for each check of a bad rating of a call whose time is over; how many. Raises SQLAlchemyError."""
    with live.gathered(), transaction() as unit:
        late = checks.newly_late(unit)
        for agent, level in late:
            alarm(unit, LATE, LATE_TEXT.format(agent=agent, level=level))
        if late:
            live.push({"role:supervisor"}, "changed", {"kind": "alarm"})
    return len(late)


def start() -> threading.Thread:
    """Watch in the background for as long as the process lives; returns the (daemon) thread."""
    thread = threading.Thread(target=_watch, name="watchman", daemon=True)
    thread.start()
    return thread


def _watch() -> None:
    watchman, pause = Watchman(), threading.Event()
    while not pause.wait(EVERY_SECONDS):
        try:
            watchman.look()
            late_checks()
        except (SQLAlchemyError, RuntimeError) as away:
            log.warning("watchman: %s", type(away).__name__)
            watchman.missed = 0  # look and raise again
