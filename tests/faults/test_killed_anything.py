"""`kill -9` of whatever the lot falls on, round after round, under load: nothing lost, nothing twice, figures agree.

Worker and relay at chosen moments: test_killed_worker.py, test_killed_relay.py; stores: test_stopped_stores.py.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid

import pytest
from town import (
    MATTER,
    TO_THE_CITY,
    eventually,
    forwarded_once,
    kill,
    reactions_once,
    rungs_once_in_order,
)

from hotline.settings import ROOT

PROCESSES = ("web", "worker", "beat", "relay")
STORES = ("postgres", "redis")
ROUNDS = 20
CASES, BY_HAND = 6, 2  # of a round; the others are forwarded by the sweep
PATIENCE = 180


class Load:
    """Three people hand in matters and a dispatcher forwards some; each tries again until he is answered."""

    def __init__(self, town):
        self.town, self.numbers, self.faults = town, [], []

    def start(self):
        self.threads = [threading.Thread(target=self._hand_in, args=(number,)) for number in range(CASES)]
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _hand_in(self, place):
        key = str(uuid.uuid4())
        _, case = self._until_answered("POST", "/api/v1/cases", MATTER, key=key)
        self.numbers.append(case["number"])
        if place < BY_HAND:
            self._forward(case["number"])

    def _forward(self, number):
        """An answer that was lost on the way shows as a case that has moved on."""
        _, case = self._until_answered("GET", f"/api/v1/cases/{number}", user="dispatcher1")
        if case["state"] == "accepted":
            body = TO_THE_CITY | {"action": "forward", "version": case["version"]}
            self._until_answered("POST", f"/api/v1/cases/{number}/actions", body, user="dispatcher1")

    def _until_answered(self, *asked, **more):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                status, told = self.town.ask(*asked, **more)
                if status != 503:
                    if status not in {200, 201, 409, 422}:
                        self.faults.append((status, told))
                    return status, told
            time.sleep(0.1)
        self.faults.append(("nobody answers", asked[:2]))
        return 0, {"number": "", "state": ""}


def strike(town, running, victim):
    """Kill it. A process is started again by its supervisor, a store here."""
    if victim in PROCESSES:
        kill(running[victim].child)
    elif victim == "redis":
        town.kill_redis()
        town.start_redis()
    else:
        town.stop_postgres(kill=True)
        town.start_postgres()


def survive(town, victims):
    chance, numbers = random.Random(), []
    with town.watched(*PROCESSES) as running:
        for day, victim in enumerate(victims, start=2):
            town.at(f"2026-11-{day:02}T09:00:00+08:00")
            load = Load(town)
            load.start()
            time.sleep(chance.uniform(0, 0.5))
            strike(town, running, victim)
            load.join()
            assert load.faults == [], victim
            numbers += load.numbers
            town.at(f"2026-11-{day + 1:02}T08:31:00+08:00")
            eventually(lambda: town.count("SELECT count(*) FROM cases WHERE state = 'accepted'") == 0, PATIENCE)
        town.lease_runs_out()
        eventually(town.delivered, PATIENCE)
        check(town, numbers)


def check(town, numbers):
    forwarded_once(town, numbers)
    rungs_once_in_order(town)
    reactions_once(town)
    days = "from=2026-11-01&to=2026-11-30"
    eventually(town.answers, PATIENCE)
    status, board = town.ask("GET", f"/api/v1/rates?{days}", user="supervisor1")
    assert status == 200
    assert board["rates"] == command(town, "rates", "--from", "2026-11-01", "--to", "2026-11-30")["rates"]
    assert command(town, "history", "verify")["intact"]
    assert {rate["code"]: rate["value"] for rate in board["rates"]}["forward_in_time"] == 1


def command(town, *words):
    told = [sys.executable, "-m", "web.cli", *words, "--json"]
    done = subprocess.run(
        told, cwd=ROOT, env=os.environ | town.environment, capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.timeout(900)
def test_web_and_beat_killed_under_load_lose_nothing_and_do_nothing_twice(town):
    survive(town, ("web", "beat"))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_whatever_is_killed_nothing_is_lost_and_nothing_done_twice(town):
    drawn = random.Random().choices(PROCESSES + STORES, k=ROUNDS - len(PROCESSES + STORES))
    survive(town, (*PROCESSES, *STORES, *drawn))
