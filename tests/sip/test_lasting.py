"""Killed, or without Redis: every call keeps its record."""

import subprocess
import sys
import tempfile
import time

import pytest

from telephony import wav
from tests.sip.peers import HOST, Connector, RedisServer, free_port, until


def own_events(connector, before):
    return [event for event in connector.events() if event["id"] not in before]


def test_killed_with_open_calls_each_is_told_as_lost_after_the_restart(own_connector, sipp):
    own = own_connector(name="killed")
    before = {event["id"] for event in own.events()}
    numbers = [f"138{n:08d}" for n in range(10)]
    sipp(own.port, "caller_quiet", numbers=numbers, d=20000, r=50).start()
    until(lambda: sum(e["type"] == "queued" for e in own_events(own, before)) == 10)
    own.kill()
    own.start()
    until(lambda: sum(e["type"] == "lost" for e in own_events(own, before)) == 10)
    told = own_events(own, before)
    assert sorted(e["caller"] for e in told if e["type"] == "lost") == numbers
    assert len({e["id"] for e in told}) == len(told)


def test_killed_in_a_talk_the_recording_can_still_be_heard(own_connector, agent, sipp):
    own = own_connector(name="cut")
    before = {event["id"] for event in own.events()}
    sipp(own.port, "caller", d=20000).start()
    call = until(lambda: [e for e in own_events(own, before) if e["type"] == "queued"])[0]["call"]
    agent.events.clear()
    own.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    agent.tell("accept")
    own.wait("recording", call)
    time.sleep(2.5)
    own.kill()
    agent.tell("hangup")
    own.start()
    lost = own.wait("lost", call)
    file = own.opened(lost["recording"])
    assert wav.whole(file)
    assert wav.seconds(file) > 1


A_MINUTE = pytest.param(180, 3, marks=pytest.mark.long, id="a minute")


@pytest.mark.parametrize(("calls", "rate"), [pytest.param(15, 10, id="a moment"), A_MINUTE])
def test_without_redis_calls_go_on_and_their_events_come_later_in_order(prompts, sipp, calls, rate):
    """One waits in line all the time and is heard there, the others come, wait and go while Redis is away."""
    with tempfile.TemporaryDirectory(prefix="tel-") as folder:
        server = RedisServer(folder).start()
        own = Connector(f"{folder}/data", server, prompts=prompts, name="alone").start()
        try:
            patient = sipp(own.port, "caller", d=1000 * calls // rate + 2500, timeout=200).start()
            own.wait("queued")
            server.stop()
            numbers = [f"137{n:08d}" for n in range(calls)]
            assert sipp(own.port, "caller_quiet", numbers=numbers, r=rate, d=900, timeout=200).run(200) == 0
            server.start()
            assert patient.wait() == 0
            until(lambda: len(own.events("hangup")) == calls + 1, 15, "not all ends were told")
            told = own.events()
            assert sorted(e["caller"] for e in told if e["type"] == "invite")[:calls] == numbers
            for call in {event["call"] for event in told}:
                steps = [event["id"].rpartition(":")[2] for event in told if event["call"] == call]
                assert steps == [str(n + 1) for n in range(5)]
        finally:
            assert own.stop() == 0
            server.stop()


def test_a_second_connector_of_the_same_name_is_refused(own_connector, server, prompts):
    own = own_connector(name="twice")
    command = [sys.executable, "-m", "telephony.connector", "--redis", server.url, "--data", str(own.folder)]
    command += ["--sip-port", str(free_port()), "--name", "twice", "--bind", HOST]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert "another connector" in ended.stderr


def test_asked_to_end_it_says_good_bye_to_the_callers(own_connector, sipp):
    own = own_connector(name="ended")
    before = {event["id"] for event in own.events()}
    caller = sipp(own.port, "caller_waits").start()
    call = until(lambda: [e for e in own_events(own, before) if e["type"] == "queued"])[0]["call"]
    assert own.stop() == 0
    assert caller.wait() == 0
    ended = own.wait("hangup", call)
    assert (ended["by"], ended["cause"]) == ("system", "shutdown")
    assert own.status() == {}


def test_a_caller_whose_sound_stays_away_is_let_go(own_connector, sipp):
    own = own_connector(name="silent", silence=2)
    before = {event["id"] for event in own.events()}
    quiet, speaking = sipp(own.port, "caller_mute"), sipp(own.port, "caller", d=5000)
    assert (quiet.start(), speaking.run())[1] == 0
    assert quiet.wait() == 0
    ended = {e["call"]: e["cause"] for e in own_events(own, before) if e["type"] == "hangup"}
    assert sorted(ended.values()) == ["no_rtp", "normal"]
