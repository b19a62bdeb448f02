"""The distribution as a process: crowds, kills, a broker and a database that go away."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from acd_feed import QUICK, ROOT, Feed, call_of, client, debts, eventually, rows, seat_of, sign_in, start_acd
from sqlalchemy import text

from hotline import clock, db
from hotline.settings import Settings
from hotline.unit import transaction
from telephony.models import Call, Callback
from web.embedded import start_redis


@pytest.fixture
def broker(city):
    found = client()
    found.flushdb()
    yield found
    found.close()


@pytest.fixture
def feed(broker):
    made = Feed()
    made.alive()
    return made


@pytest.fixture
def acd():
    """Starts distribution processes; whatever still runs is ended after the test."""
    started = []

    def start(rules=QUICK, **environment):
        os.environ.update(environment)
        try:
            started.append(start_acd(rules))
        finally:
            for name in environment:
                os.environ.pop(name)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


class Phones:
    """Agents who answer every offer, speak for a moment and hang up."""

    def __init__(self, feed, talk=0.02):
        self.feed, self.talk = feed, talk
        self.busy, self.served, self.clashes = {}, [], 0

    def turn(self):
        for command in self.feed.commands():
            if command["type"] == "offer":
                self._ring(command)
        for agent, (call, end) in list(self.busy.items()):
            if time.monotonic() > end:
                self.feed.finish(call)
                del self.busy[agent]

    def _ring(self, offer):
        if offer["agent"] in self.busy or offer["call"] in self.served:
            self.clashes += 1
            return
        self.feed.answer(offer)
        self.served.append(offer["call"])
        self.busy[offer["agent"]] = (offer["call"], time.monotonic() + self.talk)

    def serve(self, count, seconds=60):
        end = time.monotonic() + seconds
        while len(self.served) < count or self.busy:
            assert time.monotonic() < end, f"{len(self.served)} of {count} served"
            self.turn()
            time.sleep(0.005)


def ended(calls):
    return lambda: {row.id: row.exit for row in rows(Call) if row.state == "ended"}.keys() == set(calls)


def test_fifty_callers_and_five_seats_each_is_served_once_in_turn(acd, feed):
    sign_in(1, 2, 3, 4, 5)
    calls = [feed.incoming(f"139000000{n:02}") for n in range(50)]
    acd(QUICK | {"wrap_up": 0})
    phones = Phones(feed)
    phones.serve(50)
    eventually(ended(calls))
    assert phones.served == calls
    assert phones.clashes == 0
    assert {row.exit for row in rows(Call)} == {"answered"}
    assert len({row.agent for row in rows(Call)}) == 5
    assert debts() == {}


def test_killed_again_and_again_nobody_loses_his_place(acd, feed):
    sign_in(1, 2, 3)
    calls = [feed.incoming(f"139000000{n:02}") for n in range(15)]
    phones = Phones(feed)
    process = acd(QUICK | {"wrap_up": 0})
    joined = eventually(lambda: len(rows(Call)) == 15 and {c.id: c.queue_at for c in rows(Call) if c.queue_at})
    for goal in (3, 6, 9, 12):
        while len(phones.served) < goal:
            phones.turn()
            time.sleep(0.005)
        process.kill()
        process.wait()
        phones.turn()  # phones go on answering and hanging up while nobody distributes
        process = acd(QUICK | {"wrap_up": 0})
    phones.serve(15)
    eventually(ended(calls))
    assert phones.clashes == 0
    assert sorted(phones.served) == sorted(calls)
    overtaken = [abs(phones.served.index(call) - place) for place, call in enumerate(calls)]
    assert max(overtaken) < 3  # at most by those whose phone was ringing when it died
    assert {row.id: row.queue_at for row in rows(Call) if row.id in joined} == joined
    assert {row.exit for row in rows(Call)} == {"answered"}
    assert debts() == {}


def test_killed_nobody_loses_his_head_start_nor_hears_his_place_twice(acd, feed):
    """Places, words already said and who asked to be called back are in the database, not in the process."""
    rules = QUICK | {"wrap_up": 0, "announce_first": 5, "announce_gap": 300, "trunk": "sip:{number}@127.0.0.1:5999"}
    process = acd(rules)
    early, late = clock.now() - dt.timedelta(seconds=120), clock.now() - dt.timedelta(seconds=60)
    gone = feed.incoming("13900000001", at=early)
    other = feed.incoming("13900000002", at=late)
    said = []
    eventually(lambda: said.extend(c for c in feed.commands() if c["type"] == "announce") or len(said) == 2)
    feed.event(gone, "hangup", by="caller", cause="normal")
    eventually(lambda: call_of(gone).state == "ended")
    process.kill()
    process.wait()
    again = feed.incoming("13900000001")
    acd(rules)
    eventually(lambda: (row := call_of(again)) and row.state == "waiting")
    assert call_of(again).rank_at <= call_of(gone).rank_at
    feed.event(other, "hangup", by="system", cause="callback")
    eventually(lambda: debts().get(other) == ("callback", "open"))
    sign_in(1)
    first = eventually(feed.offers)[0]
    assert first["call"] == again
    assert [c for c in feed.commands() if c["type"] == "announce" and c["call"] == other] == []
    feed.answer(first)
    feed.finish(again)
    dial = eventually(lambda: [c for c in feed.commands() if c["type"] == "dial"])[0]
    assert (dial["to"], dial["agent"]) == ("sip:13900000002@127.0.0.1:5999", "agent1")


def test_a_connector_killed_with_fifty_calls_leaves_a_debt_for_each_with_number_and_case(acd, feed):
    acd(QUICK | {"wrap_up": 0})
    numbers = range(1, 21)
    sign_in(*numbers)
    calls = {feed.incoming(f"139000000{n:02}"): f"139000000{n:02}" for n in range(50)}
    talking = []
    while len(talking) < 20:
        for offer in eventually(feed.offers):
            feed.answer(offer)
            talking.append(offer["call"])
    eventually(lambda: sum(row.state == "talking" for row in rows(Call)) == 20)
    with transaction() as unit:
        unit.session.get(Call, talking[0]).case_number = "20260929000001"
    begun = time.monotonic()
    feed.redis.delete("tel:alive:c1")
    eventually(lambda: len(debts()) == 50, seconds=30)
    assert time.monotonic() - begun < 30
    owed = {row.call: row for row in rows(Callback)}
    assert {call: row.caller for call, row in owed.items()} == calls
    assert {row.reason for row in owed.values()} == {"system"}
    assert owed[talking[0]].case_number == "20260929000001"
    assert {row.state for row in rows(Call)} == {"ended"}


def test_a_second_process_stands_by_and_takes_over(acd, feed):
    sign_in(1)
    first = acd()
    one = feed.incoming()
    eventually(feed.offers)
    second = acd()
    first.kill()
    first.wait()
    feed.event(one, "hangup", by="caller", cause="normal")
    eventually(lambda: call_of(one).state == "ended")
    assert second.poll() is None
    assert debts() == {one: ("abandoned", "open")}


def test_asked_to_stop_it_ends_cleanly(acd, feed):
    process = acd()
    feed.incoming()
    eventually(lambda: rows(Call))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_wrong_rules_are_named_and_nothing_starts():
    environment = os.environ | {"HOTLINE_QUEUE": json.dumps({"rings": 3})}
    told = subprocess.run(
        [sys.executable, "-m", "telephony.acd"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "rings" in told.stderr


def test_a_database_that_drops_every_connection_is_found_again(acd, feed):
    acd()
    first = feed.incoming()
    eventually(lambda: (row := call_of(first)) and row.state == "waiting")
    with db.engine().connect() as connection:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'hotline'"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    sign_in(1)
    second = feed.incoming("13900000009")
    assert eventually(feed.offers)[0]["call"] == first
    eventually(lambda: (row := call_of(second)) and row.state == "waiting")


def test_a_broker_that_goes_away_is_waited_for_and_its_calls_are_not_thought_dead(acd, city, tmp_path):
    settings = Settings(data=tmp_path, redis_url="", database_url="")
    settings.run.mkdir(parents=True, exist_ok=True)
    server, url = start_redis(settings), f"unix://{settings.run / 'redis.sock'}"
    try:
        process = acd(REDIS_URL=url)
        os.environ["REDIS_URL"] = url
        feed = Feed()
        feed.alive()
        call = feed.incoming()
        eventually(lambda: (row := call_of(call)) and row.state == "waiting")
        time.sleep(1.5)  # appendfsync everysec
        server.kill()
        server.wait()
        time.sleep(QUICK["silent"] + 1)
        server = start_redis(settings)
        feed.alive()
        sign_in(1)
        assert eventually(feed.offers)[0]["call"] == call
        assert process.poll() is None
        assert seat_of("agent1").state == "reserved"
        assert debts() == {}
    finally:
        os.environ.pop("REDIS_URL", None)
        server.kill()
        server.wait()
