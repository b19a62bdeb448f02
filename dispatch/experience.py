"""体验官： 体验评价 → 归纳总结 → 问题整改 → 回访反馈， as a table of steps and one function for each (rules.md §8).

An officer who is not content with what was rectified sends it back to be rectified again, with a new limit.
"""

import datetime as dt
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dispatch.experience_models import Experience, Officer
from hotline.city_models import Department
from hotline.errors import BadInput, Forbidden, Missing
from hotline.given import Given, Satisfaction, Text
from hotline.lifecycle import Actor
from hotline.message_models import Notice
from hotline.timing import timing
from hotline.unit import Unit, transaction
from hotline.words import DEPARTMENT, Clock, Role, Word
from hotline.worktime import due


class Stage(Word):
    """Where a report stands."""

    REPORTED = "reported", "待归纳总结"
    RECTIFYING = "rectifying", "待整改"
    RECTIFIED = "rectified", "待回访反馈"
    DONE = "done", "已办结"


ENROLLERS = frozenset({Role.SUPERVISOR})
REPORTERS = frozenset({Role.SUPERVISOR, Role.REVIEWER, Role.REVISITOR})
STEPS: dict[str, tuple[Stage, frozenset[Role]]] = {  # step: (from, who)
    "sum_up": (Stage.REPORTED, frozenset({Role.SUPERVISOR, Role.REVIEWER})),
    "rectify": (Stage.RECTIFYING, DEPARTMENT),
    "feed_back": (Stage.RECTIFIED, frozenset({Role.SUPERVISOR, Role.REVISITOR})),
}
Short = Annotated[str, Field(min_length=2, max_length=60)]


class NewOfficer(Given):
    name: Short
    house: Short
    phone: Annotated[str, Field(max_length=30)] = ""


class Report(Given):
    officer: int
    day: dt.date
    department: Annotated[str, Field(min_length=1, max_length=32)]
    item: Short
    level: Satisfaction
    story: Text


class SumUp(Given):
    found: bool
    problem: Annotated[str, Field(max_length=10_000)] = ""


class Rectify(Given):
    answer: Text


class FeedBack(Given):
    content: bool
    feedback: Text


def may(actor: Actor, row: Experience) -> str:
    """The step this actor may do now with a report; empty for none."""
    for name, (source, roles) in STEPS.items():
        if row.stage == source and actor.role in roles and actor.department in ("", row.department):
            return name
    return ""


def enrol(said: NewOfficer, actor: Actor) -> Officer:
    """A new officer, by name."""
    with transaction() as unit:
        made = Officer(made_by=actor.name, made_at=unit.now, active=True, **said.model_dump())
        unit.session.add(made)
        return made


def report(said: Report, actor: Actor) -> Experience:
    """What an officer tried and how it was. Raises BadInput for an officer, a department or a day that is none."""
    with transaction() as unit:
        officer, house = unit.session.get(Officer, said.officer), unit.session.get(Department, said.department)
        if officer is None or not officer.active:
            raise BadInput("unknown_officer", "没有这位体验官，或已停用。", {"officer": "没有这位体验官"})
        if house is None:
            raise BadInput("unknown_department", "没有这个部门。", {"department": "没有这个部门"})
        if said.day > unit.now.date() + dt.timedelta(days=1):
            raise BadInput("day_to_come", "体验日期不能在以后。", {"day": "还没有到"})
        made = Experience(stage=Stage.REPORTED.value, made_by=actor.name, made_at=unit.now, **said.model_dump())
        unit.session.add(made)
        return made


def _held(unit: Unit, number: int, step: str, actor: Actor) -> Experience:
    """The locked report, where this step may be done by this actor. Raises Missing, Forbidden, BadInput."""
    row = unit.session.get(Experience, number, with_for_update=True)
    if row is None or actor.department not in ("", row.department):
        raise Missing("no_such_report", "没有这份体验报告。")
    source, roles = STEPS[step]
    if actor.role not in roles:
        raise Forbidden("not_allowed", f"{actor.role.label}不能做这一步。")
    if row.stage != source:
        raise BadInput("wrong_stage", f"这份报告现在是“{Stage(row.stage).label}”，请刷新后再看。")
    return row


def sum_up(number: int, said: SumUp, actor: Actor) -> None:
    """归纳总结： a problem goes to its department with a limit; without one the report is done."""
    with transaction() as unit:
        row = _held(unit, number, "sum_up", actor)
        if said.found and not said.problem:
            raise BadInput("problem_missing", "有问题的，请写明要整改什么。", {"problem": "缺少此项"})
        row.problem, row.summed_by, row.summed_at = said.problem, actor.name, unit.now
        row.stage = Stage.DONE.value
        if said.found:
            _send(unit, row)


def _send(unit: Unit, row: Experience) -> None:
    """To be rectified: within the limit of a rectification (rules.md §2), and its head hears of it."""
    limit = timing().policy.limit(Clock.RECTIFICATION)
    row.stage, row.urged_at = Stage.RECTIFYING.value, None
    row.due_at = due(unit.now, limit, timing().calendar).at if limit else None
    _tell(unit, f"体验官发现的问题请整改：{row.item}", department=row.department, role=Role.HEAD.value)


def _tell(unit: Unit, text: str, **whom: str) -> None:
    unit.session.add(Notice(at=unit.now, rung="experience", text=text, **whom))


def rectify(number: int, said: Rectify, actor: Actor) -> None:
    """问题整改： what the department did."""
    with transaction() as unit:
        row = _held(unit, number, "rectify", actor)
        row.answer, row.answered_by, row.answered_at = said.answer, actor.name, unit.now
        row.stage = Stage.RECTIFIED.value
        _tell(unit, f"体验问题已整改，请回访体验官：{row.item}", role=Role.REVISITOR.value)


def feed_back(number: int, said: FeedBack, actor: Actor) -> None:
    """回访反馈： the officer is content, or it is rectified again."""
    with transaction() as unit:
        row = _held(unit, number, "feed_back", actor)
        row.content, row.feedback = said.content, said.feedback
        row.fed_back_by, row.fed_back_at = actor.name, unit.now
        row.stage = Stage.DONE.value
        if not said.content:
            row.turn += 1
            _send(unit, row)


def urge() -> int:
    """Tell the department's head and the supervisors of what was not rectified in time, once a turn; how many."""
    with transaction() as unit:
        late = (
            Experience.stage == Stage.RECTIFYING.value,
            Experience.urged_at.is_(None),
            Experience.due_at <= unit.now,
        )
        rows = list(unit.session.scalars(select(Experience).where(*late).with_for_update(skip_locked=True)))
        for row in rows:
            row.urged_at = unit.now
            text = f"■ 体验问题整改已超期：{row.item}"
            _tell(unit, text, department=row.department, role=Role.HEAD.value)
            _tell(unit, text, role=Role.SUPERVISOR.value)
        return len(rows)
