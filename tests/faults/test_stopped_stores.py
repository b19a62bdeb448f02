"""A store goes away while people work: what was acknowledged is there, and all goes on by itself when it is back."""

import threading
import time
import uuid

import pytest
from town import (
    MATTER,
    TO_THE_CITY,
    eventually,
    forwarded_once,
    reactions_once,
    rungs_once_in_order,
)

AWAY_SECONDS = 4
OVERDUE = "2026-12-01T09:00:00+08:00"


def test_redis_stopped_during_intake_and_steps_costs_nothing(town):
    with town.watched("web", "worker", "beat", "relay"):
        before = town.take_in(5)
        town.kill_redis()
        during = town.take_in(10)
        for number in before + during:
            town.act(number, "forward", "dispatcher1", **TO_THE_CITY)
        town.at(OVERDUE)
        time.sleep(AWAY_SECONDS)
        late = town.count("SELECT count(*) FROM rungs")
        town.start_redis()
        eventually(lambda: town.count("SELECT count(*) FROM clocks WHERE next_at <= '2026-12-01T01:00Z'") == 0)
        town.lease_runs_out()
        eventually(town.delivered)
    assert late == 0
    forwarded_once(town, before + during)
    rungs_once_in_order(town)
    reactions_once(town)
    clocks = "FROM rungs r JOIN clocks c ON c.id = r.clock_id JOIN cases k ON k.id = c.case_id"
    one = f"SELECT rung {clocks} WHERE clock = 'reply' AND number = %s ORDER BY r.id"
    fired = [row["rung"] for row in town.sql(one, during[0])]
    assert fired == ["half", "yellow", "due_morning", "overdue", "red", "notice", "listed"]


class Callers:
    """People who hand in matters without a pause and try again under the same key until they are answered."""

    def __init__(self, town):
        self.town, self.stop = town, threading.Event()
        self.acknowledged, self.refused, self.others = {}, [], []
        self.threads = [threading.Thread(target=self._call) for _ in range(3)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_raised):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _call(self):
        while not self.stop.is_set():
            self._hand_in(str(uuid.uuid4()))

    def _hand_in(self, key):
        while not self.stop.is_set():
            status, told = self.town.ask("POST", "/api/v1/cases", MATTER, key=key)
            if status in {200, 201}:
                self.acknowledged[key] = told["number"]
                return
            (self.refused if status == 503 else self.others).append((status, told.get("error")))
            self.stop.wait(0.1)


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_postgresql_away_is_said_at_the_door_and_nothing_acknowledged_is_missing(town, kill):
    with town.watched("web") as running:
        web = running["web"].child.pid
        with Callers(town) as callers:
            eventually(lambda: len(callers.acknowledged) > 20)
            town.stop_postgres(kill=kill)
            eventually(lambda: len(callers.refused) > 20)
            town.start_postgres()
            known = len(callers.acknowledged)
            eventually(lambda: len(callers.acknowledged) > known + 20)
        assert running["web"].child.pid == web
    assert callers.others == []
    assert {error["code"] for _, error in callers.refused} == {"database_down"}
    assert all("数据库" in error["message"] for _, error in callers.refused)
    there = [row["number"] for row in town.sql("SELECT number FROM cases")]
    assert len(there) == len(set(there))
    assert set(callers.acknowledged.values()) <= set(there)
    assert len(set(callers.acknowledged.values())) == len(callers.acknowledged)
    unanswered = len(there) - len(callers.acknowledged)
    assert unanswered <= len(callers.threads)  # written, and the answer still under way when the callers stopped
    assert town.count("SELECT count(*) FROM history WHERE action = 'create'") == len(there)
    assert town.count("SELECT count(*) FROM outbox WHERE kind = 'CaseCreated'") == len(there)


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_postgresql_away_workers_and_relay_go_on_by_themselves(town, kill):
    with town.watched("web", "worker", "beat", "relay"):
        numbers = town.take_in(10)
        town.act(numbers[0], "forward", "dispatcher1", **TO_THE_CITY)
        town.stop_postgres(kill=kill)
        town.at("2026-11-03T08:31:00+08:00")
        time.sleep(AWAY_SECONDS)
        town.start_postgres()
        eventually(lambda: town.count("SELECT count(*) FROM cases WHERE state = 'accepted'") == 0)
        town.lease_runs_out()
        eventually(town.delivered)
    forwarded_once(town, numbers)
    rungs_once_in_order(town)
    reactions_once(town)
