"""What is found in a text, and where it stands."""

from dataclasses import dataclass
from enum import StrEnum


class Find(StrEnum):
    """The kinds of things `triage.extract` finds."""

    PHONE = "phone"
    ID_CARD = "id_card"
    PLATE = "plate"
    TIME = "time"
    AREA = "area"
    STREET = "street"
    ESTATE = "estate"
    VILLAGE = "village"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class Found:
    """`text` is the citizen's own wording, `source[start:end]`; `value` is the same thing as programs keep it."""

    kind: Find
    text: str
    start: int
    end: int
    value: str


_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LOOKS_LIKE = {ord("\u3000"): " ", ord("\u00a0"): " "} | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_PLAIN = _WIDE | {code: ord(char) for code, char in _LOOKS_LIKE.items()}


def plain(text: str) -> str:
    """Full-width letters, digits, blanks and all dashes as ASCII; every character keeps its place."""
    return text.translate(_PLAIN)


def overlaps(one: Found, other: Found) -> bool:
    """Whether both claim a character."""
    return one.start < other.end and other.start < one.end
