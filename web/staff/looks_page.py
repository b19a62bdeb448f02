"""The log of looks at persons who asked not to be known, for auditors and supervisors."""

from flask import Blueprint, render_template, request

from hotline import db, looks
from hotline.words import Role
from web import access

looks_page = Blueprint("looks_page", __name__)
READERS = (Role.AUDITOR, Role.SUPERVISOR)
MOST = 200


@looks_page.get("/looks")
def page() -> str:
    """Who looked at whom, when and why; by case, by person."""
    access.staff(*READERS)
    case, by = (request.args.get(name, "").strip()[:40] for name in ("case", "by"))
    with db.session() as session:
        rows = looks.listed(session, case, by, 0, MOST)
    return render_template("staff/looks.html", rows=rows, case=case, by=by, most=MOST)
