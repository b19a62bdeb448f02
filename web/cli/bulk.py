"""`hotline import cases`: bulk intake, each row by itself, no row twice."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError, StatementError
from tqdm import tqdm

from hotline import privacy
from hotline.errors import BadInput, HotlineError
from hotline.lifecycle import Actor
from hotline.words import Role
from web.cli.data import show

OF_THE_MATTER = ("kind", "title", "content", "channel", "urgency", "occurred_at", "category")
TRUTHS = ("confidential", "anonymous")
OF_THE_CITIZEN = ("name", "phone")
OF_THE_PLACE = ("area", "address")
COLUMNS = ("id", *OF_THE_MATTER, *TRUTHS, *OF_THE_CITIZEN, *OF_THE_PLACE)
TRUE, FALSE = frozenset({"是", "true", "1"}), frozenset({"否", "false", "0"})
LONGEST_ID = 100
Cells = dict[str | None, Any]


@dataclass
class Import:
    """What became of the rows so far; `seen` counts the rows without an id that say the same."""

    made: int = 0
    again: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def take(self, line: int, row: Cells | csv.Error) -> None:
        """One row. Raises OperationalError where the database is away: nothing is known of the row then."""
        from web import intake

        try:
            body, key = _read(row, self.seen)
            fresh = intake.create(body, Actor("import", Role.SYSTEM), key)[1]
        except OperationalError:
            raise
        except HotlineError as refused:
            self.reject(line, refused.code, refused.message)
        except (StatementError, ValueError, OverflowError):
            self.reject(line, "bad_value", "内容里有无法保存的字符或数值。")
        else:
            self.made, self.again = self.made + fresh, self.again + (not fresh)

    def reject(self, line: int, code: str, reason: str) -> None:
        """The row is left out, for this reason."""
        self.rejected.append({"line": str(line), "code": code, "reason": reason})


@click.group("import")
def import_() -> None:
    """批量导入。"""


@import_.command("cases")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def import_cases(file: Path, *, as_json: bool) -> None:
    """批量登记诉求：可中断再来，绝不重复；有误的行连同原因写入 FILE.rejects.csv。"""
    rejects = file.with_suffix(file.suffix + ".rejects.csv")
    rejects.unlink(missing_ok=True)  # those of an earlier run
    work = Import()
    try:
        _run(work, file)
    finally:
        if work.rejected:
            _write_rejects(rejects, work.rejected)
    if as_json:
        show({"created": work.made, "already": work.again, "rejected": len(work.rejected)})
    else:
        click.echo(f"新登记 {work.made} 件，已有 {work.again} 件，有误 {len(work.rejected)} 行。")


def _run(work: Import, file: Path) -> None:
    with _long_cells(file), file.open(encoding=_encoding(file), newline="") as source:
        reader = csv.DictReader(source)
        reader.fieldnames = _columns(reader)
        for line, row in enumerate(tqdm(_rows(reader), unit="件", file=sys.stderr), start=2):
            work.take(line, row)


@contextmanager
def _long_cells(file: Path) -> Iterator[None]:
    """A cell as long as the file is read: too long a one is its own row's fault. The limit is the whole process's."""
    usual = csv.field_size_limit()
    csv.field_size_limit(max(file.stat().st_size, usual))
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _rows(reader: Iterable[Cells]) -> Iterator[Cells | csv.Error]:
    """Each row, or what is wrong with it; what follows is read all the same."""
    rows = iter(reader)
    while True:
        try:
            yield next(rows)
        except csv.Error as broken:
            yield broken
        except StopIteration:
            return


def _columns(reader: "csv.DictReader[str]") -> list[str]:
    """The names of the columns. Raises BadInput where one is unknown, there twice, or `content` is missing."""
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
    except csv.Error:
        raise BadInput("bad_csv", "表头读不出来：文件不是 CSV 格式。", {"file": "格式不对"}) from None
    known = f"可用的列：{'、'.join(COLUMNS)}。"
    if unknown := sorted({name for name in names if name and name not in COLUMNS}):
        said = "、".join(unknown)
        raise BadInput("unknown_columns", f"不认识的列：{said}。没有登记任何诉求。{known}", {"file": said})
    if twice := [name for name, count in Counter(filter(None, names)).items() if count > 1]:
        raise BadInput("columns_twice", f"列重复：{'、'.join(twice)}。没有登记任何诉求。", {"file": "列重复"})
    if "content" not in names:
        raise BadInput("column_missing", f"缺少 content（诉求内容）这一列。{known}", {"file": "缺少 content"})
    return names


def _read(row: Cells | csv.Error, seen: Counter[str]) -> tuple[dict[str, Any], str]:
    """The row as the body of a request, and its key. Raises BadInput."""
    if isinstance(row, csv.Error):
        raise BadInput("bad_csv", "这一行不是 CSV 格式。")
    if row.get(None) or row.get(""):
        raise BadInput("cells_without_column", "这一行有不属于任何列的内容：检查逗号和引号。")
    plain = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
    body: dict[str, Any] = {name: plain[name] for name in OF_THE_MATTER if name in plain}
    body |= {name: _truth(name, plain[name]) for name in TRUTHS if name in plain}
    body["citizen"] = {name: plain[name] for name in OF_THE_CITIZEN if name in plain}
    body["place"] = {name: plain[name] for name in OF_THE_PLACE if name in plain}
    return body, _key(plain.get("id", ""), body, seen)


def _truth(name: str, word: str) -> bool:
    if word.lower() not in TRUE | FALSE:
        raise BadInput("bad_truth", f"{name} 要写 是 或 否（也可写 true、false、1、0）。", {name: "请写是或否"})
    return word.lower() in TRUE


def _key(own: str, body: dict[str, Any], seen: Counter[str]) -> str:
    """By the row's own id; else by what it says and the how-many-th it is to say so, wherever it stands."""
    if len(own) > LONGEST_ID:
        raise BadInput("id_too_long", f"id 最长 {LONGEST_ID} 个字。", {"id": "太长"})
    if own:
        return f"import:{own}"
    said = privacy.blind(json.dumps(body, ensure_ascii=False, sort_keys=True))
    seen[said] += 1
    return f"import-row:{said}:{seen[said]}"


def _encoding(file: Path) -> str:
    """UTF-8, or what Chinese Excel writes. Raises BadInput where it is neither."""
    for name in ("utf-8-sig", "gb18030"):
        try:
            with file.open(encoding=name) as text:
                while text.read(1024 * 1024):
                    pass
        except UnicodeDecodeError:
            continue
        return name
    raise BadInput("bad_encoding", f"{file.name} 不是 UTF-8 也不是 GB18030 编码的文件。", {"file": "编码不对"})


def _write_rejects(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["line", "code", "reason"])
        writer.writeheader()
        writer.writerows(rows)
    click.echo(f"有误的行见 {file}", err=True)
