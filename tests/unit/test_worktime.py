"""Deadlines case by case, each with the reason for its date (rules.md §2)."""

import datetime as dt

import pytest

from hotline.workcalendar import Year
from hotline.worktime import SHANGHAI, Calendar, Limit, Unit, due, middle, minus, shift, working_minutes

pytestmark = pytest.mark.fast

CALENDAR = Calendar.load()
DAYS, HOURS, MINUTES = Unit.WORKING_DAYS, Unit.HOURS, Unit.MINUTES
OFFICE_HOURS, REST, CALENDAR_DAYS = Unit.WORKING_HOURS, Unit.HOURS_SKIPPING_REST_DAYS, Unit.CALENDAR_DAYS


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


CASES = [
    ("2026-03-02 09:00", 5, DAYS, "2026-03-09 18:00", "Monday, one weekend inside, the start's day does not count"),
    ("2026-03-02 23:59", 5, DAYS, "2026-03-09 18:00", "the time of day of the start changes nothing"),
    ("2026-03-07 10:00", 1, DAYS, "2026-03-09 18:00", "from a Saturday the next working day is Monday"),
    ("2024-04-02 10:00", 5, DAYS, "2024-04-10 18:00", "three holidays 4-6 April, but Sunday the 7th is worked"),
    ("2026-09-24 10:00", 1, DAYS, "2026-09-28 18:00", "three days of Mid-Autumn move it from Friday to Monday"),
    ("2026-09-29 16:20", 10, DAYS, "2026-10-19 18:00", "National Day off, Saturday 10 October is worked"),
    ("2026-09-18 10:00", 1, DAYS, "2026-09-20 18:00", "the make-up Sunday is a due day like any other"),
    ("2026-02-13 17:00", 2, DAYS, "2026-02-24 18:00", "worked Saturday, then nine days of Spring Festival"),
    ("2023-09-28 10:00", 3, DAYS, "2023-10-09 18:00", "Mid-Autumn and National Day, then a worked weekend"),
    ("2025-12-31 10:00", 1, DAYS, "2026-01-04 18:00", "New Year off until Saturday, Sunday the 4th is worked"),
    ("2026-03-02 16:20", 4, OFFICE_HOURS, "2026-03-03 10:50", "100 minutes today, 140 tomorrow"),
    ("2026-03-02 11:00", 1, OFFICE_HOURS, "2026-03-02 12:00", "ends with the morning, not with the afternoon's start"),
    ("2026-03-02 11:30", 2, OFFICE_HOURS, "2026-03-02 16:00", "noon does not count"),
    ("2026-03-06 17:00", 2, OFFICE_HOURS, "2026-03-09 09:30", "over the weekend"),
    ("2026-03-07 10:00", 7, OFFICE_HOURS, "2026-03-09 18:00", "a whole office day"),
    ("2026-03-06 16:20", 24, HOURS, "2026-03-07 16:20", "plain hours run on the wall, also on a Saturday"),
    ("2026-03-02 10:00", 3, MINUTES, "2026-03-02 10:03", "minutes run on the wall"),
    ("2026-03-06 16:20", 24, REST, "2026-03-09 16:20", "the weekend does not count for signing"),
    ("2026-03-07 10:00", 24, REST, "2026-03-10 00:00", "delivered on a Saturday: all of Monday"),
    ("2026-09-30 16:20", 24, REST, "2026-10-08 16:20", "National Day does not count for signing"),
    ("2026-03-05 20:00", 24, REST, "2026-03-06 20:00", "nights of working days count for signing"),
    ("2026-09-29 16:20", 7, CALENDAR_DAYS, "2026-10-06 18:00", "calendar days run through the holidays"),
]


@pytest.mark.parametrize(("start", "amount", "unit", "end", "why"), CASES, ids=[row[4] for row in CASES])
def test_a_limit_ends_when_the_rules_say(start, amount, unit, end, why):
    found = due(at(start), Limit(amount, unit), CALENDAR)
    assert found.at == at(end)
    assert found.at.tzinfo is dt.UTC
    assert not found.provisional


def test_three_holidays_inside_a_five_day_limit_move_it_three_working_days_later():
    start = at("2026-03-02 09:00")
    names = {dt.date(2026, 3, day): "假" for day in (4, 5, 6)}
    quiet = Calendar((Year(2026, "1", "t", "s", {}, frozenset()),))
    festive = Calendar((Year(2026, "2", "t", "s", names, frozenset()),))
    assert due(start, Limit(5, DAYS), quiet).at == at("2026-03-09 18:00")
    assert due(start, Limit(5, DAYS), festive).at == at("2026-03-12 18:00")


