"""The blueprint of the citizens' pages, and what every page of the house is told."""

import datetime as dt

from flask import Blueprint

from hotline import clock

citizen = Blueprint("citizen", __name__)


@citizen.app_context_processor
def page_time() -> dict[str, object]:
    """Every page carries the server's now, so that browsers reckon by it, in a drill too."""
    return {"page_now": clock.iso(clock.now())}


@citizen.app_template_filter("local_time")
def local_time(at: dt.datetime | str | None) -> str:
    """11月28日 17:40, Asia/Shanghai; empty for none."""
    if not at:
        return ""
    moment = clock.local(dt.datetime.fromisoformat(at) if isinstance(at, str) else at)
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"
