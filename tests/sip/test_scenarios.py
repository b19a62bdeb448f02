"""What signalling can do to a call, one named case each: nothing of it loses a call or leaves a phone ringing."""

import os
import signal
import time

import pytest

from tests.sip import sound
from tests.sip.case import Case
from tests.sip.conftest import CALLER_HZ
from tests.sip.peers import Connector, until
from tests.sip.script import ack, answered, bye, early, got, invite, let_go, pause, request, sdp, speak

pytestmark = pytest.mark.usefixtures("slow")

BRANCH = "z9hG4bK[pid]c[call_number]"


def cancel():
    return request("CANCEL", 1, to=False, branch=BRANCH)


def cancelled_while_it_sleeps(own, caller):
    """INVITE and CANCEL wait for the connector together; the words told of the call, and how it ended."""
    os.kill(own.process.pid, signal.SIGSTOP)
    caller.ask("INVITE", 1, body=caller.sdp)
    caller.ask("CANCEL", 1, again=True)
    os.kill(own.process.pid, signal.SIGCONT)
    caller.hear("SIP/2.0 487")
    caller.ask("ACK", 1, again=True)
    mine = until(lambda: [e["call"] for e in own.events("invite") if e["caller"] == caller.number])
    ended = own.wait("hangup", mine[0])
    return [event["type"] for event in own.events(call=mine[0])], (ended["by"], ended["cause"])


def test_cancel_while_ringing(own_connector, by_hand):
    """The caller was gone before he could be answered. Where a busy machine let the INVITE in alone, once more."""
    own = own_connector(name="cancelled")
    for _ in range(5):
        told, ending = cancelled_while_it_sleeps(own, by_hand(own.port))
        assert ending == ("caller", "normal")
        assert told.count("hangup") == 1
        if told == ["invite", "hangup"]:
            return
    pytest.fail(f"answered each time: {told}")


def test_cancel_that_crosses_the_200(case):
    case.play(invite(branch=BRANCH), early(), got(200), cancel(), got(200), ack(), pause(0.3), bye())
    case.ended()


@pytest.fixture
def long_notice(tmp_path, server, prompts):
    """A connector whose notice takes eight seconds."""
    voices = tmp_path / "voices"
    voices.mkdir()
    for file in prompts.glob("*.wav"):
        (voices / file.name).write_bytes(file.read_bytes())
    sound.tone_alaw(voices / "notice.wav", 620, 8)
    made = Connector(tmp_path / "notice", server, prompts=voices, name="notice").start()
    yield made
    made.stop()


def test_bye_during_the_notice(long_notice, sipp, tmp_path):
    case = Case(long_notice, sipp, tmp_path)
    case.play(invite(), early(), answered(), pause(0.4), bye())
    case.ended()
    assert case.types() == ["invite", "answered", "hangup"]


def test_bye_in_the_queue(live):
    live.hang_up()
    live.ended()


def test_bye_while_a_phone_rings(live, agent):
    live.offered(agent, accept=False)
    live.hang_up()
    agent.wait("CALL_CLOSED")
    live.ended()


def test_bye_in_the_talk(live, agent):
    live.offered(agent, accept=True)
    live.hang_up()
    agent.wait("CALL_CLOSED")
    live.ended()


def test_hold_and_resume_by_re_invite(case, agent):
    hold = request("INVITE", 2, body=sdp("sendonly", 2)) + early() + got(200, "a=recvonly") + ack(2)
    off = request("INVITE", 3, body=sdp("inactive", 3)) + early() + got(200, "a=inactive") + ack(3)
    resume = request("INVITE", 4, body=sdp("sendrecv", 4)) + early() + got(200, "a=sendrecv") + ack(4)
    steps = [hold, pause(0.5), off, pause(0.5), resume, pause(3), bye()]
    case.start(invite(), early(), answered(), speak(), pause(4), *steps)
    case.offered(agent, accept=True)
    case.finish()
    case.ended()
    assert sound.hears(agent.heard(), CALLER_HZ)


def test_late_offer(case, agent):
    """No sound is offered with the INVITE: we offer it, the ACK answers."""
    case.start(invite(body=""), early(), got(200, "m=audio") + ack(body=sdp()), speak(), pause(4), bye())
    case.offered(agent, accept=True)
    until(lambda: sound.lately(agent.heard(), {"caller": CALLER_HZ}) == {"caller"}, 10)
    case.finish()
    case.ended()


def test_update_with_and_without_sound(case):
    plain = request("UPDATE", 2) + got(200)
    hold = request("UPDATE", 3, body=sdp("sendonly", 2)) + got(200, "a=recvonly")
    case.play(invite("Allow: UPDATE"), early(), answered(), pause(1), plain, hold, pause(0.5), bye())
    case.ended()


def test_sound_that_stops_ends_the_call(own_connector, sipp, tmp_path):
    own = own_connector(name="stops", silence=2)
    case = Case(own, sipp, tmp_path)
    (tmp_path / "tone.alaw").write_bytes(sound.tone_alaw(tmp_path / "t.wav", CALLER_HZ, 3).read_bytes()[46:])
    begun = time.monotonic()
    case.play(invite(), early(), answered(), speak(1), let_go())
    assert time.monotonic() - begun > 3
    case.ended("system", "no_rtp")


def test_no_sound_at_all_ends_the_call(own_connector, sipp, tmp_path):
    case = Case(own_connector(name="mute", silence=2), sipp, tmp_path)
    case.play(invite(), early(), answered(), let_go())
    case.ended("system", "no_rtp")


def test_refer_from_the_trunk_is_refused(case):
    refer = request("REFER", 2, "Refer-To: <sip:900123456@127.0.0.1:9>") + got(603)
    case.play(invite(), early(), answered(), pause(0.5), refer, bye())
    case.ended()
