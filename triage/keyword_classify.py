"""A classifier that needs no model: the catalogue's own words. It is never sure, so a person looks at every case."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from triage.classify import Moved, Prediction, narrowed, ranked

CEILING = 0.35  # below every threshold of automatic dispatch: words alone never send a case on


class KeywordClassifier:
    """Counts the words of each label that stand in the text, long words more than short ones."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        """`words`: label → words that point to it. ValueError where there is no label."""
        if not words:
            raise ValueError("the catalogue has no category")
        self._words = {label: tuple(sorted({word.lower() for word in given if word})) for label, given in words.items()}
        self.labels: tuple[str, ...] = tuple(sorted(self._words))

    def predict(self, text: str) -> Prediction:
        """Without any known word every label is equally (un)likely."""
        return ranked(self._chances(text))

    def among(self, text: str, labels: Collection[str]) -> Prediction:
        """The same where only these labels are possible."""
        return narrowed(self._chances(text), labels)

    def named(self, text: str) -> list[tuple[str, float]]:
        """The labels of which a word stands in the text, with their chances; together at most CEILING."""
        found = self._weights(text)
        total = sum(found.values()) + 1
        return [(label, CEILING * weight / total) for label, weight in found.items() if weight]

    def _chances(self, text: str) -> list[tuple[str, float]]:
        found = self._weights(text)
        spread = 1 / len(found)
        total = sum(found.values()) + 1
        return [(label, CEILING * (weight + spread) / total) for label, weight in found.items()]

    def predict_many(self, texts: Sequence[str]) -> list[Prediction]:
        """One after another."""
        return [self.predict(text) for text in texts]

    def explain(self, text: str, labels: Sequence[str]) -> dict[str, tuple[Moved, ...]]:
        """The catalogue's words of each label, the longest at each place."""
        return {label: tuple(self._stand(text, label)) for label in labels}

    def _stand(self, text: str, label: str) -> Iterator[Moved]:
        words = sorted(self._words.get(label, ()), key=lambda word: (-len(word), word))
        longest = len(words[0]) if words else 1
        for match in re.finditer("|".join(map(re.escape, words)), text, re.IGNORECASE) if words else ():
            yield Moved(match.start(), match.end(), round((match.end() - match.start()) / longest, 3))

    def _weights(self, text: str) -> dict[str, int]:
        """For each label how many letters of its words stand in the text."""
        lowered = text.lower()
        return {label: sum(len(word) for word in self._words[label] if word in lowered) for label in self.labels}
