"""The one reader of real time.

In drill mode (`HOTLINE_CLOCK=FILE`, demo only) the whole system reads the ISO instant in FILE plus the real time
since the file was last written, so that every process sees the same drilled now.
"""

import datetime as dt
import os
import time
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_seen: tuple[int, dt.datetime] | None = None


def drill_file() -> Path | None:
    """The file that drives the clock, or None when time is real."""
    name = os.environ.get("HOTLINE_CLOCK", "")
    return Path(name) if name else None


def _drilled(file: Path) -> dt.datetime:
    """The instant in `file` plus the time since it was written; a half-written file keeps the last reading's base."""
    global _seen  # noqa: PLW0603 - one reading is kept so that a file caught empty does not stop the system
    written = file.stat().st_mtime_ns
    if _seen is None or _seen[0] != written:
        text = file.read_text(encoding="utf-8").strip()
        if text:
            base = dt.datetime.fromisoformat(text)
            _seen = (written, base if base.tzinfo else base.replace(tzinfo=SHANGHAI))
        elif _seen is None:
            raise ValueError("the drill clock's file is empty")
    since = time.time() - _seen[0] / 1e9
    return _seen[1].astimezone(dt.UTC) + dt.timedelta(seconds=since)


def now() -> dt.datetime:
    """The present instant, aware, UTC. Raises ValueError or OSError where the drill file cannot be read."""
    file = drill_file()
    return _drilled(file) if file else dt.datetime.now(dt.UTC)


def machine() -> dt.datetime:
    """Real time also in a drill: for leases and retries of the machinery, never for a deadline or a record."""
    return dt.datetime.now(dt.UTC)


def local(at: dt.datetime) -> dt.datetime:
    """The same instant in Asia/Shanghai."""
    return at.astimezone(SHANGHAI)


def iso(at: dt.datetime) -> str:
    """The instant as programs read it, with +08:00."""
    return local(at).isoformat()
