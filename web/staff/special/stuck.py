"""办不成事： the register of what could not be got done, its clocks, and how each ended (rules.md §8)."""

from typing import Any

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from hotline import cases, clock, db, facts, reading
from hotline.loop_effects import CLOCK_OF
from hotline.loop_models import StuckMatter
from hotline.models import Case
from hotline.timing import timing
from hotline.words import ENDED, Action, Role, State, Stuck, StuckEnd
from web import access
from web.staff.houses import houses
from web.staff.special import frame

stuck = Blueprint("stuck", __name__)
HERE = "/special/stuck"
KEEPERS = frozenset({Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR})
SHOWN = 100
_CLOCKS = frozenset(clock_.value for clock_ in CLOCK_OF.values())


def _told(row: StuckMatter, case: Case) -> dict[str, Any]:
    running = [one for one in case.clocks if one.clock in _CLOCKS and one.stopped_at is None]
    due = running[0] if running else None
    house = houses().get(case.lead)
    lost = row.settled_at is None and due is None and State(case.state) in ENDED
    return {
        "number": case.number,
        "version": case.version,
        "title": reading.public_title(case),
        "state": State(case.state).label,
        "department": house.name if house and case.lead else "",
        "grade": row.grade,
        "grade_label": Stuck(row.grade).label,
        "item": row.item,
        "story": row.story,
        "by": row.by,
        "at": clock.iso(row.at),
        "due_at": due and clock.iso(due.due_at),
        "explain": due.explain if due else "",
        "late": due is not None and due.due_at < clock.now(),
        "end": "诉求已结束，没有单独说明" if lost else StuckEnd(row.result).label if row.result else "",
        "explanation": row.explanation,
        "referred_to": row.referred_to,
        "settled_by": row.settled_by,
    }


def _rows(session: Session, *, settled: bool) -> list[dict[str, Any]]:
    rows = select(StuckMatter, Case).join(Case, Case.id == StuckMatter.case_id).options(selectinload(Case.clocks))
    which = StuckMatter.settled_at.is_not(None) if settled else StuckMatter.settled_at.is_(None)
    order = StuckMatter.settled_at.desc() if settled else StuckMatter.id
    told = [_told(row, case) for row, case in session.execute(rows.where(which).order_by(order).limit(SHOWN))]
    return told if settled else sorted(told, key=lambda row: row["due_at"] or "9")


def _limits() -> dict[str, str]:
    """Each grade with how long it may take, as the policy says."""
    policy = timing().policy
    return {grade.value: f"{grade.label}（{policy.limit(CLOCK_OF[grade])}）" for grade in Stuck}


def _page(**more: Any) -> str:
    actor = frame.reader(HERE)
    with db.session() as session:
        told = {"open": _rows(session, settled=False), "ended": _rows(session, settled=True)}
    choices = {"grades": _limits(), "ends": {end.value: end.label for end in StuckEnd}}
    return frame.shown("stuck", actor, keeps=actor.role in KEEPERS, **choices, **told, **more)


@stuck.get(HERE)
def listed() -> str:
    """What is open by its deadline, and what ended."""
    return _page()


def _present_version(number: str) -> int:
    with db.session() as session:
        return facts.load(session, number).version


@stuck.post(HERE)
def register() -> frame.Answer:
    """Put a case into the register, or change its grade: the time goes on from its first registration."""
    actor = access.staff(*KEEPERS)
    number = frame.words("number")
    given = {name: frame.words(name) for name in ("grade", "item", "story")}

    def do() -> None:
        cases.act(number, Action.REGISTER_STUCK, actor, given, version=_present_version(number))

    return frame.posted(HERE, do, _page, "register")


@stuck.post(f"{HERE}/<number>")
def settle(number: str) -> frame.Answer:
    """How it ended: done, explained, or referred to discipline inspection."""
    actor = access.staff(*KEEPERS)
    given = {name: frame.words(name) for name in ("result", "text", "referred_to")}
    return frame.posted(HERE, lambda: frame.act(number, Action.SETTLE_STUCK, actor, given), _page, number)
