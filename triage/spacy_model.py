"""The classifier as a spaCy pipeline: character tokens and one component of our own. The only importer of spaCy."""

import json
import threading
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from triage.classify import Classifier, Moved, Prediction, Unavailable, narrowed, ranked
from triage.explain import moved
from triage.linear import LONGEST, LinearModel

COMPONENT: Final = "linear_categorizer"
CARD: Final = "model-card.json"
BATCH = 64
_WEIGHTS = "weights.npz"
_LABELS = "labels.json"
BROKEN = (OSError, ValueError, KeyError, EOFError, TypeError, IndexError, zipfile.BadZipFile, zlib.error)


class LinearCategorizer:
    """Sets `doc.cats` to the probability of every label. Without a model yet it leaves `doc.cats` empty."""

    def __init__(self, model: LinearModel | None = None) -> None:
        self.model = model

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = BATCH) -> Iterator[Doc]:
        """The documents in order, scored a batch at a time."""
        left = iter(stream)
        while docs := list(islice(left, batch_size)):
            for doc, row in zip(docs, self.probabilities([doc.text for doc in docs]), strict=True):
                doc.cats = dict(zip(self.labels, row.tolist(), strict=True))
                yield doc

    @property
    def labels(self) -> tuple[str, ...]:
        return self.model.labels if self.model else ()

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return self.model.probabilities(texts) if self.model else np.zeros((len(texts), 0))

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002 - spaCy's signature
        """Plain arrays and a list of labels: nothing that runs when it is read."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _LABELS).write_text(json.dumps(self.labels, ensure_ascii=False), encoding="utf-8")
        if self.model:
            np.savez(folder / _WEIGHTS, allow_pickle=False, **self.model.to_arrays())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "LinearCategorizer":  # noqa: ARG002
        """OSError, ValueError or KeyError where the files are missing or do not belong together."""
        folder = Path(path)
        labels = json.loads((folder / _LABELS).read_text(encoding="utf-8"))
        with (folder / _WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            self.model = LinearModel.from_arrays(labels, arrays)
        return self


@Language.factory(COMPONENT, assigns=["doc.cats"])
def make_categorizer(nlp: Language, name: str) -> LinearCategorizer:  # noqa: ARG001 - spaCy's signature
    """What `config.cfg` of a model directory asks for."""
    return LinearCategorizer()


def pipeline(model: LinearModel | None = None) -> Language:
    """A Chinese pipeline of character tokens with the categorizer in it."""
    nlp = spacy.blank("zh")
    component: Any = nlp.add_pipe(COMPONENT)
    component.model = model
    return nlp


class SpacyClassifier:
    """The port on a pipeline. One text goes through the pipeline under a lock: spaCy's string store is shared."""

    def __init__(self, nlp: Language) -> None:
        component: Any = nlp.get_pipe(COMPONENT)
        self._component: LinearCategorizer = component
        self._nlp = nlp
        self._lock = threading.Lock()
        self.labels: tuple[str, ...] = tuple(sorted(self._component.labels))

    def predict(self, text: str) -> Prediction:
        with self._lock:
            return ranked(self._nlp(readable(text)).cats.items())

    def predict_many(self, texts: Sequence[str]) -> list[Prediction]:
        with self._lock:
            return [ranked(doc.cats.items()) for doc in self._nlp.pipe(map(readable, texts), batch_size=BATCH)]

    def among(self, text: str, labels: Collection[str]) -> Prediction:
        with self._lock:
            return narrowed(self._nlp(readable(text)).cats.items(), labels)

    def explain(self, text: str, labels: Sequence[str]) -> dict[str, tuple[Moved, ...]]:
        model = self._component.model
        return moved(model, text, labels) if model else dict.fromkeys(labels, ())


def readable(text: str) -> str:
    """What spaCy can take: half characters (lone surrogates) replaced, no longer than what is looked at."""
    return text[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def load(path: str | Path) -> Classifier:
    """The classifier of a model directory. Raises Unavailable: `model_missing` or `model_broken`."""
    folder = Path(path)
    if not (folder / "config.cfg").is_file():
        raise Unavailable("model_missing", "分类模型不存在，请先训练")
    try:
        classifier = SpacyClassifier(spacy.load(folder))
    except BROKEN as broken:
        raise Unavailable("model_broken", "分类模型损坏，请重新训练") from broken
    if not classifier.labels:
        raise Unavailable("model_broken", "分类模型损坏，请重新训练")
    return classifier


def read_card(path: str | Path) -> dict[str, Any]:
    """The model card beside the weights. Raises Unavailable where there is none or it cannot be read."""
    try:
        card: dict[str, Any] = json.loads((Path(path) / CARD).read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise Unavailable("model_missing", "分类模型不存在，请先训练") from missing
    except (OSError, ValueError) as broken:
        raise Unavailable("model_broken", "分类模型说明损坏，请重新训练") from broken
    return card
