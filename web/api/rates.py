"""Rates over HTTP."""

import datetime as dt

from flask import Response, jsonify, request
from sqlalchemy import select

from hotline import clock, db
from hotline.city_models import Department
from hotline.errors import BadInput
from hotline.rates import Period
from hotline.words import CENTRE, DEPARTMENT
from web import access, figures
from web.api import api
from web.errors import when


def _period() -> tuple[dt.datetime, dt.datetime]:
    today = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = when("from") if "from" in request.args else today.replace(day=1)
    end = figures.end_of(when("to"), request.args["to"]) if "to" in request.args else today + dt.timedelta(days=1)
    if end <= begin:
        raise BadInput("empty_period", "结束要晚于开始。", {"to": "早于开始"})
    return begin, end


@api.get("/rates")
def rates() -> Response:
    """The rates of rules.md §4, for all, one department, or `by=department`."""
    actor = access.staff(*CENTRE, *DEPARTMENT)
    begin, end = _period()
    by = request.args.get("by", "")
    if by not in {"", "department"}:
        raise BadInput("unknown_grouping", "只能按部门分组：by=department。", {"by": "没有这种分组"})
    department = actor.department or request.args.get("department", "")
    with db.session() as session:
        if department and session.get(Department, department) is None:
            raise BadInput("unknown_department", "没有这个部门。", {"department": "没有这个部门"})
        whole = figures.told(session, Period(begin, end, clock.now(), department))
        if by == "department" and not department:
            codes = session.scalars(select(Department.code).order_by(Department.code))
            whole["items"] = figures.by_department(session, Period(begin, end, clock.now()), list(codes))
        return jsonify(whole)