PROVISIONAL = [
    ("2026-12-30 10:00", 5, DAYS, True, "reaches into a year without a notice"),
    ("2026-12-28 10:00", 3, DAYS, False, "ends on the last day of a known year"),
    ("2022-12-31 10:00", 1, DAYS, False, "only the start lies in the unknown year, and it does not count"),
    ("2022-12-30 10:00", 3, DAYS, True, "starts within an unknown year"),
    ("2026-12-31 17:30", 2, OFFICE_HOURS, True, "an hour and a half into the unknown year"),
    ("2026-12-31 00:00", 24, REST, False, "midnight belongs to the day it ends"),
    ("2026-12-31 10:00", 24, REST, True, "whether New Year counts is not known"),
    ("2026-12-31 20:00", 24, HOURS, False, "the wall clock needs no notice"),
    ("2026-12-31 20:00", 7, CALENDAR_DAYS, False, "calendar days need no notice"),
]


@pytest.mark.parametrize(("start", "amount", "unit", "unsure", "why"), PROVISIONAL, ids=[row[4] for row in PROVISIONAL])
def test_a_deadline_is_provisional_exactly_where_an_unknown_year_was_consulted(start, amount, unit, unsure, why):
    found = due(at(start), Limit(amount, unit), CALENDAR)
    assert found.provisional is unsure
    assert ("放假安排尚未公布" in found.explain) is unsure


def test_a_provisional_deadline_moves_and_becomes_sure_when_the_notice_arrives():
    new_year = {dt.date(2027, 1, day): "元旦" for day in (1, 2, 3)}
    informed = Calendar((*CALENDAR.years, Year(2027, "2027.1", "t", "s", new_year, frozenset())))
    before, after = (due(at("2026-12-30 10:00"), Limit(2, DAYS), each) for each in (CALENDAR, informed))
    assert (before.at, before.provisional) == (at("2027-01-01 18:00"), True)
    assert (after.at, after.provisional) == (at("2027-01-04 18:00"), False)
    assert before.version != after.version


def test_the_explanation_names_limit_start_days_left_out_and_calendar():
    found = due(at("2026-09-29 16:20"), Limit(10, DAYS), CALENDAR)
    for part in (
        "2026年9月29日16:20",
        "10个工作日",
        "国庆节7天",
        "周末3天",
        "调休上班1天",
        "2026年10月19日18:00",
        "2026.1",
    ):
        assert part in found.explain


NAIVE = dt.datetime(2026, 3, 2, 10)  # noqa: DTZ001 - the naive instant that is refused
AWARE = at("2026-03-02 10:00")


@pytest.mark.parametrize("unit", Unit)
def test_a_naive_instant_is_refused(unit):
    for attempt in (
        lambda: due(NAIVE, Limit(1, unit), CALENDAR),
        lambda: minus(NAIVE, Limit(1, unit), CALENDAR),
        lambda: shift(NAIVE, AWARE, AWARE, unit, CALENDAR),
        lambda: shift(AWARE, AWARE, NAIVE, unit, CALENDAR),
        lambda: middle(NAIVE, NAIVE, unit, CALENDAR),
        lambda: working_minutes(NAIVE, NAIVE, CALENDAR),
    ):
        with pytest.raises(ValueError, match="time zone"):
            attempt()


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, "3", 10**9])
def test_a_limit_is_a_positive_whole_number(amount):
    with pytest.raises(ValueError, match="whole number"):
        Limit(amount, DAYS)


def test_a_limit_needs_a_unit_we_know():
    assert Limit(5, "working_days") == Limit(5, DAYS)
    with pytest.raises(ValueError, match="fortnights"):
        Limit(1, "fortnights")


@pytest.mark.parametrize("unit", [DAYS, OFFICE_HOURS, REST])
def test_working_time_without_working_days_is_an_error_and_no_endless_search(unit):
    with pytest.raises(ValueError, match="working days"):
        due(AWARE, Limit(1, unit), Calendar(weekdays=frozenset()))


@pytest.mark.parametrize("unit", [DAYS, OFFICE_HOURS])
def test_office_time_without_office_hours_is_an_error(unit):
    with pytest.raises(ValueError, match="office hours"):
        due(AWARE, Limit(1, unit), Calendar(office=()))


BEFORE = [
    ("2026-10-19 18:00", 1, DAYS, "2026-10-16 18:00", "the yellow card of a Monday is Friday's"),
    ("2026-10-08 18:00", 1, DAYS, "2026-09-30 18:00", "before National Day"),
    ("2026-03-10 00:00", 1, DAYS, "2026-03-07 00:00", "midnight is the end of Monday, so the end of Friday"),
    ("2026-03-03 03:00", 2, OFFICE_HOURS, "2026-03-02 16:00", "at night: in the afternoon before"),
    ("2026-03-02 15:00", 2, OFFICE_HOURS, "2026-03-02 10:30", "across noon"),
    ("2026-03-09 10:30", 2, OFFICE_HOURS, "2026-03-09 08:30", "the latest such moment, not Friday's closing"),
    ("2026-03-02 10:00", 30, MINUTES, "2026-03-02 09:30", "half an hour"),
    ("2026-03-02 10:00", 24, HOURS, "2026-03-01 10:00", "a day on the wall"),
    ("2026-03-09 16:20", 24, REST, "2026-03-06 16:20", "a day of signing back over the weekend"),
    ("2026-10-06 18:00", 7, CALENDAR_DAYS, "2026-09-29 18:00", "a week back"),
]


