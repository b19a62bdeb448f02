"""The port of the classifier: a text goes in, a category with how sure it is comes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hotline.errors import Unreachable

TOP = 3  # three chips are nearly always right


class Unavailable(Unreachable):
    """The model is missing or broken: the case goes to the manual list. `code` says which of the two."""


@dataclass(frozen=True)
class Prediction:
    """The likeliest label, its probability 0–1, and the likeliest three with theirs, falling."""

    label: str
    confidence: float
    top: tuple[tuple[str, float], ...]


class Classifier(Protocol):
    """Gives a category to a text; safe to share between threads; the same text always gets the same answer."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label it can give, sorted."""

    def predict(self, text: str) -> Prediction:
        """One text, of any length, also empty. Raises Unavailable, nothing else."""

    def predict_many(self, texts: Sequence[str]) -> list[Prediction]:
        """The same answers as `predict`, in order, faster."""


def ranked(scores: Iterable[tuple[str, float]]) -> Prediction:
    """The prediction these probabilities make; equal ones are ordered by label. ValueError where there is none."""
    best = sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:TOP]
    if not best:
        raise ValueError("a prediction needs at least one label")
    return Prediction(best[0][0], best[0][1], tuple(best))
