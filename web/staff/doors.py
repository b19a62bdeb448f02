"""Behind each figure: its formula in words, and the cases that count for it and against it (rules.md §4)."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, reading
from hotline.models import Case
from hotline.rates import ClockFact, Ledger, Mark, Period
from hotline.words import WORST_GOOD_LEVEL, Clock, Outcome, State
from web.staff.houses import houses

SHOWN = 200
_Facts = list[tuple[int, str, dt.datetime, dt.datetime | None]]  # case, department, what counts, deadline
_Both = tuple[_Facts, _Facts]


@dataclass(frozen=True)
class Door:
    """A rate's formula as people read it, and the one function that lists (what counts for it, what does not)."""

    formula: str
    lists: Callable[[Ledger, Period], _Both]


def _here(period: Period, department: str) -> bool:
    return not period.department or department == period.department


def _clocks(ledger: Ledger, period: Period, *names: Clock) -> list[ClockFact]:
    return [c for c in ledger.clocks if c.clock in names and not c.void() and _here(period, c.department)]


def _split(clocks: list[ClockFact], good: Callable[[ClockFact], bool]) -> _Both:
    def told(found: list[ClockFact]) -> _Facts:
        return [(c.case, c.department, c.stop or c.due, c.due) for c in found]

    return told([c for c in clocks if good(c)]), told([c for c in clocks if not good(c)])


def _due(*names: Clock) -> Callable[[Ledger, Period], _Both]:
    """Clocks whose deadline fell in the period: met, or not."""

    def lists(ledger: Ledger, period: Period) -> _Both:
        fallen = [c for c in _clocks(ledger, period, *names) if period.has(c.due)]
        decided = [c for c in fallen if c.outcome == Outcome.DONE or c.due <= period.now]
        return _split(decided, ClockFact.met)

    return lists


def _forwarded(ledger: Ledger, period: Period) -> _Both:
    clocks = [c for c in _clocks(ledger, period, Clock.FORWARD) if c.met() or c.due <= period.now]
    return _split([c for c in clocks if period.has(c.stop if c.met() else c.due)], ClockFact.met)


def _signed(ledger: Ledger, period: Period) -> _Both:
    return _split([c for c in _clocks(ledger, period, Clock.SIGN) if period.has(c.start)], ClockFact.met)


def _rectified(good: Callable[[ClockFact], bool]) -> Callable[[Ledger, Period], _Both]:
    names = (Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX)

    def lists(ledger: Ledger, period: Period) -> _Both:
        return _split(
            [c for c in ledger.clocks if c.clock in names and period.has(c.start) and _here(period, c.department)], good
        )

    return lists


def _marks(ledger: Ledger, period: Period, what: str) -> list[Mark]:
    return [m for m in ledger.marks if m.what == what and period.has(m.at) and _here(period, m.department)]


def _told(marks: list[Mark]) -> _Facts:
    return [(m.case, m.department, m.at, None) for m in marks]


def _valued(what: str, good: Callable[[Mark], bool]) -> Callable[[Ledger, Period], _Both]:
    """Marks split by their own value."""

    def lists(ledger: Ledger, period: Period) -> _Both:
        found = _marks(ledger, period, what)
        return _told([m for m in found if good(m)]), _told([m for m in found if not good(m)])

    return lists


def _heard(ledger: Ledger, period: Period) -> _Both:
    bad = [m for m in _marks(ledger, period, "rated") if m.value < WORST_GOOD_LEVEL]
    spoken = [m for m in ledger.marks if m.what == "satisfaction"]
    heard = [m for m in bad if any(s.case == m.case and s.at >= m.at for s in spoken)]
    return _told(heard), _told([m for m in bad if m not in heard])


DOORS: dict[str, Door] = {
    "forward_in_time": Door("时限内转办(全部承办部门有回执)的诉求 ÷ 应转办且已转办或时限已到的诉求", _forwarded),
    "sign_in_time": Door("时限内签收 ÷ 送达部门的诉求", _signed),
    "on_time_reply": Door("到期前答复(含批准的延期) ÷ 期内到期的诉求,未答复的超期诉求也算在内", _due(Clock.REPLY)),
    "response": Door("时限内联系市民 ÷ 期内应联系的诉求", _due(Clock.FIRST_CONTACT)),
    "satisfaction": Door(
        "非常满意、满意和基本满意 ÷ 有效回访;没有评价的不算满意",
        _valued("satisfaction", lambda m: m.value >= WORST_GOOD_LEVEL),
    ),
    "solved": Door("市民认可已解决 ÷ 有效回访", _valued("solved", lambda m: bool(m.value))),
    "bad_review_revisited": Door("已与市民通话核查 ÷ 全部差评", _heard),
    "bad_review_rectified": Door("已整改 ÷ 判定属实的差评", _rectified(lambda c: c.outcome == Outcome.DONE)),
    "rectified_in_time": Door("按期整改 ÷ 判定属实的差评", _rectified(ClockFact.met)),
}


def behind(session: Session, ledger: Ledger, code: str, period: Period) -> dict[str, Any]:
    """`{formula, good, bad, good_count, bad_count}`; each list holds at most the first 200, oldest first."""
    good, bad = DOORS[code].lists(ledger, period)
    told = {"code": code, "formula": DOORS[code].formula, "good_count": len(good), "bad_count": len(bad)}
    return told | {"bad": _rows(session, bad), "good": _rows(session, good)}


def _rows(session: Session, found: _Facts) -> list[dict[str, Any]]:
    shown = sorted(found, key=lambda row: row[2])[:SHOWN]
    cases = {c.id: c for c in session.scalars(select(Case).where(Case.id.in_({row[0] for row in shown})))}
    names = houses()
    return [
        {
            "number": cases[case].number,
            "title": reading.public_title(cases[case]),
            "area": cases[case].area,
            "state_label": State(cases[case].state).label,
            "department": names[house].name if house in names else "",
            "at": clock.iso(at),
            "due_at": clock.iso(due) if due else None,
        }
        for case, house, at, due in shown
    ]
