"""Calls and call-backs over HTTP."""

from typing import Annotated, Any

from flask import Response, jsonify, request
from pydantic import Field

from hotline import db, masking
from hotline.given import Given, parse
from hotline.words import CENTRE, Role
from telephony import callbacks as owed
from telephony import reading
from web import access
from web.api import api
from web.errors import how_many, object_body, when

USUAL = 100
MOST = 500
_CLEAR = (Role.AGENT, Role.REVISITOR, Role.SUPERVISOR, Role.DISPATCHER, Role.REVIEWER)


def _masked(row: dict[str, Any], role: Role) -> dict[str, Any]:
    """What the caller wrote himself may name him, too."""
    hidden = {"caller": masking.phone(row["caller"])} | (
        {"words": masking.text(row["words"])} if "words" in row else {}
    )
    return row if role in _CLEAR else row | hidden


@api.get("/calls")
def calls() -> Response:
    """Every call offered, newest first; with `direction=out` those we made."""
    actor = access.staff(*CENTRE)
    since = when("since") if "since" in request.args else None
    with db.session() as session:
        cursor, direction = request.args.get("cursor", ""), request.args.get("direction", "in")
        items, following = reading.calls(session, since, cursor, how_many(USUAL, MOST), direction)
    return jsonify({"items": [_masked(row, actor.role) for row in items], "next": following})


@api.get("/callbacks")
def callbacks() -> Response:
    """Whom we still owe a call back, oldest first."""
    actor = access.staff(*CENTRE)
    with db.session() as session:
        state, cursor = request.args.get("state", "open"), request.args.get("cursor", "")
        items, following = reading.callbacks(session, state, cursor, how_many(USUAL, MOST))
    return jsonify({"items": [_masked(row, actor.role) for row in items], "next": following})


class Spoken(Given):
    """How the call back went."""

    result: Annotated[str, Field(max_length=500)] = ""


@api.post("/callbacks/<int:callback>/done")
def callback_done(callback: int) -> Response:
    """Somebody spoke to the caller, or could not: who and with what result."""
    actor = access.staff(*_CLEAR)
    said = parse(Spoken, object_body())
    return jsonify(reading.callback_told(owed.done(callback, actor.name, said.result)))
