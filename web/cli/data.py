"""Commands on data: rates, history, tokens, departments."""

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
from hotline.errors import BadInput, Missing
from hotline.rates import Period
from hotline.unit import transaction


def show(document: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _day(text: str) -> dt.datetime:
    from web.errors import YEARS

    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("bad_time", f"“{text}”不是日期，请写成 2026-11-23。") from None
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise BadInput("bad_time", f"“{text}”的年份不在 {YEARS[0]} 到 {YEARS[1]} 之间。")
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
        total = chain.last_case(session)
        with tqdm(total=total, file=sys.stderr, desc="检查历史记录", unit="件", disable=not total) as bar:
            broken = chain.verify(session, bar.update)
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
