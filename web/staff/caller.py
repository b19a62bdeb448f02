"""Who speaks at the desk: how often he called, what he asked for and how he rated it, and what to mind with him."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from hotline import clock, privacy, reading
from hotline.lifecycle import Actor
from hotline.models import Case, Rating, RevisitRow
from hotline.words import ENDED, WORST_GOOD_LEVEL, State
from telephony.models import Call, CallerMark
from telephony.standing import spellings
from telephony.words import Mark, MarkState

OPEN, EARLIER = 9, 5
OFTEN = 3  # the call of a month from which somebody should ask what keeps him calling


def known(session: Session, phone: str, reader: Actor, now: dt.datetime) -> dict[str, Any]:
    """His flags, open cases (what is due first stands first) and the last that ended, each with how he rated it."""
    his = [privacy.blind(spelling) for spelling in spellings(phone)]
    mine = select(Case).where(Case.phone_index.in_(his)).options(selectinload(Case.clocks)).order_by(Case.id.desc())
    ended = [state.value for state in ENDED]
    going = list(session.scalars(mine.where(Case.state.notin_(ended)).limit(OPEN)))
    earlier = list(session.scalars(mine.where(Case.state.in_(ended)).limit(EARLIER)))
    rated = _levels(session, [case.id for case in earlier])
    calls = _calls(session, his, now)
    return {
        "phone": phone,
        "name": next((case.name for case in [*going, *earlier] if case.name and not case.anonymous), ""),
        "calls": calls,
        "flags": [
            *_marks(session, his),
            *_from_cases([*going, *earlier]),
            *_often(calls),
            *_displeased(earlier, rated),
        ],
        "cases": sorted((reading.brief(case, reader) for case in going), key=_due),
        "earlier": [_ended(case, rated.get(case.id), reader) for case in earlier],
    }


def _due(told: dict[str, Any]) -> str:
    return str(told["clocks"][0]["due_at"]) if told["clocks"] else "9"


def _calls(session: Session, his: Sequence[str], now: dt.datetime) -> int:
    """Calls to us since the first of this month, the present one included."""
    begin = clock.local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    to_us = select(func.count()).where(Call.caller_index.in_(his), Call.direction == "in")
    return session.scalar(to_us.where(Call.invite_at >= begin.astimezone(dt.UTC), Call.invite_at <= now)) or 0


def _marks(session: Session, his: Sequence[str]) -> list[dict[str, str]]:
    """What people noted about the number and what stands; 65 or older first."""
    noted = select(CallerMark.mark).where(CallerMark.caller_index.in_(his), CallerMark.state == MarkState.CONFIRMED)
    marks = set(session.scalars(noted))
    says = {Mark.ELDERLY: ("65+", "65 岁以上，慢一点说，直接人工"), Mark.NUISANCE: ("骚扰", "有复核过的骚扰标记")}
    return [{"code": mark, "label": label, "why": why} for mark, (label, why) in says.items() if mark in marks]


def _from_cases(cases: Sequence[Case]) -> list[dict[str, str]]:
    """He asked before not to be known to departments."""
    asked = [case for case in cases if case.confidential or case.anonymous]
    why = f"{asked[0].number} 要求保密，先问这次要不要" if asked else ""
    return [{"code": "confidential", "label": "保密", "why": why}] if asked else []


def _often(calls: int) -> list[dict[str, str]]:
    why = "先看在办诉求，问清是不是同一件事"
    return [{"code": "often", "label": f"本月第 {calls} 次来电", "why": why}] if calls >= OFTEN else []


def _displeased(earlier: Sequence[Case], rated: dict[int, int]) -> list[dict[str, str]]:
    """The last service he rated was a bad one."""
    last = next((case for case in earlier if case.id in rated), None)
    bad = last is not None and rated[last.id] < WORST_GOOD_LEVEL
    return [{"code": "displeased", "label": "上次不满意", "why": f"{last.number} 评价不满意"}] if bad and last else []


def _levels(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Case → how he rated its last round: his own rating, else what he said when he was called."""
    reached = select(RevisitRow.case_id, RevisitRow.satisfaction).where(
        RevisitRow.case_id.in_(ids), RevisitRow.satisfaction.is_not(None)
    )
    own = select(Rating.case_id, Rating.level).where(Rating.case_id.in_(ids))
    rows = [*session.execute(reached.order_by(RevisitRow.id)), *session.execute(own.order_by(Rating.id))]
    return {case: level for case, level in rows}  # noqa: C416 - rows are no tuples


def _ended(case: Case, level: int | None, reader: Actor) -> dict[str, Any]:
    at = case.closed_at or case.received_at
    return {
        "number": case.number,
        "title": reading.words(case, reader, case.title),
        "state_label": State(case.state).label,
        "at": clock.iso(at),
        "level": level,
    }
