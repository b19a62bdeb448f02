"""Whole calls on a written line: what is told, in which order, and what is done when something breaks."""

import hashlib
import uuid

import pytest

from telephony import recovery, talk, wav
from telephony.commands import command
from telephony.exchange import Exchange
from telephony.journal import Journal, OpenCall
from telephony.live import Limits
from telephony.scripted import Phone, ScriptedLine
from telephony.signals import Failure, Heard, Signal

pytestmark = pytest.mark.fast
CALL = "5b3a4e0e-7d55-4f0c-9a66-1d6f6f1c9a01"
PHONE = "sip:agent1@127.0.0.1:5701"
PROMPTS = {"notice": 2.0, "rating": 3.0, "thanks": 1.0}


class Tape:
    """A record in memory that can be full."""

    def __init__(self):
        self.told, self.full = [], False

    def append(self, documents):
        if self.full:
            raise OSError(28, "no space left")
        self.told.extend(documents)

    def types(self):
        return [document["type"] for document in self.told]

    def one(self, kind):
        return next(document for document in self.told if document["type"] == kind)


class House:
    """An exchange on a written line whose clock is the line's."""

    def __init__(self, folder, phones=None, **limits):
        self.line = ScriptedLine(phones or {PHONE: Phone(answers=1.0, talks=5.0)}, PROMPTS)
        self.tape = Tape()
        self.exchange = Exchange(self.line, self.tape, folder, "c1", Limits(**limits), lambda: self.line.now)

    def run(self, seconds, *commands):
        for _ in range(int(seconds * 10)):
            self.exchange.turn(0.1, list(commands))
            commands = ()

    def waiting(self, call=CALL, caller="13900001234"):
        self.line.caller_rings(call, caller)
        self.run(3)
        return self

    def offer(self, token="t1", call=CALL, uri=PHONE, **more):
        return Heard(call, Signal.OFFER, token=token, agent="agent1", uri=uri, timeout=10, **more)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_call_from_invite_to_rating(house, tmp_path):
    house.waiting().run(9.5, house.offer(case="20260929000001"))
    house.line.caller_presses(CALL, "5")
    house.run(3)
    story = "invite answered notice_end queued offer_ringing agent_answered bridged recording agent_hangup"
    assert house.tape.types() == [*story.split(), "rating_prompt", "recording_done", "rating", "hangup"]
    assert [d["id"] for d in house.tape.told] == [f"{CALL}:{n + 1}" for n in range(13)]
    ended = house.tape.one("hangup")
    file = tmp_path / ended["recording"]
    assert ended["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert ended["seconds"] == pytest.approx(wav.seconds(file), abs=0.01)
    assert (ended["by"], ended["cause"]) == ("agent", "normal")
    assert house.exchange.calls == {}
    assert house.tape.one("invite")["caller"] == "13900001234"


def test_nothing_is_done_before_it_is_written(house):
    house.tape.full = True
    house.line.caller_rings(CALL, "139")
    house.run(2)
    assert not house.line.callers[CALL].up
    assert house.tape.told == []
    assert house.exchange.faults > 0
    house.tape.full = False
    house.run(3)
    assert house.line.callers[CALL].hears == "music"
    assert house.tape.types() == ["invite", "answered", "notice_end", "queued"]


def test_a_caller_who_leaves_while_a_phone_rings_takes_the_ringing_with_him(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=None)}).waiting()
    house.run(1, house.offer())
    assert (CALL, "t1") in house.line.agents
    house.line.caller_hangs_up(CALL)
    house.run(0.5)
    assert house.line.agents == {}
    assert house.tape.one("hangup")["by"] == "caller"


def test_the_agent_who_answers_just_as_the_caller_hangs_up_is_dropped(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=None)}).waiting()
    house.run(0.5, house.offer())
    house.line.caller_hangs_up(CALL)
    house.line.agent_answers(CALL, "t1")
    house.run(1)
    assert house.line.agents == {}
    assert "agent_answered" not in house.tape.types()


@pytest.mark.parametrize("reason", [Failure.BUSY, Failure.REJECT, Failure.UNREACHABLE])
def test_a_phone_that_fails_leaves_the_caller_in_line_with_music(tmp_path, reason):
    house = House(tmp_path, {PHONE: Phone(fails=reason)}).waiting()
    house.run(1, house.offer())
    failed = house.tape.one("offer_failed")
    assert (failed["agent"], failed["token"], failed["reason"]) == ("agent1", "t1", reason)
    assert house.tape.types()[-2:] == ["offer_failed", "queued"]
    assert house.line.callers[CALL].hears == "music"


def test_an_address_that_is_none_fails_the_offer_at_once(house):
    house.waiting().run(0.5, house.offer(uri="nonsense"))
    assert house.tape.one("offer_failed")["reason"] == "error"


def test_nobody_takes_it_the_offer_ends_and_the_phone_is_silent(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=None)}).waiting()
    house.run(11, house.offer())
    assert house.tape.one("offer_failed")["reason"] == "no_answer"
    assert house.line.agents == {}


