"""What the settings page says: every limit and number of the active profile with where it comes from (rules.md)."""

import datetime as dt
from typing import Any

from hotline import clock
from hotline.policy import NUMBERS, SOURCES, Policy, Row
from hotline.timing import timing
from hotline.words import Channel, Clock, Kind
from hotline.workcalendar import Calendar, clock_face

NAMES = {
    "extension_max_days": ("一次延期最多", "个工作日"),
    "extension_complex_days": ("复杂事项延期最多", "个工作日"),
    "extensions_allowed": ("可以延期", "次"),
    "revisit_tries": ("无法接通前至少回访", "次"),
    "revisit_hours": ("回访时段", ""),
    "reopen_days": ("结案后可重新打开", "天"),
    "automatic_forward_confidence": ("自动转办的把握不低于", ""),
    "automatic_forward_grace_minutes": ("自动转办前等待", "分钟"),
    "automatic_forward_channels": ("自动转办的渠道", ""),
    "fallback_minutes_before": ("转办到期前多久由系统转兜底单位", "分钟"),
    "warn_working_hours_before": ("转办到期前多久提醒值班长", "工作小时"),
    "yellow_working_days_before": ("到期前多久发黄牌", "个工作日"),
    "notice_working_days_after": ("超期多久发催办通知书", "个工作日"),
    "listed_working_days_after": ("超期多久列入通报", "个工作日"),
    "recording_months": ("录音保存", "个月"),
    "quality_sample": ("质检抽样", ""),
    "rating_invite_days": ("邀请评价的时间", "天"),
    "revisit_sample": ("小事抽样回访的比例", ""),
    "revisit_sample_kinds": ("可以抽样回访的诉求", ""),
    "appeal_working_days": ("发回重办后可以申诉", "个工作日"),
    "report_least": ("参与月报排名的最少件数", "件"),
    "publish_least": ("单独公布评价的最少件数", "件"),
}
ASSUMED = "A"


def shown(name: str, value: Any) -> str:
    """A number as people read it."""
    if isinstance(value, float):
        text = f"{value:.0%}"
    elif isinstance(value, tuple):
        text = "—".join(f"{at:%H:%M}" for at in value)
    elif isinstance(value, frozenset):
        text = "、".join(word.label for word in (*Channel, *Kind) if word.value in value) or "无"
    else:
        text = str(value)
    return f"{text} {NAMES[name][1]}".strip()


def _source(mark: str) -> dict[str, Any]:
    return {"mark": mark, "source": SOURCES[mark], "assumed": mark == ASSUMED}


def limit_told(row: Row) -> dict[str, Any]:
    channels = [channel.label for channel in Channel if channel.value in row.channel]
    fits = "、".join([*sorted(row.kind), *sorted(row.urgency), *channels])
    told = {"clock": Clock(row.clock).label, "fits": fits or "一律", "limit": str(row.limit), "note": row.note}
    return told | _source(row.source)


def _numbers(policy: Policy) -> list[dict[str, Any]]:
    return [
        {"name": NAMES[name][0], "value": shown(name, getattr(policy, name))} | _source(policy.sources[name])
        for name in NUMBERS
    ]


def _years(calendar: Calendar, now: dt.datetime) -> list[dict[str, Any]]:
    """Every loaded year, and up to the year after the present one those that are not: they are provisional."""
    known = {year.year: year for year in calendar.years}
    upto = range(min(known, default=clock.local(now).year), clock.local(now).year + 2)
    return [
        {
            "year": year,
            "provisional": year not in known,
            "version": known[year].version if year in known else "",
            "title": known[year].title
            if year in known
            else "国务院办公厅通知尚未载入，按周一至周五计算，时限标注“暂定”",
            "source": known[year].source if year in known else "",
            "holidays": len(known[year].holidays) if year in known else 0,
            "makeups": len(known[year].makeups) if year in known else 0,
        }
        for year in sorted({*upto, *known})
    ]


def told(now: dt.datetime) -> dict[str, Any]:
    """The profile, its limits and numbers with their sources, and the calendars, as the page shows them."""
    policy, calendar = timing().policy, timing().calendar
    office = "、".join(f"{clock_face(begin)}—{clock_face(end)}" for begin, end in calendar.office)
    limits = [limit_told(row) for row in policy.rows]
    numbers = _numbers(policy)
    return {
        "profile": {"name": policy.name, "title": policy.title, "version": policy.version, "office": office},
        "limits": limits,
        "numbers": numbers,
        "assumed": sum(row["assumed"] for row in (*limits, *numbers)),
        "sources": SOURCES,
        "years": _years(calendar, now),
    }
