"""When two matters are the same one: marks to find candidates by, and how near two texts are. Pure.

A mark is a keyed hash of two of a text's rarest terms, or of its place and one of them. Texts about one matter share
rare terms also when everything around them is said otherwise, or is not said yet; two of them together are rare enough
that an index of a million texts gives a handful. Limit: a matter told in entirely other words and without the
name of a place is not found.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

RAREST: Final = 9  # terms of a text that are paired with each other
BESIDE_PLACE: Final = 14  # terms of a text that are paired with each of its places
PLACES: Final = 2
SHORTEST: Final = 2

Rarity = Callable[[str], float]


def rarity(texts: Iterable[Collection[str]]) -> Rarity:
    """How rare a term is (idf, > 0) in these texts, each given by its terms; an unseen term is the rarest."""
    seen: Counter[str] = Counter()
    count = 0
    for terms in texts:
        seen.update(set(terms))
        count += 1
    table = {term: math.log((1 + count) / (0.5 + times)) for term, times in seen.items()}
    unseen = math.log((1 + count) / 0.5)
    return lambda term: table.get(term, unseen)


def rarest(terms: Iterable[str], rare: Rarity, most: int) -> list[str]:
    """The rarest different terms of at least two characters; longer ones first among equals."""
    known = {term for term in terms if len(term) >= SHORTEST}
    return sorted(known, key=lambda term: (-rare(term), -len(term), term))[:most]


def marks(terms: Sequence[str], places: Sequence[str], rare: Rarity, key: bytes) -> list[int]:
    """The marks of a text as signed 32-bit numbers, sorted, each once."""
    best = rarest(terms, rare, BESIDE_PLACE)
    pairs = {(min(a, b), max(a, b)) for a, b in combinations(best[:RAREST], 2) if a not in b and b not in a}
    named = list(dict.fromkeys(places))[:PLACES]
    pairs |= {(f"@{place}", term) for place in named for term in best if term not in place}
    return sorted({_mark(pair, key) for pair in pairs})


def _mark(pair: tuple[str, str], key: bytes) -> int:
    digest = hashlib.blake2b("\0".join(pair).encode(), digest_size=4, key=key).digest()
    return int.from_bytes(digest, "big", signed=True)


ELSEWHERE: Final = 0.25  # so that even the same words at another place stay below what is shown


@dataclass(frozen=True)
class Told:
    """What is compared of a text: its different terms without those of its places, and the places it names."""

    terms: frozenset[str]
    places: tuple[str, ...]


def told(terms: Iterable[str], places: Sequence[str]) -> Told:
    """From all terms and all named places of a text."""
    return Told(frozenset(term for term in terms if not any(term in place for place in places)), tuple(places))


def nearness(mine: Told, other: Told, rare: Rarity) -> float:
    """0–1: how much of the shorter text's weight both share; a text still being typed may be near a whole one.

    Texts that name places, but none in common, are about two matters: they are less near.
    """
    shared = sum(rare(term) for term in mine.terms & other.terms)
    least = min(sum(map(rare, mine.terms)), sum(map(rare, other.terms)))
    near = shared / least if least else 0.0
    return near if _meet(mine.places, other.places) else near * ELSEWHERE


def _meet(mine: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a place of one is named in a place of the other; who names none may be anywhere."""
    return not mine or not other or any(a in b or b in a for a in mine for b in other)
