"""A linear text classifier over hashed n-grams: numpy arrays in, probabilities out.

Three views of a text, each a vector of (1 + ln tf)·idf scaled to length 1 by itself: single characters and pairs;
every substring of 2–5 characters that stands in a word list, found without segmenting; and characters 1–3 of the
first 30 characters, because the title says most. N-grams are looked up by a 64-bit hash, so the model needs no
strings and many texts are scored at once. Fitting stands in `triage.training.fit`; this module needs no scikit-learn.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]
Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]

LONGEST = 20_000  # characters of one text that are looked at; what follows changes no label
HEAD = 30
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_GAP = "\U0010ffff"  # no character: an n-gram that reaches into the gap between two texts is never known
BLANKS = re.compile(r"\s+")
DIGITS = re.compile(r"[0-9０-９]")
NUMBER = re.compile(r"[0-9０-９](?:[ -]?[0-9０-９]){6,}")  # telephone, card, receipt: who, not what about
MASKED_PLACE = re.compile(r"[a-z]{1,2}[0-9]{0,2}(?=[省市区县镇乡村街])")


@dataclass(frozen=True)
class View:
    """Which n-grams of a text are looked at; `head` 0 is the whole text."""

    name: str
    sizes: tuple[int, ...]
    head: int = 0
    weight: float = 1.0
    words_only: bool = False


VIEWS = (
    View("pairs", (1, 2)),
    View("words", (2, 3, 4, 5), words_only=True),
    View("head", (1, 2, 3), head=HEAD, weight=0.7),
)


@dataclass(frozen=True)
class Block:
    """One view's known n-grams: sorted hashes and, in the same order, their inverse document frequency."""

    keys: Keys
    idf: Floats


def normalise(text: str) -> str:
    """Lower case, blanks merged, masked places (A3区) as 某区, long numbers left out, other digits as 0."""
    plain = BLANKS.sub(" ", text[:LONGEST].lower()).strip()
    return DIGITS.sub("0", NUMBER.sub("", MASKED_PLACE.sub("某", plain)))


