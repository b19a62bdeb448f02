"""Several phones that ring at once for one caller, and a desk that answers and ends its own leg."""

import datetime as dt

import pytest

from telephony.calls import decide
from telephony.signals import Event, Facts, Heard, Order, Phase, Signal

pytestmark = pytest.mark.fast
NOW = dt.datetime(2026, 9, 29, 8, 20, tzinfo=dt.UTC)
WAITING = Facts("c", Phase.WAITING, joined=NOW)
TALK = Facts("c", Phase.TALKING, "t1", "a1", used=frozenset({"t1"}), joined=NOW)


def offer(token, *, together=True):
    return Heard("c", Signal.OFFER, token=token, agent=f"agent {token}", uri="sip:a@b", together=together)


def run(facts, *signals):
    """The last decision of several."""
    for heard in signals:
        made = decide(facts, heard, NOW)
        facts = made.facts
    return made


def ringing(*tokens):
    return run(WAITING, *(offer(token) for token in tokens)).facts


def says(made):
    """Events in short: `offer_failed t2 busy`."""
    words = [(told.event, told.fields.get("token"), told.fields.get("reason")) for told in made.events]
    return [" ".join(word for word in row if word) for row in words]


def leg(signal, token, **more):
    return Heard("c", signal, token=token, **more)


def test_every_offer_that_shall_ring_together_rings():
    for count in range(1, 4):
        made = run(WAITING, *(offer(f"t{n}") for n in range(count)))
        assert (made.orders, made.events, made.facts.phase) == ((Order.RING_AGENT,), (), Phase.OFFERED)


def test_an_offer_that_does_not_ask_to_ring_beside_others_is_refused():
    made = run(ringing("t1"), offer("t2", together=False))
    assert says(made) == ["offer_failed t2 error"]
    assert made.facts == ringing("t1")


def test_an_offer_that_rings_already_changes_nothing_and_a_used_one_is_refused():
    assert run(ringing("t1", "t2"), offer("t1")).events == ()
    assert says(run(ringing("t1", "t2"), leg(Signal.AGENT_FAILED, "t2"), offer("t2"))) == ["offer_failed t2 error"]


@pytest.mark.parametrize("winner", ["t1", "t2", "t3"])
def test_who_answers_first_has_the_call_and_the_others_stop_ringing(winner):
    losers = sorted({"t1", "t2", "t3"} - {winner})
    made = run(ringing("t1", "t2", "t3"), leg(Signal.AGENT_ANSWERED, winner))
    assert made.orders == (Order.BRIDGE,)
    assert made.facts.token == winner
    assert says(made)[0] == f"agent_answered {winner}"
    assert sorted(says(made)[1:]) == [f"offer_failed {token} taken" for token in losers]
    assert sorted(made.drop) == losers
    late = decide(made.facts, leg(Signal.AGENT_ANSWERED, losers[0]), NOW)
    assert (late.facts, late.drop, late.events) == (made.facts, (losers[0],), ())


@pytest.mark.parametrize("signal", [Signal.AGENT_FAILED, Signal.RING_TIMEOUT, Signal.CANCEL_OFFER, Signal.AGENT_GONE])
@pytest.mark.parametrize("token", ["t1", "t2", "t3"])
def test_one_that_comes_to_nothing_leaves_the_others_ringing(signal, token):
    made = run(ringing("t1", "t2", "t3"), leg(signal, token, reason="busy"))
    why = "unreachable" if signal == Signal.RING_TIMEOUT else "busy"
    assert says(made) == [f"offer_failed {token} {why}"]
    assert made.facts.phase == Phase.OFFERED
    assert made.drop == ()
    assert run(made.facts, leg(Signal.AGENT_ANSWERED, token)).drop == (token,)


def test_when_the_last_came_to_nothing_the_caller_waits_at_his_old_place():
    signals = [leg(Signal.AGENT_FAILED, token, reason="busy") for token in ("t2", "t1")]
    made = run(ringing("t1", "t2"), *signals)
    assert made.facts.phase == Phase.WAITING
    assert says(made) == ["offer_failed t1 busy", "queued"]
    assert made.events[1].fields == {"joined": NOW.isoformat()}


