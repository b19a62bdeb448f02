"""Many calls, no room, strangers: none is lost and the connector stands."""

from collections import Counter

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
    until(lambda: own.status().get("draining"), 5, "it does not drain")
    assert first.wait() == 0
    assert own.process.wait(10) == 0
    assert options(own.port) is False
