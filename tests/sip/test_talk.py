"""A call from the first ring to the rating, with sound."""

import hashlib
import time

import pytest

from telephony import wav
from tests.sip import sound
from tests.sip.conftest import AGENT_HZ, ANNOUNCED, CALLER_HZ, GUEST_HZ, MUSIC_HZ, NOTICE_HZ, RATING_HZ
from tests.sip.peers import HOST, until


def types(connector, call):
    return [event["type"] for event in connector.events(call=call)]


def test_both_hear_each_other_and_the_recording_holds_both(connector, agent, citizen, call):
    agent.events.clear()
    time.sleep(1)  # a second of waiting music
    token = connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    agent.tell("accept")
    assert connector.wait("agent_answered", call)["token"] == token
    recording = connector.wait("recording", call)
    until(lambda: sound_seconds(connector, recording) >= 2, 10, "nothing was recorded")
    citizen.tell("hangup")
    ended = connector.wait("hangup", call)
    agent.wait("CALL_CLOSED")
    file = connector.opened(ended["recording"])
    assert ended["by"] == "caller"
    assert ended["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert ended["seconds"] == pytest.approx(wav.seconds(file), abs=0.01)
    assert sound.hears(file, CALLER_HZ)
    assert sound.hears(file, AGENT_HZ)
    assert not sound.hears(file, MUSIC_HZ)
    assert sound.hears(agent.heard(), CALLER_HZ)
    assert not sound.hears(agent.heard(), AGENT_HZ)
    for hz in (NOTICE_HZ, MUSIC_HZ, AGENT_HZ):
        assert sound.hears(citizen.heard(), hz)
    expected = ["invite", "answered", "notice_end", "queued", "offer_ringing", "agent_answered", "bridged", "recording"]
    assert types(connector, call) == [*expected, "recording_done", "hangup"]
    invite = connector.wait("invite", call)
    assert (invite["caller"], invite["connector"]) == ("13800138000", "house")


def sound_seconds(connector, recording):
    file = connector.folder / recording["file"]
    return file.stat().st_size / 8000 if file.exists() else 0


def test_a_caller_in_line_hears_his_place_and_then_music_again(connector, citizen, call):
    connector.tell("announce", call=call, prompts=list(ANNOUNCED))
    tones = ANNOUNCED | {"music": MUSIC_HZ}
    heard = []

    def story():
        now = sound.lately(citizen.heard(), tones, 0.25)
        heard.extend(now - set(heard[-1:]) if len(now) == 1 else ())
        return heard[-4:] == [*ANNOUNCED, "music"]

    until(story, 15, lambda: f"heard {heard}")


def test_a_rating_by_rfc_4733_is_told_and_thanked_for(connector, agent, citizen, talk):
    agent.tell("hangup")
    connector.wait("rating_prompt", talk)
    citizen.tell("sndcode", "5")
    assert connector.wait("rating", talk)["digit"] == "5"
    ended = connector.wait("hangup", talk)
    assert (ended["by"], ended["cause"]) == ("agent", "normal")
    assert not sound.hears(connector.opened(ended["recording"]), RATING_HZ)


def test_who_does_not_rate_is_let_go(connector, agent, citizen, talk):
    agent.tell("hangup")
    connector.wait("rating_prompt", talk)
    ended = connector.wait("hangup", talk)
    citizen.wait("CALL_CLOSED")
    assert ended["by"] == "agent"
    assert connector.events("rating", talk) == []


def test_a_rating_by_info_is_told(connector, agent, sipp):
    caller = sipp(connector.port, "caller_info", d=3500).start()
    call = connector.wait("queued", count=len(connector.events("queued")) + 1)["call"]
    agent.events.clear()
    connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    agent.tell("accept")
    connector.wait("bridged", call)
    agent.tell("hangup")
    connector.wait("rating_prompt", call)
    assert connector.wait("rating", call)["digit"] == "4"
    assert caller.wait() == 0


def test_a_digit_that_is_no_rating_is_only_told_as_a_digit(connector, agent, citizen, talk):
    agent.tell("hangup")
    connector.wait("rating_prompt", talk)
    citizen.tell("sndcode", "9")
    assert connector.wait("dtmf", talk)["digit"] == "9"
    citizen.tell("sndcode", "1")
    assert connector.wait("rating", talk)["digit"] == "1"


def test_a_busy_phone_fails_the_offer_and_the_caller_keeps_his_place(connector, agent, call):
    agent.events.clear()
    first = connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    agent.tell("hangup")
    failed = connector.wait("offer_failed", call)
    assert (failed["token"], failed["reason"]) == (first, "busy")
    stamps = [event["joined"] for event in connector.events("queued", call)]
    assert len(stamps) == 2
    assert len(set(stamps)) == 1
    agent.events.clear()
    connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    agent.tell("accept")
    connector.wait("bridged", call)


def test_a_phone_nobody_takes_stops_ringing(connector, agent, call):
    agent.events.clear()
    connector.offer(call, agent.uri, timeout=1)
    agent.wait("CALL_INCOMING")
    assert connector.wait("offer_failed", call)["reason"] == "no_answer"
    agent.wait("CALL_CLOSED", 3)


def test_a_phone_that_is_not_there_is_unreachable(connector, call):
    connector.offer(call, f"sip:agent9@{HOST}:9", timeout=1)
    assert connector.wait("offer_failed", call)["reason"] == "unreachable"


def test_an_address_that_is_none_fails_the_offer(connector, call):
    connector.offer(call, "not an address")
    assert connector.wait("offer_failed", call)["reason"] == "error"


def test_the_phone_stops_ringing_when_the_caller_hangs_up(connector, agent, citizen, call):
    agent.events.clear()
    connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    citizen.tell("hangup")
    agent.wait("CALL_CLOSED", 3)
    assert connector.wait("hangup", call)["by"] == "caller"


def test_an_offer_with_another_token_is_refused_while_one_rings(connector, agent, call):
    agent.events.clear()
    connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    stale = connector.offer(call, agent.uri)
    failed = connector.wait("offer_failed", call)
    assert (failed["token"], failed["reason"]) == (stale, "error")
    assert len(agent.saw("CALL_INCOMING")) == 1


def test_a_cancelled_offer_stops_the_phone_and_the_caller_waits_on(connector, agent, call):
    agent.events.clear()
    token = connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    connector.tell("cancel_offer", call=call, token=token)
    agent.wait("CALL_CLOSED", 3)
    connector.wait("queued", call, count=2)


def test_a_command_ends_the_call(connector, citizen, call):
    connector.tell("hangup", call=call, reason="no_agents")
    ended = connector.wait("hangup", call)
    assert (ended["by"], ended["cause"]) == ("system", "no_agents")
    citizen.wait("CALL_CLOSED", 3)


@pytest.fixture
def both_ring(connector, agent, guest, call):
    """Two phones ring for one caller; their tokens."""
    tokens = []
    for phone in (agent, guest):
        phone.events.clear()
        tokens.append(connector.offer(call, phone.uri, agent=phone.name, together=True))
        phone.wait("CALL_INCOMING")
    connector.wait("offer_ringing", call, count=2)
    return tokens


def test_two_phones_ring_at_once_the_first_to_answer_has_the_call(connector, agent, guest, citizen, call, both_ring):
    guest.tell("accept")
    assert connector.wait("agent_answered", call)["token"] == both_ring[1]
    agent.wait("CALL_CLOSED", 3)
    failed = connector.wait("offer_failed", call)
    assert (failed["token"], failed["reason"]) == (both_ring[0], "taken")
    connector.wait("bridged", call)
    until(lambda: sound.lately(citizen.heard(), {"guest": GUEST_HZ}) == {"guest"}, 10, "not joined")


def test_of_two_phones_one_refuses_and_the_other_rings_on(connector, agent, guest, call, both_ring):
    agent.tell("hangup")
    failed = connector.wait("offer_failed", call)
    assert (failed["token"], failed["reason"]) == (both_ring[0], "busy")
    assert guest.saw("CALL_CLOSED") == []
    guest.tell("accept")
    connector.wait("bridged", call)
    assert len(connector.events("queued", call)) == 1


def test_a_caller_who_hangs_up_silences_both_phones(connector, agent, guest, citizen, call, both_ring):
    citizen.tell("hangup")
    for phone in (agent, guest):
        phone.wait("CALL_CLOSED", 3)
    connector.wait("hangup", call)


def test_the_desk_ends_its_own_leg_and_the_caller_is_asked_for_a_rating(connector, agent, talk):
    token = connector.wait("agent_answered", talk)["token"]
    agent.events.clear()
    connector.tell("put_down", call=talk, token=token)
    agent.wait("CALL_CLOSED", 3)
    connector.wait("rating_prompt", talk)
    assert connector.wait("agent_hangup", talk)["token"] == token


def test_the_desk_refuses_what_rings_on_its_phone(connector, agent, call):
    agent.events.clear()
    token = connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    connector.tell("put_down", call=call, token=token)
    agent.wait("CALL_CLOSED", 3)
    assert connector.wait("offer_failed", call)["reason"] == "reject"


def test_a_phone_that_cannot_be_answered_from_afar_says_so_and_rings_on(connector, agent, call):
    agent.events.clear()
    token = connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    connector.wait("offer_ringing", call)
    connector.tell("pick_up", call=call, token=token)
    refused = connector.wait("refused", call)
    assert (refused["command"], refused["token"]) == ("pick_up", token)
    assert len(agent.saw("CALL_INCOMING")) == 2
    assert len(agent.saw("CALL_CLOSED")) == 1
    agent.tell("accept")
    connector.wait("bridged", call)
