"""The revisit group's page: whom to call next, with which clock, how often it was tried, and what follows."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import ColumnElement, DateTime, and_, func, literal, or_, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session, selectinload

from hotline import clock, db, reading
from hotline.errors import BadInput
from hotline.lifecycle import Actor
from hotline.models import Case, ClockRow, Rating, RevisitRow
from hotline.policy import Policy
from hotline.timing import timing
from hotline.tries import NOON, counted, half_day, is_quiet
from hotline.words import Clock, Role, State, TryResult
from web import access

revisit = Blueprint("revisit", __name__)
READERS = (Role.REVISITOR, Role.SUPERVISOR)
SHOWN = 200
MOST_COUNTED = 999
TABS: dict[str, tuple[str, tuple[State, ...]]] = {
    "call": ("待回访", (State.PASSED, State.CHECKING)),
    "verdict": ("判定待复核", (State.VERDICT,)),
    "redo": ("待重办", (State.RECTIFYING,)),
}
_WEIGHTIEST_FIRST = (Clock.BAD_REVIEW, Clock.SECOND_REVISIT, Clock.REVISIT, Clock.VERDICT)
_CALLING = [name.value for name in _WEIGHTIEST_FIRST]
_WEIGHT = sql_case({name: place for place, name in enumerate(_CALLING)}, value=ClockRow.clock)
_NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def next_half_day(tried: dt.datetime, policy: Policy) -> dt.datetime:
    """When to try again after nobody answered: the afternoon of a morning, the next morning of an afternoon.

    Takes and gives aware instants; afternoons begin with the last office interval, and nobody is called outside the
    profile's `revisit_hours`: a try before them does not count, so they begin with the next one (rules.md §2).
    """
    day, afternoon = half_day(tried)
    first, last = policy.revisit_hours
    if clock.local(tried).time() < first:
        return dt.datetime.combine(day, first, clock.SHANGHAI)
    later = max(dt.time(*divmod(policy.calendar.office[-1][0], 60)), NOON, first)
    if not afternoon and later < last:
        return dt.datetime.combine(day, later, clock.SHANGHAI)
    return dt.datetime.combine(day + dt.timedelta(days=1), first, clock.SHANGHAI)


def _tries(session: Session, cases: list[Case]) -> dict[int, list[RevisitRow]]:
    """The tries of each case in its present round since the citizen rated, in order: what the guards count."""
    found: dict[int, list[RevisitRow]] = {case.id: [] for case in cases}
    rated = and_(Rating.case_id == RevisitRow.case_id, Rating.round == RevisitRow.round)
    rows = select(RevisitRow).join(Case, Case.id == RevisitRow.case_id).outerjoin(Rating, rated)
    present = and_(RevisitRow.round == Case.round, or_(Rating.at.is_(None), RevisitRow.at >= Rating.at))
    for row in session.scalars(rows.where(RevisitRow.case_id.in_(found), present).order_by(RevisitRow.id)):
        found[row.case_id].append(row)
    return found


def _told_tries(rows: list[RevisitRow], policy: Policy, now: dt.datetime) -> dict[str, Any]:
    """How often nobody answered, and from when another try counts; `next_at` is null where it may be now."""
    missed = [row.at for row in rows if not row.reached]
    last = next((row for row in reversed(rows) if not row.reached), None)
    again = next_half_day(missed[-1], policy) if missed else None
    return {
        "count": counted(missed, policy.revisit_hours),
        "needed": policy.revisit_tries,
        "spoken": any(row.reached for row in rows),
        "last_result": TryResult(last.result).label if last and last.result else None,
        "last_at": clock.iso(missed[-1]) if missed else None,
        "next_at": clock.iso(again) if again and again > now else None,
    }


def _page(states: tuple[State, ...]) -> Any:
    """By the clock that is shown: the weightiest of those that run."""
    calling = and_(ClockRow.case_id == Case.id, ClockRow.stopped_at.is_(None), ClockRow.clock.in_(_CALLING))
    leading = select(ClockRow.due_at).where(calling).order_by(_WEIGHT, ClockRow.due_at).limit(1)
    due = leading.correlate(Case).scalar_subquery()
    key = func.coalesce(due, literal(_NEVER, DateTime(timezone=True)))
    rows = select(Case).where(_in(states)).options(selectinload(Case.clocks)).order_by(key, Case.id)
    return rows.limit(SHOWN)


def _in(states: tuple[State, ...]) -> ColumnElement[bool]:
    return Case.state.in_([state.value for state in states])


def _count(session: Session, states: tuple[State, ...]) -> int:
    found = select(Case.id).where(_in(states)).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _row(case: Case, tries: list[RevisitRow], actor: Actor, now: dt.datetime) -> dict[str, Any]:
    told = reading.brief(case, actor)
    running = [row for row in told["clocks"] if row["clock"] in _CALLING]
    running.sort(key=lambda row: (_CALLING.index(row["clock"]), row["due_at"]))
    more = {"tries": _told_tries(tries, timing().policy, now), "verdict": case.verdict, "verdict_by": case.verdict_by}
    return told | more | {"clock": running[0] if running else None}


def _callable_first(row: dict[str, Any]) -> bool:
    """Who may be called now stands before who was tried in this half day; both by due time."""
    return row["tries"]["next_at"] is not None


@revisit.get("/revisit")
def page() -> str:
    """The call list with the script."""
    access.staff(*READERS)
    return render_template("staff/revisit.html", tabs={name: label for name, (label, _) in TABS.items()})


@revisit.get("/revisit/list")
def listed() -> Response:
    """`{items, counts, quiet, hours}` of one tab; at most the 200 that are due first."""
    actor = access.staff(*READERS)
    tab = request.args.get("tab", "call")
    if tab not in TABS:
        raise BadInput("unknown_tab", "没有这个页签。", {"tab": "没有这个页签"})
    now, hours = clock.now(), timing().policy.revisit_hours
    with db.session() as session:
        cases = list(session.scalars(_page(TABS[tab][1])))
        tries = _tries(session, cases)
        items = [_row(case, tries[case.id], actor, now) for case in cases]
        counts = {name: _count(session, states) for name, (_, states) in TABS.items()}
    told = {"items": sorted(items, key=_callable_first), "next": None, "counts": counts}
    shown = [f"{at:%H:%M}" for at in hours]
    return jsonify(told | {"quiet": is_quiet(now, hours), "hours": shown, "as_of": clock.iso(now)})
