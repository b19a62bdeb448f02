"""Who shall hear whom: the desired connections of the bridge, kept apart from those that exist.

A leg's port is only a number that changes with each re-INVITE, so the wishes are kept by name and applied again.
"""

from collections.abc import Callable, Iterable
from typing import Any


class Patchboard:
    """Wishes are (source, sink) pairs of names; `ports` holds the sound port of each name that has one now."""

    def __init__(self, on_error: Callable[[Exception], None]) -> None:
        self.ports: dict[str, Any] = {}
        self._wanted: set[tuple[str, str]] = set()
        self._made: set[tuple[str, str]] = set()
        self._on_error = on_error

    def plug(self, name: str, port: Any) -> None:
        """The port of `name` from now on; its connections are made anew."""
        self.unplug(name)
        self.ports[name] = port
        self._apply()

    def unplug(self, name: str) -> None:
        """`name` has no port now; what is wished for it stays."""
        self.ports.pop(name, None)
        self._made = {pair for pair in self._made if name not in pair}

    def connect(self, source: str, sink: str) -> None:
        """`sink` shall hear `source`, beside what it hears already."""
        self._wanted.add((source, sink))
        self._apply()

    def only(self, sink: str, source: str | None) -> None:
        """`sink` shall hear `source` and nothing else; None is silence."""
        self._wanted = {pair for pair in self._wanted if pair[1] != sink}
        if source:
            self._wanted.add((source, sink))
        self._apply()

    def patch(self, sinks: Iterable[str], pairs: Iterable[tuple[str, str]]) -> None:
        """These sinks shall hear what the pairs say and nothing else."""
        heard = set(sinks)
        self._wanted = {pair for pair in self._wanted if pair[1] not in heard} | set(pairs)
        self._apply()

    def forget(self, name: str) -> None:
        """Nothing is wished of `name` any more."""
        self._wanted = {pair for pair in self._wanted if name not in pair}
        self._apply()
        self.unplug(name)

    def joined(self, one: str, other: str) -> bool:
        """Whether both hear each other now."""
        return {(one, other), (other, one)} <= self._made

    def _apply(self) -> None:
        for pair in self._made - self._wanted:
            self._made.discard(pair)
            self._do("stopTransmit", pair)
        for pair in self._wanted - self._made:
            if pair[0] in self.ports and pair[1] in self.ports and self._do("startTransmit", pair):
                self._made.add(pair)

    def _do(self, verb: str, pair: tuple[str, str]) -> bool:
        """The bridge refuses a port that has just gone: its leg's end follows as a signal."""
        source, sink = self.ports.get(pair[0]), self.ports.get(pair[1])
        if source is None or sink is None:
            return False
        try:
            getattr(source, verb)(sink)
        except Exception as gone:  # noqa: BLE001 - pjsua2 has one class for all, unknown here
            self._on_error(gone)
            return False
        return True
