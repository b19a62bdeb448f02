"""Call control over HTTP: orders to a running call, calls we make, seats and marks."""

import tomllib
from functools import lru_cache
from typing import Annotated, Any, Literal

from flask import Response, jsonify, request
from pydantic import Field

from hotline import clock, db, masking
from hotline.errors import BadInput, Forbidden, Missing
from hotline.given import Given, parse
from hotline.lifecycle import Actor
from hotline.settings import CITY
from hotline.timing import timing
from hotline.tries import is_quiet
from hotline.unit import Unit, transaction
from hotline.words import Role
from telephony import acts, agents, control, marks, outbound
from telephony.models import Call, Callback
from telephony.words import CallbackState, Mark, MarkState, Purpose
from web import access, phone
from web.api import api
from web.errors import object_body

SPEAKERS = (Role.AGENT, Role.SUPERVISOR, Role.REVISITOR)
Text = Annotated[str, Field(max_length=200)]


class OrderGiven(Given):
    do: Annotated[str, Field(max_length=30)]
    to: dict[Literal["agent", "department", "number"], Text] | None = None
    token: Annotated[str, Field(max_length=40)] = ""
    reason: Text = ""


class DialGiven(Given):
    """Exactly one of the three says whom."""

    number: Annotated[str, Field(max_length=30)] = ""
    case: Annotated[str, Field(max_length=40)] = ""
    callback: int = 0


class SeatGiven(Given):
    status: Annotated[str, Field(max_length=20)]
    reason: Text = ""


class MarkGiven(Given):
    mark: Mark
    reason: Text = ""


@lru_cache
def _emergency() -> list[dict[str, str]]:
    return list(tomllib.loads((CITY / "city.toml").read_text(encoding="utf-8"))["emergency"])


@api.post("/calls/<call>/control")
def order(call: str) -> tuple[Response, int]:
    """One order to a running call (hold, consult, transfer, listen …); what came of it is seen in the talk."""
    actor = access.staff(*SPEAKERS)
    given = parse(OrderGiven, object_body())
    with transaction() as unit:
        said = control.give(unit, call, given.do, actor, given.model_dump(), phone.rules())
    phone.say(said)
    return jsonify({"call": call, "do": given.do}), 202


@api.get("/calls/<call>/talk")
def talk(call: str) -> Response:
    """What there is to see of a call: state, hold, mute, guests; and who listened in, for the agent it concerns."""
    actor = access.staff(*SPEAKERS)
    with db.session() as session:
        row = session.get(Call, call)
        if row is None or (row.agent != actor.name and actor.role is not Role.SUPERVISOR):
            raise Missing("no_such_call", "没有这个来电，或它不在您的坐席上。")
        told = {"call": row.id, "state": row.state, "agent": row.agent, "talk": row.talk, "direction": row.direction}
        return jsonify(told | {"tags": row.tags, "acts": acts.listed(session, call=call)})


@api.get("/calls/targets")
def targets() -> Response:
    """Whom a call may be given to or joined with: emergency numbers first, then colleagues."""
    actor = access.staff(*SPEAKERS)
    with db.session() as session:
        return jsonify({"emergency": _emergency(), "colleagues": control.directory(session, actor.name)})


@api.post("/calls")
def dial() -> tuple[Response, int]:
    """A call we make: the user's own phone rings first, then the citizen's."""
    actor = access.staff(*SPEAKERS)
    given = parse(DialGiven, object_body())
    with transaction() as unit:
        number, purpose, about = _whom(unit, given, actor)
        connector = phone.connector()
        call, said = outbound.dial(unit, actor.name, number, connector, phone.rules(), purpose, **about)
    phone.say(said)
    return jsonify({"call": call, "purpose": purpose}), 201


