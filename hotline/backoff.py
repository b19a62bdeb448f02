"""How long to wait before something that failed is tried again. Pure."""

import datetime as dt

_MOST_DOUBLINGS = 30


def pause(first: dt.timedelta, longest: dt.timedelta, failures: int) -> dt.timedelta:
    """`first` after the first failure, doubled by each further one, never more than `longest`."""
    return min(first * (1 << min(max(failures - 1, 0), _MOST_DOUBLINGS)), longest)
