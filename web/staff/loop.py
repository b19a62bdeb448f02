"""The way of a bad review: heard, judged, rectified, revisited; and where it stands still (rules.md §5)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import String, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from hotline import clock, reading
from hotline.city_models import Area
from hotline.models import Case, ClockRow, HistoryRow, Rating, RevisitRow
from hotline.words import ENDED, TO_RECTIFY, WORST_GOOD_LEVEL, Action, State

STAGES = (("bad", "差评"), ("heard", "已联系"), ("judged", "已判定"), ("rectified", "已整改"), ("again", "二次回访"))
_READ = tuple(
    a.value
    for a in (
        Action.RATE,
        Action.REVISIT,
        Action.JUDGE,
        Action.APPROVE_VERDICT,
        Action.REPLY,
        Action.ANSWER,
        Action.CLOSE,
    )
)
_OPEN = [state.value for state in State if state not in ENDED]


@dataclass
class Way:
    """One bad review's way, each stage with its instant; `waits` is what it waits for (empty: at its end)."""

    case: int
    bad: dt.datetime
    heard: dt.datetime | None = None
    judged: dt.datetime | None = None
    verdict: str = ""
    rectified: dt.datetime | None = None
    again: dt.datetime | None = None
    released: bool = False

    @property
    def waits(self) -> str:
        """The stage behind the last one reached; none for a verdict that leaves nothing to rectify once a second person
        approved it. Who could not be reached is judged unheard: nothing waits for a talk that was passed over.
        """
        if self.released:
            return ""
        names = [name for name, _ in STAGES]
        last = max(place for place, name in enumerate(names) if getattr(self, name) is not None)
        return names[last + 1] if last + 1 < len(names) else ""

    @property
    def unapproved(self) -> bool:
        """Judged to leave nothing to rectify, and no second person has approved that yet."""
        return bool(self.verdict) and self.verdict not in TO_RECTIFY and not self.released

    @property
    def since(self) -> dt.datetime:
        """Since when it has stood at its last stage."""
        return max(at for at in (self.bad, self.heard, self.judged, self.rectified, self.again) if at)


@dataclass(frozen=True)
class Said:
    """A history row as far as the loop needs it."""

    case: int
    at: dt.datetime
    action: str
    facts: dict[str, Any]


def _is_bad(row: Said) -> bool:
    told = row.facts.get("revisit") or {}
    unhappy = told.get("reached") and (not told.get("solved") or (told.get("satisfaction") or 0) < WORST_GOOD_LEVEL)
    return bool(unhappy) or row.facts.get("level", WORST_GOOD_LEVEL) < WORST_GOOD_LEVEL


def _reached(row: Said) -> bool:
    return bool((row.facts.get("revisit") or {}).get("reached"))


def _go_on(way: Way, row: Said) -> None:
    """What one later row of the same case adds."""
    if _reached(row) and way.rectified:
        way.again = way.again or row.at
    elif _reached(row):
        way.heard = way.heard or row.at
    elif row.action == Action.JUDGE:
        way.judged, way.verdict = row.at, row.facts.get("verdict", "")
    elif row.action == Action.APPROVE_VERDICT:
        way.released = bool(row.facts.get("excluded"))
        if not way.released:  # it is judged again
            way.judged, way.verdict = None, ""
    elif row.action in {Action.REPLY, Action.ANSWER} and way.judged and way.verdict in TO_RECTIFY:
        way.rectified = row.at
    if row.facts.get("closed") and not way.again:  # content by his own rating, or tried for as often as it takes
        way.released = True


def ways(rows: Iterable[Said]) -> list[Way]:
    """The ways in the history rows (ordered by case, then as written).

    A second bad word while a way is under way belongs to it; a second revisit that is bad again begins the next.
    """
    found: list[Way] = []
    for _, steps in groupby(rows, key=lambda row: row.case):
        way: Way | None = None
        for row in steps:
            if way is not None and way.waits:
                _go_on(way, row)
            if (way is None or not way.waits) and _is_bad(row):
                way = Way(row.case, row.at, heard=row.at if _reached(row) else None)
                found.append(way)
    return found


