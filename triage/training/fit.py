"""Fits the linear model of `triage.linear` to labelled texts. Deterministic: the same rows give the same bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.linear import (
    VIEWS,
    Block,
    Keys,
    LinearModel,
    Table,
    View,
    found,
    hashed,
    inside,
    joined,
    normalise,
    softmax,
    view_texts,
    weighted,
)
from triage.training.figures import judged

COST = 1.0
INNER_FOLDS = 5
SEED = 42
FEW_ROWS = 100  # below this an n-gram seen once is kept: there is nothing rarer to tell it from noise
TEMPERATURES = np.geomspace(0.03, 3.0, 200)
STEPS = INNER_FOLDS + 2
Step = Callable[[str], None]


@dataclass(frozen=True)
class Fit:
    """The model and what the inner cross-validation says of it: accuracy, macro_f1, ece (None: too few rows)."""

    model: LinearModel
    figures: dict[str, float] | None


def fit(
    texts: Sequence[str],
    labels: Sequence[str],
    step: Step,
    hints: Sequence[tuple[str, str]] = (),
    weights: Sequence[float] | None = None,
) -> Fit:
    """Weights from all rows, temperature from inner cross-validation. `step` hears each of STEPS as it begins.

    `hints` are (text, label) pairs that are no citizen's words, such as a catalogue's: learnt from, never judged by; a
    label may stand in them alone. `weights` say how much each text counts (> 0, one each; a hint counts 1). Raises
    ValueError with fewer than two labels: there is nothing to tell apart.
    """
    every = [*labels, *(label for _, label in hints)]
    names = sorted(set(every))
    if len(names) < 2:  # noqa: PLR2004
        raise ValueError("a classifier needs at least two labels")
    target = np.searchsorted(np.array(names), np.array(every))
    counts = np.array([*(weights or [1.0] * len(texts)), *(1.0 for _ in hints)])
    step("词表")
    blocks, features = build_blocks([normalise(text) for text in (*texts, *(text for text, _ in hints))])
    scores = held_out_scores(features, target, len(texts), len(names), step, counts)
    own = target[: len(texts)]
    temperature = 1.0 if scores is None else likeliest_temperature(scores, own)
    step("权重")
    linear, intercept = fit_weights(features, target, len(names), counts)
    figures = None if scores is None else judged(softmax(scores, temperature), own)
    return Fit(LinearModel(names, blocks, linear, intercept, temperature), figures)


def build_blocks(ready: Sequence[str]) -> tuple[list[Block], sparse.csr_array]:
    """Each view's n-grams with their idf, and the rows over all of them, side by side."""
    least = 1 if len(ready) < FEW_ROWS else 2
    words = word_hashes()
    parts = [_build_block(view, ready, words, least) for view in VIEWS]
    return [block for block, _ in parts], sparse.csr_array(sparse.hstack([rows for _, rows in parts], format="csr"))


def _build_block(view: View, ready: Sequence[str], words: Table, least: int) -> tuple[Block, sparse.csr_array]:
    points, owner = joined(view_texts(view, ready), max(view.sizes))
    known, frequency = _document_frequency(view, points, owner, words)
    kept = frequency >= least
    idf = (np.log((1 + len(ready)) / (1 + frequency[kept])) + 1).astype(np.float16).astype(np.float32)
    block = Block(known[kept], idf)
    rows, places = found(view, points, owner, Table(block.keys))
    return block, weighted(view, block, rows, places, len(ready))


def _document_frequency(view: View, points: Keys, owner: NDArray[np.int64], words: Table) -> tuple[Keys, NDArray[Any]]:
    """Every n-gram of the view that lies inside one text, sorted, and in how many texts it stands."""
    keys, rows = [], []
    for size in view.sizes:
        every = hashed(points, size)
        kept = inside(points, size)
        if view.words_only:
            known = np.zeros(len(every), dtype=bool)
            known[words.find(every)[0]] = True
            kept &= known
        keys.append(every[kept])
        rows.append(owner[: len(every)][kept])
    known, place = np.unique(np.concatenate(keys), return_inverse=True)
    pairs = np.unique(place.astype(np.int64) * (owner[-1] + 1) + np.concatenate(rows))
    return known, np.bincount(pairs // (owner[-1] + 1), minlength=len(known))


def word_hashes() -> Table:
    """The hashes of jieba's words of 2–5 characters, normalised as the texts are; read as data, jieba never runs."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("jieba's word list is not installed")
    lines = (Path(spec.origin).parent / "dict.txt").read_text(encoding="utf-8").splitlines()
    words = sorted({word for line in lines if 2 <= len(word := normalise(line.split(" ")[0])) <= 5})  # noqa: PLR2004
    by_size = ([word for word in words if len(word) == size] for size in (2, 3, 4, 5))
    return Table(np.unique(np.concatenate([_hash_words(group) for group in by_size])))


def _hash_words(words: Sequence[str]) -> Keys:
    size = len(words[0])
    points, _ = joined(["".join(words)], 0)
    return hashed(points, size)[::size]


def fit_weights(
    features: sparse.csr_array, target: NDArray[Any], labels: int, counts: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """One-vs-rest hinge weights, rounded to what is stored; a label without a row is kept far away from every text."""
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - a second of loading that only training needs

    machine = LinearSVC(C=COST, class_weight="balanced", random_state=SEED)
    machine.fit(features, target, counts)
    coefficients, intercept = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # noqa: PLR2004 - scikit-learn gives one border for two labels
        coefficients, intercept = np.vstack((-coefficients, coefficients)), np.concatenate((-intercept, intercept))
    weights = np.zeros((features.shape[1], labels), dtype=np.float32)
    base = np.full(labels, -1.0, dtype=np.float32)
    weights[:, machine.classes_] = coefficients.T.astype(np.float16)
    base[machine.classes_] = intercept
    return weights, base


def fold_numbers(target: NDArray[Any], folds: int) -> NDArray[np.int64]:
    """A fold for every row, each label spread evenly, also where a label has fewer rows than there are folds."""
    draw = np.random.default_rng(SEED)
    order = draw.permutation(len(target))
    order = order[np.argsort(target[order], kind="stable")]
    numbers = np.empty(len(target), dtype=np.int64)
    numbers[order] = np.arange(len(target)) % folds
    return numbers


def held_out_scores(
    features: sparse.csr_array,
    target: NDArray[Any],
    own: int,
    labels: int,
    step: Step,
    counts: NDArray[Any] | None = None,
) -> NDArray[np.float64] | None:
    """Each of the first `own` rows scored by weights that never saw it; None where they are too few to hold any out."""
    fold = np.full(len(target), -1)
    fold[:own] = fold_numbers(target[:own], INNER_FOLDS)
    scores = np.zeros((own, labels))
    for number in range(INNER_FOLDS):
        step(f"校准 {number + 1}/{INNER_FOLDS}")
        held = fold == number
        if not held.any() or len(np.unique(target[~held])) < 2:  # noqa: PLR2004
            return None
        weights, base = fit_weights(features[~held], target[~held], labels, None if counts is None else counts[~held])
        scores[held[:own]] = features[held] @ weights + base
    return scores


def likeliest_temperature(scores: NDArray[Any], target: NDArray[Any]) -> float:
    """The temperature under which the held-out rows' own labels are likeliest."""
    return float(min(TEMPERATURES, key=lambda heat: _surprise(scores, target, heat)))


def _surprise(scores: NDArray[Any], target: NDArray[Any], heat: float) -> float:
    """Mean negative log likelihood."""
    right = softmax(scores, heat)[np.arange(len(target)), target]
    return float(-np.log(np.maximum(right, 1e-12)).mean())
