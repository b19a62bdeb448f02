"""The rates as boards, programs and the command read them."""

import datetime as dt
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from hotline import clock, queries
from hotline.errors import BadInput
from hotline.rates import Period, Rate
from telephony import reading as telephone


def end_of(at: dt.datetime, written: str) -> dt.datetime:
    """A bare day means to its end."""
    return at + dt.timedelta(days=1) if is_day(written) else at


def is_day(written: str) -> bool:
    """Whether a day is written without a time, in any of ISO's spellings: 2026-11-23, 20261123, 2026-W48-1."""
    try:
        dt.date.fromisoformat(written)
    except ValueError:
        return False
    return True


def moment(at: dt.datetime, written: str) -> dt.datetime:
    """The moment as of which to count; a bare day means its end. Raises BadInput for one that is still to come."""
    then = end_of(at, written)
    if then > clock.now() and not is_day(written):
        raise BadInput("future_moment", "只能重放过去的时刻。", {"as_of": "还没有到"})
    return min(then, clock.now())


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "code": rate.code,
        "name": rate.name,
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "value": rate.value,
    }


def _said(period: Period, counted: list[Rate]) -> dict[str, Any]:
    return {
        "from": clock.iso(period.begin),
        "to": clock.iso(period.end),
        "as_of": clock.iso(period.now),
        "department": period.department or None,
        "rates": [_rate(rate) for rate in counted],
    }


def _recomputed(session: Session, period: Period) -> list[Rate]:
    calls = telephone.call_facts(session, period.begin, min(period.end, max(period.now, period.begin)))
    return queries.rates_from_history(session, [period], calls)[0]


def told(session: Session, period: Period, *, from_history: bool = False) -> dict[str, Any]:
    """The rates of a period, from the tables, or recomputed from the history alone."""
    counted = _recomputed(session, period) if from_history else queries.rates(session, period, [telephone.CALLS])
    return _said(period, counted)


def by_department(session: Session, period: Period, codes: list[str]) -> list[dict[str, Any]]:
    """The rates of each of these departments; those with nothing counted are left out."""
    found = queries.rates_by_department(session, period)
    return [_said(replace(period, department=code), found[code]) for code in codes if code in found]
