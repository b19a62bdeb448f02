"""What people of the centre do about calls that are over: checks of bad ratings, tags; and the shift leader's notes."""

from typing import Annotated, Any

from flask import Response, jsonify, request
from pydantic import Field

from hotline import clock, db, masking
from hotline.given import Given, parse
from hotline.unit import transaction
from hotline.words import Role
from telephony import checks, control, notes
from telephony.words import CheckState
from web import access, phone
from web.api import api
from web.errors import object_body

CHECKERS = (Role.SUPERVISOR, Role.REVISITOR)


class Checked(Given):
    verdict: Annotated[str, Field(max_length=20)]
    words: Annotated[str, Field(max_length=checks.LONGEST_WORDS)]


class Tagged(Given):
    tags: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=control.MOST_TAGS)]


class Noted(Given):
    text: Annotated[str, Field(max_length=notes.LONGEST)]
    to: Annotated[str, Field(max_length=40)] = ""
    hours: Annotated[float, Field(gt=0, le=notes.LONGEST_HOURS)] = 8


@api.get("/checks")
def checks_listed() -> Response:
    """Bad ratings of calls that review no case: `open` by deadline, `done` and `counted` newest first."""
    actor = access.staff(*CHECKERS, Role.AUDITOR)
    with db.session() as session:
        items = checks.listed(session, request.args.get("state", CheckState.OPEN), clock.now())
    shown = items if actor.role in CHECKERS else [row | {"caller": masking.phone(row["caller"])} for row in items]
    return jsonify({"items": shown, "next": None})


@api.post("/checks/<int:number>")
def check_closed(number: int) -> Response:
    """{"verdict", "words"} by somebody else than the agent who was rated."""
    actor = access.staff(*CHECKERS)
    given = parse(Checked, object_body())
    return jsonify(checks.close(number, given.verdict, given.words, actor))


@api.put("/calls/<call>/tags")
def tag(call: str) -> Response:
    """{"tags": [word]}: what the call was; replaces what stood there."""
    actor = access.staff(Role.AGENT, Role.SUPERVISOR, Role.REVISITOR)
    given = parse(Tagged, object_body())
    with transaction() as unit:
        kept: list[Any] = control.tag(unit, call, given.tags, actor, phone.rules())
    return jsonify({"call": call, "tags": kept})


@api.get("/notes")
def notes_listed() -> Response:
    """The shift leader's notes, newest first, with how many have seen each."""
    access.staff(Role.SUPERVISOR, Role.AUDITOR)
    with db.session() as session:
        return jsonify({"items": notes.listed(session), "next": None})


@api.post("/notes")
def note_written() -> tuple[Response, int]:
    """{"text", "to": user or "", "hours"}: to one desk, or to all that are signed in."""
    actor = access.staff(Role.SUPERVISOR)
    given = parse(Noted, object_body())
    number, said = notes.write(given.to, given.text, given.hours, actor)
    phone.say(said)
    return jsonify({"id": number}), 201


@api.delete("/notes/<int:number>")
def note_withdrawn(number: int) -> tuple[str, int]:
    """It counts no longer."""
    notes.withdraw(number, access.staff(Role.SUPERVISOR))
    return "", 204
