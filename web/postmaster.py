"""Whether the PostgreSQL server of a folder lives, and what is left of one that was killed."""

import contextlib
from pathlib import Path

import psutil  # type: ignore[import-untyped]

NOTE = "postmaster.pid"
ENDING_SECONDS = 5.0


def lives(folder: Path) -> bool:
    """Whether the process that the folder's note names is its server. A killed one that nobody reaped does not live."""
    try:
        pid = int((folder / NOTE).read_text(encoding="utf-8").split()[0])
        server = psutil.Process(pid)
        return server.name() == "postgres" and str(folder) in server.cmdline()  # of a zombie it is empty
    except (OSError, ValueError, IndexError, psutil.Error):
        return False


def clear(folder: Path) -> None:
    """Make the way free for a new server: those that served a killed one end, then its note goes where it would block.

    It blocks where its number is taken, by a process that nobody reaped or by another program; else PostgreSQL judges
    by it. Two servers on the same files would destroy them: raises RuntimeError while any process of the dead one is
    still there. Nothing is done where the server lives and only was slow to answer.
    """
    if lives(folder):
        return
    left = [
        process for process in psutil.process_iter(["name", "cwd", "status", "cmdline"]) if _is_left(process, folder)
    ]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, busy = psutil.wait_procs(left, timeout=ENDING_SECONDS)
    if busy:
        raise RuntimeError(f"{len(busy)} processes of the dead server are still at work")
    if _is_taken(folder / NOTE):
        (folder / NOTE).unlink()


def _is_left(process: psutil.Process, folder: Path) -> bool:
    """At work in that folder; where that cannot be read (a container's root), any whose server is gone."""
    seen = process.info
    if seen["name"] != "postgres" or seen["status"] == psutil.STATUS_ZOMBIE:
        return False
    if seen["cwd"] is not None:
        return bool(seen["cwd"] == str(folder.resolve()))
    with contextlib.suppress(psutil.Error):
        parent = process.parent()
        serves = "".join(seen["cmdline"] or ()).startswith("postgres:")
        return serves and (parent is None or parent.name() != "postgres")
    return False


def _is_taken(note: Path) -> bool:
    try:
        return bool(psutil.pid_exists(int(note.read_text(encoding="utf-8").split()[0])))
    except (OSError, ValueError, IndexError):
        return False
