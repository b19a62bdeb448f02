"""Whole months in Asia/Shanghai, as reports and public pages are asked for them."""

import datetime as dt
import re
from dataclasses import dataclass

from hotline import clock
from hotline.errors import BadInput
from hotline.rates import Period

_WRITTEN = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Month:
    """A month of a year."""

    year: int
    month: int

    def __str__(self) -> str:
        """2026-10."""
        return f"{self.year}-{self.month:02}"

    @property
    def label(self) -> str:
        """2026年10月."""
        return f"{self.year}年{self.month}月"

    @property
    def begin(self) -> dt.datetime:
        """Its first instant."""
        return dt.datetime(self.year, self.month, 1, tzinfo=clock.SHANGHAI)

    @property
    def end(self) -> dt.datetime:
        """The first instant after it."""
        return self.after().begin

    def after(self) -> "Month":
        """The next month."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def before(self) -> "Month":
        """The month before."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def period(self, now: dt.datetime, department: str = "") -> Period:
        """The whole month as reckoned at `now`."""
        return Period(self.begin, self.end, now, department)


def present(now: dt.datetime) -> Month:
    """The month in which `now` lies."""
    today = clock.local(now)
    return Month(today.year, today.month)


def read(written: str, now: dt.datetime) -> Month:
    """`2026-10` as a month that has begun. Raises BadInput `bad_month`."""
    found = _WRITTEN.fullmatch(written)
    month = Month(int(found[1]), int(found[2])) if found else None
    if month is None or month.begin > now:
        raise BadInput("bad_month", "月份要写成 2026-10，而且不能晚于本月。", {"month": "格式不对"})
    return month


def recent(now: dt.datetime, count: int) -> list[Month]:
    """The present month and those before it, newest first."""
    found = [present(now)]
    while len(found) < count:
        found.append(found[-1].before())
    return found
