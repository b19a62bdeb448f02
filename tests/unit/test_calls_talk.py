"""Inside a talk: who hears whom after each command, and what is refused."""

import datetime as dt
from dataclasses import replace

import pytest

from telephony.calls import decide
from telephony.hearing import pairs
from telephony.signals import Event, Facts, Heard, Order, Phase, Signal

pytestmark = pytest.mark.fast
NOW = dt.datetime(2026, 9, 29, 8, 20, tzinfo=dt.UTC)
TALK = Facts("c", Phase.TALKING, "agent", "agent1", used=frozenset({"agent"}), joined=NOW)

HEARD = {"up": Signal.AGENT_ANSWERED, "gone": Signal.AGENT_GONE, "rings": Signal.AGENT_RINGING}


def tell(facts, *words):
    """Says one thing after another: `consult g`, `up g`, `monitor s whisper`."""
    for word in words:
        kind, _, rest = word.partition(" ")
        token, _, mode = rest.partition(" ")
        signal = HEARD.get(kind) or Signal(kind)
        heard = Heard("c", signal, token=token, uri="sip:x@y", agent=f"of {token}", mode=mode, reason="id number")
        made = decide(facts, heard, NOW)
        assert Event.REFUSED not in [told.event for told in made.events], word
        facts = made.facts
    return facts


def read(text):
    """`caller<agent,sup agent<caller` → pairs: who hears whom."""
    made = set()
    for part in text.split():
        sink, _, sources = part.partition("<")
        made |= {(source, sink) for source in sources.split(",")}
    return made


GUEST, SUP = ("conference g", "up g"), ("monitor s listen", "up s")
TABLES = [
    ((), "caller<agent agent<caller recorder<caller,agent", "talk"),
    (("hold",), "caller<music recorder<silence", "hold"),
    (("hold", "unhold"), "caller<agent agent<caller recorder<caller,agent", "back from hold"),
    (("mute",), "agent<caller recorder<caller", "mute"),
    (("consult g",), "caller<music recorder<silence", "consultation begins"),
    (("consult g", "rings g"), "caller<music agent<ringback recorder<silence", "consultation rings"),
    (("consult g", "rings g", "up g"), "caller<music agent<g g<agent recorder<silence", "consultation"),
    (("consult g", "up g", "unhold"), "caller<agent agent<caller,g g<agent recorder<caller,agent", "between two"),
    (
        ("consult g", "up g", "join g"),
        "caller<agent,g agent<caller,g g<caller,agent recorder<caller,agent,g",
        "consultation joined",
    ),
    (("conference g", "rings g"), "caller<agent agent<caller,ringback recorder<caller,agent", "third rings"),
    (("monitor s listen", "rings s"), "caller<agent agent<caller recorder<caller,agent", "a listener rings unheard"),
    (GUEST, "caller<agent,g agent<caller,g g<caller,agent recorder<caller,agent,g", "three-way"),
    ((*GUEST, "mute"), "caller<g agent<caller,g g<caller recorder<caller,g", "three-way, agent mute"),
    ((*GUEST, "hold"), "caller<music agent<g g<agent recorder<silence", "three-way, caller on hold"),
    ((*GUEST, "drop g"), "caller<agent agent<caller recorder<caller,agent", "third dropped"),
    ((*GUEST, "gone g"), "caller<agent agent<caller recorder<caller,agent", "third hung up"),
    ((*GUEST, "gone agent"), "caller<g g<caller recorder<caller,g", "agent left, two speak on"),
    (("consult g", "up g", "transfer_attended g"), "caller<g g<caller recorder<caller,g", "attended transfer"),
    (SUP, "caller<agent agent<caller s<caller,agent recorder<caller,agent", "listen"),
    (("monitor s whisper", "up s"), "caller<agent agent<caller,s s<caller,agent recorder<caller,agent", "whisper"),
    (
        ("monitor s barge", "up s"),
        "caller<agent,s agent<caller,s s<caller,agent recorder<caller,agent,s",
        "barge",
    ),
    ((*SUP, "monitor s whisper"), "caller<agent agent<caller,s s<caller,agent recorder<caller,agent", "to whisper"),
    ((*SUP, "monitor s off"), "caller<agent agent<caller recorder<caller,agent", "off"),
    ((*SUP, "mute"), "agent<caller s<caller recorder<caller", "a listener hears no mute agent"),
    ((*SUP, "hold"), "caller<music s<agent recorder<silence", "a listener hears no caller on hold"),
    ((*SUP, "take_over s"), "caller<s s<caller recorder<caller,s", "take over"),
    ((*GUEST, *SUP), "caller<agent,g agent<caller,g g<caller,agent s<caller,agent,g recorder<caller,agent,g", "four"),
    (("pause_recording",), "caller<agent agent<caller recorder<silence", "recording paused"),
    (("pause_recording", "resume_recording"), "caller<agent agent<caller recorder<caller,agent", "recorded again"),
    (("transfer_blind g",), "caller<music recorder<silence", "blind transfer"),
    (("requeue",), "caller<music recorder<silence", "back in line"),
    (("hold", "gone agent"), "caller<music recorder<silence", "the talk is over"),
]


