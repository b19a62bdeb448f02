"""The web process: `gunicorn web.serve:app()` with one worker of many threads; sockets need no stickiness then."""

import logging
from typing import TYPE_CHECKING

from hotline import collector
from web import bridge, suggest, watchman
from web.app import create_app

if TYPE_CHECKING:
    from flask import Flask


def app() -> "Flask":
    """The application with everything that would make the first caller wait already loaded."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    made = create_app()
    with made.app_context():
        suggest.suggest("小区门口烧烤摊油烟扰民")
    bridge.start(made)
    watchman.start()
    collector.settle()
    return made
