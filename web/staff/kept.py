"""Figures that are dear to count, kept for a moment in this process: a board asks often, the answer changes slowly.

A cheap figure is counted while the reader waits. A dear one is counted beside him: he gets the last one at once, which
says when it was counted. The first reader of a dear figure has to wait.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

PATIENCE = (
    20  # a figure is kept this many times as long as it took to count: at most a twentieth of the time is counting
)
LONGEST_SECONDS = 600.0
DEAR_SECONDS = 0.5
log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """One figure: what it was counted for, until when it is kept, how long it took."""

    counting: threading.Lock = field(default_factory=threading.Lock)
    there: bool = False
    mark: Hashable = None
    until: float = 0.0
    took: float = 0.0
    figure: Any = None

    def fresh(self, mark: Hashable) -> bool:
        """Whether nothing changed, or too little time passed since."""
        return self.there and (self.mark == mark or monotonic() < self.until)

    def count(self, mark: Hashable, count: Callable[[], Any]) -> None:
        """Count anew; the caller holds `counting`."""
        begun = monotonic()
        self.figure = count()
        self.took = monotonic() - begun
        self.mark, self.until, self.there = mark, monotonic() + min(self.took * PATIENCE, LONGEST_SECONDS), True


_lock = threading.Lock()
_kept: dict[Hashable, _Kept] = {}


def counted(key: Hashable, mark: Hashable, count: Callable[[], Any]) -> Any:
    """The figure under `key`, counted anew when `mark` changed and the last counting is long enough ago.

    `mark` names what the figure depends on (the last history row, the minute). `count` opens its own session: it may
    run in another thread. Only one thread counts a key at a time. Raises what `count` raises where the reader waits.
    """
    with _lock:
        one = _kept.setdefault(key, _Kept())
    if one.fresh(mark):
        return one.figure
    if one.there and one.took >= DEAR_SECONDS:
        _count_beside(one, mark, count)
        return one.figure
    with one.counting:
        if not one.fresh(mark):
            one.count(mark, count)
        return one.figure


def _count_beside(one: _Kept, mark: Hashable, count: Callable[[], Any]) -> None:
    if one.counting.acquire(blocking=False):
        threading.Thread(target=_count_and_release, args=(one, mark, count), name="figure", daemon=True).start()


def _count_and_release(one: _Kept, mark: Hashable, count: Callable[[], Any]) -> None:
    """The reader has his answer already; what goes wrong here is said in the log, and the next reader tries again."""
    try:
        one.count(mark, count)
    except Exception as wrong:  # noqa: BLE001 - a thread has nobody above it who could say it
        log.error("a figure could not be counted: %s", type(wrong).__name__)  # noqa: TRY400 - no values in logs
    finally:
        one.counting.release()


def forget() -> None:
    """Count everything anew."""
    with _lock:
        _kept.clear()
