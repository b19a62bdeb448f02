"""The port of the search engines. They hold terms and dates, never the truth: that is in the database."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from kb import tokens

TITLE_WEIGHT: Final = 2.5  # a word of the title says more than one of the body
FIRST_DAY: Final = 0
LAST_DAY: Final = dt.date.max.toordinal()


class IndexUnavailable(Exception):  # noqa: N818 - the field's own word
    """The index is missing, locked, damaged or out of reach; `args[0]` says which. It can always be rebuilt."""


@dataclass(frozen=True)
class Entry:
    """What an index knows of a published article. Days are proleptic ordinals, both included."""

    code: str
    version: int
    title: str
    body: str
    area: str = ""
    begins: int = FIRST_DAY
    ends: int = LAST_DAY

    def title_terms(self) -> str:
        """Terms of the title, joined by blanks."""
        return " ".join(tokens.terms(self.title))

    def body_terms(self) -> str:
        """Terms of the body, joined by blanks."""
        return " ".join(tokens.terms(self.body))


@dataclass(frozen=True)
class Filters:
    """Only what is valid on `day`; with `area` only what is of this area or of all (articles with area '')."""

    day: dt.date
    area: str = ""


@dataclass(frozen=True)
class Hit:
    """An article's code and the engine's score: higher is better, comparable inside one answer only."""

    code: str
    score: float


class Index(Protocol):
    """Every method raises IndexUnavailable when the engine cannot do it now. A write is seen by the next `find`."""

    def put(self, articles: Sequence[Entry]) -> None:
        """Write or replace by code; an older version never replaces a newer one. Never makes a missing index."""

    def drop(self, codes: Sequence[str]) -> None:
        """Take articles out; unknown codes are no error."""

    def find(self, terms: Sequence[str], limit: int, filters: Filters) -> list[Hit]:
        """Best first, at most `limit`, those with at least one of the terms (as `tokens.terms` gives them)."""

    def rebuild(self, articles: Iterable[Entry]) -> int:
        """Replace everything at once; searches see the old state until then. Returns how many were written."""

    def count(self) -> int:
        """How many articles are held."""
