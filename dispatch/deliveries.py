"""Cases on their way to a department's own system: a signed webhook, retries, an alarm, in the end the desk here.

A case counts as delivered only when the other side's receipt is here: in its answer (`{"receipt": "…"}`), or later by
the action `receive`. The queue are the rows of `assignments` that were sent and not received (rules.md §2 forward).
"""

import datetime as dt
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.alarms import alarm
from hotline import cases, clock, facts, privacy, reading
from hotline.backoff import pause
from hotline.city_models import Department
from hotline.errors import HotlineError
from hotline.lifecycle import Actor
from hotline.models import Assignment, Case
from hotline.unit import Unit, transaction
from hotline.words import Action, Delivery, Role

log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=60)
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=10), dt.timedelta(minutes=10)
ALARM_AT_TRY = 5
PATIENCE_SECONDS = 8.0
AT_ONCE = 8
_LONGEST_RECEIPT = 200


@dataclass(frozen=True)
class Parcel:
    """One case for one department's system, ready to be posted. `body` is JSON, `headers` carry its signature."""

    assignment: int
    number: str
    department: str
    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What came back. `taken`: the other side has it and a receipt will follow; `fault`: why it goes again."""

    receipt: str = ""
    taken: bool = False
    fault: str = ""


Sender = Callable[[Parcel], Answer]


def signature(department: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of `timestamp.body` with the department's own key, in hexadecimal."""
    key = privacy.webhook_key(department)
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def claim(most: int = AT_ONCE) -> list[Parcel]:
    """Take what is due to be sent, oldest first, for LEASE: who dies with it loses it to the next claimer."""
    with transaction(clock.machine()) as unit:
        due = Assignment.status == Delivery.SENT.value, Assignment.next_try_at <= unit.now
        rows = select(Assignment).where(*due).order_by(Assignment.next_try_at, Assignment.id).limit(most)
        parcels = []
        for row in unit.session.scalars(rows.with_for_update(skip_locked=True)):
            row.tries, row.next_try_at = row.tries + 1, unit.now + LEASE
            parcels.append(_parcel(unit.session, row))
        return parcels


def _parcel(session: Session, row: Assignment) -> Parcel:
    house = session.get_one(Department, row.department)
    case = facts.load(session, session.scalars(select(Case.number).where(Case.id == row.case_id)).one())
    reader = Actor(f"{row.department}:system", Role.CLERK, row.department)
    body = json.dumps(_told(session, case, reader, row), ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = str(int(clock.machine().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-Hotline-Timestamp": timestamp,
        "X-Hotline-Signature": f"sha256={signature(row.department, timestamp, body)}",
        "X-Hotline-Delivery": str(row.id),
    }
    return Parcel(row.id, case.number, row.department, house.system_url, body, headers)


def _told(session: Session, case: Case, reader: Actor, row: Assignment) -> dict[str, Any]:
    """What this department may see, the same as at its desk."""
    return {"delivery": row.id, "department": row.department, "case": reading.whole(session, case, reader)}


def post(parcel: Parcel) -> Answer:
    """Send it. 200 with a receipt delivers, 202 promises a receipt, anything else is tried again."""
    try:
        answer = httpx.post(parcel.url, content=parcel.body, headers=parcel.headers, timeout=PATIENCE_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as away:
        return Answer(fault=type(away).__name__)
    if not answer.is_success:
        return Answer(fault=f"HTTP {answer.status_code}")
    receipt = _receipt(answer)
    return Answer(receipt=receipt, taken=True)


def _receipt(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return ""
    return str(told.get("receipt") or "")[:_LONGEST_RECEIPT] if isinstance(told, dict) else ""


def deliver(send: Sender = post, most: int = AT_ONCE) -> int:
    """Send what is due, side by side; returns how many were tried. Raises when the database is away."""
    parcels = claim(most)
    if not parcels:
        return 0
    with ThreadPoolExecutor(len(parcels)) as hands:
        answers = list(hands.map(send, parcels))
    for parcel, answer in zip(parcels, answers, strict=True):
        _note(parcel, answer)
    return len(parcels)


def _note(parcel: Parcel, answer: Answer) -> None:
    if not answer.receipt:
        _again(parcel, answer)
        return
    try:
        with transaction() as unit:
            case = facts.load(unit.session, parcel.number, lock=True)
            receive(unit, case, parcel.department, answer.receipt)
    except HotlineError as refused:  # it came by the action `receive` meanwhile, or the case was taken back
        log.info("receipt of delivery %s not noted: %s", parcel.assignment, refused.code)


def receive(unit: Unit, case: Case, department: str, reference: str) -> None:
    """The receipt of one department, in an open transaction on a locked case."""
    given = {"department": department, "reference": reference}
    cases.step(unit, case, Action.RECEIVE, Actor("system", Role.SYSTEM, department), given)


def _again(parcel: Parcel, answer: Answer) -> None:
    """The next try later and later; a person hears of it once. A promised receipt is waited for, then asked again."""
    with transaction(clock.machine()) as unit:
        row = unit.session.get_one(Assignment, parcel.assignment)
        row.next_try_at = unit.now + (LONGEST_PAUSE if answer.taken else pause(FIRST_PAUSE, LONGEST_PAUSE, row.tries))
        if row.tries == ALARM_AT_TRY:
            why = answer.fault or "已接收但没有回执"
            text = f"{parcel.number} 送达部门 {parcel.department} 的系统 {row.tries} 次未得回执（{why}）。"
            alarm(unit, "delivery", text, parcel.number)


def to_own_desk(unit: Unit, case: Case) -> list[str]:
    """No receipt and the forward clock is nearly out: these departments get the case at their desk here, by name."""
    waiting = [row.department for row in facts.live_places(case) if row.status == Delivery.SENT]
    for department in waiting:
        receive(unit, case, department, "对方系统没有回执，已送到本系统的部门工作台")
    return waiting