@pytest.mark.parametrize(("end", "amount", "unit", "found", "why"), BEFORE, ids=[row[4] for row in BEFORE])
def test_so_much_before_a_deadline(end, amount, unit, found, why):
    assert minus(at(end), Limit(amount, unit), CALENDAR) == at(found)


WORKED = [
    ("2026-03-02 08:30", "2026-03-02 18:00", 420, "an office day"),
    ("2026-03-02 12:00", "2026-03-02 14:30", 0, "noon"),
    ("2026-03-06 17:00", "2026-03-09 09:00", 90, "over a weekend"),
    ("2026-03-09 09:00", "2026-03-06 17:00", -90, "backwards: overdue by so much"),
    ("2026-09-30 18:00", "2026-10-08 08:30", 0, "National Day"),
    ("2026-09-20 00:00", "2026-09-21 00:00", 420, "a make-up Sunday"),
]


@pytest.mark.parametrize(("begin", "end", "minutes", "why"), WORKED, ids=[row[3] for row in WORKED])
def test_working_minutes_between_two_instants(begin, end, minutes, why):
    assert working_minutes(at(begin), at(end), CALENDAR) == minutes


PAUSES = [
    (DAYS, "2026-03-09 18:00", "2026-03-03 10:00", "2026-03-05 09:00", "2026-03-11 18:00", "two days began within it"),
    (
        DAYS,
        "2026-03-09 18:00",
        "2026-03-03 09:00",
        "2026-03-03 17:00",
        "2026-03-09 18:00",
        "within a day nothing is used",
    ),
    (DAYS, "2026-03-09 18:00", "2026-03-06 17:00", "2026-03-08 20:00", "2026-03-09 18:00", "a weekend uses nothing"),
    (DAYS, "2026-09-29 18:00", "2026-09-28 10:00", "2026-09-30 10:00", "2026-10-08 18:00", "moved over National Day"),
    (DAYS, "2026-03-09 18:00", "2026-03-10 10:00", "2026-03-12 10:00", "2026-03-09 18:00", "too late to help"),
    (DAYS, "2026-03-03 18:00", "2026-03-03 10:00", "2026-03-09 10:00", "2026-03-09 18:00", "ran on after the deadline"),
    (HOURS, "2026-03-03 10:00", "2026-03-02 12:00", "2026-03-02 15:30", "2026-03-03 13:30", "plain hours by the wall"),
    (MINUTES, "2026-03-02 10:03", "2026-03-02 10:01", "2026-03-02 10:02", "2026-03-02 10:04", "a minute for a minute"),
    (OFFICE_HOURS, "2026-03-03 10:50", "2026-03-02 17:00", "2026-03-03 09:00", "2026-03-03 14:50", "90 office minutes"),
    (
        OFFICE_HOURS,
        "2026-03-03 12:00",
        "2026-03-03 12:00",
        "2026-03-03 14:00",
        "2026-03-03 12:00",
        "began as it ran out",
    ),
    (REST, "2026-03-09 16:20", "2026-03-06 22:00", "2026-03-09 02:00", "2026-03-09 20:20", "2 h Friday, 2 h Monday"),
    (CALENDAR_DAYS, "2026-03-09 18:00", "2026-03-06 10:00", "2026-03-08 10:00", "2026-03-11 18:00", "two dates"),
]


@pytest.mark.parametrize(("unit", "old", "begin", "end", "new", "why"), PAUSES, ids=[row[5] for row in PAUSES])
def test_a_pause_moves_the_deadline_by_what_it_used_up(*, unit, old, begin, end, new, why):
    moved = shift(at(old), at(begin), at(end), unit, CALENDAR)
    assert moved.at == at(new)
    assert "暂停" in moved.explain
    assert moved.version == CALENDAR.version


def test_a_pause_into_an_unknown_year_makes_the_deadline_provisional():
    pause = at("2026-12-28 10:00"), at("2026-12-30 10:00")
    assert shift(at("2026-12-31 18:00"), *pause, DAYS, CALENDAR).provisional
    assert not shift(at("2026-12-29 18:00"), *pause, DAYS, CALENDAR).provisional


def test_a_pause_cannot_end_before_it_starts():
    with pytest.raises(ValueError, match="pause"):
        shift(AWARE, AWARE, AWARE - dt.timedelta(seconds=1), DAYS, CALENDAR)


def test_half_of_a_clock_is_taken_in_its_own_time():
    begin, end = at("2026-03-06 16:00"), at("2026-03-09 10:30")  # 120 office minutes before the weekend, 120 after it
    assert middle(begin, end, OFFICE_HOURS, CALENDAR) == at("2026-03-06 18:00")
    assert middle(begin, end, HOURS, CALENDAR) == at("2026-03-08 01:15")
    assert middle(at("2026-03-07 10:00"), at("2026-03-07 12:00"), DAYS, CALENDAR) == at("2026-03-07 11:00")
