"""Refusals at the door: a stable code for programs, a Chinese sentence for people; and the parsing of what arrives."""

import datetime as dt
import logging
import traceback
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from hotline import clock
from hotline.errors import BadInput, HotlineError
from web import unread

log = logging.getLogger(__name__)
YEARS = (1900, 9000)  # days are added to what is asked
ODD_VALUE = "内容里有无法保存的字符或数值，请修改后再提交。"
_SAYINGS = {
    400: ("bad_request", "请求格式不对。"),
    404: ("not_found", "没有这个页面。"),
    405: ("method_not_allowed", "不支持这种请求方式。"),
    413: ("too_large", "内容太大，请缩短后再提交。"),
    415: ("not_json", "请用 JSON 提交。"),
    429: ("too_many", "请求太频繁，请稍后再试。"),
}


def told(code: str, message: str, fields: dict[str, str], status: int) -> tuple[Response | str, int]:
    """The error as JSON for programs, as a page for people."""
    if request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json":
        return jsonify({"error": {"code": code, "message": message, "fields": fields}}), status
    return render_template("error.html", code=code, message=message, status=status), status


def _refused(error: HotlineError) -> AnyResponse | tuple[Response | str, int]:
    if error.status == 401 and request.method == "GET" and not request.path.startswith("/api/"):  # noqa: PLR2004
        return redirect(f"/login?next={quote(request.full_path.rstrip('?'))}")
    return told(error.code, error.message, error.fields, error.status)


def _http(error: HTTPException) -> tuple[Response | str, int]:
    status = error.code or 500
    if status == 413:  # noqa: PLR2004
        unread.drop(request.environ)
    code, message = _SAYINGS.get(status, ("error", "请求没有成功。"))
    return told(code, message, {}, status)


def _too_many(error: RateLimitExceeded) -> Response:
    """When to come again: the window is over then, whenever it began."""
    answer = make_response(_http(error))
    answer.headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return answer


def _odd_value(_error: Exception) -> tuple[Response | str, int]:
    """A letter or a number the database has no place for (NUL, half a surrogate pair, beyond 64 bits)."""
    return told("bad_value", ODD_VALUE, {}, 422)


def _database_down(error: DBAPIError) -> tuple[Response | str, int]:
    log.error("database: %s", type(error.orig).__name__)
    if isinstance(error, OperationalError):
        return told("database_down", "数据库暂时连不上，已填写的内容请保留，稍后再提交。", {}, 503)
    return told("internal", "系统出错，请稍后再试。", {}, 500)


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    """No personal data: the type and the place, never the values (an error's own words may hold them)."""
    place = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s in %s\n%s", type(error).__name__, request.endpoint, place)
    return told("internal", "系统出错，已记录，请稍后再试。", {}, 500)


def register(app: Flask) -> None:
    """Put the handlers on the application."""
    app.register_error_handler(HotlineError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(DataError, _odd_value)
    app.register_error_handler(UnicodeEncodeError, _odd_value)
    app.register_error_handler(DBAPIError, _database_down)
    app.register_error_handler(Exception, _unexpected)


def json_body() -> Any:
    """The JSON of the request; None for none, a broken one, or one nested beyond all measure."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def object_body() -> dict[str, Any]:
    """The JSON object of the request. Raises BadInput."""
    body = json_body()
    if not isinstance(body, dict):
        raise BadInput("not_json", "请求内容要是 JSON 对象。")
    return body


def how_many(usual: int, most: int) -> int:
    """`limit` of the query, kept between 1 and `most`. Raises BadInput `bad_limit` where it is no number."""
    said = request.args.get("limit", str(usual))
    try:
        return min(max(int(said), 1), most)
    except ValueError:
        raise BadInput("bad_limit", "limit 要是整数。", {"limit": "请填整数"}) from None


def when(name: str) -> dt.datetime:
    """An instant or a day from the query, Asia/Shanghai where no zone is given. Raises BadInput `bad_time`."""
    try:
        at = dt.datetime.fromisoformat(request.args[name].replace(" ", "+"))
        if not YEARS[0] <= at.year <= YEARS[1]:
            raise ValueError(name)  # noqa: TRY301 - as wrong as a day that is none
    except (ValueError, KeyError):
        raise BadInput("bad_time", f"{name} 要是日期或时间，如 2026-11-23。", {name: "格式不对"}) from None
    return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)
