"""Cases over HTTP: take in, read, list, act, history, lifecycle."""

import base64
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql import Select

from hotline import cases, clock, db, lifecycle, privacy, reading
from hotline.city_models import Department
from hotline.errors import BadInput
from hotline.given import GIVEN, parse
from hotline.lifecycle import Actor
from hotline.models import Assignment, Case, ClockRow
from hotline.unit import transaction
from hotline.words import CENTRE, DEPARTMENT, Action, Delivery, State
from web import access, finding, intake
from web.api import api
from web.errors import how_many, object_body, when
from web.pace import MATTERS, READS, strangers

USUAL = 50
MOST = 500
LEAST_SEARCH = 2
LONGEST_KEY = 200


@api.post("/cases")
@strangers(MATTERS)
def create() -> tuple[Response, int]:
    """201 with number, query code, suggestion and clocks; 200 when the Idempotency-Key was used before."""
    with intake.coming():
        actor = access.asking()
        case, fresh = intake.create(object_body(), actor, _key())
    return jsonify(_made(case)), 201 if fresh else 200


def _key() -> str:
    """The Idempotency-Key, or empty. Raises BadInput `bad_key`: half a key would be another one."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise BadInput("bad_key", f"Idempotency-Key 最多 {LONGEST_KEY} 个字符。")
    return key


def _made(case: Case) -> dict[str, Any]:
    running = [row for row in reading.clocks(case) if row["stopped_at"] is None]
    return {
        "number": case.number,
        "query_code": case.query_code,
        "state": case.state,
        "version": case.version,
        "suggestion": case.suggestion,
        "clocks": running,
    }


@api.get("/cases/<number>")
@strangers(READS)
def one(number: str) -> Response:
    """The case as this reader may see it."""
    with db.session() as session:
        case, actor = access.visible_case(session, number, access.query_code())
        return jsonify(reading.whole(session, case, actor))


@api.get("/cases/<number>/history")
@strangers(READS)
def history(number: str) -> Response:
    """The append-only steps."""
    with db.session() as session:
        case, actor = access.visible_case(session, number, access.query_code())
        return jsonify({"items": reading.history(session, case, actor), "next": None})


@api.post("/cases/<number>/actions")
@strangers(READS)
def act(number: str) -> Response:
    """One step of the life cycle; the body names the action and the version it was decided on."""
    body = object_body()
    name, version = body.pop("action", ""), body.pop("version", None)
    code = access.query_code()
    body.pop("query_code", None)
    if not isinstance(name, str) or name not in set(Action):
        raise BadInput("unknown_action", f"没有“{name}”这个操作。", {"action": "没有这个操作"})
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise BadInput("invalid_fields", "version 要是整数。", {"version": "请填整数"})
    action = Action(name)
    with transaction() as unit:
        case, actor = access.visible_case(unit.session, number, code, lock=True)
        cases.check_role(action, actor)
        cases.check_version(unit.session, case, action, actor, version)
        form = parse(GIVEN[action], body).model_dump(mode="json")
        cases.step(unit, case, action, actor, form, version)
        unit.put_down()
        told = reading.whole(unit.session, case, actor)
    return jsonify(told)


@api.get("/cases")
def many() -> Response:
    """A page of cases, newest first; `next` is the cursor of the following page.

    With `q` a page may be shorter: what this reader sees only masked is not found by it.
    """
    actor = access.staff(*CENTRE, *DEPARTMENT)
    limit = how_many(USUAL, MOST)
    with db.session() as session:
        rows, words = _listed(session, actor, limit), request.args.get("q", "").strip()
        shown = rows[:limit] if not words or _is_number(words) else finding.seen(rows[:limit], actor, words)
        items = reading.listed(session, shown, actor)
        more = _cursor_of(rows[limit - 1]) if len(rows) > limit else None
        return jsonify({"items": items, "next": more})


def _cursor_of(case: Case) -> str:
    return base64.urlsafe_b64encode(str(case.id).encode()).decode()


def _after(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        raise BadInput("bad_cursor", "分页标记不对。", {"cursor": "不对"}) from None


def _listed(session: Session, actor: Actor, limit: int) -> list[Case]:
    found: Select[Any] = select(Case).options(selectinload(Case.clocks), selectinload(Case.places))
    found = _narrowed(found, request.args, actor)
    department = actor.department or request.args.get("department", "")
    if department and not actor.department and session.get(Department, department) is None:
        raise BadInput("unknown_department", "没有这个部门。", {"department": "没有这个部门"})
    if department:
        mine = [Assignment.case_id == Case.id, Assignment.department == department]
        if actor.department:
            mine.append(Assignment.status != Delivery.RETURNED.value)
        found = found.where(exists().where(*mine))
    if request.args.get("cursor"):
        found = found.where(Case.id < _after(request.args["cursor"]))
    return list(session.scalars(found.order_by(Case.id.desc()).limit(limit + 1)))


def _narrowed(found: Select[Any], asked: Any, actor: Actor) -> Select[Any]:
    if asked.get("state"):
        states = list(filter(None, asked["state"].split(",")))
        if not states or set(states) - set(State):
            raise BadInput("unknown_state", "没有这个状态。", {"state": "没有这个状态"})
        found = found.where(reading.in_states(states, actor))
    if asked.get("open"):
        found = found.where(reading.is_open(actor))
    if asked.get("due_before"):
        running = ClockRow.case_id == Case.id, ClockRow.stopped_at.is_(None), ClockRow.due_at < when("due_before")
        untold = [ClockRow.clock.notin_(reading.UNTOLD_CLOCKS)] if actor.role in DEPARTMENT else []
        found = found.where(exists().where(*running, *untold))
    return _searched(found, asked.get("q", "").strip(), actor)


def _searched(found: Select[Any], words: str, actor: Actor) -> Select[Any]:
    """A case's number, a telephone number, or words of title and content.

    A telephone number finds nobody the reader may not see.
    """
    if not words:
        return found
    if len(words) < LEAST_SEARCH:
        raise BadInput("query_too_short", "请至少输入两个字。", {"q": "太短"})
    if _is_number(words):
        by_phone = and_(Case.phone_index == privacy.blind(words), reading.shows_person(actor))
        return found.where((Case.number == words) | by_phone)
    return found.where(finding.asked(words))


def _is_number(words: str) -> bool:
    digits = words.replace("-", "").replace(" ", "").removeprefix("+")
    return digits.isdecimal() and len(digits) > finding.LONGEST_NUMBER


@api.get("/lifecycle")
def table() -> Response:
    """The life-cycle table."""
    return jsonify({"items": lifecycle.table(), "next": None, "as_of": clock.iso(clock.now())})
