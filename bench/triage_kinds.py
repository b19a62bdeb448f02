"""What citizens want, suggested from their words: `python bench/triage_kinds.py`.

On sentences written by hand (their author also chose the cue words: not blind), and on public messages whose title
names the kind; the naming word is taken out before the model sees them.
"""

import csv
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hotline import clock  # noqa: E402
from hotline.settings import CITY  # noqa: E402
from triage import kinds  # noqa: E402
from triage.spacy_model import load  # noqa: E402
from triage.training.figures import macro_f1  # noqa: E402
from triage.training.run import train  # noqa: E402

SENTENCES = ROOT / "tests" / "data" / "kind_sentences.csv"
MESSAGES = ROOT.parent / "shared" / "data"
NAMED = re.compile(r"咨询|求助|投诉|举报|建议")


def sentences():
    with SENTENCES.open(encoding="utf-8") as file:
        return [(row["text"], row["kind"]) for row in csv.DictReader(file)]


def messages():
    rows = []
    for name in ("messages_with_votes.csv", "messages_with_replies.csv"):
        with (MESSAGES / name).open(encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                named = NAMED.match(row["留言主题"])
                if named:
                    rows.append((f"{NAMED.sub('', row['留言主题'])}\n{row['留言详情']}", named[0]))
    return rows


def judged(rows, model):
    """Accuracy, share within the likeliest two, macro-F1, accuracy of those at least 0.8 sure and their share."""
    found = [kinds.guess(text, model) for text, _ in rows]
    right = [one.kind == kind for one, (_, kind) in zip(found, rows, strict=True)]
    near = [kind in {one.top[0][0], one.top[1][0]} for one, (_, kind) in zip(found, rows, strict=True)]
    sure = [good for good, one in zip(right, found, strict=True) if one.confidence >= 0.8]
    f1 = macro_f1([kind for _, kind in rows], [one.kind.value for one in found])
    return len(rows), sum(right) / len(rows), sum(near) / len(rows), f1, sum(sure) / max(len(sure), 1), len(sure)


def main():
    with tempfile.TemporaryDirectory() as folder:
        card = train(CITY / "kinds.csv", Path(folder) / "kinds", lambda _: None, clock.machine())
        model = load(Path(folder) / "kinds")
        print(f"{card['rows']} sentences learnt")
        sets = {"written by hand": sentences()} | ({"public messages": messages()} if MESSAGES.exists() else {})
        for name, rows in sets.items():
            for how, used in (("words only", None), ("words and model", model)):
                count, right, two, f1, sure, many = judged(rows, used)
                told = f"accuracy {right:.3f}  first two {two:.3f}  macro-F1 {f1:.3f}"
                print(f"{name:<18}{count:>5}  {how:<16}{told}  of {many:>4} at least 0.8 sure {sure:.3f} right")


if __name__ == "__main__":
    main()
