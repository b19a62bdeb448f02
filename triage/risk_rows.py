"""What a row of the risk tables holds."""

from dataclasses import dataclass

from hotline.words import Urgency


@dataclass(frozen=True)
class Risk:
    """What it is called, how much it presses, which line to open, and the words that show it (a regular expression)."""

    name: str
    urgency: Urgency
    lines: tuple[str, ...]
    words: str
