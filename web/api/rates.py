"""Rates over HTTP."""

import datetime as dt
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, db
from hotline.city_models import Department
from hotline.errors import BadInput
from hotline.rates import Period
from hotline.words import CENTRE, DEPARTMENT, Role
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
    """The rates of rules.md §4, for all, one department, or `by=department`.

    `as_of`: replayed from the history alone, as they stood at that moment; for supervisors and auditors.
    """
    actor = access.staff(*CENTRE, *DEPARTMENT)
    begin, end = _period()
    by = request.args.get("by", "")
    if by not in {"", "department"}:
        raise BadInput("unknown_grouping", "只能按部门分组：by=department。", {"by": "没有这种分组"})
    department = actor.department or request.args.get("department", "")
    with db.session() as session:
        if department and session.get(Department, department) is None:
            raise BadInput("unknown_department", "没有这个部门。", {"department": "没有这个部门"})
        if "as_of" in request.args:
            return jsonify(_replayed(session, begin, end, department))
        whole = figures.told(session, Period(begin, end, clock.now(), department))
        if by == "department" and not department:
            codes = session.scalars(select(Department.code).order_by(Department.code))
            whole["items"] = figures.by_department(session, Period(begin, end, clock.now()), list(codes))
        return jsonify(whole)


def _replayed(session: Session, begin: dt.datetime, end: dt.datetime, department: str) -> dict[str, Any]:
    access.staff(Role.SUPERVISOR, Role.AUDITOR)
    then = figures.moment(when("as_of"), request.args["as_of"])
    return figures.told(session, Period(begin, end, then, department), from_history=True)