@pytest.mark.parametrize(("words", "table", "why"), TABLES, ids=[row[2] for row in TABLES])
def test_who_hears_whom(words, table, why):
    assert pairs(tell(TALK, *words)) == read(table)


def test_while_the_citizens_phone_rings_the_agent_hears_that_or_what_the_trunk_says():
    dialling = Facts("c", Phase.DIALLING, "agent", "agent1", outbound=True)
    assert pairs(dialling) == read("agent<ringback")
    early = decide(dialling, Heard("c", Signal.CALLER_EARLY), NOW)
    assert early.orders == (Order.PATCH,)
    assert pairs(early.facts) == read("agent<caller")


REFUSED = [
    ((), "unhold", "not on hold"),
    (("hold",), "hold", "on hold already"),
    ((), "unmute", "not mute"),
    ((), "join g", "nobody there"),
    (("consult g",), "join g", "he only rings"),
    (GUEST, "join g", "he is in already"),
    ((), "drop g", "nobody there"),
    (("consult g",), "transfer_attended g", "he only rings"),
    (SUP, "transfer_attended s", "a listener is no guest"),
    (GUEST, "take_over g", "a guest is no listener"),
    (("monitor s listen",), "take_over s", "he only rings"),
    ((), "monitor s sing", "no such mode"),
    ((), "monitor s off", "nobody there"),
    (GUEST, "monitor g whisper", "a guest is no listener"),
    ((), "consult agent", "the token was used"),
    (("consult g", "gone g"), "consult g", "the token was used"),
    ((), "transfer_blind agent", "the token was used"),
    ((), "resume_recording", "not paused"),
    (tuple(f"conference g{n}" for n in range(5)), "conference g5", "too many"),
]


@pytest.mark.parametrize(("words", "command", "why"), REFUSED, ids=[f"{row[1]}: {row[2]}" for row in REFUSED])
def test_what_cannot_be_done_now_is_refused_and_changes_nothing(words, command, why):
    before = tell(TALK, *words)
    with pytest.raises(AssertionError):
        tell(before, command)


def test_a_recording_is_paused_with_a_reason_only():
    made = decide(TALK, Heard("c", Signal.PAUSE_RECORDING), NOW)
    assert [told.event for told in made.events] == [Event.REFUSED]


def test_a_transfer_names_who_left_and_who_has_the_call():
    made = decide(tell(TALK, "consult g", "up g"), Heard("c", Signal.TRANSFER_ATTENDED, token="g"), NOW)
    told = {one.event: one.fields for one in made.events}
    assert told[Event.TRANSFERRED] == {"how": "attended", "from": "agent1", "token": "g", "agent": "of g"}
    assert Event.UNHELD in told
    assert made.orders == (Order.CANCEL_AGENT, Order.PATCH)


def test_a_blind_transfer_that_fails_leaves_the_caller_in_line_at_his_old_place():
    ringing = tell(TALK, "transfer_blind g")
    failed = decide(ringing, Heard("c", Signal.AGENT_FAILED, token="g", reason="busy"), NOW + dt.timedelta(minutes=9))
    assert failed.facts.phase == Phase.WAITING
    assert [(t.event, t.fields.get("reason") or t.fields.get("joined")) for t in failed.events] == [
        (Event.OFFER_FAILED, "busy"),
        (Event.QUEUED, NOW.isoformat()),
    ]


@pytest.mark.parametrize("ending", [Signal.CALLER_GONE, Signal.HANGUP, Signal.CALL_CAP, Signal.AGENT_GONE])
def test_a_talk_that_ends_takes_guests_and_listeners_with_it(ending):
    before = tell(TALK, "consult g", "monitor s listen", "up s")
    made = decide(before, Heard("c", ending, token="agent"), NOW)
    assert set(made.drop) == {"g", "s"}
    assert made.facts.talk.guests == ()


@pytest.mark.parametrize(("rang", "reason"), [(True, "no_answer"), (False, "unreachable")])
def test_a_guest_who_does_not_answer_fails_and_the_talk_goes_on(rang, reason):
    before = tell(TALK, "conference g")
    if rang:
        before = decide(before, Heard("c", Signal.AGENT_RINGING, token="g"), NOW).facts
    made = decide(before, Heard("c", Signal.RING_TIMEOUT, token="g"), NOW)
    assert (made.facts.phase, made.facts.talk.guests, made.drop) == (Phase.TALKING, (), ("g",))
    assert made.events[0].fields == {"token": "g", "agent": "of g", "role": "conference", "reason": reason}


def test_the_ring_time_of_a_guest_who_answered_means_nothing():
    before = tell(TALK, *GUEST)
    assert decide(before, Heard("c", Signal.RING_TIMEOUT, token="g"), NOW).facts == before


def test_nothing_of_a_talk_is_left_for_the_next():
    before = tell(TALK, "hold", "mute", "pause_recording")
    assert tell(before, "requeue").talk == replace(TALK).talk
