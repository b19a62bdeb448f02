"""What everybody may see: this month's figures, and a few answered cases that nobody can be recognised in."""

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from flask import render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock, db, masking
from hotline.city_models import Category
from hotline.models import Case, ReplyRow
from hotline.rates import Period
from hotline.words import Kind, State
from web import figures
from web.citizen.door import citizen

SHOWN_RATES = ("forward_in_time", "on_time_reply", "direct", "satisfaction")
MOST_CASES, MOST_CATEGORIES = 8, 10
KEPT_SECONDS = 300
_PERSON = re.compile(r"[\u4e00-\u9fff](?:某某|某)?(?=先生|女士|小姐|同志|老师|师傅|大爷|大妈|阿姨)")
_NAMED = re.compile(r"((?:姓名|联系人|来电人|反映人|当事人|户主)[是为：:\s]*)[\u4e00-\u9fff]{2,4}")
_DIGITS = re.compile(r"\d[\d-]{5,}\d")
_HOUSE = re.compile(r"[\dA-Za-z一二三四五六七八九十]+(?=号楼|号院|单元|栋|幢|室|户|号(?!线|文|令))")
_PLATE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-Z0-9]{5,6}")


def anonymous(words: str) -> str:
    """Free text without numbers, plates, house numbers and names people are recognised by."""
    hidden = masking.text(words)
    for pattern, instead in ((_PLATE, "某车"), (_NAMED, r"\1某某"), (_HOUSE, "*"), (_DIGITS, "****"), (_PERSON, "某")):
        hidden = pattern.sub(instead, hidden)
    return hidden


def _month(now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """[the first of this month, now], Asia/Shanghai."""
    return clock.local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0), now


def _counted(session: Session, begin: dt.datetime, end: dt.datetime) -> dict[str, Any]:
    inside = (Case.received_at >= begin, Case.received_at < end)
    areas = select(Case.area, func.count()).where(*inside).group_by(Case.area).order_by(func.count().desc())
    categories = select(Category.first, func.count()).join(Case, Case.category == Category.code).where(*inside)
    ranked = categories.group_by(Category.first).order_by(func.count().desc(), Category.first).limit(MOST_CATEGORIES)
    return {
        "received": session.scalar(select(func.count()).select_from(Case).where(*inside)),
        "areas": _bars([(name or "未写明", count) for name, count in session.execute(areas)]),
        "categories": _bars([(name, count) for name, count in session.execute(ranked)]),
    }


def _bars(rows: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in rows]


def _answered(session: Session) -> list[dict[str, str]]:
    """The latest answers that passed review; never a report, a confidential or an anonymous matter."""
    rows = (
        select(ReplyRow, Case.title, Case.area, Category.first)
        .join(Case, Case.id == ReplyRow.case_id)
        .join(Category, Category.code == Case.category, isouter=True)
        .where(ReplyRow.passed_at.is_not(None), ~Case.confidential, ~Case.anonymous, Case.kind != Kind.REPORT.value)
        .where(Case.state.in_([State.PASSED.value, State.CLOSED.value, State.ARCHIVED.value]))
        .order_by(ReplyRow.id.desc())
        .limit(MOST_CASES)
    )
    return [
        {"title": anonymous(title), "area": area, "category": first or "", "text": anonymous(reply.public)}
        for reply, title, area, first in session.execute(rows)
    ]


@lru_cache(maxsize=4)
def _told(_slot: int) -> dict[str, Any]:
    """The page's content, reckoned again every five minutes at most."""
    now = clock.now()
    begin, end = _month(now)
    with db.session() as session:
        rates = {r["code"]: r for r in figures.told(session, Period(begin, end, now))["rates"]}
        counted = _counted(session, begin, end)
        return counted | {"rates": [rates[code] for code in SHOWN_RATES], "answered": _answered(session), "at": now}


def forget() -> None:
    """Reckon again at the next look."""
    _told.cache_clear()


@citizen.get("/public")
def public() -> str:
    """看答复."""
    now = clock.now()
    begin, _ = _month(now)
    told = _told(int(now.timestamp()) // KEPT_SECONDS)
    return render_template("citizen/public.html", month=f"{begin.year}年{begin.month}月", **told)
