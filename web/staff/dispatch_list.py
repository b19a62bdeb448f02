"""The dispatch page: what has no department yet, and what the centre decides or reviews."""

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import select

from hotline import clock, db
from hotline.city_models import Department
from hotline.errors import BadInput, Forbidden
from hotline.lifecycle import Actor
from hotline.words import Role
from web import access, suggest
from web.errors import when
from web.staff import dispatch_queue as queue
from web.staff import review

dispatch_list = Blueprint("dispatch_list", __name__)
ROLES = (Role.DISPATCHER, Role.REVIEWER, Role.SUPERVISOR)
USUAL, MOST = 40, 200


@dispatch_list.get("/dispatch")
def page() -> str:
    """The page; tab and filters stand in its address."""
    actor = access.staff(*ROLES)
    tabs = queue.tabs_of(actor.role)
    areas = list(suggest.names()["area"])
    return render_template("staff/dispatch.html", tabs=tabs, areas=areas)


def _tab(actor: Actor) -> queue.Tab:
    name = request.args.get("tab", "") or next(iter(queue.tabs_of(actor.role)))
    if name not in queue.TABS:
        raise BadInput("unknown_tab", "没有这个列表。", {"tab": "没有这个列表"})
    tab = queue.TABS[name]
    if actor.role not in tab.roles:
        raise Forbidden("not_allowed", f"{actor.role.label}不能看“{tab.label}”。")
    return tab


@dispatch_list.get("/dispatch/list")
def rows() -> Response:
    """A page of a tab, what is due first stands first; `counts` for the tabs; `next` is a cursor."""
    actor = access.staff(*ROLES)
    tab = _tab(actor)
    limit = min(max(request.args.get("limit", USUAL, type=int), 1), MOST)
    with db.session() as session:
        items, more = queue.page(session, tab, actor, request.args.to_dict(), limit)
        soon = queue.to_fallback(session, actor, clock.now()) if tab is queue.TABS["new"] else []
        told = {"items": items, "next": more, "counts": queue.counts(session, actor.role), "empty": tab.empty}
        return jsonify(told | {"to_fallback": soon})


@dispatch_list.get("/dispatch/cases/<number>")
def beside(number: str) -> Response:
    """Suggestions with reasons, words that moved them, requests that wait, returns of the same category."""
    access.staff(*ROLES)
    with db.session() as session:
        case, _ = access.visible_case(session, number)
        return jsonify(queue.beside(session, case))


@dispatch_list.get("/dispatch/sent-back")
def sent_back() -> Response:
    """Department and point of the checklist → how many replies came back; `from`, `to`: dates (default: 90 days)."""
    access.staff(Role.REVIEWER, Role.SUPERVISOR)
    now = clock.now()
    begin = when("from") if request.args.get("from") else now - review.LOOK_BACK
    with db.session() as session:
        items = review.totals(session, begin, when("to") if request.args.get("to") else now)
    names = suggest.names()["department"]
    told = [row | {"department_name": names.get(row["department"], row["department"])} for row in items]
    return jsonify({"items": told, "next": None})


@dispatch_list.get("/dispatch/departments")
def departments() -> Response:
    """Departments to choose from; codes are pinyin initials, so a search by them needs no other list."""
    access.staff(*ROLES, Role.AGENT)
    columns = select(Department.code, Department.name, Department.short, Department.aliases)
    with db.session() as session:
        found = session.execute(columns.where(~Department.dissolved).order_by(Department.code))
        items = [{"code": r.code, "name": r.name, "short": r.short, "aliases": r.aliases} for r in found]
    return jsonify({"items": items, "next": None})
