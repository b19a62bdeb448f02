"""What the words of the risk tables miss: a small classifier over whole sentences, trained on hand-written ones.

It only adds a sign, never takes one away; without a model the words stand alone. Long letters are weighed as a whole:
who calls about a danger of this minute says it short.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hotline.words import Urgency
from triage.classify import Classifier, Unavailable
from triage.spacy_model import load, read_card
from triage.urgency import Sign, Suggestion
from triage.urgency import assess as by_words

QUIET: Final = "无"
RISKY: Final = "险"
NAME: Final = "疑似险情"
LINES: Final = ("110", "119", "120")  # which of them fits, the agent hears; the machine only says: ask


class RiskModel:
    """The trained sentences and the probability (0–1) from which a text counts as risky."""

    def __init__(self, classifier: Classifier, threshold: float) -> None:
        self._classifier = classifier
        self.threshold = threshold

    def probability(self, text: str) -> float:
        """How likely the text tells of a danger, 0–1. Raises Unavailable."""
        return dict(self._classifier.predict(text).top).get(RISKY, 0.0) if text.strip() else 0.0


def read(folder: Path) -> RiskModel:
    """The model of a directory. Raises Unavailable: `model_missing` or `model_broken`."""
    card: dict[str, Any] = read_card(folder)
    try:
        threshold = float(card["threshold"])
    except (KeyError, TypeError, ValueError) as broken:
        raise Unavailable("model_broken", "险情识别模型损坏，请重新训练") from broken
    return RiskModel(load(folder), threshold)


def assess(text: str, model: RiskModel | None) -> Suggestion:
    """The words' suggestion, raised to 紧急 where only the model sees a danger. Raises Unavailable from the model."""
    said = by_words(text)
    if said.urgency is not Urgency.NORMAL or model is None or model.probability(text) < model.threshold:
        return said
    whole = Sign(text, 0, len(text), NAME, Urgency.URGENT)
    return replace(said, urgency=Urgency.URGENT, lines=LINES, signs=(whole,))
