"""What signalling can do to a call, one named case each: nothing of it loses a call or leaves a phone ringing."""

import os
import signal
import socket
import threading
import time

import pytest

from tests.sip import raw, sound
from tests.sip.conftest import CALLER_HZ
from tests.sip.peers import HOST, Connector, until
from tests.sip.script import (
    ack,
    answered,
    asked,
    bye,
    early,
    got,
    invite,
    let_go,
    pause,
    reply,
    request,
    sdp,
    speak,
    written,
)

SLOW = 150  # seconds; a session that expires takes at least 60
numbers = iter(range(13600000000, 13700000000))


class Case:
    """One caller with a number of his own, so that his events are found."""

    def __init__(self, connector, sipp, folder):
        self.connector, self.sipp, self.folder = connector, sipp, folder
        self.number = str(next(numbers))

    def start(self, *steps, **flags):
        file = written(self.folder, f"case{self.number}", *steps)
        self.run = self.sipp(self.connector.port, file, numbers=[self.number], **flags)
        return self.run.start()

    def play(self, *steps, seconds=70, **flags):
        """As written to its end."""
        self.start(*steps, **flags)
        self.finish(seconds)

    def finish(self, seconds=70):
        code = self.run.wait(seconds)
        assert code == 0, self.run.errors.read_text() if self.run.errors.exists() else code

    @property
    def call(self):
        mine = [e["call"] for e in self.connector.events("invite") if e["caller"] == self.number]
        assert len(mine) <= 1
        return mine[0] if mine else None

    def wait(self, kind, seconds=20):
        until(lambda: self.call, seconds, f"call of {self.number} not told")
        return self.connector.wait(kind, self.call, seconds)

    def types(self):
        return [event["type"] for event in self.connector.events(call=self.call)]

    def ended(self, by="caller", cause="normal", seconds=20):
        """Told once, with who and why."""
        told = self.wait("hangup", seconds)
        assert (told["by"], told["cause"]) == (by, cause)
        assert self.types().count("hangup") == 1


@pytest.fixture
def by_hand():
    """Makes callers on a bare socket, each with a number of his own."""
    made = []

    def make(port):
        made.append(raw.Caller(port, str(next(numbers))))
        return made[-1]

    yield make
    for caller in made:
        caller.close()


@pytest.fixture
def case(connector, sipp, tmp_path):
    return Case(connector, sipp, tmp_path)


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


def test_bye_in_the_queue(case):
    case.start(invite(), early(), answered(), pause(2), bye())
    case.wait("queued")
    case.finish()
    case.ended()


def offered(case, agent, *, accept):
    """The agent's phone rings for this caller, or is answered."""
    case.wait("queued")
    agent.events.clear()
    case.connector.offer(case.call, agent.uri)
    agent.wait("CALL_INCOMING")
    if accept:
        agent.tell("accept")
        case.wait("bridged")


def test_bye_while_a_phone_rings(case, agent):
    case.start(invite(), early(), answered(), pause(4), bye())
    offered(case, agent, accept=False)
    case.finish()
    agent.wait("CALL_CLOSED")
    case.ended()


def test_bye_in_the_talk(case, agent):
    case.start(invite(), early(), answered(), speak(), pause(5), bye())
    offered(case, agent, accept=True)
    case.finish()
    agent.wait("CALL_CLOSED")
    case.ended()


def test_hold_and_resume_by_re_invite(case, agent):
    hold = request("INVITE", 2, body=sdp("sendonly", 2)) + early() + got(200, "a=recvonly") + ack(2)
    off = request("INVITE", 3, body=sdp("inactive", 3)) + early() + got(200, "a=inactive") + ack(3)
    resume = request("INVITE", 4, body=sdp("sendrecv", 4)) + early() + got(200, "a=sendrecv") + ack(4)
    steps = [hold, pause(0.5), off, pause(0.5), resume, pause(3), bye()]
    case.start(invite(), early(), answered(), speak(), pause(4), *steps)
    offered(case, agent, accept=True)
    case.finish()
    case.ended()
    assert sound.hears(agent.heard(), CALLER_HZ)


def test_late_offer(case, agent):
    """No sound is offered with the INVITE: we offer it, the ACK answers."""
    case.start(invite(body=""), early(), got(200, "m=audio") + ack(body=sdp()), speak(), pause(4), bye())
    offered(case, agent, accept=True)
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


# --- slow ones, all under way at once -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slow(connector, tmp_path_factory):
    """Starts what takes a minute; each test waits for its own."""
    from tests.sip.peers import Sipp

    runs, folder = [], tmp_path_factory.mktemp("slow")
    (folder / "tone.alaw").write_bytes(sound.tone_alaw(folder / "tone.wav", CALLER_HZ, 20).read_bytes()[46:])

    def sipp(target, scenario, **given):
        runs.append(Sipp(folder, target, scenario, timeout=SLOW, **given))
        return runs[-1]

    made = {name: Case(connector, sipp, folder) for name in ("expiry", "ack", "glare")}
    timer = ("Supported: timer", "Session-Expires: 90;refresher=uac", "Min-SE: 90")
    made["expiry"].start(invite(*timer), early(), answered(), speak(), let_go(SLOW))
    again = asked("BYE", 60) + reply(200)
    made["ack"].start(invite(), early(), got(200), again)
    made["glare"].caller = Glare(connector.port, made["glare"].number)
    made["glare"].caller.start()
    yield made
    for run in runs:
        run.stop()


