"""Figures of the boards, kept for a moment in this process: many boards ask often, one of them counts for all."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

PATIENCE = 20  # kept this many times as long as it took to count: at most a twentieth of the time is counting


@dataclass
class _Kept:
    """One figure: what it was counted for, and until when it is kept in any case."""

    counting: threading.Lock = field(default_factory=threading.Lock)
    there: bool = False
    mark: Hashable = None
    until: float = 0.0
    figure: Any = None

    def fresh(self, mark: Hashable) -> bool:
        """Whether nothing changed, or too little time passed since."""
        return self.there and (self.mark == mark or monotonic() < self.until)

    def count(self, mark: Hashable, count: Callable[[], Any]) -> None:
        """Count anew; the caller holds `counting`."""
        begun = monotonic()
        self.figure = count()
        ended = monotonic()
        self.mark, self.until, self.there = mark, ended + (ended - begun) * PATIENCE, True


_lock = threading.Lock()
_kept: dict[Hashable, _Kept] = {}


def counted(key: Hashable, mark: Hashable, count: Callable[[], Any]) -> Any:
    """The figure under `key`, counted anew when `mark` changed and the last counting is long enough ago.

    `mark` names what the figure depends on (the last history row, the minute). Only one thread counts a key at a time,
    the others wait for it. Raises what `count` raises.
    """
    with _lock:
        one = _kept.setdefault(key, _Kept())
    if one.fresh(mark):
        return one.figure
    with one.counting:
        if not one.fresh(mark):
            one.count(mark, count)
        return one.figure


def forget() -> None:
    """Count everything anew."""
    with _lock:
        _kept.clear()
