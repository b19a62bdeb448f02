"""Python's garbage collector in a process that serves for weeks."""

import gc

MANY = 50_000


def settle() -> None:
    """Call once all is loaded: that stays, and no collection looks through it again.

    New objects are looked through after MANY instead of 700: nearly all of them die with the request or the turn of
    the sweep that made them, rows and their keepers in circles. The workers of a city's year (bench.year)
    take an eighth less processor time so.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(MANY, 10, 10)