class Glare(threading.Thread):
    """Asks for a change of the session in the moment in which the other side does."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.caller, self.story, self.fault = raw.Caller(port, number), [], None

    def run(self):
        try:
            self.cross(self.caller)
        except AssertionError as fault:
            self.fault = fault
        finally:
            self.caller.close()

    def cross(self, caller):
        caller.call("Supported: timer", "Session-Expires: 90;refresher=uas", "Min-SE: 90", "Allow: INVITE, ACK, BYE")
        theirs = caller.hear("INVITE", 80)
        caller.ask("INVITE", 2, body=caller.sdp)
        caller.hear("SIP/2.0 491", 20)
        caller.ask("ACK", 2, again=True)
        self.story.append("491 heard")
        caller.reply(theirs, 491)
        again = caller.hear(rf"INVITE (?s:.)*?(?i:cseq): (?!{sequence(theirs)} )", 20)
        timer = "Session-Expires: 90;refresher=uac"
        caller.reply(again, 200, "Supported: timer", "Require: timer", timer, body=caller.sdp)
        caller.hear("ACK", 20)
        self.story.append("tried again")
        caller.ask("BYE", 3)
        caller.hear("SIP/2.0 200", 20)
        self.story.append("ended")


def sequence(message):
    return next(line.split()[1] for line in message.splitlines() if line.lower().startswith("cseq"))


def test_two_re_invites_that_cross_are_refused_with_491_and_tried_again(slow):
    caller = slow["glare"].caller
    caller.join(SLOW)
    assert caller.fault is None
    assert caller.story == ["491 heard", "tried again", "ended"]
    slow["glare"].ended()


def test_a_200_that_is_never_acknowledged_ends_the_call(slow):
    slow["ack"].finish(SLOW)
    slow["ack"].ended()
    assert "answered" not in slow["ack"].types()


def test_a_session_nobody_refreshes_ends(slow):
    slow["expiry"].finish(SLOW)
    slow["expiry"].ended()


# --- the agent's phone ----------------------------------------------------------------------------------------------


@pytest.fixture
def phone(sipp, tmp_path):
    """A phone that does as written; its address."""
    started = []

    def make(*steps, **headers):
        run = sipp(None, written(tmp_path, "phone", asked("INVITE", **headers), *steps), timeout=60)
        run.start()
        started.append(run)
        return run, f"sip:agent7@{HOST}:{run.port}"

    return make


TAG = ";tag=[pid]A[call_number]"
REFUSALS = [(486, "busy"), (480, "unreachable"), (503, "unreachable"), (603, "reject")]


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
def test_an_agents_phone_that_refuses(case, phone, code, reason):
    run, uri = phone(reply(code, tag=TAG), asked("ACK"))
    case.start(invite(), early(), answered(), pause(4), bye())
    case.wait("queued")
    case.connector.offer(case.call, uri)
    assert case.wait("offer_failed")["reason"] == reason
    assert run.wait() == 0, run.errors.read_text()
    case.finish()
    case.ended()


def test_an_agents_phone_nobody_takes(case, phone):
    run, uri = phone(reply(180, tag=TAG), asked("CANCEL"), reply(200), reply(487, tag=TAG, invite=True), asked("ACK"))
    case.start(invite(), early(), answered(), pause(6), bye())
    case.wait("queued")
    case.connector.offer(case.call, uri, timeout=1)
    assert case.wait("offer_failed")["reason"] == "no_answer"
    assert run.wait() == 0, run.errors.read_text()
    case.finish()
    case.ended()


def test_a_phone_that_rings_is_answered_by_the_desk(case, phone):
    """NOTIFY with the event `talk` inside the dialog that rings: the phone takes the call itself."""
    taken = reply(200, invite=True, body=sdp())
    told = asked("NOTIFY", Event="talk") + reply(200)
    run, uri = phone(reply(180, tag=TAG), told, taken, asked("ACK"), asked("BYE"), reply(200))
    case.start(invite(), early(), answered(), speak(), pause(4), bye())
    case.wait("queued")
    token = case.connector.offer(case.call, uri)
    case.wait("offer_ringing")
    case.connector.tell("pick_up", call=case.call, token=token)
    case.wait("bridged")
    case.finish()
    assert run.wait() == 0, run.errors.read_text()
    case.ended()


def test_a_phone_that_only_knows_the_header_is_rung_once_more_with_it(case, by_hand):
    """It refuses the event `talk`: its ringing is ended, and the next asks it to answer by itself."""
    case.start(invite(), early(), answered(), speak(), pause(5), bye())
    case.wait("queued")
    phone = by_hand(case.connector.port)
    token = case.connector.offer(case.call, f"sip:agent8@{phone.me}")
    first = phone.hear("INVITE")
    assert "answer-after" not in first
    phone.reply(first, 180, tag=";tag=one")
    case.wait("offer_ringing")
    case.connector.tell("pick_up", call=case.call, token=token)
    phone.reply(phone.hear("NOTIFY"), 489)
    phone.reply(phone.hear("CANCEL"), 200, tag=";tag=one")
    phone.reply(first, 487, tag=";tag=one")
    phone.hear("ACK")
    second = phone.hear("INVITE")
    assert "answer-after=0" in second
    phone.reply(second, 200, tag=";tag=two", body=phone.sdp)
    case.wait("bridged")
    phone.hear("ACK")
    phone.reply(phone.hear("BYE"), 200)
    case.finish()
    case.ended()
    assert {"offer_failed", "refused"}.isdisjoint(case.types())


def test_an_offer_may_ask_the_phone_to_answer_by_itself(case, phone):
    """Phones that read one of the three headers answer without ringing; the connector asks with all of them."""
    heads = {"Call_Info": "answer-after=0", "Alert_Info": "alert-autoanswer", "Answer_Mode": "Auto"}
    run, uri = phone(reply(200, tag=TAG, body=sdp()), asked("ACK"), asked("BYE"), reply(200), **heads)
    case.start(invite(), early(), answered(), speak(), pause(3), bye())
    case.wait("queued")
    case.connector.offer(case.call, uri, auto=True)
    case.wait("bridged")
    case.finish()
    assert run.wait() == 0, run.errors.read_text()
    case.ended()


def test_the_agent_answers_as_the_caller_hangs_up(case, phone):
    """His 200 crosses our CANCEL: his leg is acknowledged and ended, the call told as the caller's."""
    crossing = reply(200) + reply(200, invite=True, tag=TAG, body=sdp())
    run, uri = phone(reply(180, tag=TAG), asked("CANCEL"), crossing, asked("ACK"), asked("BYE"), reply(200))
    case.start(invite(), early(), answered(), pause(3), bye())
    case.wait("queued")
    case.connector.offer(case.call, uri, timeout=20)
    case.wait("offer_ringing")
    case.finish()
    assert run.wait() == 0, run.errors.read_text()
    case.ended()
    assert "agent_answered" not in case.types()


