"""The knowledge base's page, the settings page, and everybody's notices."""

import datetime as dt
import logging
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from hotline import clock, db
from hotline.city_models import Department, User
from hotline.errors import BadInput, Missing
from hotline.lifecycle import Actor
from hotline.message_models import Notice
from hotline.unit import transaction
from hotline.words import CENTRE, DEPARTMENT, Role
from kb import articles
from kb.models import Article
from kb.reading import Draft
from telephony import phones
from web import access
from web.errors import object_body
from web.staff import settings_page

log = logging.getLogger(__name__)
pages = Blueprint("pages", __name__)
STAFF = (*CENTRE, *DEPARTMENT, Role.KEEPER, Role.ADMIN)
ADMINS = (Role.ADMIN, Role.SUPERVISOR)
ANSWERING = (Role.AGENT, Role.SUPERVISOR)
KEEPERS = (Role.KEEPER,)
PUBLISHERS = (Role.KEEPER, Role.SUPERVISOR)
SHOWN = 50
LISTED = 200


# --- the knowledge base ------------------------------------------------------------------------------------------


@pages.get("/kb")
def knowledge() -> str:
    """Search and read; the keeper writes."""
    actor = access.staff(*STAFF)
    return render_template("staff/kb.html", keeps=actor.role in KEEPERS, states=articles.LABELS)


@pages.get("/kb/articles")
def listed() -> Response:
    """Articles of one state with the latest change first, for those who keep them."""
    access.staff(*PUBLISHERS)
    state = request.args.get("state", articles.DRAFT)
    if state not in articles.LABELS:
        raise BadInput("unknown_state", "没有这个状态。", {"state": "没有这个状态"})
    with db.session() as session:
        rows = select(Article).where(Article.state == state).order_by(Article.updated_at.desc()).limit(LISTED)
        items = [_article(row) for row in session.scalars(rows)]
        counted = select(Article.state, func.count()).group_by(Article.state)
        counts = dict(session.execute(counted).all())
    return jsonify({"items": items, "next": None, "counts": {name: counts.get(name, 0) for name in articles.LABELS}})


@pages.get("/kb/articles/<code>")
def one(code: str) -> Response:
    """One article in any state, with its earlier versions, for those who keep them."""
    access.staff(*PUBLISHERS)
    with db.session() as session:
        row = session.get(Article, code)
        if row is None:
            raise Missing("article_missing", f"没有编号为 {code} 的条目。")
        told = _article(row) | {"body": row.body}
    kept = articles.revisions(code)
    earlier = [{"version": r.version, "state": r.state, "title": r.title, "body": r.body, "at": clock.iso(r.at), "by": r.by} for r in kept]  # fmt: skip  # noqa: E501
    return jsonify(told | {"revisions": earlier})


def _article(row: Article) -> dict[str, Any]:
    names = ("code", "version", "state", "title", "kind", "department", "area", "updated_by")
    days = {
        name: value.isoformat() if value else None
        for name, value in (("effective", row.effective), ("expires", row.expires))
    }
    steps = [name for name, (source, _) in articles.STEPS.items() if source == row.state]
    more = {"state_label": articles.LABELS[row.state], "updated_at": clock.iso(row.updated_at), "steps": steps}
    return {name: getattr(row, name) for name in names} | days | more


