"""What the citizens say: the messages of a folder of CSV files, else the words the classifier begins with."""

import csv
import random
from pathlib import Path
from typing import NamedTuple

from hotline.settings import CITY

FILES = (  # file, columns of the title and of the text
    ("messages_with_votes.csv", "留言主题", "留言详情"),
    ("messages_with_replies.csv", "留言主题", "留言详情"),
    ("complaints_train.csv", "", "text"),
)
LONGEST = 9000
KINDS = (
    ("咨询", ("咨询", "请问", "如何", "怎么办理")),
    ("求助", ("求助", "帮忙", "救", "困难")),
    ("建议", ("建议", "希望")),
)


class Message(NamedTuple):
    """One message; `kind` as an agent would write it down."""

    kind: str
    title: str
    text: str


def read(folder: Path | None) -> list[Message]:
    """All messages of the folder in the order of its files; the starter corpus of the city where it is not there."""
    found = [message for name in FILES for message in _of_file(folder, *name)] if folder else []
    return found or [
        _message("", row["text"]) for file in sorted((CITY / "corpus").glob("*.csv")) for row in _rows(file)
    ]


def _of_file(folder: Path, name: str, title: str, text: str) -> list[Message]:
    file = folder / name
    return (
        [_message(row.get(title, ""), row[text]) for row in _rows(file) if row[text].strip()] if file.exists() else []
    )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _message(title: str, text: str) -> Message:
    said = text.strip()[:LONGEST]
    kind = next((kind for kind, words in KINDS if any(word in (title or said[:60]) for word in words)), "投诉")
    return Message(kind, (title.strip() or said[:40]).replace("\n", " ")[:200], said)


def shuffled(messages: list[Message], seed: int) -> list[Message]:
    """The same order in every run of a seed."""
    return random.Random(seed).sample(messages, len(messages))
