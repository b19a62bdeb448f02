"""What a command says when it cannot do what it was asked: a Chinese line for people, with `--json` a document too."""

import json
from dataclasses import dataclass, field

import click

from hotline import clock
from hotline.errors import BadInput, HotlineError

WRONG, FAILED = 2, 1  # exit codes


@dataclass(frozen=True)
class Refusal:
    """`shown` is the line on stderr."""

    code: str
    message: str
    shown: str
    exit: int = WRONG
    fields: dict[str, str] = field(default_factory=dict)

    def document(self) -> str:
        """As JSON."""
        told = {"code": self.code, "message": self.message, "fields": self.fields}
        return json.dumps({"error": told}, ensure_ascii=False)


def check_clock() -> None:
    """Raise BadInput `bad_clock` where the drilled clock cannot be read: nothing could be judged by it."""
    try:
        clock.now()
    except (ValueError, OSError, OverflowError):
        message = f"演练时钟 {clock.drill_file()} 读不出时刻：写入一行，如 2026-11-23T09:00:00+08:00。"
        raise BadInput("bad_clock", message, {"HOTLINE_CLOCK": "不是时刻"}) from None


def of(error: Exception) -> Refusal | None:
    """The refusal an error stands for; None for an error of our own, which shows its traceback."""
    if isinstance(error, click.ClickException):
        return _of_click(error)
    if isinstance(error, HotlineError):
        return Refusal(error.code, error.message, f"{error.message} [{error.code}]", fields=error.fields)
    if isinstance(error, RuntimeError):
        return Refusal("not_running", str(error), str(error))
    return _of_database(error)


def _of_click(error: click.ClickException) -> Refusal:
    """A wrong call of the command; or what a command refused in its own way."""
    shown = error.format_message()
    if isinstance(error.__cause__, HotlineError):
        cause = error.__cause__
        return Refusal(cause.code, cause.message, f"Error: {shown}", error.exit_code, cause.fields)
    return Refusal("usage", _in_chinese(error), f"Error: {shown}", error.exit_code)


def _in_chinese(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"没有 {error.option_name} 这个选项。"
    if isinstance(error, click.BadParameter):
        named = error.param.get_error_hint(error.ctx) if error.param and error.ctx else error.param_hint
        missing = isinstance(error, click.MissingParameter)
        return f"缺少 {named}。" if missing else f"{named} 的值不对：{error.message}"
    return f"命令用法不对：{error.format_message()}"


def _of_database(error: Exception) -> Refusal | None:
    from sqlalchemy.exc import OperationalError, SQLAlchemyError, StatementError

    if isinstance(error, StatementError | UnicodeEncodeError) and not isinstance(error, OperationalError):
        message = "内容里有数据库不能接受的字符或数值。"
        return Refusal("bad_value", message, f"{message} [bad_value]")
    if not isinstance(error, SQLAlchemyError):
        return None
    message = "数据库连不上：先看 hotline doctor，或检查 DATABASE_URL。"
    return Refusal("database_down", message, f"{message} [database_down]")
