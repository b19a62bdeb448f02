"""The classifier against the plain one on the same folds: `python bench/triage.py [FILE.csv]`.

Five folds, seed 42, of a CSV with columns text,label. One core is enough; nothing here asserts.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from triage.linear import softmax  # noqa: E402
from triage.spacy_model import SpacyClassifier, load, pipeline  # noqa: E402
from triage.training.corpus import read  # noqa: E402
from triage.training.figures import accuracy_of_surest, calibration_error, macro_f1  # noqa: E402
from triage.training.fit import fit  # noqa: E402

FOLDS, SEED, SINGLES = 5, 42, 100
WIDTHS = (9, 10, 8, 12, 9, 10, 9, 9)
DEFAULT = ROOT.parent / "shared" / "data" / "complaints_train.csv"


class Plain:
    """TF-IDF of characters 1–3 and a linear SVM; its probabilities are the softmax of its distances."""

    def __init__(self, texts, labels):
        self.words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
        self.machine = LinearSVC(C=1, random_state=SEED).fit(self.words.fit_transform(texts), labels)

    def answers(self, texts):
        chances = softmax(self.machine.decision_function(self.words.transform(texts)), 1.0)
        return list(zip(self.machine.classes_[chances.argmax(1)], chances.max(1), strict=True))


class Ours:
    """The classifier as the program runs it: through the spaCy pipeline."""

    def __init__(self, texts, labels):
        self.classifier = SpacyClassifier(pipeline(fit(texts, labels, lambda _: None).model))

    def answers(self, texts):
        return [(one.label, one.confidence) for one in self.classifier.predict_many(texts)]


def measure(make, train, test):
    """The figures of one fold."""
    begun = time.perf_counter()
    model = make(*train)
    fitted = time.perf_counter()
    answers = model.answers(test[0])
    answered = time.perf_counter()
    said = [label for label, _ in answers]
    right = np.array([label == true for label, true in zip(said, test[1], strict=True)])
    return {
        "f1": macro_f1(test[1], said),
        "right": right,
        "sure": np.array([sure for _, sure in answers]),
        "fit": fitted - begun,
        "rate": len(said) / (answered - fitted),
        "single": [single(model, text) for text in test[0][:SINGLES]],
    }


def single(model, text):
    begun = time.perf_counter()
    model.answers([text])
    return (time.perf_counter() - begun) * 1000


def row(name, folds):
    right = np.concatenate([fold["right"] for fold in folds])
    sure = np.concatenate([fold["sure"] for fold in folds])
    singles = np.concatenate([fold["single"] for fold in folds])
    mean = {key: statistics.fmean(fold[key] for fold in folds) for key in ("f1", "fit", "rate")}
    return (
        f"{name:<28}{mean['f1']:>9.4f}{right.mean():>10.4f}{calibration_error(sure, right):>8.4f}"
        f"{accuracy_of_surest(sure, right, 0.8):>12.4f}{mean['fit']:>9.1f}{mean['rate']:>10.0f}"
        f"{np.percentile(singles, 50):>9.2f}{np.percentile(singles, 95):>9.2f}"
    )


def whole(texts, labels):
    """The model of all rows: how long it is fitted, how large it lies on the disk, how soon it answers."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        pipeline(fit(texts, labels, lambda _: None).model).to_disk(folder)
        fitted = time.perf_counter()
        load(folder).predict(texts[0])
        loaded = time.perf_counter()
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    print(
        f"all {len(texts)} rows: trained in {fitted - begun:.1f} s on one core, {size / 2**20:.1f} MB, "
        f"loaded and first answer in {loaded - fitted:.2f} s"
    )


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not path.exists():
        sys.exit(f"{path} is absent: give a CSV with columns text,label")
    corpus = read(path)
    texts, labels = np.array(corpus.texts, dtype=object), np.array(corpus.labels)
    makers = {"TF-IDF(1-3) + LinearSVC": Plain, "linear_categorizer (spaCy)": Ours}
    results = {name: [] for name in makers}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(texts, labels)
    for seen, unseen in tqdm(folds, total=FOLDS, desc="folds", file=sys.stderr):
        train, test = ((list(texts[part]), [str(label) for label in labels[part]]) for part in (seen, unseen))
        for name, make in makers.items():
            results[name].append(measure(make, train, test))
    print(f"{len(texts)} texts, {len(set(labels))} labels, {FOLDS} folds, seed {SEED}")
    heads = ("macro-F1", "accuracy", "ECE", "surest 80 %", "fit s", "texts/s", "p50 ms", "p95 ms")
    print(" " * 28 + "".join(f"{head:>{width}}" for head, width in zip(heads, WIDTHS, strict=True)))
    for name, folded in results.items():
        print(row(name, folded))
    gain = [statistics.fmean(fold["f1"] for fold in folded) for folded in results.values()]
    print(f"macro-F1 above the plain one: {gain[1] - gain[0]:+.4f} (docs/decisions/classifier.md: what was tried)")
    whole(list(texts), [str(label) for label in labels])
    print("The plain one has no calibrated probabilities: its ECE is that of the bare softmax of its distances.")


if __name__ == "__main__":
    main()