def test_an_offer_for_a_call_that_ended_here_is_answered_and_one_of_another_house_is_not(house):
    house.waiting()
    house.line.caller_hangs_up(CALL)
    house.run(1)
    house.run(0.2, house.offer("late"), house.offer("foreign", call=str(uuid.uuid4())))
    assert [d["token"] for d in house.tape.told if d["type"] == "offer_failed"] == ["late"]
    assert len({d["id"] for d in house.tape.told}) == len(house.tape.told)


def test_full_means_rejected_with_the_number(tmp_path):
    house = House(tmp_path, slots=1).waiting()
    other = str(uuid.uuid4())
    house.line.caller_rings(other, "13700000000")
    house.run(0.5)
    told = house.tape.one("rejected")
    assert (told["call"], told["caller"], told["reason"]) == (other, "13700000000", "full")
    assert house.line.refused == {other: 486}


def test_draining_takes_no_new_call_and_keeps_the_old(house):
    house.waiting().exchange.drain()
    assert house.line.taking is False
    other = str(uuid.uuid4())
    house.line.caller_rings(other, "137")
    house.run(0.5)
    assert house.line.refused == {other: 503}
    assert list(house.exchange.calls) == [CALL]


def test_nobody_distributes_so_the_connector_itself_takes_a_message(tmp_path):
    house = House(tmp_path, wait_cap=30, message=10).waiting()
    house.run(31)
    assert house.line.callers[CALL].hears == "message"
    house.run(11.5)
    ended = house.tape.one("hangup")
    assert (ended["by"], ended["cause"]) == ("caller", "voicemail")
    assert 9 < ended["seconds"] < 11
    assert house.tape.types()[4:] == ["message", "recording", "recording_done", "hangup"]


def told(kind, **fields):
    """A command as it comes from the stream."""
    return command({"type": kind, "call": CALL, **fields})


def test_announcements_are_played_in_turn_and_then_music(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=None)}).waiting()
    house.run(0.5, told("announce", prompts=["before", "digit3", "people"]))
    heard = [house.line.callers[CALL].hears]
    for _ in range(35):
        house.run(0.1)
        heard += [now] if (now := house.line.callers[CALL].hears) != heard[-1] else []
    assert heard == ["before", "digit3", "people", "music"]
    house.run(0.5, house.offer())
    assert (CALL, "t1") in house.line.agents


def test_an_announcement_outside_the_line_is_refused(house):
    house.line.caller_rings(CALL, "139")
    house.run(0.3, told("announce", prompts=["before"]))
    assert house.tape.one("refused")["command"] == "announce"


def test_last_words_then_the_end_with_its_reason(house):
    house.waiting().run(4, told("goodbye", prompts=["callback", "closing"], reason="callback"))
    ended = house.tape.one("hangup")
    assert (ended["by"], ended["cause"]) == ("system", "callback")


CITIZEN = "sip:13900001234@trunk"
DIAL = {"agent": "agent1", "uri": PHONE, "token": "t", "to": CITIZEN, "case": "20260929000001"}


def test_a_call_of_ours_joins_agent_and_citizen(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=1.0, talks=5.0), CITIZEN: Phone(answers=1.0)})
    house.run(8, told("dial", **DIAL))
    story = "dialled offer_ringing agent_ready answered agent_answered bridged recording agent_hangup recording_done"
    assert house.tape.types() == [*story.split(), "hangup"]
    assert house.tape.one("dialled")["caller"] == "13900001234"
    assert house.tape.one("dialled")["connector"] == "c1"
    assert house.exchange.calls == {}


@pytest.mark.parametrize(
    ("phones", "reason"),
    [
        ({PHONE: Phone(answers=1.0), CITIZEN: Phone(fails=Failure.BUSY)}, "busy"),
        ({PHONE: Phone(answers=1.0), CITIZEN: Phone(answers=None)}, "no_answer"),
        ({PHONE: Phone(fails=Failure.REJECT)}, "reject"),
        ({PHONE: Phone(answers=None)}, "no_answer"),
    ],
)
def test_a_call_of_ours_that_comes_to_nothing_ends_with_the_reason(tmp_path, phones, reason):
    house = House(tmp_path, phones, ring=5, dial=5)
    house.run(12, told("dial", **DIAL))
    assert house.tape.one("hangup")["cause"] == reason
    assert (house.exchange.calls, house.line.agents) == ({}, {})


def test_a_dial_that_comes_twice_rings_once(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=None)})
    house.run(1, told("dial", **DIAL), told("dial", **DIAL))
    assert house.tape.types() == ["dialled", "offer_ringing"]


@pytest.mark.parametrize(("to", "draining"), [("nonsense", False), (CITIZEN, True)])
def test_a_call_that_cannot_be_made_is_refused(tmp_path, to, draining):
    house = House(tmp_path)
    house.exchange.drain(on=draining)
    house.run(1, told("dial", **DIAL | {"to": to}))
    assert house.tape.types() == ["refused"]
    assert house.exchange.calls == {}


