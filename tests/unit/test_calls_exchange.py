"""Whole calls on a written line: what is told, in which order, and what is done when something breaks."""

import hashlib
import uuid

import pytest

from telephony import recovery, wav
from telephony.calls import Failure, Heard, Signal
from telephony.commands import command
from telephony.exchange import Exchange, Limits
from telephony.journal import Journal, OpenCall
from telephony.scripted import Phone, ScriptedLine

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
    assert house.tape.types() == [*story.split(), "rating_prompt", "rating", "hangup"]
    assert [d["id"] for d in house.tape.told] == [f"{CALL}:{n + 1}" for n in range(12)]
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
    house.waiting().exchange.draining = True
    other = str(uuid.uuid4())
    house.line.caller_rings(other, "137")
    house.run(0.5)
    assert house.line.refused == {other: 503}
    assert list(house.exchange.calls) == [CALL]


def test_nobody_distributes_so_the_caller_is_let_go_at_the_cap(tmp_path):
    house = House(tmp_path, wait_cap=30).waiting()
    house.run(31)
    ended = house.tape.one("hangup")
    assert (ended["by"], ended["cause"]) == ("system", "no_agents")


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
