"""Danger in a citizen's words: `python bench/triage_risk.py`.

Recall and precision on sentences that neither the tables nor the model have seen.
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

SENTENCES = ROOT / "tests" / "data" / "risk_sentences.csv"


def judged(rows: list[dict[str, str]], model: RiskModel | None) -> dict[str, float]:
    """Recall and precision of being raised at all; sentences in order."""
    raised = [assess(row["text"], model).urgency is not Urgency.NORMAL for row in rows]
    risky = [bool(row["risk"]) for row in rows]
    hits = sum(up and danger for up, danger in zip(raised, risky, strict=True))
    return {"recall": hits / sum(risky), "precision": hits / sum(raised)}


def sentences() -> list[dict[str, str]]:
    with SENTENCES.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main() -> None:
    rows = sentences()
    risky = sum(bool(row["risk"]) for row in rows)
    print(f"{len(rows)} sentences, {risky} risky, {len(rows) - risky} harmless look-alikes")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        card = train(CITY / "risks.csv", CITY / "corpus", Path(folder) / "risk", clock.machine())
        print(f"trained in {time.perf_counter() - begun:.1f} s, threshold {card['threshold']:.3f}")
        model = read(Path(folder) / "risk")
        for name, used in (("words only", None), ("words and model", model)):
            found = judged(rows, used)
            print(f"{name:<18}recall {found['recall']:.3f}  precision {found['precision']:.3f}")
        begun = time.perf_counter()
        judged(rows, model)
        print(f"{(time.perf_counter() - begun) / len(rows) * 1000:.2f} ms a sentence")


if __name__ == "__main__":
    main()
