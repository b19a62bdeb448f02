"""`hotline up` keeps its own PostgreSQL and Redis running, as it does its processes."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest
from town import eventually, forwarded_once

from web import postmaster
from web.processes import Store

EVERY_PROCESS = ("web", "worker", "beat", "relay", "courier")
SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]


def ready(town):
    with contextlib.suppress(OSError):
        return town.ask("GET", "/readyz")[0] == 200
    return False


def postgres_pid(town):
    return int((town.settings.postgres / "postmaster.pid").read_text().split()[0])


def test_stores_that_are_killed_come_back_by_themselves_and_the_work_goes_on(town):
    with town.watched(*EVERY_PROCESS, stores=True):
        eventually(lambda: ready(town))
        numbers = town.take_in(2)
        for pid in (postgres_pid(town), town.servers.redis.pid):
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: not ready(town))
            eventually(lambda: ready(town))
            numbers += town.take_in(2)
        town.at("2026-11-03T08:31:00+08:00")
        eventually(lambda: town.count("SELECT count(*) FROM cases WHERE state = 'accepted'") == 0)
        town.lease_runs_out()
        eventually(town.delivered)
    forwarded_once(town, numbers)


def test_a_server_whose_number_another_program_took_is_known_to_be_dead_and_started(town):
    town.servers.postgres.stop()
    note = town.settings.postgres / "postmaster.pid"
    with subprocess.Popen(SLEEPS) as other:
        lines = [
            str(other.pid),
            str(town.settings.postgres),
            "1",
            "5432",
            str(town.settings.postgres),
            "",
            "0 0",
            "ready",
        ]
        note.write_text("\n".join(lines) + "\n")
        assert not postmaster.lives(town.settings.postgres)
        town.start_postgres()
        other.kill()
    assert town.count("SELECT 1") == 1


def test_a_new_server_waits_until_those_who_served_the_dead_one_are_gone(town):
    with contextlib.closing(town.connect()) as connection:
        [serving] = connection.execute("SELECT pg_backend_pid() AS pid").fetchall()
        backend, server = psutil.Process(serving["pid"]), postgres_pid(town)
        backend.suspend()
        os.kill(server, signal.SIGKILL)
        eventually(lambda: not postmaster.lives(town.settings.postgres))
        with pytest.raises(RuntimeError, match="still at work"):
            town.start_postgres()
        backend.resume()
        eventually(lambda: not backend.is_running())
    town.start_postgres()
    assert town.count("SELECT 1") == 1


def test_a_store_that_does_not_come_up_is_tried_again_with_a_growing_pause(monkeypatch):
    from web import processes

    now, tries = [1000.0], []
    monkeypatch.setattr(processes.time, "monotonic", lambda: now[0])

    def start():
        tries.append(now[0])
        raise RuntimeError("no space")

    store = Store("redis", lambda: False, start)
    while now[0] < 1200:
        store.look()
        now[0] += 0.5
    pauses = [after - before for before, after in itertools.pairwise(tries)]
    assert pauses[:4] == [2.5, 4.5, 8.5, 16.5]
    assert max(pauses) == processes.LONGEST_PAUSE + 0.5


def test_a_store_that_lives_is_left_alone():
    stop = threading.Event()
    store = Store("redis", lambda: stop.set() or True, lambda: pytest.fail("started twice"))
    store.keep(stop)
    assert stop.is_set()


def test_what_waits_in_redis_is_read_by_nobody_else(town):
    folder = town.settings.data / "redis"
    town.redis().set("x", "y")
    town.kill_redis()
    for there in (folder, *folder.rglob("*")):
        there.chmod(0o755 if there.is_dir() else 0o644)  # as an older version left them
    town.start_redis()
    town.redis().bgrewriteaof()
    eventually(lambda: not town.redis().info("persistence")["aof_rewrite_in_progress"])
    modes = {(there.is_dir(), there.stat().st_mode & 0o777) for there in (folder, *folder.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}
    assert town.settings.run.joinpath("redis.sock").stat().st_mode & 0o077 == 0
