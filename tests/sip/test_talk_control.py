"""Who hears whom, with a phone and a tone for each party: hold, mute, guests, listeners, handing over."""

import datetime as dt
import uuid
from pathlib import Path

import pytest

from tests.sip import sound
from tests.sip.conftest import AGENT_HZ, CALLER_HZ, CHIEF_HZ, GUEST_HZ, MUSIC_HZ
from tests.sip.peers import HOST, until

RINGBACK_HZ = 450
TONES = {
    "ringback": RINGBACK_HZ,
    "caller": CALLER_HZ,
    "agent": AGENT_HZ,
    "guest": GUEST_HZ,
    "chief": CHIEF_HZ,
    "music": MUSIC_HZ,
}
PATIENCE = 20


@pytest.fixture
def ears(connector, citizen, agent, guest, chief):
    """Waits until each party named hears exactly these tones; `record` is the recording."""
    phones = {"caller": citizen, "agent": agent, "guest": guest, "chief": chief}

    def listen(call=None, **expected):
        for name, tones in expected.items():
            file = phones[name].heard if name in phones else lambda: recording(connector, call)
            until(
                lambda file=file, tones=tones: sound.lately(file(), TONES) == set(tones.split()),
                PATIENCE,
                lambda name=name, file=file, tones=tones: f"{name}: {sound.lately(file(), TONES)}, not {tones!r}",
            )

    return listen


def recording(connector, call) -> Path:
    return connector.folder / connector.wait("recording", call)["file"]


@pytest.fixture
def further(connector, talk):
    """Rings a further phone for the talk and has it answered; its token."""
    used = []

    def ring(kind, phone, **more):
        token = uuid.uuid4().hex
        phone.events.clear()
        connector.tell(kind, call=talk, token=token, uri=phone.uri, agent=phone.name, timeout=10, **more)
        phone.wait("CALL_INCOMING")
        phone.tell("accept")
        until(lambda: [e for e in connector.events("guest_answered", talk) if e["token"] == token], PATIENCE)
        used.append(phone)
        return token

    yield ring
    for phone in used:
        phone.tell("hangup")


def test_on_hold_the_caller_hears_music_and_nobody_hears_him(connector, ears, talk):
    ears(caller="agent", agent="caller")
    connector.tell("hold", call=talk)
    connector.wait("held", talk)
    ears(caller="music", agent="")
    connector.tell("unhold", call=talk)
    connector.wait("unheld", talk)
    ears(talk, caller="agent", agent="caller", record="caller agent")


def test_a_mute_agent_hears_and_is_not_heard(connector, ears, talk):
    connector.tell("mute", call=talk)
    connector.wait("muted", talk)
    ears(talk, caller="", agent="caller", record="caller")
    connector.tell("unmute", call=talk)
    ears(talk, caller="agent", record="caller agent")


def test_a_paused_recording_is_silent_and_goes_on_with_the_call(connector, ears, talk):
    ears(talk, record="caller agent")
    connector.tell("pause_recording", call=talk, reason="证件号码")
    assert connector.wait("recording_paused", talk)["reason"] == "证件号码"
    size = recording(connector, talk).stat().st_size
    ears(talk, caller="agent", agent="caller", record="")
    until(lambda: recording(connector, talk).stat().st_size - size > 4000, 10, "the file stands still")
    connector.tell("resume_recording", call=talk)
    ears(talk, record="caller agent")


def test_a_recording_is_as_long_as_the_call_with_hold_and_pause(connector, citizen, ears, talk):
    """An instant of the call is the same instant of its file."""
    begun = connector.wait("recording", talk)
    connector.tell("hold", call=talk)
    ears(talk, caller="music", record="")
    connector.tell("unhold", call=talk)
    ears(talk, record="caller agent")
    citizen.tell("hangup")
    ended = connector.wait("hangup", talk)
    length = dt.datetime.fromisoformat(ended["at"]) - dt.datetime.fromisoformat(begun["started"])
    assert ended["seconds"] == pytest.approx(length.total_seconds(), abs=1)


