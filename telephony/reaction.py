"""One event being taken, and what is said after its commit."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hotline.unit import Unit
from telephony.models import Call
from telephony.queueing import Rules
from telephony.words import CallState

LONGEST_FILE = 300


@dataclass(frozen=True)
class Reaction:
    """What is said after the commit. `to`: "connector" (body is a command) or "desk" (body is ids for one user)."""

    to: str
    body: dict[str, Any]


def command(kind: str, **fields: Any) -> Reaction:
    """A command for the connector (docs/telephony.md)."""
    return Reaction("connector", {"type": kind, **fields})


def told(user: str, event: str, call: str) -> Reaction:
    """A word for one desk: pop, call, seat or note, and the call's id; the web re-reads by it."""
    return Reaction("desk", {"user": user, "event": event, "call": call})


@dataclass
class Work:
    """One event being taken."""

    unit: Unit
    call: Call
    event: Mapping[str, Any]
    at: dt.datetime
    rules: Rules
    said: list[Reaction] = field(default_factory=list)

    def text(self, name: str, most: int = LONGEST_FILE) -> str:
        """A field as text without control characters."""
        return "".join(c for c in str(self.event.get(name) or "") if c.isprintable())[:most]

    def stamp(self, name: str) -> None:
        """The first word about an instant stands."""
        if getattr(self.call, name) is None:
            setattr(self.call, name, self.at)

    def move(self, target: CallState, *sources: CallState) -> None:
        """Forward only: from one of `sources`."""
        if self.call.state in sources:
            self.call.state = target
