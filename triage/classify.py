"""The port of the classifier: a text goes in, a category with how sure it is comes out."""

from collections.abc import Collection, Iterable, Sequence
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


@dataclass(frozen=True)
class Moved:
    """A word of the text that spoke for a label, `text[start:end]`; `weight` 0–1 beside the heaviest one."""

    start: int
    end: int
    weight: float


class Classifier(Protocol):
    """Gives a category to a text; safe to share between threads; the same text always gets the same answer."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label it can give, sorted."""

    def predict(self, text: str) -> Prediction:
        """One text, of any length, also empty. Raises Unavailable, nothing else."""

    def predict_many(self, texts: Sequence[str]) -> list[Prediction]:
        """The same answers as `predict`, in order, faster."""

    def among(self, text: str, labels: Collection[str]) -> Prediction:
        """The answer when only these labels are possible. ValueError where it knows none of them."""

    def explain(self, text: str, labels: Sequence[str]) -> dict[str, tuple[Moved, ...]]:
        """For each of these labels the words of the text that spoke most for it, by place, none overlapping."""


def narrowed(scores: Iterable[tuple[str, float]], labels: Collection[str]) -> Prediction:
    """The prediction these probabilities make where only `labels` are possible. ValueError where there is none."""
    kept = [(label, chance) for label, chance in scores if label in labels]
    total = sum(chance for _, chance in kept) or 1.0
    return ranked((label, chance / total) for label, chance in kept)


def ranked(scores: Iterable[tuple[str, float]]) -> Prediction:
    """The prediction these probabilities make; equal ones are ordered by label. ValueError where there is none."""
    best = sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:TOP]
    if not best:
        raise ValueError("a prediction needs at least one label")
    return Prediction(best[0][0], best[0][1], tuple(best))