def _day(text: str, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("bad_article", "知识条目有误", {name: "要是 2026-01-31 这样的日期"}) from None


def _draft(body: dict[str, Any]) -> Draft:
    """The article a form holds. Raises BadInput naming fields."""
    texts = {
        name: str(body.get(name) or "").strip() for name in ("code", "title", "body", "kind", "department", "area")
    }
    begins, ends = (_day(str(body.get(name) or ""), name) for name in ("effective", "expires"))
    return Draft(**(texts | {"kind": texts["kind"] or "answer"}), effective=begins, expires=ends)


def _version(body: dict[str, Any]) -> int:
    version = body.get("version", 0)
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadInput("invalid_fields", "version 要是整数。", {"version": "请填整数"})
    return version


@pages.put("/kb/articles")
def write() -> Response:
    """Make an article (version 0) or change one; it becomes a draft."""
    actor = access.staff(*KEEPERS)
    body = object_body()
    return jsonify(_article(articles.write(_draft(body), actor.name, _version(body))))


@pages.post("/kb/articles/<code>/<step>")
def move(code: str, step: str) -> Response:
    """One step of an article: submit, send_back, publish, retire."""
    actor = access.staff(*PUBLISHERS)
    if step not in articles.STEPS:
        raise BadInput("unknown_step", "没有这个操作。", {"step": "没有这个操作"})
    return jsonify(_article(articles.step(code, step, _version(object_body()), actor.name)))


# --- settings ----------------------------------------------------------------------------------------------------


@pages.get("/admin")
def admin() -> str:
    """The active profile with the source of every number, calendars, users, connected parts."""
    actor = access.staff(*ADMINS)
    with db.session() as session:
        people = _users(session)
    told = settings_page.told(clock.now())
    return render_template("staff/admin.html", users=people, changes=actor.role is Role.ADMIN, **told)


def _users(session: Session) -> list[dict[str, Any]]:
    names = dict(session.execute(select(Department.code, Department.name)).all())
    rows = select(User).order_by(User.department != "", User.role, User.name)
    return [
        {
            "name": user.name,
            "shown": user.shown,
            "role": Role(user.role).label,
            "department": names.get(user.department, ""),
            "phone": user.phone_uri,
            "answers": user.role in ANSWERING,
            "active": user.active,
        }
        for user in session.scalars(rows)
    ]


@pages.post("/admin/users/<name>/phone")
def phone(name: str) -> Response:
    """The SIP address at which this user's calls ring: `{phone_uri}`, empty for none. Raises BadInput, Missing."""
    actor = access.staff(Role.ADMIN)
    placed = phones.place(name, str(object_body().get("phone_uri") or ""))
    log.info("phone of %s changed by %s", name, actor.name)
    return jsonify({"user": name, "phone_uri": placed})


# --- notices -----------------------------------------------------------------------------------------------------


def _to(actor: Actor) -> ColumnElement[bool]:
    """Notices to him by name, to his department, or to his role in the centre."""
    mine = [Notice.user == actor.name]
    if actor.department:
        here = and_(Notice.user == "", Notice.department == actor.department)
        mine.append(and_(here, Notice.role.in_(["", actor.role.value])))
    mine.append(and_(Notice.user == "", Notice.department == "", Notice.role == actor.role.value))
    return or_(*mine)


def _notice(row: Notice) -> dict[str, Any]:
    read = clock.iso(row.read_at) if row.read_at else None
    told = {"id": row.id, "at": clock.iso(row.at), "case": row.case_number, "rung": row.rung, "text": row.text}
    return told | {"read_at": read}


@pages.get("/notices")
def notices() -> Response:
    """`{items, unread}`: what is unread first, then newest first; at most fifty."""
    actor = access.staff(*STAFF)
    with db.session() as session:
        unread = Notice.read_at.is_(None)
        rows = select(Notice).where(_to(actor)).order_by(unread.desc(), Notice.id.desc()).limit(SHOWN)
        items = [_notice(row) for row in session.scalars(rows)]
        found = select(Notice.id).where(_to(actor), unread).limit(100).subquery()
        count = session.scalar(select(func.count()).select_from(found))
    return jsonify({"items": items, "next": None, "unread": count})


@pages.post("/notices/read")
def read() -> Response:
    """Mark one's own notices as read: the ids of `{ids: […]}`."""
    actor = access.staff(*STAFF)
    ids = object_body().get("ids")
    if not isinstance(ids, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in ids[:500]):
        raise BadInput("invalid_fields", "ids 要是编号的列表。", {"ids": "请填编号"})
    with transaction() as unit:
        rows = select(Notice).where(_to(actor), Notice.id.in_(ids[:500]), Notice.read_at.is_(None))
        for row in unit.session.scalars(rows):
            row.read_at = unit.now
    return jsonify({})
