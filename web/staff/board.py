"""The supervisors' board: now, the two promises, what burns, the loop of bad reviews; each figure is a door."""

import datetime as dt
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from dispatch.models import Alarm
from dispatch.service import UNREADABLE
from hotline import clock, db, reading
from hotline.chat_models import Chat
from hotline.errors import BadInput, Conflict, Missing
from hotline.ladder import DEPARTMENT_CLOCKS
from hotline.models import Case, ClockRow, HistoryRow
from hotline.rates import Period
from hotline.unit import transaction
from hotline.words import Channel, Clock, Role, State
from telephony import agents
from telephony import reading as telephone
from web import access, figures
from web.staff import doors, loop
from web.staff.houses import houses
from web.staff.kept import counted

log = logging.getLogger(__name__)
board = Blueprint("board", __name__)
READERS = (Role.SUPERVISOR, Role.AUDITOR, Role.AGENT, Role.DISPATCHER, Role.REVIEWER, Role.REVISITOR)
TAKERS = (Role.SUPERVISOR, Role.DISPATCHER)
PROMISES = ("forward_in_time", "on_time_reply")
PERIODS = {"day": "今日", "month": "本月", "year": "本年"}
BURNING = 40
BREAKERS = 100
MOST_COUNTED = 9999
ALARMS = 50
DAY = dt.timedelta(days=1)
_Count = Callable[[Session, dt.datetime], dict[str, Any]]
_NOT_A_DUTY = [Clock.RETURN.value, Clock.AUTO_FORWARD.value]


# --- periods and marks ------------------------------------------------------------------------------------------


def period_of(name: str, now: dt.datetime) -> Period:
    """Today, this month or this year in Asia/Shanghai, whole, as reckoned at `now`. Raises BadInput."""
    if name not in PERIODS:
        raise BadInput("unknown_period", "统计周期只能是 day、month 或 year。", {"period": "没有这个周期"})
    today = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    year = month.replace(month=1)
    begin, end = {
        "day": (today, today + DAY),
        "month": (month, (month + dt.timedelta(days=32)).replace(day=1)),
        "year": (year, year.replace(year=year.year + 1)),
    }[name]
    return Period(begin, end, now)


def _mark(session: Session, now: dt.datetime) -> tuple[Any, ...]:
    """What every figure depends on: the last step written, and the minute."""
    last = session.execute(select(HistoryRow.id, HistoryRow.at).order_by(HistoryRow.id.desc()).limit(1)).first()
    return (*(last or (0, None)), f"{now:%Y%m%d%H%M}")


def _asked_period() -> str:
    return request.args.get("period", "month")


def _figure(session: Session, name: str, count: _Count) -> dict[str, Any]:
    """The figure with the moment it was counted at."""
    now = clock.now()
    told: dict[str, Any] = counted(name, _mark(session, now), lambda: count(session, now) | {"as_of": clock.iso(now)})
    return told


def _read(name: str, count: _Count) -> Response:
    """A figure for this reader, counted or kept."""
    access.staff(*READERS)
    with db.session() as session:
        return jsonify(_figure(session, name, count))


# --- the page ----------------------------------------------------------------------------------------------------


@board.get("/board")
def desk() -> str:
    """The figures at the desk, each a door."""
    actor = access.staff(*READERS)
    return render_template("staff/board.html", wall=False, takes=actor.role in TAKERS, periods=PERIODS)


@board.get("/board/wall")
def wall() -> str:
    """The same figures for the wall: four pages that turn."""
    access.staff(*READERS)
    return render_template("staff/board.html", wall=True, takes=False, periods=PERIODS)


# --- now ---------------------------------------------------------------------------------------------------------


def _chats(session: Session, now: dt.datetime) -> dict[str, Any]:
    rows = select(func.count(), func.min(Chat.waiting_since)).where(Chat.state == "waiting")
    waiting, oldest = session.execute(rows).one()
    talking = session.scalar(select(func.count()).where(Chat.state == "agent"))
    longest = int((now - oldest).total_seconds()) if oldest else None
    return {"waiting": waiting, "longest_seconds": longest, "talking": talking}


