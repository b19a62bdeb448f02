"""Call control from the desk through all real parts: sipp calls, three baresip phones, `hotline up`; who hears whom."""

import pytest

from tests.flow.border import Border
from tests.flow.test_story_phone import newest
from tests.flow.whole import Desk, Whole
from tests.sip import sound
from tests.sip.peers import Baresip, Sipp, until

pytestmark = [pytest.mark.sip, pytest.mark.alone, pytest.mark.timeout(400)]
CALLER, CALLER_HZ = "13900001001", 1000
TONES = {"agent1": 1600, "agent2": 2000, "supervisor1": 2500}


@pytest.fixture
def whole(tmp_path):
    with Whole(tmp_path, "2026-09-28T09:00+08:00") as running:
        yield running


@pytest.fixture
def phones(tmp_path):
    made = {name: Baresip(tmp_path / "phones", name, hz, seconds=180).start() for name, hz in TONES.items()}
    yield made
    for phone in made.values():
        phone.stop()


@pytest.fixture
def border(whole):
    with Border(whole.sip_port) as between:
        yield between


@pytest.fixture
def caller(tmp_path, border):
    (tmp_path / "tone.alaw").write_bytes(sound.tone_alaw(tmp_path / "tone.wav", CALLER_HZ, 20).read_bytes()[46:])
    run = Sipp(tmp_path, border.port, "caller_border", numbers=(CALLER,), timeout=200)
    yield run
    run.stop()


def take(phone):
    phone.wait("CALL_INCOMING", 30)
    phone.tell("accept")
    phone.wait("CALL_ESTABLISHED", 30)


def test_hold_consult_listen_and_hand_over(whole, phones, border, caller):
    admin, agent, boss = (whole.program(name) for name in ("admin1", "agent1", "supervisor1"))
    for name, phone in phones.items():
        admin.write(f"/admin/users/{name}/phone", {"phone_uri": phone.uri})
    door = whole.logged_in("agent1")
    desk = Desk(door, lambda told: told["id"])
    try:
        door.write("/desk/seat", {"status": "ready"})
        caller.start()
        until(lambda: desk.pushed, 60, "no pop at the desk")
        call = desk.pushed[0][1]
    finally:
        desk.close()
    take(phones["agent1"])
    address = f"/api/v1/calls/{call}"

    def order(who, do, **more):
        return who.write(f"{address}/control", {"do": do} | more)

    def now():
        return agent.read(f"{address}/talk")["talk"]

    def guest(role):
        found = [(token, one) for token, one in now().get("guests", {}).items() if one["role"] == role]
        return found[0] if found else ("", {})

    until(lambda: newest(border, TONES["agent1"]), 30, "the caller does not hear the agent")
    order(agent, "hold")
    until(lambda: now().get("held"), 60, "not held")
    until(lambda: not newest(border, TONES["agent1"]), 60, "the caller still hears the agent")
    order(agent, "unhold")
    until(lambda: newest(border, TONES["agent1"]), 60, "the caller does not hear the agent again")

    order(boss, "listen")
    take(phones["supervisor1"])
    until(lambda: guest("monitor")[1].get("mode") == "listen", 60, "the agent does not see the listener")
    until(lambda: sound.hears(phones["supervisor1"].heard(), CALLER_HZ), 60, "the supervisor does not hear")
    assert not newest(border, TONES["supervisor1"])
    order(boss, "barge")
    until(lambda: newest(border, TONES["supervisor1"]), 60, "the caller does not hear the supervisor")
    order(boss, "off")
    until(lambda: not newest(border, TONES["supervisor1"]), 60, "the supervisor is still in the talk")
    assert [row["what"] for row in boss.read("/api/v1/acts")["items"]] == ["monitor_off", "barge", "listen"]

    order(agent, "consult", to={"agent": "agent2"})
    take(phones["agent2"])
    until(lambda: guest("consult")[1].get("state") == "answered", 60, "no consultation")
    assert not newest(border, TONES["agent2"])
    order(agent, "join", token=guest("consult")[0])
    until(lambda: newest(border, TONES["agent2"]) and newest(border, TONES["agent1"]), 60, "no talk of three")
    order(agent, "complete", token=guest("conference")[0])
    until(lambda: boss.read(f"{address}/talk")["agent"] == "agent2", 60, "agent2 has not the call")
    until(lambda: not newest(border, TONES["agent1"]), 60, "the caller still hears the first agent")
    assert door.read("/desk/seat")["call"] == ""

    phones["agent2"].tell("hangup")
    assert caller.wait(90) == 0
    (record,) = until(
        lambda: [row for row in agent.read("/api/v1/calls")["items"] if row["hangup_at"]], 30, "the call has not ended"
    )
    assert (record["agent"], record["exit"]) == ("agent2", "answered")
