"""A door where threads bring what is cheaper to take together; the first one in takes along all who wait.

Nobody waits for company that is not already on its way.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST = 32  # at once
PATIENCE = 0.01  # seconds the first one in waits for those who are on their way
_LOOK = 0.001
Brought = TypeVar("Brought")
Given = TypeVar("Given")


@dataclass(eq=False)
class Waiting(Generic[Brought, Given]):
    """What one thread brought, and what it was given or what refused it."""

    brought: Brought
    given: Given | Exception | None = None


@dataclass
class Door(Generic[Brought, Given]):
    """`take` answers each of at most MOST in turn, with what is given for it or what refused it."""

    take: Callable[[Sequence[Brought]], Sequence[Given | Exception]]
    waiting: list[Waiting[Brought, Given]] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)
    _coming: set[int] = field(default_factory=set)

    @contextmanager
    def on_the_way(self) -> Iterator[None]:
        """Whoever is in here will bring something, or end without."""
        mine = threading.get_ident()
        self._coming.add(mine)
        try:
            yield
        finally:
            self._coming.discard(mine)

    def bring(self, brought: Brought) -> Given:
        """What is given for it. Raises what refused it."""
        mine = Waiting[Brought, Given](brought)
        self.waiting.append(mine)
        self._coming.discard(threading.get_ident())
        with self.turn:
            if mine.given is None:
                self._wait()
                self.serve(mine)
        if isinstance(mine.given, Exception):
            raise mine.given
        assert mine.given is not None
        return mine.given

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while self._coming and len(self.waiting) < MOST and time.monotonic() < end:
            time.sleep(_LOOK)

    def serve(self, mine: Waiting[Brought, Given]) -> None:
        """Mine and up to MOST of those who came first. Only who has the turn takes away; anybody may stand behind."""
        together = self.waiting[:MOST]
        together = together if mine in together else [*together[: MOST - 1], mine]
        for one in together:
            with suppress(ValueError):  # mine was taken along by somebody who fell
                self.waiting.remove(one)
        for one, given in zip(together, self.take([one.brought for one in together]), strict=True):
            one.given = given
