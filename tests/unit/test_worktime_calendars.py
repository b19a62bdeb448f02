"""The State Council's tables as we keep them, and what is refused of a calendar."""

import calendar as months
import datetime as dt
from collections import Counter

import chinese_calendar
import pytest

from hotline.errors import BadInput
from hotline.workcalendar import Year
from hotline.worktime import Calendar

pytestmark = pytest.mark.fast

YEARS = (2023, 2024, 2025, 2026)
CALENDAR = Calendar.load()
# days off and make-up workdays, counted on the notices themselves
COUNTS = {2023: (27, 7), 2024: (28, 8), 2025: (28, 5), 2026: (33, 6)}


def days_of(year):
    return (dt.date(year, 1, 1) + dt.timedelta(days=n) for n in range(366 if months.isleap(year) else 365))


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_a_known_year_is_worked_or_free_as_chinese_calendar_says(year):
    different = [day for day in days_of(year) if CALENDAR.is_working(day) != chinese_calendar.is_workday(day)]
    assert different == []


@pytest.mark.parametrize("year", YEARS)
def test_each_notice_has_its_number_and_all_its_days(year):
    notice = next(each for each in CALENDAR.years if each.year == year)
    assert (len(notice.holidays), len(notice.makeups)) == COUNTS[year]
    assert notice.title == f"国务院办公厅关于{year}年部分节假日安排的通知"
    assert notice.source.startswith(f"国办发明电〔{year - 1}〕")
    assert notice.version.startswith(str(year))


@pytest.mark.parametrize("year", YEARS)
def test_make_up_workdays_are_weekend_days(year):
    notice = next(each for each in CALENDAR.years if each.year == year)
    assert {day.weekday() for day in notice.makeups} <= {5, 6}


def test_known_are_the_years_with_a_notice():
    assert [year for year in range(2020, 2030) if CALENDAR.known(year)] == list(YEARS)


@pytest.mark.parametrize("year", [2022, 2027])
def test_an_unknown_year_is_monday_to_friday(year):
    ordinary = Counter(CALENDAR.is_working(day) == (day.weekday() < 5) for day in days_of(year))
    assert ordinary[False] == 0


def test_an_instant_is_no_local_date():
    with pytest.raises(TypeError):
        CALENDAR.is_working(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def test_own_office_hours_and_weekdays_show_in_the_version():
    assert Calendar(CALENDAR.years, ((540, 1020),), frozenset({0, 5})).version == CALENDAR.version + "/@09:00-17:00/w16"


NOTICE = 'year = 2026\nversion = "1"\ntitle = "t"\nsource = "s"\n[[festival]]\nname = "n"\n'
BAD_FILES = [
    ("off = [2026-01-01]\nwork = [2026-01-01]", "2026-01-01 出现2次", "one day cannot be free and worked"),
    ("off = [2026-01-01, 2026-01-01]\nwork = []", "2026-01-01 出现2次", "a day is listed once"),
    ("off = [2025-11-30]\nwork = []", "不属于2026年", "a slip in the year of a date"),
    ('off = ["2026-01-01"]\nwork = []', "不是日期", "a text is no date"),
    ("off = [2026-01-01T00:00:00]\nwork = []", "不是日期", "an instant is no date"),
    ("off = []", "work", "a festival names both lists"),
    ("off = [", "Unclosed|Invalid", "not TOML"),
]


@pytest.mark.parametrize(("days", "said", "why"), BAD_FILES, ids=[row[2] for row in BAD_FILES])
def test_a_wrong_notice_is_refused_by_name(tmp_path, days, said, why):
    (tmp_path / "2026.toml").write_text(NOTICE + days, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        Calendar.load(tmp_path)
    assert refused.value.code == "calendar_invalid"
    assert "2026.toml" in refused.value.message
    assert any(part in refused.value.message for part in said.split("|"))


@pytest.mark.parametrize(
    ("office", "why"),
    [
        (((720, 510),), "ends before it begins"),
        (((510, 720), (700, 1080)), "overlaps"),
        (((870, 1080), (510, 720)), "out of order"),
        (((510, 1441),), "beyond midnight"),
        (((510, 510),), "empty"),
    ],
)
def test_impossible_office_hours_are_refused(office, why):
    with pytest.raises(BadInput, match="calendar_invalid"):
        Calendar((), office)


def test_the_same_year_twice_is_refused():
    year = Year(2027, "1", "t", "s", {}, frozenset())
    with pytest.raises(BadInput, match="calendar_invalid"):
        Calendar((year, year))


def test_two_notices_that_contradict_each_other_are_refused():
    day = dt.date(2026, 12, 31)
    off, worked = Year(2026, "1", "t", "s", {day: "元旦"}, frozenset()), Year(2027, "1", "t", "s", {}, frozenset({day}))
    with pytest.raises(BadInput) as refused:
        Calendar((off, worked))
    assert "2026-12-31" in refused.value.message
