"""`hotline policy`: versions of profiles and calendars, read here; a file comes in as a draft that people decide on."""

from pathlib import Path

import click

from hotline import clock, db
from hotline.city_models import User
from hotline.errors import Missing
from hotline.lifecycle import Actor
from hotline.rulebook import drafts, versions
from hotline.rulebook.drafts import Change
from hotline.words import Role, Rule
from web.cli.data import show


@click.group()
def policy() -> None:
    """时限方案和日历的版本。"""


def _what(name: str) -> Rule:
    return Rule.CALENDAR if name.isdecimal() else Rule.POLICY


@policy.command("list")
@click.argument("name", default="")
@click.option("--json", "as_json", is_flag=True)
def list_(name: str, *, as_json: bool) -> None:
    """现行的版本；给出方案代码或年份时，列出它的全部版本。"""
    with db.session() as session:
        force = versions.in_force(session, clock.now())
        keys = [(_what(name).value, name)] if name else sorted(force)
        rows = [row for key in keys for row in versions.of(session, *key) if name or row.number == force[key]]
    if not rows:
        raise Missing("no_such_version", f"没有方案或年份“{name}”的版本。")
    items = [versions.told(row) | {"in_force": force.get((row.what, row.name)) == row.number} for row in rows]
    if as_json:
        show({"items": items})
        return
    for item in items:
        mark = "现行" if item["in_force"] else ""
        click.echo(
            f"{item['name']}\t第{item['number']}版\t{mark}\t{item['valid_from']}\t{item['by']}\t{item['reason']}"
        )


@policy.command("show")
@click.argument("name")
@click.argument("number", type=int, required=False)
def show_(name: str, number: int | None) -> None:
    """一个版本的内容（TOML），不写编号就是现行的。"""
    with db.session() as session:
        what = _what(name)
        row = versions.one(session, what, name, number) if number else None
        click.echo(row.content if row else versions.content(session, what, name, clock.now()), nl=False)


@policy.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="方案代码或年份；默认是文件名")
@click.option("--user", required=True, help="起草的系统管理员账号")
@click.option("--reason", required=True, help="修改的理由")
@click.option("--json", "as_json", is_flag=True)
def import_(file: Path, name: str | None, user: str, reason: str, *, as_json: bool) -> None:
    """把文件作为草稿交上去；预览和批准在网页上由另一人进行。"""
    named = name or file.stem
    with db.session() as session:
        known = session.get(User, user)
    if known is None or not known.active:
        raise Missing("unknown_user", f"没有用户“{user}”。")
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    draft = drafts.write(Change(_what(named), named, text, reason), Actor(user, Role(known.role)))
    if as_json:
        show({"draft": draft.id, "what": draft.what, "name": draft.name, "state": draft.state})
        return
    click.echo(f"草稿 {draft.id} 已保存，请到 /admin/rules/drafts/{draft.id} 预览并提交审批。")
