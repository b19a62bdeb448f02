"""What happened, said to the rest of the house: ids and versions only, never personal data."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """Base: `kind` names the event in the outbox."""

    @property
    def kind(self) -> str:
        """Name under which reactions are listed."""
        return type(self).__name__

    def payload(self) -> dict[str, Any]:
        """The fields as JSON: they are plain values."""
        return dict(vars(self))


@dataclass(frozen=True)
class CaseCreated(Event):
    case_id: int
    number: str
    version: int


@dataclass(frozen=True)
class CaseChanged(Event):
    """Any step: what was done, where the case now stands."""

    case_id: int
    number: str
    version: int
    action: str
    state: str


@dataclass(frozen=True)
class RungFired(Event):
    """A rung of the ladder fired (rules.md §3)."""

    case_id: int
    number: str
    clock: str
    rung: str
    department: str
    turn: int = 0


@dataclass(frozen=True)
class CallChanged(Event):
    """A telephone call moved on."""

    call_id: str
    state: str


@dataclass(frozen=True)
class ChatChanged(Event):
    """A web chat has a new message or a new owner."""

    chat_id: int
    state: str


@dataclass(frozen=True)
class ArticleChanged(Event):
    """A knowledge article was written, published or retired."""

    code: str


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (CaseCreated, CaseChanged, RungFired, CallChanged, ChatChanged, ArticleChanged)
}


def revive(kind: str, payload: dict[str, Any]) -> Event:
    """The event an outbox row holds. KeyError for a kind nobody knows."""
    return EVENTS[kind](**payload)