def joined(texts: Sequence[str], longest: int) -> tuple[Keys, Rows]:
    """Code points of all texts, one after another with a gap of `longest` behind each, and whose each one is."""
    gap = _GAP * longest
    parts = [text + gap for text in texts]
    points = np.frombuffer("".join(parts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    owner = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return points.astype(np.uint64), owner


def hashed(points: Keys, size: int) -> Keys:
    """The hash of every n-gram of `size` characters."""
    count = len(points) - size + 1
    total = points[:count].copy()
    for step in range(1, size):
        total *= _PRIME
        total += points[step : step + count]
    return total


def inside(points: Keys, size: int) -> NDArray[np.bool_]:
    """Which n-grams of `size` characters lie in one text: both ends are no gap."""
    text = points != ord(_GAP)
    return np.asarray(text[: len(points) - size + 1] & text[size - 1 :])


class Table:
    """Finds the places of hashes among known ones: two probes in a table that fits the cache, else binary search."""

    def __init__(self, keys: Keys) -> None:
        bits = max(int(np.ceil(np.log2(max(len(keys), 1)))) + 3, 8)
        self._keys = keys
        self._shift = np.uint64(64 - bits)
        self._first = np.full(1 << bits, -1, dtype=np.int32)
        slots = self._slots(keys)
        self._first[slots[::-1]] = np.arange(len(keys), dtype=np.int32)[::-1]
        late = self._first[slots] != np.arange(len(keys))
        self._late_at = np.flatnonzero(late)
        self._late = keys[late]

    def _slots(self, keys: Keys) -> NDArray[np.int64]:
        return ((keys * _PRIME) >> self._shift).astype(np.int64)

    def find(self, wanted: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(positions in `wanted`, places among the known keys) of all that are known."""
        place = self._first[self._slots(wanted)]
        full = np.flatnonzero(place >= 0)
        sure = self._keys[place[full]] == wanted[full]
        hits, places = full[sure], place[full[sure]].astype(np.int64)
        rest = full[~sure]
        if not len(rest) or not len(self._late):
            return hits, places
        near = np.minimum(np.searchsorted(self._late, wanted[rest]), len(self._late) - 1)
        right = self._late[near] == wanted[rest]
        return np.concatenate((hits, rest[right])), np.concatenate((places, self._late_at[near[right]]))


def found(view: View, points: Keys, owner: Rows, table: Table) -> tuple[Rows, Rows]:
    """(text, known n-gram) for every occurrence of the view's known n-grams."""
    pairs = []
    for size in view.sizes:
        hits, places = table.find(hashed(points, size))
        pairs.append((owner[hits], places))
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def weighted(view: View, block: Block, rows: Rows, places: Rows, count: int) -> sparse.csr_array:
    """One row per text of (1 + ln tf)·idf, scaled to the view's weight; a text without a known n-gram stays zero."""
    width = len(block.keys)
    cells, tf = np.unique(rows * width + places, return_counts=True)
    row, column = np.divmod(cells, max(width, 1))
    value = (1 + np.log(tf)) * block.idf[column]
    length = np.sqrt(np.bincount(row, weights=value**2, minlength=count))
    value *= view.weight / length[row]
    starts = np.searchsorted(row, np.arange(count + 1)).astype(np.int32)
    return sparse.csr_array((value.astype(np.float32), column.astype(np.int32), starts), shape=(count, width))


def view_texts(view: View, texts: Sequence[str]) -> list[str]:
    """The part of each text the view looks at."""
    return [text[: view.head] for text in texts] if view.head else list(texts)


def softmax(scores: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """Probabilities per row; a higher temperature doubts more."""
    scaled = np.asarray(scores, dtype=np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


class LinearModel:
    """Labels, blocks, one weight per n-gram and label, one intercept per label, one temperature."""

    def __init__(
        self, labels: Sequence[str], blocks: Sequence[Block], weights: Floats, intercept: Floats, temperature: float
    ) -> None:
        self.labels = tuple(labels)
        self.blocks = tuple(blocks)
        self.weights = weights
        self.intercept = intercept
        self.temperature = temperature
        self._tables = tuple(Table(block.keys) for block in blocks)
        edges = np.cumsum([0, *(len(block.keys) for block in blocks)])
        self._parts = tuple(weights[start:end] for start, end in pairwise(edges))

    def table(self, number: int) -> Table:
        """Where the n-grams of a view are found."""
        return self._tables[number]

    def part(self, number: int) -> Floats:
        """The weights of a view's n-grams, one column per label."""
        return self._parts[number]

    def block(self, number: int, ready: Sequence[str]) -> sparse.csr_array:
        """One view's values of normalised texts, one row per text."""
        view = VIEWS[number]
        points, owner = joined(view_texts(view, ready), max(view.sizes))
        rows, places = found(view, points, owner, self._tables[number])
        return weighted(view, self.blocks[number], rows, places, len(ready))

    def scores(self, texts: Sequence[str]) -> Floats:
        """Distance from each label's border, one row per text."""
        ready = [normalise(text) for text in texts]
        total = np.tile(self.intercept, (len(ready), 1))
        for number, part in enumerate(self._parts):
            total += self.block(number, ready) @ part
        return total

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One row per text, one column per label, each row sums to 1."""
        if not texts:
            return np.zeros((0, len(self.labels)))
        return softmax(self.scores(texts), self.temperature)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the labels as plain arrays: weights in half precision, which changes no figure."""
        arrays: dict[str, NDArray[Any]] = {
            "weights": self.weights.astype(np.float16),
            "intercept": self.intercept.astype(np.float32),
            "temperature": np.array([self.temperature], dtype=np.float64),
        }
        for view, block in zip(VIEWS, self.blocks, strict=True):
            arrays[f"{view.name}_keys"] = block.keys
            arrays[f"{view.name}_idf"] = block.idf.astype(np.float16)
        return arrays

    @classmethod
    def from_arrays(cls, labels: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> "LinearModel":
        """The reverse; ValueError where the arrays do not belong together, KeyError where one is missing."""
        blocks = tuple(
            Block(arrays[f"{view.name}_keys"].astype(np.uint64), arrays[f"{view.name}_idf"].astype(np.float32))
            for view in VIEWS
        )
        weights = arrays["weights"].astype(np.float32)
        intercept = arrays["intercept"].astype(np.float32)
        if weights.shape != (sum(len(block.keys) for block in blocks), len(labels)) or len(intercept) != len(labels):
            raise ValueError("weights, n-grams and labels do not belong together")
        return cls(labels, blocks, weights, intercept, float(arrays["temperature"][0]))