def test_three_hear_each_other_and_two_speak_on_when_the_agent_leaves(connector, agent, guest, ears, talk, further):
    token = further("conference", guest)
    ears(talk, caller="agent guest", agent="caller guest", guest="caller agent", record="caller agent guest")
    agent.tell("hangup")
    left = connector.wait("transferred", talk)
    assert (left["how"], left["from"], left["token"]) == ("left", "agent1", token)
    ears(talk, caller="guest", guest="caller", record="caller guest")
    assert connector.events("rating_prompt", talk) == []


def test_a_consultation_is_not_heard_by_the_caller_and_not_recorded(connector, guest, ears, talk, further):
    token = further("consult", guest)
    ears(caller="music", agent="guest", guest="agent")
    connector.tell("join", call=talk, token=token)
    connector.wait("joined", talk)
    ears(talk, caller="agent guest", agent="caller guest", guest="caller agent", record="caller agent guest")
    connector.tell("drop", call=talk, token=token)
    guest.wait("CALL_CLOSED")
    ears(caller="agent", agent="caller")


def test_an_attended_transfer_leaves_caller_and_guest_together(connector, agent, guest, ears, talk, further):
    token = further("consult", guest)
    agent.events.clear()
    connector.tell("transfer_attended", call=talk, token=token)
    assert connector.wait("transferred", talk)["how"] == "attended"
    agent.wait("CALL_CLOSED")
    ears(talk, caller="guest", guest="caller", record="caller guest")
    guest.tell("hangup")
    connector.wait("rating_prompt", talk)


def test_a_blind_transfer_rings_on_while_the_caller_hears_music(connector, agent, guest, ears, talk):
    agent.events.clear()
    guest.events.clear()
    token = uuid.uuid4().hex
    connector.tell("transfer_blind", call=talk, token=token, uri=guest.uri, agent="guest", timeout=10)
    agent.wait("CALL_CLOSED")
    guest.wait("CALL_INCOMING")
    ears(caller="music")
    guest.tell("accept")
    connector.wait("bridged", talk, count=2)
    ears(talk, caller="guest", guest="caller", record="caller guest")
    guest.tell("hangup")
    connector.wait("rating_prompt", talk)


def test_a_blind_transfer_to_a_busy_phone_puts_the_caller_back_in_line(connector, guest, ears, talk):
    guest.events.clear()
    token = uuid.uuid4().hex
    connector.tell("transfer_blind", call=talk, token=token, uri=guest.uri, timeout=10)
    guest.wait("CALL_INCOMING")
    guest.tell("hangup")
    assert connector.wait("offer_failed", talk)["reason"] == "busy"
    stamps = {event["joined"] for event in connector.events("queued", talk)}
    assert len(connector.wait("queued", talk, count=2)["joined"]) > 0
    assert len(stamps) == 1
    ears(caller="music")


def test_a_caller_sent_back_is_answered_by_the_next(connector, agent, ears, talk):
    agent.events.clear()
    connector.tell("requeue", call=talk)
    agent.wait("CALL_CLOSED")
    connector.wait("queued", talk, count=2)
    ears(caller="music")
    agent.events.clear()
    connector.offer(talk, agent.uri)
    agent.wait("CALL_INCOMING")
    agent.tell("accept")
    connector.wait("bridged", talk, count=2)
    ears(talk, caller="agent", agent="caller", record="caller agent")


def test_listen_whisper_barge_and_take_over(connector, agent, chief, ears, talk, further):
    token = further("monitor", chief, mode="listen")
    ears(talk, caller="agent", agent="caller", chief="caller agent", record="caller agent")
    connector.tell("monitor", call=talk, token=token, mode="whisper")
    ears(talk, caller="agent", agent="caller chief", chief="caller agent", record="caller agent")
    connector.tell("monitor", call=talk, token=token, mode="barge")
    ears(talk, caller="agent chief", agent="caller chief", chief="caller agent", record="caller agent chief")
    agent.events.clear()
    connector.tell("take_over", call=talk, token=token)
    agent.wait("CALL_CLOSED")
    ears(talk, caller="chief", chief="caller", record="caller chief")
    modes = [event["mode"] for event in connector.events("monitored", talk)]
    assert modes == ["listen", "whisper", "barge"]
    assert connector.wait("transferred", talk)["how"] == "take_over"


