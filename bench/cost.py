"""What a run has cost in CPU seconds: figures that mean the same on an idle and on a busy machine."""

import os
from pathlib import Path

_UTIME, _STIME, _CUTIME, _CSTIME = 11, 12, 13, 14  # of /proc/PID/stat, behind the name


def of_postgres(pid: int) -> float:
    """CPU seconds of the server, of its processes, and of those that have ended."""
    rows = None
    while rows is None:
        rows = _alive(pid)
    alive = sum(row[_UTIME] + row[_STIME] for row in rows)
    return (alive + rows[0][_CUTIME] + rows[0][_CSTIME]) / os.sysconf("SC_CLK_TCK")


def _alive(pid: int) -> list[list[int]] | None:
    """The server's figures and those of its processes; None where one of them ended meanwhile."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    try:
        alive = list(map(_stat, children))
    except FileNotFoundError:
        return None
    return [_stat(str(pid)), *alive]


def _stat(pid: str) -> list[int]:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return [0, *map(int, fields[1:20])]


def of_children() -> float:
    """CPU seconds of this process's children that have ended."""
    spent = os.times()
    return spent.children_user + spent.children_system