@pytest.mark.parametrize(
    "signal", [Signal.CALLER_GONE, Signal.HANGUP, Signal.VOICEMAIL, Signal.WAIT_CAP, Signal.CALL_CAP]
)
def test_a_caller_who_leaves_the_line_silences_every_phone(signal):
    made = run(ringing("t1", "t2", "t3"), Heard("c", signal))
    assert Order.CANCEL_AGENT in made.orders
    assert set(made.drop) == {"t2", "t3"}
    assert made.facts.others == ()


def test_whether_a_phone_rang_is_known_of_each():
    rang = run(ringing("t1", "t2"), leg(Signal.AGENT_RINGING, "t2"))
    assert says(rang) == ["offer_ringing t2"]
    assert says(run(rang.facts, leg(Signal.RING_TIMEOUT, "t1"))) == ["offer_failed t1 unreachable"]
    assert says(run(rang.facts, leg(Signal.RING_TIMEOUT, "t2"))) == ["offer_failed t2 no_answer"]


def test_thirty_phones_at_once_and_no_more():
    made = run(ringing(*(f"t{n}" for n in range(30))), offer("t30"))
    assert says(made) == ["offer_failed t30 error"]


# --- the desk and its phone -----------------------------------------------------------------------------------------

GUEST = [Heard("c", Signal.CONFERENCE, token="g", uri="sip:x@y")]
JOINED = [*GUEST, leg(Signal.AGENT_ANSWERED, "g")]
PREVIEW = Facts("c", Phase.PREVIEW, "t1", "a1", used=frozenset({"t1"}), outbound=True)
ENDS = [
    (ringing("t1"), "t1", Phase.WAITING, ["offer_failed t1 reject", "queued"], "his phone rings"),
    (ringing("t1", "t2"), "t2", Phase.OFFERED, ["offer_failed t2 reject"], "one of two that ring"),
    (TALK, "t1", Phase.RATING, ["agent_hangup t1", "rating_prompt"], "he speaks with the caller"),
    (run(TALK, *JOINED).facts, "t1", Phase.TALKING, ["transferred g"], "caller and guest speak on"),
    (run(TALK, *JOINED).facts, "g", Phase.TALKING, ["guest_gone g"], "the guest's desk"),
    (run(TALK, *GUEST).facts, "g", Phase.TALKING, ["guest_failed g reject"], "the guest's phone rings"),
    (PREVIEW, "t1", Phase.ENDED, ["offer_failed t1 reject", "hangup"], "a call of ours, his phone rings"),
]


@pytest.mark.parametrize(("facts", "token", "phase", "told", "why"), ENDS, ids=[row[4] for row in ENDS])
def test_a_leg_put_down_by_the_desk_ends_as_if_its_phone_had(facts, token, phase, told, why):
    made = run(facts, leg(Signal.PUT_DOWN, token))
    assert made.facts.phase == phase
    assert says(made) == told
    assert token in made.drop


@pytest.mark.parametrize("facts", [WAITING, TALK, ringing("t1"), PREVIEW], ids=lambda facts: facts.phase)
@pytest.mark.parametrize("signal", [Signal.PUT_DOWN, Signal.PICK_UP])
def test_a_leg_that_is_not_there_is_neither_ended_nor_answered(facts, signal):
    made = run(facts, leg(signal, "none"))
    assert (made.facts, made.orders, made.drop, says(made)) == (facts, (), (), ["refused none"])


RINGS = [(ringing("t1"), "t1"), (ringing("t1", "t2"), "t2"), (PREVIEW, "t1"), (run(TALK, *GUEST).facts, "g")]


@pytest.mark.parametrize(("facts", "token"), RINGS)
def test_a_phone_that_rings_is_asked_to_answer_and_its_refusal_is_told(facts, token):
    asked = run(facts, leg(Signal.PICK_UP, token))
    assert (asked.facts, asked.orders, asked.events) == (facts, (Order.PICK_UP,), ())
    refused = run(facts, leg(Signal.NOT_PICKED_UP, token))
    assert (refused.facts, refused.events[0].fields) == (facts, {"command": "pick_up", "token": token})
    assert refused.events[0].event == Event.REFUSED


def test_a_refusal_that_comes_after_the_answer_means_nothing():
    assert run(TALK, leg(Signal.NOT_PICKED_UP, "t1")).events == ()
