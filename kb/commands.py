"""`hotline kb import|search|reindex`: documents on stdout, progress and complaints on stderr."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from hotline.errors import HotlineError
from kb import service
from kb.articles import Report, import_file
from kb.index import IndexUnavailable

ACTOR = "command"


@click.group()
def kb() -> None:
    """知识库：导入、检索、重建索引。"""


@kb.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--publish", is_flag=True, help="导入后直接发布（否则为草稿）")
@click.option("--json", "as_json", is_flag=True, help="打印 JSON")
def import_(file: Path, *, publish: bool, as_json: bool) -> None:
    """导入 CSV（列 code,title,body，可加 kind,department,area,effective,expires）；有误的行逐条说明。"""
    try:
        report = import_file(file, publish, ACTOR)
    except HotlineError as refusal:
        raise click.ClickException(refusal.message) from refusal
    for bad in report.bad:
        click.echo(f"未采用 第 {bad.line} 行：{bad.reason}", err=True)
    _index(report)
    counts = {name: len(getattr(report, name)) for name in ("created", "changed", "same")}
    rejected = [{"line": bad.line, "reason": bad.reason} for bad in report.bad]
    said = "新增 {created} 条，更新 {changed} 条，未变 {same} 条，未采用 {bad} 条".format(**counts, bad=len(rejected))
    click.echo(_line(counts | {"bad": rejected}) if as_json else said)


def _index(report: Report) -> None:
    """The articles are safe in the database whatever the index does."""
    try:
        if report.written:
            service.bring_in(report.written)
    except IndexUnavailable as away:
        click.echo(f"索引暂不可用，条目已入库，稍后由后台补建（{away}）", err=True)


@kb.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="最多几条")
@click.option("--area", default="", help="只看这个区域和全市通用的条目")
@click.option("--json", "as_json", is_flag=True, help="打印 JSON")
def search(text: str, *, limit: int, area: str, as_json: bool) -> None:
    """检索已发布且在有效期内的条目。"""
    results = service.search(text, limit, area)
    if results.degraded:
        click.echo("索引暂不可用，本次直接查数据库", err=True)
    items = [{"code": f.code, "title": f.title, "passage": f.passage, "score": f.score} for f in results]
    if as_json:
        click.echo(_line({"items": items, "degraded": results.degraded}))
    else:
        click.echo("\n".join(f"{i['code']}\t{i['score']:.3f}\t{i['title']}" for i in items) or "没有找到")


@kb.command()
def reindex() -> None:
    """用数据库重建检索索引。"""
    with tqdm(file=sys.stderr, desc="重建索引", unit="条") as bar:

        def tell(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        try:
            count = service.reindex(tell)
        except IndexUnavailable as away:
            raise click.ClickException(f"索引不可用：{away}") from away
    click.echo(f"已重建：{count} 条")


def _line(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)