def test_refer_from_an_agents_phone_is_refused(case, agent):
    """Transfers go by the desk, where they are written down."""
    case.start(invite(), early(), answered(), speak(), let_go())
    offered(case, agent, accept=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind((HOST, 0))
        target.settimeout(1)
        agent.tell("transfer", f"sip:900123456@{HOST}:{target.getsockname()[1]}")
        agent.wait("TRANSFER_FAILED")
        with pytest.raises(TimeoutError):
            target.recv(1)
    case.finish()
    case.ended("agent")


# --- no room --------------------------------------------------------------------------------------------------------


def ends(connector, calls):
    return [e for e in connector.events() if e["type"] in {"hangup", "rejected"} and e["call"] in calls]


def test_more_calls_than_the_library_has_room_for_are_each_told(own_connector, sipp, tmp_path):
    """30 at once, 2 slots, 12 legs in the library: some are refused by us, some by PJSIP itself; none is unknown."""
    own = own_connector(name="flood", slots=2)
    callers = [str(next(numbers)) for _ in range(30)]
    either = early() + '<recv response="200" optional="true" next="1"/>\n' + got(486) + ack()
    end = '<nop next="2"/>\n<label id="1"/>\n' + ack() + pause(1.5) + bye() + '<label id="2"/>\n'
    file = written(tmp_path, "flood", invite(), either, end)
    run = sipp(own.port, file, numbers=callers, r=1000, l=30)
    assert run.run() == 0, run.errors.read_text()
    mine = {e["call"]: e["caller"] for e in own.events() if e.get("caller") in callers}
    told = until(lambda: len(t := ends(own, mine)) >= 30 and t, 20, "not all told")
    assert sorted(mine[e["call"]] for e in told) == callers
    assert len([e for e in told if e["type"] == "hangup"]) >= 2
    until(lambda: own.status().get("calls") == 0, 10)


def test_a_draining_connector_says_when_to_come_back(own_connector, sipp, by_hand, tmp_path):
    own = own_connector(name="later")
    case = Case(own, sipp, tmp_path)
    case.start(invite(), early(), answered(), pause(4), bye())
    case.wait("queued")
    own.tell("drain", connector="later")
    until(lambda: own.status().get("draining"), 5)
    refused = by_hand(own.port)
    refused.ask("INVITE", 1, body=refused.sdp)
    answer = refused.hear("SIP/2.0 503")
    assert "Retry-After: " in answer
    refused.ask("ACK", 1)
    own.tell("undrain", connector="later")
    until(lambda: own.status().get("draining") is False, 5)
    taken = by_hand(own.port)
    taken.call()
    taken.ask("BYE", 2)
    taken.hear("SIP/2.0 200")
    case.finish()
    case.ended()
