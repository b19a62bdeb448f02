"""The courier: carries cases and letters out. Its own process: a slow partner holds up nobody."""

import logging
import threading

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from dispatch import deliveries, letters
from web import pulse
from web.service import until_told

log = logging.getLogger("courier")
PAUSE_SECONDS = 1.0
DOWN_SECONDS = 3.0


def run(stop: threading.Event) -> None:
    """Until `stop`. With the database away it waits; what is due is still due afterwards."""
    while not stop.is_set():
        pause = PAUSE_SECONDS
        try:
            if deliveries.deliver() + letters.send():
                pause = 0.0
            pulse.beat("courier")
        except (SQLAlchemyError, RedisError, OSError) as down:
            log.warning("waiting for %s", type(down).__name__)
            pause = DOWN_SECONDS
        stop.wait(pause)


def main() -> None:
    """The process."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    until_told(run)


if __name__ == "__main__":
    main()
