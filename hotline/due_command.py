"""`hotline due`: when a clock that starts at a given moment runs out, and why (rules.md §2)."""

import datetime as dt
import json
import sys
from enum import StrEnum
from typing import Any, NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from hotline import clock, db
from hotline.errors import BadInput, HotlineError
from hotline.policy import WORDS, Policy
from hotline.rulebook import present
from hotline.worktime import SHANGHAI, Calendar, Due
from hotline.worktime import due as reckon

NAMES = {"clock": "时钟", "kind": "诉求类型", "urgency": "紧急程度", "channel": "渠道"}


class Problem(StrEnum):
    """Codes of what `hotline due` refuses by itself; the profile's own codes come from policy.py."""

    MISSING = "option_missing"
    UNKNOWN_WORD = "unknown_word"
    BAD_START = "bad_start"
    NOT_RUNNING = "clock_not_running"


@click.command("due")
@click.option("--profile", default="henan", show_default=True, help="时限方案名称，或以 .toml 结尾的文件")
@click.option("--clock", help="时钟，如 reply")
@click.option("--kind", help="诉求类型，如 投诉")
@click.option("--urgency", help="紧急程度：一般、紧急、特急")
@click.option("--channel", help="渠道，如 web")
@click.option("--start", help="开始时刻（ISO 8601）；不写时区按北京时间")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def due(*, profile: str, start: str | None, as_json: bool, **case: str | None) -> None:
    """计算某一时钟的到期时间，并说明依据。"""
    try:
        found = find_due(profile, start, case)
    except HotlineError as refused:
        _refuse(refused, as_json=as_json)
    told = {"due_at": found.at.astimezone(SHANGHAI).isoformat(), "provisional": found.provisional}
    _say({**told, "explain": found.explain} if as_json else found.explain)


def find_due(profile: str, start: str | None, case: dict[str, str | None]) -> Due:
    """The deadline for words as typed; `case` has clock, kind, urgency, channel. Raises BadInput."""
    if not start or not case["clock"]:
        option = "start" if not start else "clock"
        raise BadInput(Problem.MISSING, f"请给出 --{option}。", {option: "必填"})
    for name, word in case.items():
        if word is not None and word not in WORDS[name]:
            allowed = "、".join(WORDS[name])
            raise BadInput(Problem.UNKNOWN_WORD, f"没有这个{NAMES[name]}：{word}。可用：{allowed}。", {name: allowed})
    policy = _policy(profile)
    limit = policy.limit(case["clock"], case["kind"], case["urgency"], case["channel"])
    if limit is None:
        fields = {"clock": case["clock"]}
        raise BadInput(Problem.NOT_RUNNING, "此种情形下该时钟不计时（受理时钟须用 --channel 给出渠道）。", fields)
    try:
        return reckon(_instant(start), limit, policy.calendar)
    except (ValueError, OverflowError) as wrong:
        message = f"开始时刻无法识别：{start}。示例：2026-09-29T16:20+08:00。"
        raise BadInput(Problem.BAD_START, message, {"start": "ISO 8601"}) from wrong


def _policy(profile: str) -> Policy:
    """The version in force where a system runs here; else what the files say, as for a file by its own name."""
    if profile.endswith(".toml"):
        return Policy.load(profile, Calendar.load())
    try:
        with db.session() as session:
            numbers, _ = present.numbers(session, clock.now())
            return present.assembled(present.texts(session, numbers), profile)
    except (SQLAlchemyError, RuntimeError):
        return Policy.load(profile, Calendar.load())


def _instant(text: str) -> dt.datetime:
    at = dt.datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def _say(what: dict[str, Any] | str) -> None:
    click.echo(what if isinstance(what, str) else json.dumps(what, ensure_ascii=False))


def _refuse(refused: HotlineError, *, as_json: bool) -> NoReturn:
    """The message and its code on stderr, as JSON also on stdout; exit 2."""
    if as_json:
        _say({"error": {"code": refused.code, "message": refused.message, "fields": refused.fields}})
    click.echo(f"{refused.message}［{refused.code}］", err=True)
    sys.exit(2)
