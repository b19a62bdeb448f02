"""Many calls, no room, strangers: none is lost and the connector stands."""

from collections import Counter
from pathlib import Path

import pytest

from tests.sip.peers import options, send_nonsense, until

NUMBERS = [f"139{n:08d}" for n in range(200)]


def calls_since(connector, before, kind):
    return [event for event in connector.events(kind) if event["id"] not in before]


def ids(connector):
    return {event["id"] for event in connector.events()}


def test_who_hangs_up_in_line_is_told_as_gone(connector, sipp):
    before = ids(connector)
    assert sipp(connector.port, "caller", d=900).run() == 0
    ended = until(lambda: calls_since(connector, before, "hangup"))[0]
    assert (ended["by"], ended["recording"]) == ("caller", "")
    assert [e["type"] for e in connector.events(call=ended["call"])][-2:] == ["queued", "hangup"]


def test_200_calls_through_20_slots_lose_none(own_connector, sipp):
    own = own_connector(slots=20, name="crowd")
    before = ids(own)
    flow = {"r": 20, "l": 19, "d": 600}
    assert sipp(own.port, "caller_quiet", numbers=NUMBERS, **flow).run(90) == 0
    until(lambda: len(calls_since(own, before, "hangup")) == 200, 15, "200 ends were not told")
    invited = calls_since(own, before, "invite")
    assert sorted(event["caller"] for event in invited) == NUMBERS
    ended = Counter(event["call"] for event in calls_since(own, before, "hangup"))
    assert ended == Counter(event["call"] for event in invited)
    assert calls_since(own, before, "rejected") == []


def test_a_caller_without_room_is_told_as_rejected_with_his_number(own_connector, sipp):
    own = own_connector(slots=1, name="narrow")
    before = ids(own)
    first = sipp(own.port, "caller_quiet", d=3000).start()
    until(lambda: calls_since(own, before, "queued"))
    second = sipp(own.port, "caller_full", numbers=["13700001111"])
    assert second.run() == 0, second.errors.read_text()
    rejected = until(lambda: calls_since(own, before, "rejected"))[0]
    assert (rejected["caller"], rejected["reason"]) == ("13700001111", "full")
    assert first.wait() == 0


def test_nonsense_does_not_stop_it_and_a_caller_still_gets_through(connector, sipp):
    before = ids(connector)
    running = sipp(connector.port, "caller", d=2500).start()
    until(lambda: calls_since(connector, before, "answered"))
    send_nonsense(connector.port)
    until(lambda: options(connector.port), 10, "it no longer answers")
    assert running.wait() == 0
    assert sipp(connector.port, "caller", d=600).run() == 0


def test_a_stranger_cannot_have_himself_transferred(connector, sipp):
    assert sipp(connector.port, "caller_refer", d=500).run() == 0


def test_draining_ends_after_the_last_call(own_connector, sipp):
    own = own_connector(name="drained")
    before = ids(own)
    first = sipp(own.port, "caller_quiet", d=2500).start()
    until(lambda: calls_since(own, before, "queued"))
    own.tell("drain", connector="drained")
    until(lambda: own.status().get("draining") or own.process.poll() is not None, 5, "it does not drain")
    assert first.wait() == 0
    assert own.process.wait(10) == 0
    assert options(own.port) is False


def gauge(own):
    """Open descriptors and resident memory (kB) of the connector's process."""
    folder = Path(f"/proc/{own.process.pid}")
    memory = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS"))
    return len(list((folder / "fd").iterdir())), int(memory.split()[1])


@pytest.mark.long
@pytest.mark.timeout(900)
def test_10000_calls_through_30_slots_none_hung_up_by_anothers_end(own_connector, sipp):
    """PJSIP gives a call's number to the next one at once; whoever is destroyed late hangs up its new owner."""
    own = own_connector(slots=30, name="endless")
    callers = [f"134{n:08d}" for n in range(10_000)]
    flow = {"r": 90, "l": 28, "d": 200, "timeout": 280}
    gauges = []
    for half in (callers[:5000], callers[5000:]):  # SIP keeps what is over for 32 s: the first half fills that
        run = sipp(own.port, "caller_quiet", numbers=half, **flow)
        assert run.run(290) == 0, run.errors.read_text()[:3000]
        until(lambda: own.status().get("calls") == 0, 10)
        gauges.append(gauge(own))
    mine = {e["call"]: e["caller"] for e in own.events("invite") if e["caller"].startswith("134")}
    until(lambda: len([e for e in own.events("hangup") if e["call"] in mine]) == 10_000, 60, "10,000 ends not told")
    told = [e for e in own.events() if e["call"] in mine]
    assert sorted(mine.values()) == callers
    assert Counter((e["by"], e["cause"]) for e in told if e["type"] == "hangup") == {("caller", "normal"): 10_000}
    assert own.status()["faults"] == 0
    before, after = gauges
    print(f"descriptors and kB after 5,000 calls {before}, after 10,000 {after}")
    assert after[0] <= before[0] + 10
    assert after[1] <= before[1] * 1.1
