"""The collector of a process that serves."""

import gc

from hotline import collector


def test_what_is_loaded_is_not_looked_through_again_and_new_things_seldom():
    before = gc.get_threshold()
    try:
        collector.settle()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == collector.MANY > before[0]
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
