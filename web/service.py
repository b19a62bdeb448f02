"""A process that runs until it is told to end: logs to its own output, ends cleanly on SIGTERM and Ctrl-C."""

import logging
import signal
import threading
from collections.abc import Callable


def until_told(run: Callable[[threading.Event], None]) -> None:
    """Run `run(stop)`; `stop` is set by the signal."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run(stop)
