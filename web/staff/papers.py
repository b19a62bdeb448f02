"""Numbered documents to read, print and keep: a list, one as a page, one as a PDF. A department sees its own."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch import papers as written
from dispatch.models import Paper
from hotline import clock, db
from hotline.errors import BadInput, Missing
from hotline.lifecycle import Actor
from hotline.words import CENTRE, DEPARTMENT
from web import access
from web.staff import paper_pdf
from web.staff.houses import houses
from web.staff.office import office

papers = Blueprint("papers", __name__)
PAGE = 50


def _mine(actor: Actor) -> Any:
    rows = select(Paper).order_by(Paper.id.desc())
    return rows.where(Paper.department == actor.department) if actor.role in DEPARTMENT else rows


def _listed(session: Session, actor: Actor) -> tuple[list[dict[str, Any]], str | None]:
    """Newest first; `case` and `kind` narrow, `cursor` is the last id seen."""
    rows = _mine(actor)
    if request.args.get("case"):
        rows = rows.where(Paper.case_number == request.args["case"])
    if request.args.get("kind"):
        rows = rows.where(Paper.kind == _kind(request.args["kind"]))
    cursor = request.args.get("cursor", type=int)
    found = list(session.scalars((rows.where(Paper.id < cursor) if cursor else rows).limit(PAGE + 1)))
    more = str(found[PAGE - 1].id) if len(found) > PAGE else None
    names = houses()
    return [
        written.told(paper) | {"department_name": names[paper.department].name if paper.department in names else ""}
        for paper in found[:PAGE]
    ], more


def _kind(name: str) -> str:
    if name not in written.KINDS:
        raise BadInput("unknown_kind", "没有这种文书。", {"kind": "没有这种文书"})
    return name


@papers.get("/papers")
def listed() -> str:
    """All documents this reader may see, newest first."""
    actor = access.staff(*CENTRE, *DEPARTMENT)
    with db.session() as session:
        items, more = _listed(session, actor)
    kinds = {name: kind.title for name, kind in written.KINDS.items()}
    return render_template("staff/papers.html", items=items, more=more, kinds=kinds)


@papers.get("/api/v1/papers")
def items() -> Response:
    """The same as JSON, with cursor paging."""
    actor = access.staff(*CENTRE, *DEPARTMENT)
    with db.session() as session:
        found, more = _listed(session, actor)
    return jsonify({"items": found, "next": more})


def _one(number: int) -> dict[str, Any]:
    """A document with its text. Raises Missing also for what is another department's."""
    actor = access.staff(*CENTRE, *DEPARTMENT)
    with db.session() as session:
        paper = session.scalars(_mine(actor).where(Paper.id == number)).first()
        if paper is None:
            raise Missing("no_such_paper", "没有这份文书。")
        names = houses()
        house = names[paper.department].name if paper.department in names else paper.department
        at = clock.local(paper.at)
        day = f"{at.year}年{at.month}月{at.day}日"
        people = written.recipients(session, paper)
        return written.told(paper) | {"text": paper.text, "department_name": house, "day": day, "people": people}


@papers.get("/papers/<int:number>")
def one(number: int) -> str:
    """In the official look, to be read and printed."""
    return render_template("staff/paper.html", paper=_one(number), office=office())


@papers.get("/papers/<int:number>.pdf")
def as_pdf(number: int) -> Response:
    """The same as a PDF."""
    paper = _one(number)
    body = paper_pdf.made(paper)
    return Response(
        body, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{number}.pdf"'}
    )
