"""Trains the risk model: hand-written sentences (text,label 险/无), with the city's corpus as everyday background."""

import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hotline.clock import iso
from hotline.errors import BadInput
from hotline.words import Urgency
from triage.linear import LinearModel, normalise
from triage.risk_model import QUIET, RISKY
from triage.spacy_model import CARD, pipeline
from triage.training.corpus import read
from triage.training.fit import INNER_FOLDS, SEED, build_blocks, fold_numbers
from triage.training.run import put_in_place
from triage.urgency import assess

COST = 20.0
WANTED_RECALL = 0.97


def train(sentences: Path, background: Path, out: Path, now: dt.datetime) -> dict[str, Any]:
    """Puts a risk model at `out` and returns its card; rows of `background` are labelled by the words of the tables.

    The threshold is the highest that still finds WANTED_RECALL of the held-out risky sentences without any word's
    help. Raises BadInput where the sentences are not of both kinds. `now` (aware) is the card's date.
    """
    own, more = read(sentences), read(background)
    if set(own.labels) != {QUIET, RISKY}:
        raise BadInput("risk_labels", f"险情语料的标签只能是“{RISKY}”和“{QUIET}”，两种都要有")
    labels = [*own.labels, *(_by_words(text) for text in more.texts)]
    blocks, features = build_blocks([normalise(text) for text in (*own.texts, *more.texts)])
    risky = np.array([label == RISKY for label in labels])
    threshold, precision = _threshold(features, risky, len(own.texts))
    weights, intercept = _fitted(features, risky)
    model = LinearModel([QUIET, RISKY], blocks, weights, intercept, 1.0)
    card = {
        "date": iso(now),
        "rows": len(own.texts),
        "background": len(more.texts),
        "threshold": threshold,
        "held_out": {"recall": WANTED_RECALL, "precision": precision},
        "sentences_sha256": own.sha256,
    }
    _put(model, card, out)
    return card


def _by_words(text: str) -> str:
    return QUIET if assess(text).urgency is Urgency.NORMAL else RISKY


def _fitted(features: sparse.csr_array, risky: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Weights and intercepts of both labels, so that their softmax is the logistic probability."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only training pays for loading it

    machine = LogisticRegression(C=COST, class_weight="balanced", max_iter=3000, random_state=SEED)
    machine.fit(features, risky)
    half, base = machine.coef_[0] / 2, machine.intercept_[0] / 2
    weights = np.stack((-half, half), axis=1).astype(np.float16).astype(np.float32)
    return weights, np.array([-base, base], dtype=np.float32)


def _threshold(features: sparse.csr_array, risky: NDArray[np.bool_], own: int) -> tuple[float, float]:
    """(threshold, precision at it) from the first `own` rows, each judged by weights that never saw it."""
    fold = np.full(len(risky), -1)
    fold[:own] = fold_numbers(risky[:own].astype(int), INNER_FOLDS)
    chances = np.zeros(own)
    for number in range(INNER_FOLDS):
        held = fold == number
        weights, base = _fitted(features[~held], risky[~held])
        margin = features[held] @ (weights[:, 1] - weights[:, 0]) + (base[1] - base[0])
        chances[held[:own]] = 1 / (1 + np.exp(-margin))
    threshold = float(np.quantile(chances[risky[:own]], 1 - WANTED_RECALL, method="lower"))
    return threshold, float(risky[:own][chances >= threshold].mean())


def _put(model: LinearModel, card: dict[str, Any], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        pipeline(model).to_disk(fresh)
        (fresh / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        fresh.chmod(0o755)
        put_in_place(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
