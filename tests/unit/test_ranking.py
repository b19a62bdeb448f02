"""The ranking plays no tricks: equal is equal, few are not set against many, and nothing counted is no zero."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.ranking import Unplaced, ranked
from hotline.rates import Rate

pytestmark = pytest.mark.fast


def of(code, **counted):
    return {name: Rate(code, code, *both) for name, both in counted.items()}


def places(rates, least=10):
    return [(row.department, row.place) for row in ranked(rates, least)]


def test_equal_rates_share_a_place_and_the_next_is_counted_on():
    rates = of("on_time_reply", a=(10, 20), b=(50, 100), c=(19, 20), d=(1, 20))
    assert places(rates) == [("c", 1), ("b", 2), ("a", 2), ("d", 4)]


def test_one_of_one_is_not_better_than_ninety_nine_of_a_hundred():
    rates = of("satisfaction", small=(1, 1), large=(99, 100))
    assert places(rates) == [("large", 1), ("small", None)]
    assert ranked(rates, 10)[1].why is Unplaced.FEW


def test_nothing_counted_stands_at_the_end_and_is_neither_zero_nor_full():
    rates = of("satisfaction", none=(0, 0), few=(0, 3), worst=(0, 40), best=(40, 40))
    assert places(rates) == [("best", 1), ("worst", 2), ("few", None), ("none", None)]
    last = ranked(rates, 10)[-1]
    assert (last.rate.value, last.why) == (None, Unplaced.NOTHING)


def test_fewer_returns_and_redone_cases_are_better():
    assert places(of("return", a=(9, 30), b=(0, 30), c=(3, 30))) == [("b", 1), ("c", 2), ("a", 3)]


pairs = st.integers(0, 60).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), pairs, max_size=12), st.integers(0, 30))
def test_nobody_is_lost_and_a_better_rate_never_stands_behind_a_worse(counted, least):
    rows = ranked(of("on_time_reply", **counted), least)
    assert sorted(row.department for row in rows) == sorted(counted)
    placed = [row for row in rows if row.place is not None]
    assert rows[: len(placed)] == placed
    for one, other in pairwise(placed):
        assert one.rate.value >= other.rate.value
        assert (one.place == other.place) is (one.rate.value == other.rate.value)
    assert all(row.rate.denominator >= max(least, 1) for row in placed)