def _last_hour(session: Session, now: dt.datetime) -> list[dict[str, Any]]:
    """Cases taken in during the last hour by channel, read by the time of their first step."""
    channel = HistoryRow.facts["channel"].astext
    rows = select(channel, func.count()).where(HistoryRow.at >= now - dt.timedelta(hours=1), HistoryRow.at <= now)
    counts = session.execute(rows.where(HistoryRow.action == "create").group_by(channel))
    found: dict[str, int] = dict(counts.all())
    return [{"channel": c.value, "label": c.label, "count": found.get(c.value, 0)} for c in Channel]


def _rolling(session: Session, now: dt.datetime) -> dict[str, Any]:
    """The rates of the last 24 hours; of these the telephone's are shown."""
    return {rate["code"]: rate for rate in figures.told(session, Period(now - DAY, now, now))["rates"]}


def _now(session: Session, now: dt.datetime) -> dict[str, Any]:
    rates = _rolling(session, now)
    return {
        "rates": [rates[code] for code in ("connect", "answer_15s_invite", "answer_15s_notice", "abandon", "direct")],
        "channels": _last_hour(session, now),
    }


@board.get("/board/now")
def now_figures() -> Response:
    """Who waits and who answers is read each time; the rates of the rolling day may be kept."""
    access.staff(*READERS)
    now = clock.now()
    with db.session() as session:
        live = {
            "calls": telephone.waiting(session, now),
            "seats": agents.seats(session, now),
            "chats": _chats(session, now),
        }
        rates = _figure(session, "now", _now)
    return jsonify(rates | live | {"as_of": clock.iso(now)})


# --- the two promises --------------------------------------------------------------------------------------------


def _missed(session: Session, name: Clock, period: Period) -> list[dict[str, Any]]:
    """Clocks of this name that the period counts against the promise: run out, and not ended before."""
    late = or_(ClockRow.stopped_at.is_(None), ClockRow.stopped_at > ClockRow.due_at)
    inside = (ClockRow.due_at >= period.begin, ClockRow.due_at < period.end, ClockRow.due_at <= period.now)
    rows = (
        select(ClockRow, Case)
        .join(Case, Case.id == ClockRow.case_id)
        .where(ClockRow.clock == name.value, late, *inside)
    )
    found = session.execute(rows.order_by(ClockRow.due_at, ClockRow.id).limit(BREAKERS))
    return [_clock_row(row, case) for row, case in found]


def _clock_row(row: ClockRow, case: Case) -> dict[str, Any]:
    """A clock on the board: the matter in a line without personal data, whose duty it is, and who leads that house."""
    code = row.department if row.clock in DEPARTMENT_CLOCKS else ""
    house = houses().get(code, houses()[""])
    return {
        "number": case.number,
        "title": reading.public_title(case),
        "area": case.area,
        "urgency": case.urgency,
        "state_label": State(case.state).label,
        "clock": row.clock,
        "label": Clock(row.clock).label,
        "department": house.name,
        "short": house.short,
        "leader": house.head,
        "due_at": clock.iso(row.due_at),
        "stopped_at": clock.iso(row.stopped_at) if row.stopped_at else None,
        "provisional": row.provisional,
        "explain": row.explain,
    }


def _promise(session: Session, period: Period) -> dict[str, Any]:
    told = figures.told(session, period)
    missed = {
        "forward_in_time": _missed(session, Clock.FORWARD, period),
        "on_time_reply": _missed(session, Clock.REPLY, period),
    }
    return told | {"missed": missed, "doors": list(doors.DOORS)}


@board.get("/board/promise")
def promise() -> Response:
    """The two promises of the period, all its rates, and what breaks the promises."""
    name = _asked_period()
    period_of(name, clock.now())
    return _read(f"promise/{name}", lambda session, now: _promise(session, period_of(name, now)) | {"period": name})


@board.get("/board/door/<code>")
def door(code: str) -> Response:
    """What stands behind a figure: its formula, and the cases for it and against it."""
    if code not in doors.DOORS:
        raise Missing("no_such_figure", "这个数字没有明细。")
    name = _asked_period()
    period_of(name, clock.now())

    def count(session: Session, now: dt.datetime) -> dict[str, Any]:
        return doors.behind(session, code, period_of(name, now))

    return _read(f"door/{name}/{code}", count)


# --- what burns --------------------------------------------------------------------------------------------------


def _running(now: dt.datetime, *, over: bool) -> tuple[Any, ...]:
    """Running clocks that are somebody's duty, run out or still to run out."""
    when = ClockRow.due_at < now if over else ClockRow.due_at >= now
    return ClockRow.stopped_at.is_(None), ClockRow.paused_at.is_(None), ClockRow.clock.notin_(_NOT_A_DUTY), when


