"""How good predictions are. Pure: labels and probabilities in, numbers out."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10


def per_label(true: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and number of rows of every label that stands on either side; 0 where nothing is said."""
    rows, given = Counter(true), Counter(said)
    right = Counter(label for label, guess in zip(true, said, strict=True) if label == guess)
    return {label: _scores(right[label], given[label], rows[label]) for label in sorted(rows | given)}


def _scores(right: int, given: int, rows: int) -> dict[str, float]:
    return {
        "precision": right / given if given else 0.0,
        "recall": right / rows if rows else 0.0,
        "f1": 2 * right / (given + rows),
        "n": rows,
    }


def accuracy(true: Sequence[str], said: Sequence[str]) -> float:
    """Share of rows with the right label; ValueError without rows."""
    if not true:
        raise ValueError("nothing to judge")
    return sum(label == guess for label, guess in zip(true, said, strict=True)) / len(true)


def macro_f1(true: Sequence[str], said: Sequence[str]) -> float:
    """Mean F1 over the labels that stand on either side, each label counting the same."""
    scores = per_label(true, said)
    return sum(score["f1"] for score in scores.values()) / len(scores)


def calibration_error(sure: NDArray[Any], right: NDArray[Any]) -> float:
    """Expected calibration error: how far confidence and accuracy are apart, over ten equal bins of confidence."""
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = (abs(float((sure[bins == number] - right[bins == number]).sum())) for number in np.unique(bins))
    return sum(gaps) / len(sure)


def accuracy_of_surest(sure: NDArray[Any], right: NDArray[Any], share: float) -> float:
    """Accuracy of the surest `share` (0–1) of the rows."""
    kept = np.argsort(-sure, kind="stable")[: max(round(share * len(sure)), 1)]
    return float(right[kept].mean())


def judged(chances: NDArray[Any], target: NDArray[Any]) -> dict[str, float]:
    """The figures of a model card from probabilities and the numbers of the right labels."""
    said = chances.argmax(axis=1)
    right = said == target
    true_names, said_names = [str(label) for label in target], [str(label) for label in said]
    return {
        "accuracy": float(right.mean()),
        "macro_f1": macro_f1(true_names, said_names),
        "ece": calibration_error(chances.max(axis=1), right),
        "accuracy_of_surest_80": accuracy_of_surest(chances.max(axis=1), right, 0.8),
    }
