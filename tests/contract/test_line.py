"""What every telephone line promises: the written one and PJSIP with real phones."""

import hashlib
import tempfile
import time
import uuid
from pathlib import Path

import pytest

from telephony import wav
from telephony.hearing import CALLER, MUSIC
from telephony.line import LineError
from telephony.scripted import Phone, ScriptedLine
from telephony.signals import Failure, Signal
from tests.sip import sound
from tests.sip.peers import HOST, Baresip, free_port, sound_port, until

PROMPTS = {"notice": 0.4, "rating": 0.4, "music": 1.0}


class Bench:
    """A line with one citizen and one agent. `hear` waits for a signal and keeps what else was heard."""

    uri: str

    def __init__(self, line):
        self.line, self.heard = line, []

    def hear(self, signal, seconds=8.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for index, one in enumerate(self.heard):
                if one.signal == signal:
                    return self.heard.pop(index)
            self.heard += self.line.poll(self.step)
        raise AssertionError(f"{signal} not heard; instead {[one.signal for one in self.heard]}")

    def silent(self, signal, polls=40):
        """The signal does not come."""
        for _ in range(polls):
            self.heard += self.line.poll(0.02)
        return all(one.signal != signal for one in self.heard)

    def waiting(self):
        """A citizen who was answered; his call."""
        self.citizen_rings()
        call = self.hear(Signal.INVITED).call
        self.line.answer(call)
        self.hear(Signal.ANSWERED)
        return call

    def dialled(self):
        """The citizen's phone rings for a call of ours."""
        call = str(uuid.uuid4())
        self.called(call)
        self.line.dial(call, self.citizen_uri)
        return call

    def ringing(self):
        """And the agent's phone rings for him; call and token."""
        call, token = self.waiting(), uuid.uuid4().hex
        self.line.ring(call, token, self.uri, {"X-Hotline-Case": "1"})
        assert self.hear(Signal.AGENT_RINGING).token == token
        return call, token

    def talking(self):
        call, token = self.ringing()
        self.agent_answers(call, token)
        assert self.hear(Signal.AGENT_ANSWERED).token == token
        self.line.bridge(call, token)
        assert self.hear(Signal.BRIDGED).token == token
        return call, token

    def tidy(self):
        """Everybody hangs up."""
        for call in {one.call for one in self.heard} | self.seen():
            self.line.hang_up(call)
        self.silent(Signal.INVITED, 30)
        self.heard.clear()


class ScriptedBench(Bench):
    step, uri = 0.1, "sip:agent1@phone"

    def __init__(self):
        phones = {self.uri: Phone(answers=None), self.citizen_uri: Phone(answers=None)}
        super().__init__(ScriptedLine(phones, PROMPTS))
        self.calls = []

    citizen_uri = "sip:13800138000@phone"

    def seen(self):
        return set(self.calls)

    def called(self, call):
        self.calls.append(call)

    def citizen_answers(self, call):
        self.line.citizen_answers(call)

    def citizen_refuses(self, call):
        self.line.citizen_refuses(call, Failure.BUSY)

    def citizen_rings(self):
        self.calls.append(str(uuid.uuid4()))
        self.line.caller_rings(self.calls[-1], "13800138000")

    def citizen_presses(self, digit):
        self.line.caller_presses(self.calls[-1], digit)

    def citizen_hangs_up(self):
        self.line.caller_hangs_up(self.calls[-1])

    def agent_answers(self, call, token):
        self.line.agent_answers(call, token)

    def agent_refuses(self, call, token):
        self.line.agent_refuses(call, token, Failure.BUSY)

    def agent_hangs_up(self, call, token):
        self.line.agent_hangs_up(call, token)


class PjsuaBench(Bench):
    step = 0.02

    def __init__(self, folder):
        from telephony.pjsua import Config, PjsuaLine

        for name, seconds in PROMPTS.items():
            sound.tone_alaw(folder / f"{name}.wav", 500, seconds)
        self.port = free_port()
        super().__init__(PjsuaLine(Config(sip_port=self.port, rtp_port=sound_port(), slots=8, voices=(folder,))))
        self.agent = Baresip(folder, "agent2", 1600).start()
        self.citizen = Baresip(folder, "13800138000", 1000).start()
        self.uri = self.agent.uri

    def seen(self):
        return {side.call for side in self.line._sides.values()}

    def tidy(self):
        super().tidy()
        for phone in (self.agent, self.citizen):
            phone.tell("hangup")
        until(lambda: self.line.poll(0.02) is not None and not self.line._sides, 10, "legs are left")

    @property
    def citizen_uri(self):
        return self.citizen.uri

    def called(self, _call):
        self.citizen.events.clear()

    def citizen_answers(self, _call):
        self.while_waiting("CALL_INCOMING")
        self.citizen.tell("accept")

    def citizen_refuses(self, _call):
        self.while_waiting("CALL_INCOMING")
        self.citizen.tell("hangup")

    def while_waiting(self, kind):
        """The line has to work while the phone is waited for."""
        until(lambda: self.heard.extend(self.line.poll(0.02)) or self.citizen.saw(kind), 8, f"no {kind}")

    def citizen_rings(self):
        self.agent.events.clear()
        self.citizen.tell("dial", f"sip:12345@{HOST}:{self.port}")

    def citizen_presses(self, digit):
        self.citizen.tell("sndcode", digit)

    def citizen_hangs_up(self):
        self.citizen.tell("hangup")

    def agent_answers(self, _call, _token):
        self.agent.tell("accept")

    def agent_refuses(self, _call, _token):
        self.agent.tell("hangup")

    def agent_hangs_up(self, _call, _token):
        self.agent.tell("hangup")

    def close(self):
        self.line.close()
        self.agent.stop()
        self.citizen.stop()


@pytest.fixture(scope="module")
def network():
    with tempfile.TemporaryDirectory(prefix="line-") as folder:
        made = PjsuaBench(Path(folder))
        yield made
        made.close()


@pytest.fixture(params=[pytest.param("scripted", marks=pytest.mark.fast), pytest.param("pjsua", marks=pytest.mark.sip)])
def bench(request):
    made = ScriptedBench() if request.param == "scripted" else request.getfixturevalue("network")
    yield made
    made.tidy()


def test_a_call_comes_with_its_number_and_is_answered(bench):
    bench.citizen_rings()
    invited = bench.hear(Signal.INVITED)
    assert invited.caller == "13800138000"
    bench.line.answer(invited.call)
    assert bench.hear(Signal.ANSWERED).call == invited.call


def test_a_refused_call_says_nothing_more(bench):
    bench.citizen_rings()
    bench.line.refuse(bench.hear(Signal.INVITED).call, 503, {"Retry-After": "5"})
    assert bench.silent(Signal.CALLER_GONE)


def test_a_prompt_tells_its_end_once(bench):
    call = bench.waiting()
    bench.line.play(call, "notice")
    assert bench.hear(Signal.PROMPT_END).prompt == "notice"
    assert bench.silent(Signal.PROMPT_END)


def test_a_prompt_that_was_replaced_never_ends(bench):
    call = bench.waiting()
    bench.line.play(call, "notice")
    bench.line.play(call, "rating")
    assert bench.hear(Signal.PROMPT_END).prompt == "rating"
    assert bench.silent(Signal.PROMPT_END)


def test_music_ends_a_prompt(bench):
    call = bench.waiting()
    bench.line.play(call, "notice")
    bench.line.hold(call)
    assert bench.silent(Signal.PROMPT_END, 60)


def test_a_digit_is_heard(bench):
    call = bench.waiting()
    bench.citizen_presses("4")
    heard = bench.hear(Signal.DIGIT)
    assert (heard.call, heard.digit) == (call, "4")


def test_a_caller_who_hangs_up_is_gone(bench):
    call = bench.waiting()
    bench.citizen_hangs_up()
    assert bench.hear(Signal.CALLER_GONE).call == call


def test_hanging_up_is_followed_by_the_callers_end(bench):
    call = bench.waiting()
    bench.line.hang_up(call)
    assert bench.hear(Signal.CALLER_GONE).call == call


def test_a_phone_that_is_busy_says_so(bench):
    call, token = bench.ringing()
    bench.agent_refuses(call, token)
    failed = bench.hear(Signal.AGENT_FAILED)
    assert (failed.token, failed.reason) == (token, Failure.BUSY)


def test_a_cancelled_leg_says_nothing_more(bench):
    call, token = bench.ringing()
    bench.line.cancel(call, token)
    assert bench.silent(Signal.AGENT_FAILED)
    assert bench.silent(Signal.AGENT_GONE)
    assert bench.silent(Signal.CALLER_GONE)


def test_an_agent_who_hangs_up_is_gone_and_the_caller_is_still_there(bench):
    call, token = bench.talking()
    bench.agent_hangs_up(call, token)
    assert bench.hear(Signal.AGENT_GONE).token == token
    bench.line.play(call, "rating")
    assert bench.hear(Signal.PROMPT_END).call == call


def test_a_bridge_without_an_agent_fails(bench):
    call = bench.waiting()
    bench.line.bridge(call, "none")
    assert bench.hear(Signal.BRIDGE_FAILED).token == "none"


def test_a_citizen_we_call_answers_and_is_then_as_any_caller(bench):
    call = bench.dialled()
    bench.citizen_answers(call)
    assert bench.hear(Signal.ANSWERED).call == call
    bench.line.play(call, "notice")
    assert bench.hear(Signal.PROMPT_END).call == call
    bench.citizen_hangs_up()
    assert bench.hear(Signal.CALLER_GONE).call == call


def test_a_citizen_we_call_may_be_busy(bench):
    call = bench.dialled()
    bench.citizen_refuses(call)
    failed = bench.hear(Signal.CALLER_FAILED)
    assert (failed.call, failed.reason) == (call, Failure.BUSY)


def test_a_citizen_who_stops_ringing_at_our_word_has_failed(bench):
    call = bench.dialled()
    bench.silent(Signal.CALLER_FAILED, 5)
    bench.line.hang_up(call)
    assert bench.hear(Signal.CALLER_FAILED).call == call


def test_a_citizen_without_an_address_is_an_error(bench):
    with pytest.raises(LineError):
        bench.line.dial(str(uuid.uuid4()), "not an address")


def test_a_table_of_who_hears_whom_leaves_the_talk_going(bench):
    call, token = bench.talking()
    for table in ({(MUSIC, CALLER)}, {(CALLER, token), (token, CALLER)}, set()):
        bench.line.patch(call, frozenset(table))
        assert bench.silent(Signal.CALLER_GONE, 5)
    bench.agent_hangs_up(call, token)
    assert bench.hear(Signal.AGENT_GONE).token == token


def test_a_recording_is_whole_when_it_is_told(bench, tmp_path):
    call, _ = bench.talking()
    bench.line.record(call, tmp_path / "day" / "a.wav")
    bench.silent(Signal.CALLER_GONE)
    bench.line.stop_record(call)
    filed = bench.hear(Signal.RECORDED)
    file = Path(filed.file)
    assert wav.whole(file)
    assert filed.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert filed.seconds == pytest.approx(wav.seconds(file), abs=0.01)
    assert filed.seconds > 0.3


def test_a_caller_who_hangs_up_leaves_a_whole_recording(bench, tmp_path):
    call, _ = bench.talking()
    bench.line.record(call, tmp_path / "a.wav")
    bench.silent(Signal.CALLER_GONE, 20)
    bench.citizen_hangs_up()
    assert bench.hear(Signal.CALLER_GONE).call == call
    assert wav.whole(Path(bench.hear(Signal.RECORDED).file))


def test_a_recording_that_cannot_be_written_is_an_error(bench, tmp_path):
    call, _ = bench.talking()
    (tmp_path / "file").touch()
    with pytest.raises(LineError):
        bench.line.record(call, tmp_path / "file" / "a.wav")


def test_an_address_that_is_none_is_an_error(bench):
    call = bench.waiting()
    with pytest.raises(LineError):
        bench.line.ring(call, "t", "not an address", {})


def test_orders_for_a_call_that_is_gone_do_nothing(bench, tmp_path):
    gone = str(uuid.uuid4())
    for order in (bench.line.answer, bench.line.hold, bench.line.hang_up, bench.line.stop_record):
        order(gone)
    bench.line.play(gone, "notice")
    bench.line.cancel(gone, "t")
    bench.line.refuse(gone, 486, {})
    bench.line.patch(gone, frozenset({(MUSIC, CALLER)}))
    bench.line.record(gone, tmp_path / "a.wav")
    assert bench.silent(Signal.PROMPT_END, 30)
    assert not (tmp_path / "a.wav").exists()
