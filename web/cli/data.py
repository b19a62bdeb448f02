"""Commands on data: rates, history, tokens, departments, bulk intake."""

import csv
import datetime as dt
import json
import secrets
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from tqdm import tqdm

from hotline import clock, db, privacy
from hotline import history as chain
from hotline.city_models import Department, Token, User
from hotline.errors import BadInput, HotlineError, Missing
from hotline.lifecycle import Actor
from hotline.rates import Period
from hotline.unit import transaction
from hotline.words import Role


def show(document: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _day(text: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("bad_time", f"“{text}”不是日期，请写成 2026-11-23。") from None
    return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)


@click.command()
@click.option("--from", "begin", required=True, help="第一天，如 2026-11-01")
@click.option("--to", "end", required=True, help="最后一天（含）")
@click.option("--department", default="", help="部门代码")
@click.option("--as-of", default="", help="按当时所知重算，如 2026-11-03T18:00；不写即现在")
@click.option("--json", "as_json", is_flag=True)
def rates(begin: str, end: str, department: str, as_of: str, *, as_json: bool) -> None:
    """各项比率，从只增不改的历史记录重新计算；可重放过去任何时刻所见的数。"""
    from web import figures

    now = figures.moment(_day(as_of), as_of) if as_of else clock.now()
    period = Period(_day(begin), figures.end_of(_day(end), end), now, department)
    if period.end <= period.begin:
        raise BadInput("empty_period", "结束要晚于开始。", {"to": "早于开始"})
    with db.session() as session:
        if department and session.get(Department, department) is None:
            raise Missing("unknown_department", f"没有代码为“{department}”的部门。")
        told = figures.told(session, period, from_history=True)
    if as_json:
        show(told)
        return
    for rate in told["rates"]:
        value = "—" if rate["value"] is None else f"{rate['value']:.2%}"
        click.echo(f"{rate['name']}\t{rate['numerator']}/{rate['denominator']}\t{value}")


@click.group()
def history() -> None:
    """办理历史。"""


@history.command()
@click.option("--json", "as_json", is_flag=True)
def verify(*, as_json: bool) -> None:
    """检查历史记录的链和封存，指出第一处不符，不符时退出码为 1。"""
    with db.session() as session:
        broken = chain.verify(session)
    if as_json:
        show({"intact": not broken, "broken": broken or None})
    else:
        click.echo(broken or "历史记录完整。")
    sys.exit(1 if broken else 0)


@click.group()
def token() -> None:
    """访问令牌。"""


@token.command("create")
@click.option("--user", required=True)
@click.option("--json", "as_json", is_flag=True)
def create_token(user: str, *, as_json: bool) -> None:
    """为用户发一个令牌，只显示这一次。"""
    value = secrets.token_urlsafe(32)
    with transaction(clock.machine()) as unit:
        if unit.session.get(User, user) is None:
            raise Missing("unknown_user", f"没有用户“{user}”。")
        unit.session.add(Token(digest=privacy.token_digest(value), user=user, created_at=unit.now))
    if as_json:
        show({"user": user, "token": value})
    else:
        click.echo(value)


@click.command()
@click.option("--webhook-key", "code", default="", help="只显示这个部门系统的签名密钥")
@click.option("--json", "as_json", is_flag=True)
def departments(*, code: str, as_json: bool) -> None:
    """全部部门的代码和名称。"""
    if code:
        _show_webhook_key(code)
        return
    with db.session() as session:
        rows = session.execute(select(Department.code, Department.name, Department.kind).order_by(Department.code))
        items = [{"code": code, "name": name, "kind": kind} for code, name, kind in rows]
    if as_json:
        show({"items": items})
        return
    for item in items:
        click.echo(f"{item['code']}\t{item['name']}")


def _show_webhook_key(code: str) -> None:
    with db.session() as session:
        if session.get(Department, code) is None:
            raise Missing("unknown_department", f"没有代码为“{code}”的部门。")
    click.echo(privacy.webhook_key(code))


@click.group()
def city() -> None:
    """城市资料。"""


@city.command("load")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def load_city(folder: Path) -> None:
    """载入区域、部门、分类、派单目录和兜底单位（格式见 hotline/city/README.md）。"""
    from web import city as loader

    loader.load(folder)
    click.echo("已载入。", err=True)


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
    rejected: list[dict[str, str]] = []
    try:
        made, again = _import(file, rejected)
    finally:
        if rejected:
            _write_rejects(rejects, rejected)
    told = {"created": made, "already": again, "rejected": len(rejected)}
    if as_json:
        show(told)
    else:
        click.echo(f"新登记 {made} 件，已有 {again} 件，有误 {len(rejected)} 行。")


def _import(file: Path, rejected: list[dict[str, str]]) -> tuple[int, int]:
    """How many were new and how many were there; what is wrong is put to `rejected` as it is met."""
    made, again = 0, 0
    with file.open(encoding=_encoding(file), newline="") as source:
        for line, row in enumerate(tqdm(csv.DictReader(source), unit="件", file=sys.stderr), start=2):
            try:
                fresh = _take(file, line, row)
            except HotlineError as refused:
                rejected.append({"line": str(line), "code": refused.code, "reason": refused.message})
                continue
            made, again = made + fresh, again + (not fresh)
    return made, again


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


def _take(file: Path, line: int, row: dict[str, str]) -> bool:
    """One row; its key is the row's own id where it has one, else the file's name and the line."""
    from web import intake

    plain = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
    body: dict[str, Any] = {
        n: plain[n] for n in ("kind", "title", "content", "channel", "urgency", "occurred_at") if n in plain
    }
    body["citizen"] = {n: plain[n] for n in ("name", "phone") if n in plain}
    body["place"] = {n: plain[n] for n in ("area", "address") if n in plain}
    key = f"import:{plain.get('id') or f'{file.name}:{line}'}"
    return intake.create(body, Actor("import", Role.SYSTEM), key)[1]


def _write_rejects(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["line", "code", "reason"])
        writer.writeheader()
        writer.writerows(rows)
    click.echo(f"有误的行见 {file}", err=True)
