"""What corrections are worth: `python bench/triage_learning.py [FILE.csv]`.

A city begins with the starter corpus, whose first levels are given the seven labels of the real messages. Then
people correct: 100, 250, 500 … real messages with their labels are added. Judged on 691 others; mean of SPLITS draws.
"""

import random
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hotline.settings import CITY  # noqa: E402
from triage.spacy_model import SpacyClassifier, pipeline  # noqa: E402
from triage.training.corpus import read  # noqa: E402
from triage.training.figures import accuracy, macro_f1  # noqa: E402
from triage.training.fit import fit  # noqa: E402

DEFAULT = ROOT.parent / "shared" / "data" / "complaints_train.csv"
LABELS = {
    "01": "城乡建设", "02": "环境保护", "03": "城乡建设", "04": "交通运输", "05": "劳动和社会保障", "06": "教育文体",
    "07": "卫生计生", "08": "商贸旅游", "09": "城乡建设", "13": "城乡建设",
}  # fmt: skip
STEPS, SPLITS, JUDGED, WEIGHT = (0, 100, 250, 500, 1000, 2000), 2, 691, 2.0


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not path.exists():
        sys.exit(f"{path} is absent: give a CSV with columns text,label")
    starter = [(one.text, LABELS[one.label[:2]]) for one in read(CITY / "corpus").examples if one.label[:2] in LABELS]
    real = [(one.text, one.label) for one in read(path).examples]
    print(
        f"{len(starter)} starter texts; corrections with weight {WEIGHT:g}; judged on {JUDGED} others, {SPLITS} draws"
    )
    figures = {count: [] for count in STEPS}
    for seed in range(SPLITS):
        rows = real[:]
        random.Random(seed).shuffle(rows)
        judged, pool = rows[:JUDGED], rows[JUDGED:]
        for count in STEPS:
            figures[count].append(measured(starter, pool[:count], judged))
    print("corrections  accuracy  macro-F1   fit s")
    for count, found in figures.items():
        right, f1, seconds = (statistics.fmean(part) for part in zip(*found, strict=True))
        print(f"{count:>11}{right:>10.4f}{f1:>10.4f}{seconds:>8.1f}")


def measured(starter, corrected, judged):
    rows = [*starter, *corrected]
    weights = [1.0] * len(starter) + [WEIGHT] * len(corrected)
    begun = time.perf_counter()
    made = fit([text for text, _ in rows], [label for _, label in rows], lambda _: None, (), weights)
    seconds = time.perf_counter() - begun
    classifier = SpacyClassifier(pipeline(made.model))
    said = [one.label for one in classifier.predict_many([text for text, _ in judged])]
    true = [label for _, label in judged]
    return accuracy(true, said), macro_f1(true, said), seconds


if __name__ == "__main__":
    main()
