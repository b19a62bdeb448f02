"""Reads articles from a CSV file; a row that cannot be used is reported with its line and reason, never swallowed."""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hotline.errors import BadInput

NEEDED: Final = ("code", "title", "body")
ENCODINGS: Final = ("utf-8-sig", "gb18030")  # the second is what spreadsheets on Chinese Windows write
LONGEST: Final = {"code": 64, "title": 500, "body": 100_000, "kind": 64, "department": 64, "area": 64}  # characters
NAMES: Final = {
    "code": "编号",
    "title": "标题",
    "body": "正文",
    "kind": "类型",
    "department": "部门",
    "area": "区域",
    "effective": "生效日期",
    "expires": "失效日期",
}


@dataclass(frozen=True)
class Draft:
    """What an article says. Days are of Asia/Shanghai, both included; None is open on that side."""

    code: str
    title: str
    body: str
    kind: str = "answer"
    department: str = ""
    area: str = ""
    effective: dt.date | None = None
    expires: dt.date | None = None


@dataclass(frozen=True)
class Row:
    """A row as it stands in the file, which begins at `line`."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class BadRow:
    """A row left out: its line and, in Chinese, why."""

    line: int
    reason: str


def read(path: Path) -> Iterator[Row | BadRow]:
    """The rows of a file, UTF-8 or GB18030. Raises BadInput where it cannot be read or a needed column lacks."""
    reader = csv.DictReader(io.StringIO(_decoded(path), newline=""), strict=True)
    _check_columns(path.name, reader)
    line = reader.line_num + 1
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            yield BadRow(line, f"CSV 格式错误（{broken}）")
        else:
            yield BadRow(line, "列数多于表头") if None in values else Row(line, _filled(values))
        line = reader.line_num + 1


def _filled(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value or "" for name, value in values.items()}


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as unreadable:
        raise BadInput("kb_file_missing", f"文件无法读取：{path.name}") from unreadable
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("kb_file_encoding", f"{path.name} 既不是 UTF-8 也不是 GB18030 编码")


def _check_columns(name: str, reader: "csv.DictReader[str]") -> None:
    try:
        missing = [column for column in NEEDED if column not in (reader.fieldnames or ())]
    except csv.Error as broken:
        raise BadInput("kb_file_columns", f"{name} 的表头无法读取") from broken
    if missing:
        raise BadInput("kb_file_columns", f"{name} 缺少列：{'、'.join(missing)}")


def draft(row: Row) -> Draft | BadRow:
    """The article a row holds, or why it holds none."""
    values = {name: (row.values.get(name) or "").strip() for name in NAMES}
    try:
        effective, expires = (_day(name, values.pop(name)) for name in ("effective", "expires"))
        words: dict[str, Any] = values | {"kind": values["kind"] or "answer"}
        made = Draft(**words, effective=effective, expires=expires)
        check(made)
    except BadInput as refusal:
        return BadRow(row.line, "；".join(refusal.fields.values()))
    return made


def _day(name: str, text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("bad_article", "知识条目有误", {name: f"{NAMES[name]}不是 2026-01-31 这样的日期"}) from None


def check(article: Draft) -> None:
    """Raises BadInput with a Chinese reason for each field that cannot be stored as it is."""
    wrong = {name: f"{NAMES[name]}为空" for name in NEEDED if not getattr(article, name).strip()}
    for name, longest in LONGEST.items():
        text = getattr(article, name)
        if len(text) > longest:
            wrong[name] = f"{NAMES[name]}超过 {longest} 字"
        if "\0" in text:
            wrong[name] = f"{NAMES[name]}含有空字符"
    if not article.code.isprintable():
        wrong["code"] = "编号含有不可见字符"
    if article.effective and article.expires and article.expires < article.effective:
        wrong["expires"] = "失效日期早于生效日期"
    if wrong:
        raise BadInput("bad_article", "知识条目有误：" + "；".join(wrong.values()), wrong)
