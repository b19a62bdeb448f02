"""Reads labelled texts from CSV files; a row that cannot be used is reported with its line, never swallowed."""

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import BadInput

NEEDED = ("text", "label")
CATEGORY = ("code", "first", "second", "keywords")
ENCODINGS = ("utf-8-sig", "gb18030")  # the second is what spreadsheets on Chinese Windows write
HEAVIEST = 100.0
LONGEST = 100_000  # characters; a longer text is a broken quote, not a complaint


@dataclass(frozen=True)
class Example:
    """One text with the label it ought to get; `department` is empty, `weight` 1 where the file names none."""

    text: str
    label: str
    department: str = ""
    weight: float = 1.0


@dataclass(frozen=True)
class BadRow:
    """A row left out: where it stands and, in Chinese, why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Corpus:
    """The usable rows in file order, those left out, and the SHA-256 of all bytes read."""

    examples: tuple[Example, ...]
    bad: tuple[BadRow, ...]
    sha256: str

    @property
    def texts(self) -> list[str]:
        return [example.text for example in self.examples]

    @property
    def labels(self) -> list[str]:
        return [example.label for example in self.examples]

    @property
    def weights(self) -> list[float]:
        return [example.weight for example in self.examples]


def read(path: Path) -> Corpus:
    """A CSV file, or every *.csv of a folder by name. Raises BadInput where nothing can be read or a column lacks."""
    examples: list[Example] = []
    bad: list[BadRow] = []
    digest = hashlib.sha256()
    for file in _files(path):
        content = _content(file)
        digest.update(content)
        for row in _rows(file.name, content):
            (examples if isinstance(row, Example) else bad).append(row)  # type: ignore[arg-type]
    if not examples:
        raise BadInput("corpus_empty", f"语料中没有可用的行：{path.name}")
    return Corpus(tuple(examples), tuple(bad), digest.hexdigest())


def read_words(path: Path) -> tuple[tuple[str, str], ...]:
    """(text, label) pairs of a category table (columns code,first,second,keywords; words parted by `;`).

    Each category gives its name, each of its words, and all of them in one line. Raises BadInput like `read`.
    """
    reader = csv.DictReader(io.StringIO(_decoded(path.name, _content(path)), newline=""))
    missing = [column for column in CATEGORY if column not in (reader.fieldnames or ())]
    if missing:
        raise BadInput("words_columns", f"{path.name} 缺少列：{'、'.join(missing)}")
    return tuple(pair for row in reader for pair in _hints(row))


def _hints(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    words = [word.strip() for word in (row["keywords"] or "").split(";") if word.strip()]
    for text in (row["second"], *words, row["first"] + "，".join((row["second"], *words))):
        yield text, row["code"]


def _files(path: Path) -> list[Path]:
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    if not files:
        raise BadInput("corpus_missing", f"目录中没有 CSV 文件：{path.name}")
    return files


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as unreadable:
        raise BadInput("corpus_missing", f"语料文件无法读取：{file.name}") from unreadable


def _decoded(name: str, content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("corpus_encoding", f"{name} 既不是 UTF-8 也不是 GB18030 编码")


def _rows(name: str, content: bytes) -> Iterator[Example | BadRow]:
    reader = csv.DictReader(io.StringIO(_decoded(name, content), newline=""), strict=True)
    _check_columns(name, reader)
    line = reader.line_num + 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            yield BadRow(name, line, f"CSV 格式错误（{broken}）")
        else:
            yield _example(name, line, row)
        line = reader.line_num + 1


def _check_columns(name: str, reader: "csv.DictReader[str]") -> None:
    try:
        missing = [column for column in NEEDED if column not in (reader.fieldnames or ())]
    except csv.Error as broken:
        raise BadInput("corpus_columns", f"{name} 的表头无法读取") from broken
    if missing:
        raise BadInput("corpus_columns", f"{name} 缺少列：{'、'.join(missing)}")


def _example(name: str, line: int, row: dict[str, str]) -> Example | BadRow:
    text, label = (row.get("text") or "").strip(), (row.get("label") or "").strip()
    if None in row:
        return BadRow(name, line, "列数多于表头")
    if not text:
        return BadRow(name, line, "文本为空")
    if not label:
        return BadRow(name, line, "标签为空")
    if len(text) > LONGEST:
        return BadRow(name, line, f"文本超过 {LONGEST} 字")
    weight = _weight(row.get("weight") or "1")
    if weight is None:
        return BadRow(name, line, f"权重不是 0 到 {HEAVIEST:.0f} 之间的数")
    return Example(text, label, (row.get("department") or "").strip(), weight)


def _weight(said: str) -> float | None:
    try:
        weight = float(said)
    except ValueError:
        return None
    return weight if 0 < weight <= HEAVIEST else None


def write(examples: Iterable[Example], file: Path) -> None:
    """A CSV that `read` takes, readable by its owner only. OSError where it cannot be written."""
    handle = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("text", "label", "department", "weight"))
        rows.writerows((one.text, one.label, one.department, one.weight) for one in examples)
