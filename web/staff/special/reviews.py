"""Reviews of a month for the centre: at windows, and anonymous ones, each listed apart (rules.md §5)."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, db, reading
from hotline.models import Case, Rating
from hotline.rates import Period
from hotline.window_models import Window, WindowReview
from hotline.words import Channel, Level
from web import months, sheets
from web.staff.houses import houses
from web.staff.special import frame

reviews = Blueprint("reviews", __name__)
HERE = "/special/reviews"
MOST = 500
OFFERED_MONTHS = 24
KINDS = {"windows": "窗口和自助评价", "anonymous": "匿名评价", "bad": "实名差评"}
HEAD = ["时间", "部门", "事项", "评价", "途径", "匿名", "诉求", "市民的话"]


def _line(at: Any, department: str, item: str, level: int, channel: str, more: list[Any]) -> list[Any]:
    house = houses().get(department)
    how = Channel(channel).label if channel in set(Channel) else channel
    name = house.name if house and department else ""
    return [f"{clock.local(at):%Y-%m-%d %H:%M}", name, item, Level(str(level)).label, how, *more]


def _at_windows(session: Session, period: Period) -> list[list[Any]]:
    rows = select(WindowReview, Window.name).join(Window, Window.code == WindowReview.window)
    rows = rows.where(WindowReview.at >= period.begin, WindowReview.at < period.end).order_by(WindowReview.id.desc())
    return [
        _line(
            row.at,
            row.department,
            f"{name}·{row.item}",
            row.level,
            row.channel,
            ["匿名" if row.anonymous else "", row.case_number, row.words],
        )
        for row, name in session.execute(rows.limit(MOST))
    ]


def _of_cases(session: Session, period: Period, *holds: Any) -> list[list[Any]]:
    rows = select(Rating, Case).join(Case, Case.id == Rating.case_id)
    rows = rows.where(Rating.at >= period.begin, Rating.at < period.end, *holds).order_by(Rating.id.desc())
    return [
        _line(
            row.at,
            case.lead,
            reading.public_title(case),
            row.level,
            row.channel,
            ["匿名" if row.anonymous else "", case.number, row.words],
        )
        for row, case in session.execute(rows.limit(MOST))
    ]


def _rows(session: Session, kind: str, period: Period) -> list[list[Any]]:
    if kind == "windows":
        return _at_windows(session, period)
    if kind == "anonymous":
        return _of_cases(session, period, Rating.anonymous)
    return _of_cases(session, period, ~Rating.anonymous, Rating.level < 3)  # noqa: PLR2004 - the last two are bad


def _asked() -> tuple[str, months.Month, list[list[Any]]]:
    kind = request.args.get("kind", "windows")
    kind = kind if kind in KINDS else "windows"
    now = clock.now()
    month = months.read(request.args["month"], now) if request.args.get("month") else months.present(now)
    with db.session() as session:
        return kind, month, _rows(session, kind, month.period(now))


@reviews.get(HERE)
def listed() -> str:
    """One kind of one month, newest first, at most 500."""
    actor = frame.reader(HERE)
    kind, month, rows = _asked()
    offered = months.recent(clock.now(), OFFERED_MONTHS)
    return frame.shown("reviews", actor, kind=kind, kinds=KINDS, month=month, months=offered, head=HEAD, rows=rows)


@reviews.get(f"{HERE}.csv")
def as_csv() -> Response:
    """The same as a table; its texts are never formulas."""
    frame.reader(HERE)
    kind, month, rows = _asked()
    return sheets.as_csv(HEAD, rows, f"{kind}-{month}.csv")