def test_a_survey_asks_without_an_agent(tmp_path):
    house = House(tmp_path, {CITIZEN: Phone(answers=1.0)})
    house.run(5, told("survey", to=CITIZEN, case="20260929000001"))
    house.line.caller_presses(CALL, "4")
    house.run(3)
    assert house.tape.types() == ["dialled", "answered", "rating_prompt", "rating", "hangup"]


def test_a_conference_through_the_exchange_rings_and_joins(tmp_path):
    other = "sip:police@gate"
    house = House(tmp_path, {PHONE: Phone(answers=0.5), other: Phone(answers=0.5)}).waiting()
    house.run(2, house.offer())
    house.run(2, told("conference", token="g", uri=other, agent="110"))
    assert {("caller", "g"), ("g", "caller"), ("g", "recorder")} <= house.line.tables[CALL]
    house.line.agent_hangs_up(CALL, "t1")
    house.run(1)
    assert house.line.tables[CALL] == {
        ("caller", "g"),
        ("g", "caller"),
        ("caller", "recorder"),
        ("g", "recorder"),
    }
    house.line.caller_hangs_up(CALL)
    house.run(1)
    assert house.line.agents == {}


def test_a_guest_whose_address_is_none_fails_and_the_talk_goes_on(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=0.5)}).waiting()
    house.run(2, house.offer())
    house.run(1, told("conference", token="g", uri="nonsense"))
    assert house.tape.one("guest_failed")["reason"] == "error"
    assert "hangup" not in house.tape.types()


def test_a_guest_who_never_answers_stops_ringing(tmp_path):
    other = "sip:police@gate"
    house = House(tmp_path, {PHONE: Phone(answers=0.5), other: Phone(answers=None)}).waiting()
    house.run(2, house.offer())
    house.run(6, told("consult", token="g", uri=other, timeout=3))
    assert house.tape.one("guest_failed")["reason"] == "no_answer"
    assert list(house.line.agents) == [(CALL, "t1")]


def test_no_call_lasts_longer_than_the_cap(tmp_path):
    house = House(tmp_path, {PHONE: Phone(answers=0.5)}, call_cap=60).waiting()
    house.run(60, house.offer())
    assert house.tape.one("hangup")["cause"] == "cap"
    assert house.line.agents == {}


def test_a_recording_that_cannot_be_written_does_not_end_the_talk(tmp_path):
    house = House(tmp_path / "file")
    (tmp_path / "file").write_text("in the way")
    house.waiting().run(3, house.offer())
    assert "bridged" in house.tape.types()
    assert "recording" not in house.tape.types()
    house.line.caller_hangs_up(CALL)
    house.run(1)
    assert house.tape.one("hangup")["recording"] == ""


def test_stopping_ends_every_call(house):
    house.waiting().exchange.stop("shutdown")
    house.run(1)
    assert (house.tape.one("hangup")["by"], house.exchange.calls) == ("system", {})


def test_after_a_crash_each_open_call_is_told_as_lost_with_the_next_number(tmp_path):
    tape = Tape()
    invite = {"call": CALL, "caller": "139"}
    assert recovery.lost(tape, {CALL: OpenCall(invite, 4)}, tmp_path) == 1
    told = tape.told[0]
    assert (told["id"], told["type"], told["caller"]) == (f"{CALL}:5", "lost", "139")


def test_an_exchange_writes_into_a_real_journal(tmp_path):
    journal = Journal(tmp_path / "journal")
    house = House(tmp_path)
    house.exchange.record = journal
    house.waiting()
    assert list(journal.open) == [CALL]
    house.line.caller_hangs_up(CALL)
    house.run(1)
    assert journal.open == {}
    journal.close()


COMMANDS = [
    (
        {"type": "offer", "call": CALL, "agent": "a", "uri": "sip:a@b", "token": "t"},
        Signal.OFFER,
        "whole",
    ),
    ({"type": "cancel_offer", "call": CALL, "token": "t"}, Signal.CANCEL_OFFER, "whole"),
    ({"type": "hangup", "call": CALL, "reason": "x"}, Signal.HANGUP, "whole"),
    ({"type": "play", "call": CALL, "prompt": "busy"}, Signal.PLAY, "whole"),
    ({"type": "announce", "call": CALL, "prompts": "busy"}, Signal.ANNOUNCE, "prompts that are no list"),
    *(({"type": kind, "call": CALL, "token": "t"}, Signal(kind), kind) for kind in talk.COMMANDS),
    ({"type": "offer", "call": "no uuid"}, None, "the call is none"),
    ({"type": "offer", "call": CALL, "timeout": "soon"}, None, "the time is none"),
    ({"type": "dance", "call": CALL}, None, "no such command"),
    ({}, None, "empty"),
    ({"type": ["offer"], "call": {}}, None, "wrong types"),
]


@pytest.mark.parametrize(("document", "signal", "why"), COMMANDS, ids=[row[2] for row in COMMANDS])
def test_commands_are_read_or_skipped(document, signal, why):
    read = command(document)
    assert (read.signal if read else None) == signal
