"""Trains a model directory from a corpus and judges one on another."""

import ctypes
import datetime as dt
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hotline.clock import iso
from hotline.errors import BadInput
from triage.classify import Classifier
from triage.spacy_model import CARD, load, pipeline
from triage.training.corpus import Corpus, read, read_words
from triage.training.figures import accuracy, macro_f1, per_label
from triage.training.fit import Fit, Step, fit

FORMAT = 1
METHOD = "三路字符与词特征的线性支持向量机（一对其余），温度校准"
_EXCHANGE, _HERE = 2, -100  # RENAME_EXCHANGE, AT_FDCWD of linux/fs.h


def train(corpus: Path, out: Path, progress: Step, now: dt.datetime, words: Path | None = None) -> dict[str, Any]:
    """Fits a model to a CSV file or a folder of them, puts it at `out` in one step, returns its card.

    `progress` hears the name of each of `fit.STEPS` parts as it begins; `now` (aware) is the card's date.
    `words` is a category table whose names and words are learnt too, also for categories without a row in the corpus.
    Raises BadInput where the corpus cannot be used or `out` is a folder that is no model. Deterministic but for the
    date.
    """
    return train_rows(read(corpus), out, progress, now, read_words(words) if words else ())


def train_rows(
    rows: Corpus, out: Path, progress: Step, now: dt.datetime, hints: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """The same from rows that were read already; nothing but the model is written."""
    _check_replaceable(out)
    if len({*rows.labels, *(label for _, label in hints)}) < 2:  # noqa: PLR2004 - one label leaves nothing to tell apart
        raise BadInput("corpus_labels", "语料至少需要两个不同的标签")
    fitted = fit(rows.texts, rows.labels, progress, hints, rows.weights)
    card = make_card(rows, fitted, now) | {"hints": len(hints)}
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        pipeline(fitted.model).to_disk(fresh)
        (fresh / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        fresh.chmod(0o755)
        put_in_place(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return card


def make_card(rows: Corpus, fitted: Fit, now: dt.datetime) -> dict[str, Any]:
    """What the model is, from what and how good: `figures` come from the inner cross-validation."""
    return {
        "format": FORMAT,
        "date": iso(now),
        "method": METHOD,
        "rows": len(rows.examples),
        "bad_rows": len(rows.bad),
        "rejected": [f"{row.file}:{row.line} {row.reason}" for row in rows.bad[:100]],
        "corpus_sha256": rows.sha256,
        "labels": dict(sorted(Counter(rows.labels).items())),
        "departments": departments(rows),
        "ngrams": len(fitted.model.weights),
        "temperature": fitted.model.temperature,
        "figures": fitted.figures,
        "made_with": {name: version(name) for name in ("spacy", "numpy", "scikit-learn")},
    }


def departments(rows: Corpus) -> dict[str, str]:
    """Label → the department its rows name most often; labels whose rows name none are left out."""
    named: dict[str, Counter[str]] = {}
    for example in rows.examples:
        if example.department:
            named.setdefault(example.label, Counter())[example.department] += 1
    return {label: min(seen, key=lambda code: (-seen[code], code)) for label, seen in sorted(named.items())}


def evaluate(model: Path, corpus: Path) -> dict[str, Any]:
    """Judges a model directory on a corpus: n, accuracy, macro_f1, per_label, texts_per_second (one process, loaded).

    Raises Unavailable without a usable model, BadInput without usable rows.
    """
    return judge(load(model), read(corpus))


def judge(classifier: Classifier, rows: Corpus) -> dict[str, Any]:
    """The same for a loaded classifier and rows that were read already."""
    classifier.predict_many(rows.texts[:1])
    begun = time.perf_counter()
    said = [prediction.label for prediction in classifier.predict_many(rows.texts)]
    seconds = time.perf_counter() - begun
    return {
        "n": len(said),
        "accuracy": accuracy(rows.labels, said),
        "macro_f1": macro_f1(rows.labels, said),
        "per_label": per_label(rows.labels, said),
        "texts_per_second": len(said) / seconds,
        "bad_rows": [f"{row.file}:{row.line} {row.reason}" for row in rows.bad],
    }


def _check_replaceable(out: Path) -> None:
    """Only a model, an empty folder or nothing is ever replaced."""
    if out.is_dir() and any(out.iterdir()) and not (out / CARD).is_file():
        raise BadInput("out_not_a_model", f"目录已存在且不是模型，不会覆盖：{out.name}")
    if out.exists() and not out.is_dir():
        raise BadInput("out_not_a_model", f"输出位置是一个文件：{out.name}")


def put_in_place(fresh: Path, out: Path) -> None:
    """`out` becomes `fresh` at one instant; what stood there before is left at `fresh`."""
    if not out.exists():
        fresh.rename(out)
        return
    if not _exchanged(fresh, out):
        shutil.rmtree(out)  # a file system without exchange: a reader may meet the moment between the two
        fresh.rename(out)


def _exchanged(one: Path, other: Path) -> bool:
    """Swaps two folders at one instant; False where the system cannot."""
    swap = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return swap is not None and swap(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0
