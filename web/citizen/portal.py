"""Home, the form for a new matter, the chat page, and elder mode."""

from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from hotline import clock
from hotline.timing import timing
from hotline.words import Clock, Kind, Urgency
from web import access, bot, suggest
from web.citizen.door import citizen
from web.citizen.tongue import said

ELDER = "elder"
_YEAR = 365 * 24 * 3600
CHOICES = (
    ("/submit", "我要反映", "投诉、求助、建议，写下来交给部门办"),
    ("/track", "查进度", "凭编号和查询码，看办到哪一步"),
    ("/chat", "在线咨询", "问办事问题，随时可转人工"),
    ("/public", "看答复", "看大家反映的事是怎么答复的"),
)
KINDS = (
    (Kind.ASK, "我想问一件事"),
    (Kind.HELP, "我遇到困难，请帮忙"),
    (Kind.COMPLAINT, "我要投诉"),
    (Kind.REPORT, "我要举报违法行为"),
    (Kind.ADVICE, "我有建议"),
    (Kind.PRAISE, "我要表扬"),
)


@citizen.get("/")
def home() -> str:
    """The number, and four large choices; in large print the first of them is to be called."""
    large = request.cookies.get(ELDER) == "1"
    return render_template("citizen/home.html", choices=CHOICES[:3] if large else CHOICES, large=large)


def promised() -> dict[str, str]:
    """For each kind how long the department has, in words (5 个工作日), as the active profile says."""
    policy = timing().policy
    limits = {kind.value: policy.limit(Clock.REPLY, kind, Urgency.NORMAL) for kind in Kind}
    return {kind: f"{limit.amount} {said(limit.unit.label)}" for kind, limit in limits.items() if limit}


def _forward_limit() -> str:
    limit = timing().policy.limit(Clock.FORWARD, Kind.HELP, Urgency.NORMAL)
    return f"{limit.amount} {said(limit.unit.label)}" if limit else ""


def _form() -> dict[str, Any]:
    now = clock.local(clock.now())
    return {
        "areas": list(suggest.names()["area"]),
        "kinds": KINDS,
        "promised": promised(),
        "latest": f"{now:%Y-%m-%dT%H:%M}",
        "forward_limit": _forward_limit(),
    }


@citizen.get("/submit")
def submit() -> str:
    """A new matter on one page."""
    return render_template("citizen/submit.html", **_form())


@citizen.get("/chat")
def chat() -> str:
    """Talk to the bot or a person."""
    return render_template("citizen/chat.html", greeting=bot.GREETING, **_form())


@citizen.post("/elder")
def elder() -> Response:
    """Large letters on or off, kept in a cookie; back to the page it was asked on."""
    on = request.form.get("on") == "1"
    target = request.form.get("next", "/")
    answer = redirect(access.inside(target) or "/")
    answer.set_cookie(ELDER, "1" if on else "0", max_age=_YEAR, samesite="Lax", secure=request.is_secure)
    return answer
