"""体验官： named officers, their reports, and what became of each; a department sees its own without the officer."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch import experience
from dispatch.experience import ENROLLERS, REPORTERS, STEPS, Stage
from dispatch.experience_models import Experience, Officer
from hotline import clock, db
from hotline.city_models import Department
from hotline.errors import BadInput, Missing
from hotline.given import parse
from hotline.lifecycle import Actor
from hotline.words import DEPARTMENT, Level
from web import access
from web.intake import phone_number
from web.staff.houses import houses
from web.staff.special import frame

officers = Blueprint("officers", __name__)
HERE = "/special/officers"
SHOWN = 100


def _told(row: Experience, officer: Officer, actor: Actor) -> dict[str, Any]:
    inside = actor.role not in DEPARTMENT
    house = houses().get(row.department)
    names = ("id", "turn", "item", "problem", "answer", "answered_by", "summed_by", "fed_back_by", "content")
    told = {name: getattr(row, name) for name in names}
    centre = {"officer": f"{officer.name}（{officer.house}）", "story": row.story, "feedback": row.feedback}
    return told | {
        "day": row.day.isoformat(),
        "level": Level(str(row.level)).label if inside else "",
        "department": house.name if house else row.department,
        "stage": row.stage,
        "stage_label": Stage(row.stage).label,
        "due_at": clock.iso(row.due_at) if row.due_at and row.stage == Stage.RECTIFYING else None,
        "late": row.stage == Stage.RECTIFYING and row.due_at is not None and row.due_at < clock.now(),
        "may": experience.may(actor, row),
        **(centre if inside else dict.fromkeys(centre, "")),
    }


def _rows(session: Session, actor: Actor, *, done: bool) -> list[dict[str, Any]]:
    rows = select(Experience, Officer).join(Officer, Officer.id == Experience.officer)
    rows = rows.where(Experience.stage == Stage.DONE.value if done else Experience.stage != Stage.DONE.value)
    if actor.role in DEPARTMENT:  # from the moment it was sent to be rectified
        rows = rows.where(Experience.department == actor.department, Experience.due_at.is_not(None))
    found = session.execute(rows.order_by(Experience.id.desc()).limit(SHOWN))
    return [_told(row, officer, actor) for row, officer in found]


def _page(**more: Any) -> str:
    actor = frame.reader(HERE)
    with db.session() as session:
        told = {"open": _rows(session, actor, done=False), "ended": _rows(session, actor, done=True)}
        people = list(session.scalars(select(Officer).where(Officer.active).order_by(Officer.name)))
        living = select(Department.code, Department.name).where(~Department.dissolved).order_by(Department.code)
        choices = dict(session.execute(living).all())
    can = {
        "enrols": actor.role in ENROLLERS,
        "reports": actor.role in REPORTERS,
        "inside": actor.role not in DEPARTMENT,
    }
    levels = {level.value: level.label for level in Level}
    named = {one.id: f"{one.name}（{one.house}）" for one in people}
    return frame.shown("officers", actor, officers=named, departments=choices, levels=levels, **can, **told, **more)


@officers.get(HERE)
def listed() -> str:
    """Reports under way, newest first, and those that are done."""
    return _page()


@officers.post(f"{HERE}/people")
def enrolled() -> frame.Answer:
    """A new officer."""
    actor = access.staff(*ENROLLERS)

    def do() -> None:
        said = {name: frame.words(name) for name in ("name", "house")} | {"phone": phone_number(frame.words("phone"))}
        experience.enrol(parse(experience.NewOfficer, said), actor)

    return frame.posted(HERE, do, _page, "officer")


@officers.post(HERE)
def reported() -> frame.Answer:
    """体验评价."""
    actor = access.staff(*REPORTERS)

    def do() -> None:
        said: dict[str, Any] = {name: frame.words(name) for name in ("day", "department", "item", "story")}
        numbers = {name: frame.words(name) for name in ("officer", "level")}
        wrong = {name: "请选择" for name, value in numbers.items() if not value.isdecimal()}
        if wrong:
            raise BadInput("invalid_fields", "请选择体验官和评价。", wrong)
        said |= {name: int(value) for name, value in numbers.items()}
        experience.report(parse(experience.Report, said), actor)

    return frame.posted(HERE, do, _page, "report")


def _sum_up(number: int, actor: Actor) -> None:
    said = {"found": frame.yes("found"), "problem": frame.words("problem")}
    experience.sum_up(number, parse(experience.SumUp, said), actor)


def _rectify(number: int, actor: Actor) -> None:
    experience.rectify(number, parse(experience.Rectify, {"answer": frame.words("answer")}), actor)


def _feed_back(number: int, actor: Actor) -> None:
    said = {"content": frame.yes("content"), "feedback": frame.words("feedback")}
    experience.feed_back(number, parse(experience.FeedBack, said), actor)


DO: dict[str, Callable[[int, Actor], None]] = {"sum_up": _sum_up, "rectify": _rectify, "feed_back": _feed_back}


@officers.post(f"{HERE}/<int:number>/<step>")
def moved(number: int, step: str) -> frame.Answer:
    """归纳总结， 问题整改， 回访反馈."""
    if step not in DO:
        raise Missing("not_found", "没有这个操作。")
    actor = access.staff(*STEPS[step][1])
    return frame.posted(HERE, lambda: DO[step](number, actor), _page, f"{step}-{number}")
