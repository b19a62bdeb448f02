"""The dispatch page: what has no department yet, and what the centre decides or reviews."""

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import select

from hotline import db
from hotline.city_models import Department
from hotline.errors import BadInput, Forbidden
from hotline.lifecycle import Actor
from hotline.words import Role
from web import access, suggest
from web.staff import dispatch_queue as queue

dispatch_list = Blueprint("dispatch_list", __name__)
ROLES = (Role.DISPATCHER, Role.REVIEWER, Role.SUPERVISOR)
USUAL, MOST = 40, 200
CHECKLIST = (
    "回答了市民的诉求，没有答非所问",
    "事实清楚，写明了办理结果或时限",
    "没有写出他人姓名、电话、住址",
    "语言平实，没有推诿",
)
SEND_BACK = (
    "没有回答诉求",
    "没有写明办理结果",
    "事实不清，与诉求不符",
    "公开答复含个人信息",
    "没有联系市民",
    "附件或依据缺失",
)


@dispatch_list.get("/dispatch")
def page() -> str:
    """The page; tab and filters stand in its address."""
    actor = access.staff(*ROLES)
    tabs = queue.tabs_of(actor.role)
    areas = list(suggest.names()["area"])
    return render_template("staff/dispatch.html", tabs=tabs, areas=areas, checklist=CHECKLIST, send_back=SEND_BACK)


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
        return jsonify({"items": items, "next": more, "counts": queue.counts(session, actor.role), "empty": tab.empty})


@dispatch_list.get("/dispatch/cases/<number>")
def beside(number: str) -> Response:
    """Suggestions with reasons, words that moved them, requests that wait, returns of the same category."""
    access.staff(*ROLES)
    with db.session() as session:
        case, _ = access.visible_case(session, number)
        return jsonify(queue.beside(session, case))


@dispatch_list.get("/dispatch/departments")
def departments() -> Response:
    """Departments to choose from; codes are pinyin initials, so a search by them needs no other list."""
    access.staff(*ROLES, Role.AGENT)
    columns = select(Department.code, Department.name, Department.short, Department.aliases)
    with db.session() as session:
        found = session.execute(columns.where(~Department.dissolved).order_by(Department.code))
        items = [{"code": r.code, "name": r.name, "short": r.short, "aliases": r.aliases} for r in found]
    return jsonify({"items": items, "next": None})
