"""What everybody may see: this month's figures, and a few answered cases that nobody can be recognised in."""

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from flask import Response, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock, db, masking, published, reading
from hotline.city_models import Category
from hotline.models import Case, ReplyRow
from hotline.timing import timing
from hotline.words import Kind, Level, State
from triage.extract import mask
from web import figures, months, sheets
from web.citizen.door import citizen
from web.citizen.story import month_words
from web.months import Month
from web.pace import READS, strangers

SHOWN_RATES = ("forward_in_time", "on_time_reply", "direct", "satisfaction")
MOST_CASES, MOST_CATEGORIES = 8, 10
KEPT_SECONDS = 300
OFFERED_MONTHS = 13
CENTRE, UNSORTED, SMALL = "热线中心直接答复", "未分类", "其他（数量少，合并公布）"
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
    return mask(hidden)  # numbers said in groups, small letters: what is found there is hidden here


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


@lru_cache(maxsize=32)
def _told(month: Month, _slot: int) -> dict[str, Any]:
    """The page's content, reckoned again every five minutes at most."""
    now = clock.now()
    period = month.period(now)
    end = min(month.end, now)
    with db.session() as session:
        rates = {r["code"]: r for r in figures.told(session, period)["rates"]}  # as the wall board counts them
        counted = _counted(session, month.begin, end)
        told = {"answered": _answered(session), "at": now, "reviews": published.read(session, period, _least())}
    return counted | told | {"rates": [rates[code] for code in SHOWN_RATES]}


def _least() -> int:
    return timing().policy.publish_least


def forget() -> None:
    """Reckon again at the next look."""
    _told.cache_clear()


def _asked(now: dt.datetime) -> Month:
    written = request.args.get("month", "")
    return months.read(written, now) if written else months.present(now)


def _slot(now: dt.datetime) -> int:
    return int(now.timestamp()) // KEPT_SECONDS


def _names() -> dict[str, str]:
    with db.session() as session:
        return reading.department_names(session) | {"": CENTRE, published.SMALL: SMALL}


@citizen.get("/public")
@strangers(READS)
def public() -> str:
    """看答复： the figures of this month, or of one that was."""
    now = clock.now()
    month = _asked(now)
    more = {"months": months.recent(now, OFFERED_MONTHS), "names": _names(), "least": _least(), "LEVELS": list(Level)}
    more["month_words"] = month_words
    more["unsorted"] = {"": UNSORTED, published.SMALL: SMALL}
    return render_template("citizen/public.html", month=month, **more, **_told(month, _slot(now)))


@citizen.get("/public/reviews-<month>.csv")
@strangers(READS)
def reviews(month: str) -> Response:
    """The month's reviews by department and by item, as published."""
    now = clock.now()
    asked = months.read(month, now)
    told: published.Month = _told(asked, _slot(now))["reviews"]
    names, items = _names(), {"": UNSORTED, published.SMALL: SMALL}
    head = ["月份", "分组", "名称", "评价数", *(level.label for level in Level), "其中匿名"]
    lines = [_line(asked, "全部", "全部", told.whole)]
    lines += [_line(asked, "部门", names.get(one.name, one.name), one) for one in told.departments]
    lines += [_line(asked, "事项", items.get(one.name, one.name), one) for one in told.items]
    return sheets.as_csv(head, lines, f"reviews-{asked}.csv")


def _line(month: Month, kind: str, name: str, group: published.Group) -> list[object]:
    told = [group.levels[int(level.value)] for level in Level] if group.told else [""] * len(Level)
    return [str(month), kind, name, group.count, *told, group.anonymous if group.told else ""]
