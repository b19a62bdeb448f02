"""The citizens' pages in English: one table, Chinese sentence → English sentence; Chinese where nothing else is asked.

The language is kept in a cookie. What people wrote (matters, replies, names of departments) stays as it was written.
"""

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path

from flask import has_request_context, redirect, request
from werkzeug.wrappers import Response

from hotline import clock
from web import access
from web.citizen.door import citizen

COOKIE, ENGLISH = "lang", "en"
TABLE = Path(__file__).with_name("english.json")
_YEAR = 365 * 24 * 3600


@lru_cache
def table() -> dict[str, str]:
    """Chinese → English, as the file says."""
    return dict(json.loads(TABLE.read_text(encoding="utf-8")))


def english() -> bool:
    """Whether this reader has asked for English."""
    return has_request_context() and request.cookies.get(COOKIE) == ENGLISH


def said(text: str) -> str:
    """The sentence in the reader's language; as it is where the table has no other."""
    return table().get(text, text) if english() else text


@citizen.app_template_filter("local_time")
def local_time(at: dt.datetime | str | None) -> str:
    """11月28日 17:40, in English 28 Nov 17:40; Asia/Shanghai, empty for none."""
    if not at:
        return ""
    moment = clock.local(dt.datetime.fromisoformat(at) if isinstance(at, str) else at)
    return f"{moment:%d %b %H:%M}" if english() else f"{moment.month}月{moment.day}日 {moment:%H:%M}"


@citizen.app_context_processor
def tongue() -> dict[str, object]:
    """For the templates: `_`, whether it is English, and the table for the page's own scripts."""
    return {"_": said, "english": english(), "english_table": table() if english() else {}}


@citizen.post("/language")
def language() -> Response:
    """English or Chinese, kept in a cookie; back to the page it was asked on."""
    answer = redirect(access.inside(request.form.get("next", "/")) or "/")
    chosen = ENGLISH if request.form.get("to") == ENGLISH else "zh"
    answer.set_cookie(COOKIE, chosen, max_age=_YEAR, samesite="Lax", secure=request.is_secure)
    return answer
