"""The rating link: a signed case number, one rating per service, thanks afterwards (rules.md §5)."""

import hashlib

from flask import render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer

from hotline import cases, db, facts, reading
from hotline.errors import BadInput, Missing
from hotline.models import Case
from hotline.settings import Settings
from hotline.words import Action, Level, State
from web import access
from web.citizen.door import citizen
from web.pace import limiter

VALID_SECONDS = 180 * 24 * 3600
NOT_YET = frozenset({State.RECEIVED, State.ACCEPTED, State.FORWARDED, State.HANDLING, State.REPLIED})


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(hashlib.sha256(b"ratings" + Settings().secret()).hexdigest(), salt="rate")


def link(number: str) -> str:
    """The path under which this case may be rated, for messages and QR codes; valid half a year."""
    return f"/rate/{_signer().dumps(number)}"


def _number(token: str) -> str:
    """Raises Missing for a token that is not ours or too old."""
    try:
        return str(_signer().loads(token, max_age=VALID_SECONDS))
    except BadData:
        raise Missing("bad_rating_link", "这个评价链接无效或已过期，可以用编号和查询码在“查进度”里评价。") from None


def _page(case: Case, *, thanks: bool = False, refused: str = "") -> str:
    with db.session() as session:
        known = reading.ratings(session, facts.load(session, case.number), access.CITIZEN)
    rated = any(row["round"] == case.round for row in known)
    open_now = not rated and State(case.state) not in NOT_YET
    told = {"case": case, "levels": list(Level), "thanks": thanks, "rated": rated, "refused": refused}
    return render_template("citizen/rate.html", open_now=open_now, **told)


@citizen.get("/rate/<token>")
def rate(token: str) -> str:
    """Five levels, one touch."""
    with db.session() as session:
        return _page(facts.load(session, _number(token)))


def _level(text: str) -> int:
    if text not in set(Level):
        raise BadInput("invalid_fields", "请选择一个评价。", {"level": "不在可选范围内"})
    return int(text)


@citizen.post("/rate/<token>")
@limiter.limit("30/minute")
def rated(token: str) -> tuple[str, int]:
    """Take the rating; a second one in the same round is refused and thanked all the same."""
    number = _number(token)
    given = {"level": _level(request.form.get("level", "")), "words": request.form.get("words", "")[:2000]}
    try:
        case = cases.act(number, Action.RATE, access.CITIZEN, given)
    except BadInput as no:
        with db.session() as session:
            return _page(facts.load(session, number), refused=no.message), 422
    return _page(case, thanks=True), 200
