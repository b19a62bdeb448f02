"""`hotline phone drain`: no new call, the old ones go on, the process ends after the last."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.sip.peers import HOST, PATH, ROOT, free_port, options, until

CONFIGURATION = ROOT / "telephony" / "proxy" / "kamailio.cfg"


def hotline(server, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "web.cli", "phone", *words],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(command):
    out, err = command.communicate(timeout=60)
    return command.returncode, out + err


def test_one_of_two_is_drained_while_the_other_takes_the_calls(own_connector, server, sipp):
    first, second = own_connector(name="north"), own_connector(name="south")
    talking = sipp(first.port, "caller", d=6000).start()
    until(lambda: first.status().get("calls") == 1, 10)
    draining = hotline(server, "drain", "--connector", "north")
    until(lambda: first.status().get("draining"), 10)
    assert second.status()["draining"] is False
    refused = sipp(first.port, "caller_later", numbers=["13700002222"])
    assert refused.run() == 0, refused.errors.read_text()
    assert sipp(second.port, "caller", d=500).run() == 0
    assert talking.wait() == 0
    code, words = said(draining)
    assert code == 0
    assert "已停收新来电：north" in words
    assert "还有 1 个通话" in words
    assert first.process.wait(10) == 0
    first.process = None
    first.start()
    assert sipp(first.port, "caller", d=500).run() == 0
    told = [e for e in first.events("rejected") if e["caller"] == "13700002222"]
    assert [e["reason"] for e in told] == ["full"]


def test_a_change_of_mind(own_connector, server, sipp):
    own = own_connector(name="undecided")
    sipp(own.port, "caller", d=8000).start()
    until(lambda: own.status().get("calls") == 1, 10)
    assert said(hotline(server, "drain", "--connector", "undecided", "--no-wait"))[0] == 0
    until(lambda: own.status().get("draining"), 10)
    assert "停收新来电" in said(hotline(server, "status"))[1]
    assert said(hotline(server, "undrain", "--connector", "undecided"))[0] == 0
    until(lambda: not own.status().get("draining"), 10)
    assert sipp(own.port, "caller", d=500).run() == 0


def test_a_connector_that_is_not_there_is_said_to_be_none(server):
    code, words = said(hotline(server, "drain", "--connector", "nowhere"))
    assert code == 2
    assert "nowhere" in words


@pytest.fixture
def proxy(tmp_path):
    """Kamailio with the project's configuration in front of these connectors; its port."""
    started = []

    def start(*connectors):
        (tmp_path / "list").write_text("".join(f"1 sip:{HOST}:{one.port}\n" for one in connectors))
        port = free_port()
        place = ["-w", str(tmp_path), "-Y", str(tmp_path), "-P", str(tmp_path / "pid")]
        settings = ["-A", f'CONNECTORS="{tmp_path}/list"', "-l", f"udp:{HOST}:{port}", "-m", "32", "-M", "8"]
        with (tmp_path / "kamailio.log").open("wb") as log:
            command = [shutil.which("kamailio", path=PATH), "-f", str(CONFIGURATION), "-DD", "-E", *place, *settings]
            started.append(subprocess.Popen(command, stdout=log, stderr=log))
        until(lambda: options(port), 15, lambda: (tmp_path / "kamailio.log").read_text()[-2000:])
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(15)


def test_two_connectors_one_drained_and_restarted_under_load_no_call_fails(own_connector, proxy, sipp):
    first, second = own_connector(name="east", slots=60), own_connector(name="west", slots=60)
    port = proxy(first, second)
    callers = [f"131{n:08d}" for n in range(200)]
    load = sipp(port, "caller_routed", numbers=callers, r=10, l=60, d=1500).start()
    until(lambda: min(first.status().get("calls", 0), second.status().get("calls", 0)) >= 3, 15)
    first.tell("drain", connector="east")
    until(lambda: first.process.poll() is not None, 30, "it did not end")
    assert first.stop() == 0
    first.start()
    assert load.wait() == 0, load.errors.read_text()[:2000]
    until(lambda: len(ends(first, callers)) == len(callers), 10, lambda: f"{len(ends(first, callers))} ends told")
    assert sorted(ends(first, callers)) == callers


def test_a_connector_that_was_killed_is_passed_over(own_connector, proxy, sipp):
    first, second = own_connector(name="gone", slots=60), own_connector(name="there", slots=60)
    port = proxy(first, second)
    first.kill()
    callers = [f"133{n:08d}" for n in range(10)]
    load = sipp(port, "caller_routed", numbers=callers, r=5, d=500)
    assert load.run() == 0, load.errors.read_text()[:2000]
    until(lambda: sorted(ends(second, callers)) == callers, 10)


def ends(connector, callers):
    """The callers whose calls were answered and ended by themselves; both connectors write one stream."""
    calls = {e["call"]: e["caller"] for e in connector.events("invite") if e["caller"] in set(callers)}
    return [calls[e["call"]] for e in connector.events("hangup") if e["call"] in calls and e["cause"] == "normal"]
