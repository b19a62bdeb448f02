"""What somebody was typing, kept on the server: by user for staff, by a random cookie for citizens.

`PUT /drafts/<form>` {body} · `GET /drafts/<form>` → {body, at} (empty where there is none) · `DELETE /drafts/<form>`.
The text is sealed at rest; it is never read by anybody but the one who typed it.
"""

import re
import secrets

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from hotline import clock, db, privacy
from hotline.errors import BadInput
from hotline.message_models import Draft
from hotline.unit import transaction
from hotline.words import Role
from web import access
from web.errors import object_body
from web.pace import limiter

drafts = Blueprint("drafts", __name__)
LARGEST = 100 * 1024
COOKIE = "draft_key"
_FORM = re.compile(r"^[A-Za-z0-9_-]{1,80}$")
_DAYS_KEPT = 14


def _owner(key: str) -> str:
    """Under whose name a draft stands; empty for a citizen who has none yet. The cookie itself is not stored."""
    actor = access.asking()
    if actor.role is not Role.CITIZEN:
        return f"user:{actor.name}"
    return f"key:{privacy.token_digest(key)}" if key else ""


def _named(form: str) -> str:
    if not _FORM.match(form):
        raise BadInput("bad_form", "表单名称不对。", {"form": "格式不对"})
    return form


def _text() -> str:
    text = object_body().get("body")
    if not isinstance(text, str):
        raise BadInput("invalid_fields", "草稿内容要是文字。", {"body": "请填文字"})
    if len(text.encode()) > LARGEST:
        raise BadInput("too_large", "草稿太长，超过 100 kB 的部分请另存。", {"body": "内容太长"})
    return text


@drafts.put("/drafts/<form>")
@limiter.limit("120/minute")
def put(form: str) -> Response:
    """Keep the draft, replacing an earlier one; a citizen is given his cookie here."""
    name, text = _named(form), _text()
    key = request.cookies.get(COOKIE, "") or secrets.token_urlsafe(24)
    with transaction() as unit:
        row = {"owner": _owner(key), "form": name, "body": text, "at": unit.now}
        fresh = {"body": text, "at": unit.now}
        unit.session.execute(
            insert(Draft).values(**row).on_conflict_do_update(index_elements=["owner", "form"], set_=fresh)
        )
    answer = jsonify({"at": clock.iso(unit.now)})
    if access.asking().role is Role.CITIZEN:
        _give_cookie(answer, key)
    return answer


def _give_cookie(answer: Response, key: str) -> None:
    age = _DAYS_KEPT * 24 * 3600
    answer.set_cookie(COOKIE, key, max_age=age, httponly=True, samesite="Lax", secure=request.is_secure, path="/drafts")


@drafts.get("/drafts/<form>")
def get(form: str) -> Response:
    """The draft, or an empty body."""
    name, owner = _named(form), _owner(request.cookies.get(COOKIE, ""))
    with db.session() as session:
        row = session.get(Draft, (owner, name)) if owner else None
        answer = jsonify({"body": row.body if row else "", "at": clock.iso(row.at) if row else None})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@drafts.delete("/drafts/<form>")
def forget(form: str) -> Response:
    """Drop the draft; nothing happens where there is none."""
    name, owner = _named(form), _owner(request.cookies.get(COOKIE, ""))
    if owner:
        with transaction() as unit:
            unit.session.execute(delete(Draft).where(Draft.owner == owner, Draft.form == name))
    return jsonify({})