def _whom(unit: Unit, given: DialGiven, actor: Actor) -> tuple[str, Purpose, dict[str, Any]]:
    if sum(map(bool, (given.number, given.case, given.callback))) != 1:
        raise BadInput("no_number", "请给出号码、诉求编号或回拨任务中的一个。", {"number": "缺少此项"})
    if given.case:
        return _citizen(unit, given.case, actor)
    if given.callback:
        owed = unit.session.get(Callback, given.callback, with_for_update=True)
        if owed is None or owed.state != CallbackState.OPEN:
            raise Missing("no_such_callback", "没有这条待回拨任务。")
        return owed.caller, Purpose.CALLBACK, {"case": owed.case_number, "callback": owed.id}
    return given.number, Purpose.OWN, {}


def _citizen(unit: Unit, number: str, actor: Actor) -> tuple[str, Purpose, dict[str, Any]]:
    """A revisit is made in its hours only (rules.md §2)."""
    purpose = Purpose.REVISIT if actor.role is Role.REVISITOR else Purpose.OWN
    if purpose is Purpose.REVISIT and is_quiet(unit.now, timing().policy.revisit_hours):
        first, last = timing().policy.revisit_hours
        raise Forbidden("quiet_hours", f"回访电话只在 {first:%H:%M}–{last:%H:%M} 拨打。")
    case, _ = access.visible_case(unit.session, number)
    return case.phone, purpose, {"case": case.number}


# --- seats and marks --------------------------------------------------------------------------------------------------


@api.get("/seats")
def seats() -> Response:
    """Every seat that is signed in."""
    access.staff(Role.SUPERVISOR, Role.ADMIN)
    with db.session() as session:
        return jsonify({"items": agents.seats(session, clock.now()), "next": None})


@api.post("/seats/<user>")
def force(user: str) -> Response:
    """A supervisor sets an agent's status, with a reason; logged, and shown at the agent's desk."""
    actor = access.staff(Role.SUPERVISOR, Role.ADMIN)
    given = parse(SeatGiven, object_body())
    seat = agents.force(user, given.status, given.reason, actor)
    phone.say([agents.seat_word(user)])
    return jsonify(agents.seat_told(seat, user, clock.now()))


@api.get("/acts")
def acts_listed() -> Response:
    """What was done with calls and seats: all of it for supervisors and auditors, his own for an agent."""
    actor = access.staff(Role.SUPERVISOR, Role.AUDITOR, Role.AGENT)
    own = actor.name if actor.role is Role.AGENT else request.args.get("agent", "")
    with db.session() as session:
        return jsonify({"items": acts.listed(session, agent=own), "next": None})


@api.post("/calls/<call>/mark")
def mark(call: str) -> tuple[Response, int]:
    """The agent notes about his caller: 65 or older, or a nuisance (which a second person has to confirm)."""
    actor = access.staff(*SPEAKERS)
    given = parse(MarkGiven, object_body())
    with transaction() as unit:
        row = unit.session.get(Call, call)
        control.check_may(row, "", actor)
        caller = row.caller if row else ""
        if given.mark is Mark.ELDERLY:
            made = marks.elderly(unit, caller, actor, call)
        else:
            made = marks.nuisance(unit, caller, given.reason, actor, call)
        told = marks.told(made)
    return jsonify(told), 201


@api.get("/marks")
def marks_listed() -> Response:
    """Marks that wait for a second person, or others by `state`."""
    actor = access.staff(Role.SUPERVISOR, Role.AUDITOR)
    with db.session() as session:
        items = marks.listed(session, request.args.get("state", MarkState.PROPOSED))
    shown = [row | {"caller": masking.phone(row["caller"])} for row in items] if actor.role is Role.AUDITOR else items
    return jsonify({"items": shown, "next": None})


@api.post("/marks/<int:number>")
def mark_decided(number: int) -> Response:
    """{"confirmed": bool} by a second person."""
    actor = access.staff(Role.SUPERVISOR)
    confirmed = object_body().get("confirmed")
    if not isinstance(confirmed, bool):
        raise BadInput("invalid_fields", "confirmed 要是 true 或 false。", {"confirmed": "请填写"})
    return jsonify(marks.told(marks.decide(number, actor, confirmed=confirmed)))