def test_a_listener_who_leaves_is_not_noticed(connector, chief, ears, talk, further):
    token = further("monitor", chief, mode="listen")
    ears(chief="caller agent")
    connector.tell("monitor", call=talk, token=token, mode="off")
    chief.wait("CALL_CLOSED")
    ears(talk, caller="agent", agent="caller", record="caller agent")


def test_a_guest_who_is_busy_leaves_the_talk_as_it_was(connector, guest, ears, talk):
    guest.events.clear()
    connector.tell("conference", call=talk, token=uuid.uuid4().hex, uri=guest.uri, timeout=20)
    guest.wait("CALL_INCOMING")
    ears(talk, caller="agent", agent="caller ringback", record="caller agent")
    guest.tell("hangup")
    assert connector.wait("guest_failed", talk)["reason"] == "busy"
    ears(talk, caller="agent", agent="caller", record="caller agent")


def test_the_end_of_a_talk_ends_every_leg(connector, citizen, guest, chief, talk, further):
    further("conference", guest)
    further("monitor", chief, mode="listen")
    guest.events.clear()
    chief.events.clear()
    citizen.tell("hangup")
    guest.wait("CALL_CLOSED")
    chief.wait("CALL_CLOSED")
    assert connector.wait("hangup", talk)["by"] == "caller"


def test_we_call_the_agent_first_and_then_the_citizen(connector, agent, citizen, ears):
    agent.events.clear()
    citizen.events.clear()
    call, token = str(uuid.uuid4()), uuid.uuid4().hex
    phones = {"agent": "agent1", "uri": agent.uri, "to": citizen.uri}
    connector.tell("dial", call=call, connector="house", token=token, **phones)
    agent.wait("CALL_INCOMING")
    assert citizen.saw("CALL_INCOMING") == []
    agent.tell("accept")
    citizen.wait("CALL_INCOMING")
    connector.wait("agent_ready", call)
    ears(agent="ringback")
    citizen.tell("accept")
    connector.wait("bridged", call)
    ears(call, caller="agent", agent="caller", record="caller agent")
    agent.tell("hangup")
    citizen.wait("CALL_CLOSED")
    ended = connector.wait("hangup", call)
    assert (ended["by"], ended["cause"]) == ("agent", "normal")
    assert connector.events("rating_prompt", call) == []
    assert connector.wait("dialled", call)["caller"] == "13800138000"


def test_a_survey_asks_the_citizen_without_an_agent(connector, citizen):
    citizen.events.clear()
    call = str(uuid.uuid4())
    connector.tell("survey", call=call, connector="house", to=citizen.uri)
    citizen.wait("CALL_INCOMING")
    citizen.tell("accept")
    connector.wait("rating_prompt", call)
    citizen.tell("sndcode", "4")
    assert connector.wait("rating", call)["digit"] == "4"
    citizen.wait("CALL_CLOSED")


def test_a_call_for_another_connector_is_not_made(connector, citizen):
    citizen.events.clear()
    for other in ({"connector": "elsewhere"}, {}):
        connector.tell("survey", call=str(uuid.uuid4()), to=citizen.uri, **other)
    connector.tell("survey", call=(last := str(uuid.uuid4())), connector="house", to=f"sip:x@{HOST}:9")
    connector.wait("dialled", last)
    connector.tell("hangup", call=last)
    connector.wait("hangup", last)
    assert citizen.saw("CALL_INCOMING") == []


def test_a_message_is_recorded_and_named(connector, citizen, ears, call):
    connector.tell("voicemail", call=call)
    connector.wait("message", call)
    ears(call, record="caller")
    citizen.tell("sndcode", "#")
    ended = connector.wait("hangup", call)
    assert (ended["by"], ended["cause"]) == ("caller", "voicemail")
    assert ended["sha256"]
