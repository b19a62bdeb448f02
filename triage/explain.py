"""Which words of a text moved the linear model, and where they stand in it. Pure.

Every n-gram's share of a label's score, over the mean of the other labels, is spread on its characters; shown are the
known words (2–5 characters) that carry most. Limit: what is missing from a text moves a score, too, and has no place.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from triage.classify import Moved
from triage.linear import BLANKS, DIGITS, LONGEST, MASKED_PLACE, NUMBER, VIEWS, LinearModel, hashed, joined, view_texts

MOST: Final = 8
LEAST: Final = 0.15  # of the heaviest word's weight: what is less moved nothing
Floats = NDArray[np.float64]


def aligned(text: str) -> tuple[str, list[int]]:
    """The text as `triage.linear.normalise` makes it, and where each of its characters stands in `text`."""
    places = [place for place, char in enumerate(text[:LONGEST]) for _ in char.lower()]
    made = _substituted(BLANKS, " ", text[:LONGEST].lower(), places)
    start, end = len(made[0]) - len(made[0].lstrip()), len(made[0].rstrip())
    made = made[0][start:end], made[1][start:end]
    for pattern, new in ((MASKED_PLACE, "某"), (NUMBER, ""), (DIGITS, "0")):
        made = _substituted(pattern, new, *made)
    return made


def _substituted(pattern: re.Pattern[str], new: str, text: str, places: list[int]) -> tuple[str, list[int]]:
    parts, kept, last = [], [], 0
    for match in pattern.finditer(text):
        parts += [text[last : match.start()], new]
        kept += places[last : match.start()] + [places[match.start()]] * len(new)
        last = match.end()
    return "".join((*parts, text[last:])), kept + places[last:]


def moved(model: LinearModel, text: str, labels: Sequence[str]) -> dict[str, tuple[Moved, ...]]:
    """For each of these labels the words that spoke most for it, by place; an unknown label gets none."""
    ready, places = aligned(text)
    if not ready:
        return dict.fromkeys(labels, ())
    columns = [model.labels.index(label) for label in labels if label in model.labels]
    carried = np.zeros((len(ready), len(columns)))
    words: set[tuple[int, int]] = set()
    for number in range(len(VIEWS)):
        words |= _carry(model, number, ready, columns, carried)
    known = [label for label in labels if label in model.labels]
    told = {label: _heaviest(carried[:, at], words, places) for at, label in enumerate(known)}
    return {label: told.get(label, ()) for label in labels}


def _carry(model: LinearModel, number: int, ready: str, columns: list[int], carried: Floats) -> set[tuple[int, int]]:
    """Adds one view's n-grams to the characters under them; where its known words stand."""
    view = VIEWS[number]
    points, _ = joined(view_texts(view, [ready]), max(view.sizes))
    part, cells = model.part(number), model.block(number, [ready])
    value = dict(zip(cells.indices.tolist(), cells.data.tolist(), strict=True))
    found = [(*model.table(number).find(hashed(points, size)), size) for size in view.sizes]
    times = np.bincount(np.concatenate([grams for _, grams, _ in found]), minlength=len(part))
    words: set[tuple[int, int]] = set()
    for starts, grams, size in found:
        share = _over_others(part[grams], columns) * np.array([value[gram] for gram in grams.tolist()])[:, None]
        share /= (times[grams] * size)[:, None]
        for step in range(size):
            np.add.at(carried, starts + step, share)
        if view.words_only:
            words |= {(start, start + size) for start in starts.tolist()}
    return words


def _over_others(weights: NDArray[np.float32], columns: list[int]) -> Floats:
    """How much more an n-gram speaks for each label than for the mean of the others."""
    every = weights.sum(axis=1, keepdims=True, dtype=np.float64)
    mine = weights[:, columns].astype(np.float64)
    return np.asarray(mine - (every - mine) / max(weights.shape[1] - 1, 1))


def _heaviest(carried: Floats, words: set[tuple[int, int]], places: list[int]) -> tuple[Moved, ...]:
    """The heaviest words that do not overlap, at most MOST, by place; `weight` is a share of the heaviest."""
    total = np.concatenate(([0.0], np.cumsum(carried)))
    rated = sorted(((float(total[end] - total[start]), start, end) for start, end in words), reverse=True)
    least = rated[0][0] * LEAST if rated else 0.0
    kept: list[tuple[float, int, int]] = []
    for weight, start, end in rated:
        if len(kept) == MOST or weight <= max(least, 0.0):
            break
        if all(end <= other[1] or other[2] <= start for other in kept):
            kept.append((weight, start, end))
    at_place = sorted(kept, key=lambda one: one[1])
    return tuple(
        Moved(places[start], places[end - 1] + 1, round(weight / rated[0][0], 3)) for weight, start, end in at_place
    )
