"""The pauses between tries: doubled by each failure, never beyond the longest."""

import datetime as dt

import pytest

from hotline.backoff import pause

pytestmark = pytest.mark.fast
FIRST, LONGEST = dt.timedelta(seconds=10), dt.timedelta(minutes=10)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 10), (1, 10), (2, 20), (3, 40), (6, 320), (7, 600), (10_000, 600)]
)
def test_a_pause_doubles_up_to_the_longest(failures, seconds):
    assert pause(FIRST, LONGEST, failures) == dt.timedelta(seconds=seconds)
