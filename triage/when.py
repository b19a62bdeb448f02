"""Time expressions of Chinese speech, and the day or minute they most likely mean. Pure.

Value is ISO in Asia/Shanghai as exactly as the words say: `2026`, `2026-03`, `2026-03-05`, `2026-03-05T20:00+08:00`;
empty for what recurs (每天晚上). Limits: a month and day without a year is taken as past unless it lies within 60 days
ahead; a weekday without 上 or 下 is the last one gone by.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from triage.spans import Find, Found

SHANGHAI = ZoneInfo("Asia/Shanghai")
AHEAD = dt.timedelta(days=60)
_HAN = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMBER = r"(?:\d{1,3}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_PERIODS = {
    "凌晨": (0, 0), "半夜": (0, 0), "清晨": (6, 0), "早上": (7, 0), "早晨": (7, 0), "上午": (9, 0), "中午": (12, 12),
    "下午": (15, 12), "傍晚": (18, 12), "晚上": (20, 12), "夜里": (22, 12), "夜间": (22, 12), "深夜": (23, 12),
    "晚间": (20, 12), "早": (7, 0), "晚": (20, 12), "夜": (22, 12),
}  # fmt: skip
_PERIOD = "|".join(_PERIODS)
_CLOCK = (
    rf"(?P<hour>{_NUMBER})(?:点钟|点|时)(?:(?P<part>半|一刻|三刻)|(?P<minute>{_NUMBER})分?)?(?!建|意|要|问|以上|数)"
)
_DIGITAL = r"(?<![\d:.])(?P<hour2>[01]?\d|2[0-4]):(?P<minute2>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
_WEEKDAYS = "一二三四五六日天"
_DAYS = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨儿": -1, "今天": 0, "今日": 0, "今儿": 0,
    "昨夜": 0, "昨晚": 0, "明天": 1, "明日": 1, "后天": 2, "前": -2, "昨": -1, "今": 0, "当": 0, "明": 1,
}  # fmt: skip
_YEARS = {"前年": -2, "去年": -1, "今年": 0, "本年": 0, "明年": 1}
_NIGHT = ("晚上", "夜里", "夜间", "深夜", "晚间", "晚", "夜")
_SMALL_HOURS, MIDNIGHT = (0, 1, 2, 3, 4, 12), 24
_NO_COUNT = r"(?<![\d一二三四五六七八九十两几每])"

DAY_FORMS = (
    r"(?P<year>(?:19|20)\d{2})年(?P<month>M)月(?P<day>D)[日号]",
    r"(?<![\d.-])(?P<year>(?:19|20)\d{2})[-./](?P<month>0?[1-9]|1[0-2])[-./](?P<day>[0-3]?\d)(?![\d.-])",
    r"(?P<year>(?:19|20)\d{2})年(?P<month>M)月(?:份|底|初|中旬|上旬|下旬)?(?!X)",
    r"(?<!\d)(?P<year>(?:19|20)\d{2})年(?!代|级|度|X)",
    r"(?P<spoken>前年|去年|今年|本年|明年)(?P<month>M)月(?P<day>D)[日号]",
    r"(?P<spoken>前年|去年|今年|本年|明年)(?:(?P<month>M)月(?:份|底|初|中旬|上旬|下旬)?)?(?!X)",
    r"N(?P<month>M)月(?P<day>D)[日号](?![楼院线])",
    r"(?P<months>上个?月|这个月|本月|下个?月)(?:(?P<day>D)[日号](?![楼院线]))?",
    r"(?P<week>上上|上个?|这个?|本|下个?)?N(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])(?!天)",
    r"N(?P<ago>D)个?(?P<unit>天|日|周|星期|礼拜|月|年)(?:之前|以前|前)(?![台后])",
    r"(?P<half>半个月|半年|一个星期)(?:之前|以前|前)",
    r"(?P<every>每天|每日|天天|每晚|每周[一二三四五六日天末]?)",
    r"(?P<relative>昨[夜晚])(?=凌晨)",
    r"(?P<relative>大前天|前天|前日|昨天|昨日|昨儿|今天|今日|今儿|明天|明日|后天)",
    r"(?P<relative>前|昨|今|当|明)(?=[早晚夜])",
)


def _compiled(form: str) -> "re.Pattern[str]":
    day = form.replace("N(", f"{_NO_COUNT}(").replace("(?P<month>M)", f"(?P<month>{_MONTH})")
    day = day.replace("(?P<day>D)", f"(?P<day>{_NUMBER})").replace("(?P<ago>D)", f"(?P<ago>{_NUMBER})")
    day = day.replace("(?!X)", "(?![0-9一二三四五六七八九十])").replace("|X)", "|[0-9一二三四五六七八九十])")
    tail = rf"(?:[ ,]?(?P<period>{_PERIOD}))?(?: ?(?:{_CLOCK}|{_DIGITAL}))?(?:左右|许)?"
    return re.compile(day + tail)


_PATTERNS = tuple(_compiled(form) for form in DAY_FORMS)
_BARE = re.compile(rf"(?:(?P<period>{'|'.join(sorted(_PERIODS, key=len, reverse=True))}) ?(?:{_CLOCK}))|(?:{_DIGITAL})")


def times(text: str, now: dt.datetime) -> Iterator[Found]:
    """Every time expression, the earlier form of the table first; impossible dates (2月30日) are left out."""
    local = now.astimezone(SHANGHAI)
    taken: list[tuple[int, int]] = []
    for pattern in (*_PATTERNS, _BARE):
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            value = _value(match.groupdict(), local)
            if value is not None:
                taken.append(match.span())
                yield Found(Find.TIME, match[0], match.start(), match.end(), value)


def number(words: str) -> int:
    """三十 → 30, 05 → 5; ValueError for anything else."""
    if words.isdecimal():
        return int(words)
    tens, mark, ones = words.partition("十")
    if not mark:
        return _HAN[words]
    return (_HAN[tens] if tens else 1) * 10 + (_HAN[ones] if ones else 0)


Parts = dict[str, str | None]


def _value(said: Parts, now: dt.datetime) -> str | None:
    """ISO as exact as the words; None where there is no such day or hour."""
    if said.get("every"):
        return ""
    try:
        day = _day(said, now.date())
        clock = _clock(said)
    except (ValueError, OverflowError):
        return None
    if isinstance(day, str) or clock is None:
        return str(day)
    moment = dt.datetime.combine(day + dt.timedelta(days=clock[0]), clock[1], SHANGHAI)
    return moment.isoformat(timespec="minutes")


def _day(said: Parts, today: dt.date) -> dt.date | str:
    """The date, or a year or month as text. The first group of the table that matched decides."""
    for group, read in _READERS.items():
        if said.get(group):
            return read(said, today)
    return today


def _from_year(said: Parts, today: dt.date) -> dt.date | str:
    year = int(said["year"] or 0) if said.get("year") else today.year + _YEARS[said["spoken"] or ""]
    return _in_year(year, said)


def _in_year(year: int, said: Parts) -> dt.date | str:
    if not said.get("month"):
        return f"{year:04}"
    month = number(said["month"] or "")
    return dt.date(year, month, number(said["day"] or "")) if said.get("day") else f"{year:04}-{month:02}"


def _from_month(said: Parts, today: dt.date) -> dt.date | str:
    day = _in_year(today.year, said)
    late = isinstance(day, dt.date) and day > today + AHEAD
    return _in_year(today.year - 1, said) if late else day


def _from_months(said: Parts, today: dt.date) -> dt.date | str:
    shift = {"上": -1, "下": 1}.get((said["months"] or "")[0], 0)
    year, month = divmod(today.year * 12 + today.month - 1 + shift, 12)
    return dt.date(year, month + 1, number(said["day"] or "")) if said.get("day") else f"{year:04}-{month + 1:02}"


def _from_weekday(said: Parts, today: dt.date) -> dt.date:
    wanted = min(_WEEKDAYS.index(said["weekday"] or ""), 6)
    week = said.get("week")
    monday = today - dt.timedelta(days=today.weekday())
    if week:
        shift = {"上上": -2}.get(week, {"上": -1, "下": 1}.get(week[0], 0))
        return monday + dt.timedelta(days=wanted + 7 * shift)
    return today - dt.timedelta(days=(today.weekday() - wanted) % 7)


def _from_ago(said: Parts, today: dt.date) -> dt.date | str:
    count, unit = number(said["ago"] or ""), said["unit"] or ""
    if unit == "年":
        return f"{today.year - count:04}"
    if unit == "月":
        year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
        return f"{year:04}-{month + 1:02}"
    return today - dt.timedelta(days=count * (1 if unit in "天日" else 7))


def _from_half(said: Parts, today: dt.date) -> dt.date:
    return today - dt.timedelta(days={"半个月": 15, "半年": 182}.get(said["half"] or "", 7))


def _from_relative(said: Parts, today: dt.date) -> dt.date:
    return today + dt.timedelta(days=_DAYS[said["relative"] or ""])


_READERS: dict[str, Callable[[Parts, dt.date], dt.date | str]] = {
    "year": _from_year, "spoken": _from_year, "months": _from_months, "month": _from_month,
    "weekday": _from_weekday, "ago": _from_ago, "half": _from_half, "relative": _from_relative,
}  # fmt: skip


def _clock(said: Parts) -> tuple[int, dt.time] | None:
    """Days to add and the minute meant; the period's usual hour where none is named, None without either."""
    usual, shift = _PERIODS.get(said.get("period") or "", (None, 0))
    hour, minute = said.get("hour") or said.get("hour2"), _minute(said)
    if hour is None:
        return None if usual is None else (0, dt.time(usual))
    value = number(hour)
    if value == MIDNIGHT or (said.get("period") in _NIGHT and value in _SMALL_HOURS):
        return 1, dt.time(value % 12, minute)  # 昨晚12点 and 昨晚2点 are already today
    if said.get("period") == "凌晨":
        return 0, dt.time(value % 12, minute)
    late = value < shift and not (said.get("period") == "中午" and value in (10, 11))
    return 0, dt.time(value + 12 if late else value, minute)


def _minute(said: Parts) -> int:
    parts = {"半": 30, "一刻": 15, "三刻": 45}
    if said.get("part"):
        return parts[said["part"] or ""]
    return number(said.get("minute") or said.get("minute2") or "0")
