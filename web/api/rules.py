"""Profiles and calendars in force, and their versions, for programs."""

from flask import Response, jsonify

from hotline import clock, db
from hotline.rulebook import present, versions
from hotline.timing import timing
from hotline.words import CENTRE, DEPARTMENT, Role
from web import access
from web.api import api

READERS = (*CENTRE, *DEPARTMENT, Role.ADMIN)


@api.get("/rules")
def rules_in_force() -> Response:
    """The version in force of every profile and year; `profile` is the city's own, `stamp` what judges clocks."""
    access.staff(*READERS)
    with db.session() as session:
        force = versions.in_force(session, clock.now())
        items = [versions.told(versions.one(session, *key, number)) for key, number in sorted(force.items())]
    return jsonify({"items": items, "next": None, "profile": present.profile(), "stamp": timing().policy.stamp})


@api.get("/rules/<what>/<name>")
def versions_of(what: str, name: str) -> Response:
    """Every version of a profile or a year with its text, newest first."""
    access.staff(*READERS)
    with db.session() as session:
        items = [versions.told(row) | {"content": row.content} for row in versions.of(session, what, name)]
    return jsonify({"items": items, "next": None})