def read(session: Session, begin: dt.datetime, end: dt.datetime) -> list[Way]:
    """The ways that begin in [begin, end), by the indexes on when people were heard."""
    unhappy = or_(RevisitRow.satisfaction < WORST_GOOD_LEVEL, RevisitRow.solved.is_(False))
    rated = select(Rating.case_id).where(Rating.at >= begin, Rating.at < end, Rating.level < WORST_GOOD_LEVEL)
    spoken = select(RevisitRow.case_id).where(RevisitRow.at >= begin, RevisitRow.at < end, RevisitRow.reached, unhappy)
    cases = rated.union(spoken)
    said = HistoryRow.facts.op("-", return_type=JSONB)(
        literal("clocks", String)
    )  # the bulk of a row, and nothing of the loop
    columns = select(HistoryRow.case_id, HistoryRow.at, HistoryRow.action, said)
    rows = columns.where(HistoryRow.case_id.in_(cases), HistoryRow.action.in_(_READ))
    found = session.execute(rows.order_by(HistoryRow.case_id, HistoryRow.seq).execution_options(yield_per=5000))
    return [way for way in ways(Said(*row) for row in found) if begin <= way.bad < end]


def funnel(found: list[Way], now: dt.datetime) -> list[dict[str, Any]]:
    """Each stage: how many came so far, how many wait there, and since when the oldest does (seconds)."""
    told = []
    for place, (name, label) in enumerate(STAGES):
        after = STAGES[place + 1][0] if place + 1 < len(STAGES) else ""
        waiting = [way for way in found if after and way.waits == after]
        oldest = max(((now - way.since).total_seconds() for way in waiting), default=None)
        reached = sum(getattr(way, name) is not None for way in found)
        told.append({"stage": name, "label": label, "count": reached, "waiting": len(waiting), "oldest": oldest})
    return told


def stuck(session: Session, found: list[Way], now: dt.datetime, most: int = 30) -> list[dict[str, Any]]:
    """The ways that wait longest, with their cases."""
    longest = sorted((way for way in found if way.waits), key=lambda way: way.since)[:most]
    cases = {c.id: c for c in session.scalars(select(Case).where(Case.id.in_([way.case for way in longest])))}
    labels = dict(STAGES)
    return [
        {
            "number": cases[way.case].number,
            "title": reading.public_title(cases[way.case]),
            "area": cases[way.case].area,
            "lead": cases[way.case].lead,
            "waits": way.waits,
            "waits_label": "判定复核" if way.unapproved else labels[way.waits],
            "since": clock.iso(way.since),
            "seconds": (now - way.since).total_seconds(),
        }
        for way in longest
    ]


def areas(session: Session, now: dt.datetime) -> list[dict[str, Any]]:
    """Open cases by area, and how many of them are overdue; every area of the city, also those without any."""
    late = and_(ClockRow.stopped_at.is_(None), ClockRow.paused_at.is_(None), ClockRow.due_at < now)
    overdue = select(ClockRow.case_id).where(late).distinct().subquery()
    rows = select(Case.area, func.count(Case.id), func.count(overdue.c.case_id))
    rows = rows.outerjoin(overdue, overdue.c.case_id == Case.id).where(Case.state.in_(_OPEN)).group_by(Case.area)
    counted = {area: (open_, over) for area, open_, over in session.execute(rows)}
    known = list(session.scalars(select(Area.name).order_by(Area.code)))
    named = [
        {"area": name, "open": counted.get(name, (0, 0))[0], "overdue": counted.get(name, (0, 0))[1]} for name in known
    ]
    rest = [both for name, both in counted.items() if name not in known]
    nowhere = {"area": "地点不明", "open": sum(b[0] for b in rest), "overdue": sum(b[1] for b in rest)}
    return [*named, nowhere] if rest else named
