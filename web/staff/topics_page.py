"""What many speak of: the hot topics of the last days for supervisors, dispatchers and auditors."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hotline import clock, db
from hotline.words import Role
from web import access, topics

topics_page = Blueprint("topics_page", __name__)
READERS = (Role.SUPERVISOR, Role.AUDITOR, Role.DISPATCHER)


@topics_page.get("/topics")
def page() -> str:
    """List and tiles by area; each example leads to its case."""
    actor = access.staff(*READERS)
    with db.session() as session:
        found = topics.latest(session)
    made_at = f"{clock.local(found['made_at']):%m月%d日 %H:%M}" if found else ""
    renews = actor.role is Role.SUPERVISOR
    return render_template("staff/topics.html", found=found, made_at=made_at, days=topics.DAYS, renews=renews)


@topics_page.post("/topics")
def renew() -> Response:
    """Reckon again now."""
    access.staff(Role.SUPERVISOR)
    topics.reckon()
    return redirect(url_for("topics_page.page"))
