"""Photos and documents of a case over HTTP, and the looks at persons who asked not to be known."""

from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from hotline import attachments, clock, db, looks
from hotline.attachment_models import Attachment
from hotline.errors import BadInput, Forbidden
from hotline.given import Given, parse
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.unit import transaction
from hotline.words import Attached, Role
from web import access
from web.api import api
from web.errors import how_many, object_body
from web.files import given_out, upload
from web.pace import FILES, READS, strangers

_RELEASERS = (Role.AGENT, Role.DISPATCHER, Role.REVIEWER, Role.SUPERVISOR)


class ConsentGiven(Given):
    agrees: bool


@api.post("/cases/<number>/attachments")
@strangers(FILES)
def attach(number: str) -> tuple[Response, int]:
    """One file (multipart, `file` and `purpose`), kept as a harmless copy."""
    code = access.query_code()
    with transaction() as unit:
        case, actor = access.visible_case(unit.session, number, code, lock=True)
        row = attachments.keep(unit, case, upload(Attached.MATTER), actor)
        told = attachments.told(row)
    return jsonify(told), 201


@api.get("/cases/<number>/attachments")
@strangers(READS)
def attached(number: str) -> Response:
    """The files of the case this reader may know of."""
    with db.session() as session:
        case, actor = access.visible_case(session, number, access.query_code())
        return jsonify({"items": attachments.listed(session, case, actor), "next": None})


@api.get("/cases/<number>/attachments/<id_>")
@strangers(READS)
def attachment(number: str, id_: str) -> Response:
    """The file itself; with `thumb=1` a small picture of it."""
    with db.session() as session:
        case, actor = access.visible_case(session, number, access.query_code())
        row = attachments.find(session, case, id_, actor)
        _check_reason(session, case, row, actor)
    return given_out(attachments.opened(row, thumb=request.args.get("thumb") == "1"))


def _check_reason(session: Session, case: Case, row: Attachment, actor: Actor) -> None:
    """A file of one who asked not to be known is opened after a reason was stated."""
    free = row.released_by or not case.confidential or actor.role is Role.CITIZEN
    if free or row.role != Role.CITIZEN or looks.lately(session, case, actor, clock.now()):
        return
    raise Forbidden("reason_needed", "诉求人要求保密，请先填写查看理由。")


@api.post("/cases/<number>/attachments/<id_>/release")
def release(number: str, id_: str) -> Response:
    """The centre found nothing of the person in it: the departments may open it."""
    actor = access.staff(*_RELEASERS)
    with transaction() as unit:
        case, _ = access.visible_case(unit.session, number, lock=True)
        _check_reason(unit.session, case, attachments.find(unit.session, case, id_, actor), actor)
        told = attachments.told(attachments.release(unit, case, id_, actor))
    return jsonify(told)


# --- looks ------------------------------------------------------------------------------------------------------------


@api.post("/cases/<number>/person")
def person(number: str) -> Response:
    """Who stands behind a confidential case, after a reason; the look is written before it is answered."""
    access.staff()
    given: dict[str, Any] = {name: object_body().get(name, "") for name in ("reason", "words")}
    with transaction() as unit:
        case, actor = access.visible_case(unit.session, number)
        told = looks.look(unit, case, actor, parse(looks.LookGiven, given))
    return jsonify(told)


@api.post("/cases/<number>/consent")
@strangers(READS)
def consent(number: str) -> Response:
    """The citizen lets the departments know him, or takes it back: {"agrees": bool}."""
    code = access.query_code()
    body = object_body()
    body.pop("query_code", None)
    with transaction() as unit:
        case, actor = access.visible_case(unit.session, number, code, lock=True)
        looks.agree(unit, case, actor, agrees=parse(ConsentGiven, body).agrees)
    return jsonify({"number": number, "agreed": case.agreed_at is not None})


@api.get("/looks")
def looks_listed() -> Response:
    """Every look at a person who asked not to be known, the newest first; by `case`, by `by`."""
    access.staff(Role.AUDITOR, Role.SUPERVISOR)
    limit = how_many(100, 500)
    with db.session() as session:
        items = looks.listed(session, request.args.get("case", ""), request.args.get("by", ""), _before(), limit)
    return jsonify({"items": items, "next": str(items[-1]["id"]) if len(items) == limit else None})


def _before() -> int:
    said = request.args.get("cursor", "0")
    if not said.isdecimal() or len(said) > 18:  # noqa: PLR2004 - beyond it the database has no number
        raise BadInput("bad_cursor", "分页标记不对。", {"cursor": "不对"})
    return int(said)
