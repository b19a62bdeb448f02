"""Every deadline against a reckoner that walks minute by minute over three years, and the properties of reckoning.

The walker shares nothing with the code it checks: its days come from chinese_calendar, its minutes from a flat table.
"""

import datetime as dt
import random
from functools import cache

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.worktime import SHANGHAI, Calendar, Limit, Unit, due, minus, shift, working_minutes

pytestmark = pytest.mark.fast

CALENDAR = Calendar.load()
ORIGIN = dt.datetime(2023, 1, 1, tzinfo=SHANGHAI)
DAY = 1440
LAST_START = (dt.date(2025, 10, 1) - ORIGIN.date()).days * DAY
CLOSING = 18 * 60
LARGEST = {
    Unit.WORKING_DAYS: 20,
    Unit.WORKING_HOURS: 90,
    Unit.HOURS: 300,
    Unit.MINUTES: 5000,
    Unit.CALENDAR_DAYS: 30,
    Unit.HOURS_SKIPPING_REST_DAYS: 200,
}
SOME = settings(max_examples=300, deadline=None)


@cache
def tables():
    """For each minute of three years: is its day worked, is the office open."""
    worked = bytearray()
    opened = bytearray()
    for number in range((dt.date(2026, 1, 1) - ORIGIN.date()).days):
        free = not chinese_calendar.is_workday(ORIGIN.date() + dt.timedelta(days=number))
        worked += bytes([not free]) * DAY
        opened += bytes(not free and (510 <= minute < 720 or 870 <= minute < 1080) for minute in range(DAY))
    return worked, opened


def walk(start, needed, counts):
    """The end of the minute with which `needed` counting minutes have passed since `start`."""
    minute = start
    while needed:
        needed -= bool(counts[minute])
        minute += 1
    return minute


def walk_days(start, needed, counts):
    """The `needed`-th closing of the office, on days that count, after the day of the start."""
    minute = start
    while needed:
        minute += 1
        needed -= bool(minute % DAY == CLOSING and counts[minute - 1] and minute // DAY > start // DAY)
    return minute


def brute(start, amount, unit):
    worked, opened = tables()
    always = b"\1" * len(worked)
    return {
        Unit.WORKING_DAYS: lambda: walk_days(start, amount, opened),
        Unit.CALENDAR_DAYS: lambda: walk_days(start, amount, always),
        Unit.WORKING_HOURS: lambda: walk(start, amount * 60, opened),
        Unit.HOURS_SKIPPING_REST_DAYS: lambda: walk(start, amount * 60, worked),
        Unit.HOURS: lambda: walk(start, amount * 60, always),
        Unit.MINUTES: lambda: walk(start, amount, always),
    }[unit]()


def instant(minute):
    return ORIGIN + dt.timedelta(minutes=minute)


starts = st.integers(0, LAST_START)
units = st.sampled_from(list(Unit))
limits = units.flatmap(lambda unit: st.builds(Limit, st.integers(1, LARGEST[unit]), st.just(unit)))


@SOME
@given(starts, limits)
def test_any_deadline_is_the_one_the_walker_finds(start, limit):
    assert due(instant(start), limit, CALENDAR).at == instant(brute(start, limit.amount, limit.unit))


def test_a_fixed_sample_of_deadlines_is_the_one_the_walker_finds():
    draw = random.Random(12345)
    for _ in range(200):
        for unit, largest in LARGEST.items():
            start, amount = draw.randint(0, LAST_START), draw.randint(1, largest)
            found = due(instant(start), Limit(amount, unit), CALENDAR).at
            assert found == instant(brute(start, amount, unit)), (instant(start), amount, unit)


@SOME
@given(starts, st.integers(0, 60 * DAY))
def test_working_minutes_are_the_open_minutes_counted_one_by_one(start, length):
    _, opened = tables()
    assert working_minutes(instant(start), instant(start + length), CALENDAR) == sum(opened[start : start + length])


@SOME
@given(starts, starts, limits)
def test_a_later_start_is_never_due_earlier(one, other, limit):
    first, last = sorted((one, other))
    assert due(instant(first), limit, CALENDAR).at <= due(instant(last), limit, CALENDAR).at


@SOME
@given(starts, units, st.integers(1, 100), st.integers(1, 100))
def test_a_larger_amount_is_due_later(start, unit, one, other):
    smaller, larger = (due(instant(start), Limit(amount, unit), CALENDAR).at for amount in (one, one + other))
    assert instant(start) < smaller < larger


@SOME
@given(starts, limits)
def test_what_lies_a_limit_before_a_deadline_is_due_at_it(start, limit):
    end = due(instant(start), limit, CALENDAR).at
    earlier = minus(end, limit, CALENDAR)
    assert due(earlier, limit, CALENDAR).at == end
    if limit.unit not in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS):
        assert instant(start) <= earlier < end


@SOME
@given(starts, limits, st.integers(0, 20 * DAY), st.integers(0, 20 * DAY))
def test_a_pause_never_makes_a_deadline_earlier_and_a_longer_one_never_less_late(start, limit, wait, length):
    old = due(instant(start), limit, CALENDAR).at
    pause = instant(start + wait)
    half, whole = (
        shift(old, pause, pause + dt.timedelta(minutes=minutes), limit.unit, CALENDAR).at
        for minutes in (length // 2, length)
    )
    assert old <= half <= whole


@SOME
@given(starts, st.integers(1, 60), st.integers(0, 8 * DAY), st.integers(0, 20 * DAY))
def test_as_much_office_time_is_left_after_a_pause_as_was_left_before_it(start, hours, wait, length):
    old = due(instant(start), Limit(hours, Unit.WORKING_HOURS), CALENDAR).at
    begin, end = instant(start + wait), instant(start + wait + length)
    new = shift(old, begin, end, Unit.WORKING_HOURS, CALENDAR).at
    if begin < old:
        assert working_minutes(end, new, CALENDAR) == working_minutes(begin, old, CALENDAR)
    else:
        assert new == old
