"""Figures that are dear to count, kept for a moment in this process: a board asks often, the answer changes slowly."""

import threading
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any

PATIENCE = (
    20  # a figure is kept this many times as long as it took to count: at most a twentieth of the time is counting
)
LONGEST_SECONDS = 600.0
MOST_KEPT = 64
_lock = threading.Lock()
_kept: dict[Hashable, tuple[Hashable, float, float, Any]] = {}
_counting: dict[Hashable, threading.Lock] = {}


def counted(key: Hashable, mark: Hashable, count: Callable[[], Any]) -> Any:
    """The figure under `key`, counted anew when `mark` changed and the last counting is long enough ago.

    `mark` names what the figure depends on (the last history row, the minute). Only one thread counts a key at a time;
    the others wait for it.
    """
    with _lock:
        own = _counting.setdefault(key, threading.Lock())
    with own:
        known = _kept.get(key)
        if known is not None and (known[0] == mark or monotonic() < known[1]):
            return known[3]
        begun = monotonic()
        figure = count()
        _keep(key, mark, begun, figure)
    return figure


def _keep(key: Hashable, mark: Hashable, begun: float, figure: Any) -> None:
    took = monotonic() - begun
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
            _counting.clear()
        _kept[key] = (mark, monotonic() + min(took * PATIENCE, LONGEST_SECONDS), took, figure)


def forget() -> None:
    """Count everything anew."""
    with _lock:
        _kept.clear()
        _counting.clear()
