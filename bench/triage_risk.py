"""Danger in a citizen's words: `python bench/triage_risk.py`.

Recall and precision on sentences that neither the tables nor the model have seen: a first set, and a second one of
other registers, written before its author looked at the word tables. Half of what he wrote then went into the
training; this is the other half. How many ordinary public letters are raised stands below, where they are at hand.
"""

import csv
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hotline import clock  # noqa: E402
from hotline.settings import CITY  # noqa: E402
from hotline.words import Urgency  # noqa: E402
from triage.risk_model import RiskModel, assess, read  # noqa: E402
from triage.training.risk import train  # noqa: E402

SETS = {"first": "risk_sentences.csv", "second": "risk_sentences_second.csv"}
LETTERS = ROOT.parent / "shared" / "data" / "complaints_train.csv"


def judged(rows: list[dict[str, str]], model: RiskModel | None) -> dict[str, float]:
    """Recall and precision of being raised at all; sentences in order."""
    raised = [assess(row["text"], model).urgency is not Urgency.NORMAL for row in rows]
    risky = [bool(row["risk"]) for row in rows]
    hits = sum(up and danger for up, danger in zip(raised, risky, strict=True))
    return {"recall": hits / sum(risky), "precision": hits / sum(raised)}


def sentences(name: str = "first") -> list[dict[str, str]]:
    with (ROOT / "tests" / "data" / SETS[name]).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def raised_letters(model: RiskModel) -> str:
    """How much of ordinary mail is raised, and how much of it as a danger of this minute."""
    with LETTERS.open(encoding="utf-8-sig") as file:
        found = [assess(row["text"], model).urgency for row in csv.DictReader(file)]
    urgent = sum(one is not Urgency.NORMAL for one in found) / len(found)
    return f"{len(found)} public letters: {urgent:.3f} raised, {found.count(Urgency.CRITICAL) / len(found):.3f} as 特急"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        card = train(CITY / "risks.csv", CITY / "corpus", Path(folder) / "risk", clock.machine())
        print(f"trained in {time.perf_counter() - begun:.1f} s, threshold {card['threshold']:.3f}")
        model = read(Path(folder) / "risk")
        for which in SETS:
            rows = sentences(which)
            risky = sum(bool(row["risk"]) for row in rows)
            print(f"{which} set: {len(rows)} sentences, {risky} risky, {len(rows) - risky} harmless look-alikes")
            for name, used in (("words only", None), ("words and model", model)):
                found = judged(rows, used)
                print(f"  {name:<18}recall {found['recall']:.3f}  precision {found['precision']:.3f}")
        begun = time.perf_counter()
        judged(rows, model)
        print(f"{(time.perf_counter() - begun) / len(rows) * 1000:.2f} ms a sentence")
        if LETTERS.exists():
            print(raised_letters(model))


if __name__ == "__main__":
    main()
