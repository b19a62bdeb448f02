"""The rates as boards, programs and the command read them."""

import datetime as dt
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from hotline import clock, queries
from hotline.rates import Ledger, Period, Rate, rates
from telephony import reading as telephone


def end_of(at: dt.datetime, written: str) -> dt.datetime:
    """A bare day means to its end."""
    return at + dt.timedelta(days=1) if len(written) == len("2026-11-23") else at


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
        "department": period.department or None,
        "rates": [_rate(rate) for rate in counted],
    }


def _ledger(session: Session, period: Period, *, from_history: bool = False) -> Ledger:
    calls = telephone.call_facts(session, period.begin, period.end)
    read = queries.ledger_from_history if from_history else queries.ledger
    return read(session, replace(period, department=""), calls)


def told(session: Session, period: Period, *, from_history: bool = False) -> dict[str, Any]:
    """The rates of a period, from the tables, or recomputed from the history alone."""
    return _said(period, rates(_ledger(session, period, from_history=from_history), period))


def by_department(session: Session, period: Period, codes: list[str]) -> list[dict[str, Any]]:
    """The same ledger seen by each department; those with nothing counted are left out."""
    ledger = _ledger(session, period)
    each = (replace(period, department=code) for code in codes)
    counted = [(one, rates(ledger, one)) for one in each]
    return [_said(one, values) for one, values in counted if any(rate.denominator for rate in values)]
