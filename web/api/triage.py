"""Suggestions and answers while somebody types."""

from dataclasses import asdict
from typing import Annotated, Any

from flask import Response, jsonify, request
from pydantic import Field

from hotline import clock, db
from hotline.errors import BadInput, Missing
from hotline.given import Given, parse
from hotline.words import CENTRE
from kb import service as knowledge
from kb.models import Article
from triage import extract
from web import access, replies, similar, suggest
from web.api import api
from web.errors import how_many, object_body
from web.pace import SEARCHES, TEXTS, strangers

PUBLISHED = "published"
_SHOWN = ("code", "title", "body", "kind", "department", "area", "version")


class Said(Given):
    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    area: Annotated[str, Field(max_length=40)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""


@api.post("/triage")
@strangers(TEXTS)
def triage() -> Response:
    """Category with the words that moved it, department, kind, urgency, fields, similar cases, each with how sure."""
    actor = access.staff()
    said = parse(Said, object_body())
    found = suggest.suggest(said.text, said.area)
    press = suggest.pressing(said.text)
    with db.session() as session:
        near = similar.find(session, said.text, found["area"], actor, said.phone) if actor.role in CENTRE else []
    fields = _fields(said.text)
    moved = suggest.words(said.text, [one["category"] for one in found["top"]])
    found["top"] = [one | {"words": moved[one["category"]]} for one in found["top"]]
    more = {"kind": suggest.kind(said.text), "urgency": press.urgency, "risk": asdict(press)}
    return jsonify(found | more | {"fields": fields, "similar": near})


class Replied(Given):
    public: Annotated[str, Field(max_length=10_000)]


@api.post("/cases/<number>/reply-check")
def reply_check(number: str) -> Response:
    """Every point of a public reply before it is submitted or passed; nothing is stored."""
    access.staff()
    with db.session() as session:
        case, actor = access.visible_case(session, number)
        given = parse(Replied, object_body())
        return jsonify({"checks": replies.told(replies.checks(session, case, given.public, actor.department))})


def _fields(text: str) -> list[dict[str, Any]]:
    """What was found in a text, each with its place."""
    offices = suggest.names()["department"].values()
    return [asdict(one) for one in extract.extract(text, clock.now(), suggest.places(), offices)]


@api.get("/kb/search")
@strangers(SEARCHES)
def search() -> Response:
    """Answers with highlights; everybody may ask."""
    words = request.args.get("q", "").strip()
    if not words:
        raise BadInput("query_missing", "请输入要查的内容。", {"q": "缺少此项"})
    limit = how_many(10, 50)
    found = knowledge.search(words[:500], limit=limit, area=request.args.get("area", ""))
    return jsonify({"items": [_item(one) for one in found.items], "next": None, "degraded": found.degraded})


def _item(one: Any) -> dict[str, Any]:
    return {"code": one.code, "title": one.title, "passage": one.passage, "marks": one.marks, "score": one.score}


@api.get("/kb/articles/<code>")
def article(code: str) -> Response:
    """One published article."""
    with db.session() as session:
        found = session.get(Article, code)
        if found is None or found.state != PUBLISHED:
            raise Missing("no_such_article", "没有这篇知识。")
        return jsonify({name: getattr(found, name) for name in _SHOWN} | {"updated_at": clock.iso(found.updated_at)})


@api.get("/categories")
def categories() -> Response:
    """All categories by code."""
    items = [{"code": code, "name": name} for code, name in sorted(suggest.names()["category"].items())]
    return jsonify({"items": items, "next": None})


@api.get("/departments")
def departments() -> Response:
    """All departments by code, for staff."""
    access.staff()
    items = [{"code": code, "name": name} for code, name in sorted(suggest.names()["department"].items())]
    return jsonify({"items": items, "next": None})


@api.get("/areas")
def areas() -> Response:
    """All areas, for forms."""
    return jsonify({"items": [{"name": name} for name in suggest.names()["area"]], "next": None})
