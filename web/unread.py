"""What a refused request still has to send is read and dropped: who is sending hears nothing before he has sent it."""

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_BYTES = 64 * 1024 * 1024
PATIENCE = 5.0  # seconds without a byte
LONGEST = 60.0  # seconds for all of it
_PIECE = 64 * 1024


def drop(asked: "WSGIEnvironment") -> None:
    """Up to MOST_BYTES of the rest; who stops sending is not waited for."""
    left, end = MOST_BYTES, time.monotonic() + LONGEST
    with contextlib.suppress(OSError, ValueError), _impatient(asked):
        while left > 0 and time.monotonic() < end:
            piece = asked["wsgi.input"].read(_PIECE)
            if not piece:
                return
            left -= len(piece)


@contextlib.contextmanager
def _impatient(asked: "WSGIEnvironment") -> Iterator[None]:
    line = asked.get("gunicorn.socket")
    if line is None:
        yield
        return
    before = line.gettimeout()
    line.settimeout(PATIENCE)
    try:
        yield
    finally:
        line.settimeout(before)
