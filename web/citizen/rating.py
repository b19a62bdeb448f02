"""The rating link: a signed case number, one rating per service, thanks afterwards (rules.md §5)."""

from flask import render_template, request

from hotline import cases, db, facts, rating_links, reading
from hotline.errors import BadInput
from hotline.models import Case
from hotline.words import Action, Level, State
from web import access
from web.citizen.door import citizen
from web.pace import limiter

NOT_YET = frozenset({State.RECEIVED, State.ACCEPTED, State.FORWARDED, State.HANDLING, State.REPLIED})


def link(number: str) -> str:
    """The path under which this case may be rated, for messages; valid half a year."""
    return rating_links.path(number)


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
        return _page(facts.load(session, rating_links.number_of(token)))


def _level(text: str) -> int:
    if text not in set(Level):
        raise BadInput("invalid_fields", "请选择一个评价。", {"level": "不在可选范围内"})
    return int(text)


@citizen.post("/rate/<token>")
@limiter.limit("30/minute")
def rated(token: str) -> tuple[str, int]:
    """Take the rating; a second one in the same round is refused and thanked all the same."""
    number = rating_links.number_of(token)
    given = {"level": _level(request.form.get("level", "")), "words": request.form.get("words", "")[:2000]}
    try:
        case = cases.act(number, Action.RATE, access.CITIZEN, given)
    except BadInput as no:
        with db.session() as session:
            return _page(facts.load(session, number), refused=no.message), 422
    return _page(case, thanks=True), 200
