"""Track: number and query code by POST, so that the code stands in no address and no log."""

from typing import Any

from flask import render_template, request

from hotline import clock, db, reading
from hotline.errors import HotlineError, Missing
from hotline.words import Level
from web import access
from web.citizen import story
from web.citizen.door import citizen
from web.pace import READS, strangers

LONGEST = 40


@citizen.get("/track")
def track() -> str:
    """The two fields."""
    return render_template("citizen/track.html", number="", told=None, wrong="", levels=list(Level))


def _told(number: str, code: str) -> dict[str, Any]:
    """Raises Missing for a wrong number or code alike."""
    if not number or not code:
        raise Missing("no_such_case", "请填写编号和查询码。")
    with db.session() as session:
        case, reader = access.visible_case(session, number, code)
        steps = reading.history(session, case, reader)
        whole = reading.whole(session, case, reader)
        return story.told(whole, steps, reading.department_names(session), clock.now())


@citizen.post("/track")
@strangers(READS)
def tracked() -> tuple[str, int, dict[str, str]]:
    """The time line; a wrong pair is told on the page and nothing else."""
    number, code = (request.form.get(name, "").strip()[:LONGEST] for name in ("number", "query_code"))
    told: dict[str, Any] | None = None
    wrong, status = "", 200
    try:
        told = _told(number, code)
    except Missing:
        wrong, status = "没有查到。请核对编号和查询码（8 位字母数字，不分大小写）；忘了查询码可以拨打 12345。", 404
    except HotlineError as no:
        wrong, status = no.message, no.status
    page = render_template("citizen/track.html", number=number, told=told, wrong=wrong, levels=list(Level))
    return page, status, {"Cache-Control": "no-store"}