def _burning(session: Session, now: dt.datetime) -> dict[str, Any]:
    rows = select(ClockRow, Case).join(Case, Case.id == ClockRow.case_id).order_by(ClockRow.due_at, ClockRow.id)
    over = session.execute(rows.where(*_running(now, over=True)).limit(BURNING))
    coming = session.execute(rows.where(*_running(now, over=False)).limit(BURNING))
    return {
        "overdue": [_clock_row(row, case) for row, case in over],
        "next": [_clock_row(row, case) for row, case in coming],
        "overdue_count": _counted(session, *_running(now, over=True)),
        "day_count": _counted(session, *_running(now, over=False), ClockRow.due_at < now + DAY),
        "provisional_count": _counted(session, *_running(now, over=False), ClockRow.provisional),
    }


def _counted(session: Session, *holds: Any) -> int:
    found = select(ClockRow.id).where(*holds).limit(MOST_COUNTED)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


@board.get("/board/burning")
def burning() -> Response:
    """What has run out and what runs out next, by the index of open deadlines."""
    return _read("burning", _burning)


# --- the loop ----------------------------------------------------------------------------------------------------


def _loop(session: Session, now: dt.datetime, name: str) -> dict[str, Any]:
    period = period_of(name, now)
    found = loop.read(session, period.begin, period.end)
    waiting = [
        row | {"department": houses().get(row["lead"], houses()[""]).name} for row in loop.stuck(session, found, now)
    ]
    return {"period": name, "funnel": loop.funnel(found, now), "waiting": waiting, "areas": loop.areas(session, now)}


@board.get("/board/loop")
def bad_reviews() -> Response:
    """The way of the period's bad reviews, and the open cases by area."""
    name = _asked_period()
    period_of(name, clock.now())
    return _read(f"loop/{name}", lambda session, now: _loop(session, now, name))


# --- alarms ------------------------------------------------------------------------------------------------------


def _alarms(rows: Sequence[Alarm]) -> list[dict[str, Any]]:
    """As boards show them, each with the matter it is about in a line without personal data."""
    titles = _titles({row.case_number for row in rows} - {""})
    return [_alarm(row) | {"title": titles.get(row.case_number, "")} for row in rows]


def _titles(numbers: Collection[str]) -> dict[str, str]:
    """What these cases are about, without those that cannot be read: of that, too, there is an alarm."""
    try:
        with db.session() as session:
            found = session.scalars(select(Case).where(db.among(Case.number, numbers)))
            return {case.number: reading.public_title(case) for case in found}
    except UNREADABLE as broken:
        if len(numbers) > 1:  # one of them hides no other
            return {number: title for one in numbers for number, title in _titles([one]).items()}
        log.warning("an alarm without a title: %s", type(broken).__name__)
        return {}


def _alarm(row: Alarm) -> dict[str, Any]:
    taken = clock.iso(row.taken_at) if row.taken_at else None
    told = {"id": row.id, "at": clock.iso(row.at), "code": row.code, "text": row.text, "case": row.case_number}
    return told | {"taken_by": row.taken_by, "taken_at": taken}


@board.get("/board/alarms")
def alarms() -> Response:
    """What nobody has taken yet, newest first."""
    access.staff(*READERS)
    with db.session() as session:
        rows = select(Alarm).where(Alarm.taken_at.is_(None)).order_by(Alarm.id.desc()).limit(ALARMS)
        items = _alarms(session.scalars(rows).all())
    return jsonify({"items": items, "next": None})


@board.post("/board/alarms/<int:number>/take")
def take(number: int) -> Response:
    """Somebody looks after it, by name. Raises Missing, and Conflict where somebody else was first."""
    actor = access.staff(*TAKERS)
    with transaction() as unit:
        row = unit.session.get(Alarm, number, with_for_update=True)
        if row is None:
            raise Missing("no_such_alarm", "没有这条告警。")
        if row.taken_at is not None and row.taken_by != actor.name:
            raise Conflict("alarm_taken", f"这条告警已由 {row.taken_by} 处理。", {"by": row.taken_by})
        row.taken_by, row.taken_at = actor.name, row.taken_at or unit.now
        (told,) = _alarms([row])
    return jsonify(told)
