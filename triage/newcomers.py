"""Categories that came into the catalogue after the model was trained: the catalogue's own words speak for them.

Words are never sure, and where they speak the model is less sure, too: a person decides, and what he decides is an
example of the next training.
"""

from collections.abc import Collection, Mapping, Sequence

from triage.classify import Classifier, Moved, Prediction, narrowed, ranked
from triage.keyword_classify import KeywordClassifier


class WithNewcomers:
    """A trained classifier and the words of labels it has never seen."""

    def __init__(self, model: Classifier, words: Mapping[str, Sequence[str]]) -> None:
        """`words`: unseen label → words that point to it. ValueError where there is none."""
        self._model, self._new = model, KeywordClassifier(words)
        self.labels: tuple[str, ...] = tuple(sorted({*model.labels, *self._new.labels}))

    def predict(self, text: str) -> Prediction:
        """The model's own answer where no word of a newcomer stands in the text."""
        return self._joined(text, self._model.predict(text))

    def predict_many(self, texts: Sequence[str]) -> list[Prediction]:
        """The same in order."""
        answers = self._model.predict_many(texts)
        return [self._joined(text, answer) for text, answer in zip(texts, answers, strict=True)]

    def among(self, text: str, labels: Collection[str]) -> Prediction:
        """The answer where only these labels are possible."""
        known = [label for label in labels if label in self._model.labels]
        if not known:
            return self._new.among(text, labels)
        return narrowed(self._joined(text, self._model.among(text, known), labels).top, labels)

    def explain(self, text: str, labels: Sequence[str]) -> dict[str, tuple[Moved, ...]]:
        """Each label by whoever knows it."""
        known = [label for label in labels if label in self._model.labels]
        new = [label for label in labels if label not in self._model.labels]
        return self._model.explain(text, known) | self._new.explain(text, new)

    def _joined(self, text: str, answer: Prediction, labels: Collection[str] | None = None) -> Prediction:
        named = [(label, chance) for label, chance in self._new.named(text) if labels is None or label in labels]
        if not named:
            return answer
        left = 1 - sum(chance for _, chance in named)
        return ranked([*((label, chance * left) for label, chance in answer.top), *named])


def widened(model: Classifier, words: Mapping[str, Sequence[str]]) -> Classifier:
    """The model itself where it has seen every label of the catalogue (`words`: label → its words)."""
    unseen = {label: given for label, given in words.items() if label not in model.labels}
    return WithNewcomers(model, unseen) if unseen else model
