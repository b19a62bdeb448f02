"""Who shall hear whom: the desired connections of the bridge, kept apart from those that exist.

A leg's port is only a number that changes with each re-INVITE, so the wishes are kept by name and applied again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any


class Patchboard:
    """Wishes are (source, sink) pairs of names; `ports` holds the sound port of each name that has one now.

    Each order costs what it changes, however many calls there are.
    """

    def __init__(self, on_error: Callable[[Exception], None]) -> None:
        self.ports: dict[str, Any] = {}
        self._wanted: defaultdict[str, set[str]] = defaultdict(set)  # by sink; what exists is part of it
        self._made: defaultdict[str, set[str]] = defaultdict(set)
        self._sinks: defaultdict[str, set[str]] = defaultdict(set)  # by source
        self._on_error = on_error

    def plug(self, name: str, port: Any) -> None:
        """The port of `name` from now on; its connections are made anew."""
        self.unplug(name)
        self.ports[name] = port
        for sink in (name, *self._sinks.get(name, ())):
            self._apply(sink)

    def unplug(self, name: str) -> None:
        """`name` has no port now; what is wished for it stays."""
        self.ports.pop(name, None)
        self._made.pop(name, None)
        for sink in self._sinks.get(name, ()):
            self._made[sink].discard(name)

    def connect(self, source: str, sink: str) -> None:
        """`sink` shall hear `source`, beside what it hears already."""
        self._wish(sink, self._wanted[sink] | {source})

    def only(self, sink: str, source: str | None) -> None:
        """`sink` shall hear `source` and nothing else; None is silence."""
        self._wish(sink, {source} if source else set())

    def patch(self, sinks: Iterable[str], pairs: Iterable[tuple[str, str]]) -> None:
        """These sinks shall hear what the pairs say and nothing else."""
        heard: dict[str, set[str]] = {sink: set() for sink in sinks}
        for source, sink in pairs:
            heard.setdefault(sink, set(self._wanted.get(sink, ()))).add(source)
        for sink, sources in heard.items():
            self._wish(sink, sources)

    def forget(self, name: str) -> None:
        """Nothing is wished of `name` any more."""
        for sink in list(self._sinks.get(name, ())):
            self._wish(sink, self._wanted[sink] - {name})
        self._wish(name, set())
        self.unplug(name)

    def joined(self, one: str, other: str) -> bool:
        """Whether both hear each other now."""
        return one in self._made.get(other, ()) and other in self._made.get(one, ())

    def _wish(self, sink: str, sources: set[str]) -> None:
        for gone in self._wanted[sink] - sources:
            self._sinks[gone].discard(sink)
            if not self._sinks[gone]:
                del self._sinks[gone]
        for source in sources:
            self._sinks[source].add(sink)
        self._wanted[sink] = sources
        self._apply(sink)
        for table in (self._wanted, self._made):
            if not table[sink]:
                del table[sink]

    def _apply(self, sink: str) -> None:
        made, wanted = self._made[sink], self._wanted.get(sink, set())
        for source in made - wanted:
            made.discard(source)
            self._do("stopTransmit", source, sink)
        made |= {source for source in wanted - made if self._do("startTransmit", source, sink)}

    def _do(self, verb: str, source: str, sink: str) -> bool:
        """The bridge refuses a port that has just gone: its leg's end follows as a signal."""
        mouth, ear = self.ports.get(source), self.ports.get(sink)
        if mouth is None or ear is None:
            return False
        try:
            getattr(mouth, verb)(ear)
        except Exception as gone:  # noqa: BLE001 - pjsua2 has one class for all, unknown here
            self._on_error(gone)
            return False
        return True
