"""The relay: takes waiting events from the outbox and gives them to the workers. Correctness lives here and in the
tables; Celery and Redis are speed. With Redis away the events wait in the outbox and nothing is lost.
"""

import logging
import threading

from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError as DatabaseDown

from hotline import outbox
from web import pulse
from web.service import until_told
from web.worker import react

log = logging.getLogger("relay")
PAUSE_SECONDS = 0.15
TOGETHER = 50  # messages of one task
MOST = 200  # taken at once
DOWN_SECONDS = 2.0


def once() -> int:
    """Hand on what waits; returns how many. Raises when database or broker are away."""
    messages = outbox.claim(MOST)
    ids = [message.id for message in messages]
    for start in range(0, len(ids), TOGETHER):
        react.apply_async(tuple(ids[start : start + TOGETHER]), retry=False)
    pulse.beat("relay")
    return len(messages)


def run(stop: threading.Event) -> None:
    """Until `stop`."""
    while not stop.is_set():
        try:
            taken = once()
        except (BrokerDown, RedisError, DatabaseDown, OSError) as down:
            log.warning("waiting for %s", type(down).__name__)
            stop.wait(DOWN_SECONDS)
            continue
        if taken < MOST:  # what comes meanwhile goes together: a task costs nearly the same for one and for many
            stop.wait(PAUSE_SECONDS)


def main() -> None:
    """The process."""
    until_told(run)


if __name__ == "__main__":
    main()
