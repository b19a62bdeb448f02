"""The steps of a call, promised from the table both ways."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.calls import ENDS, OF_AN_OFFER, STEPS, TABLE, Decision, Event, Facts, Heard, Order, Phase, Signal, decide

pytestmark = pytest.mark.fast
NOW = dt.datetime(2026, 9, 29, 8, 20, tzinfo=dt.UTC)
RINGING_PHASES = {Phase.OFFERED, Phase.JOINING, Phase.TALKING}
OPEN = set(Phase) - {Phase.NEW, Phase.ENDED}
PAIRS = list(itertools.product(Phase, Signal))


def facts(phase):
    token = "t1" if phase in RINGING_PHASES else ""
    return Facts("c", phase, token, "agent1" if token else "", used=frozenset({token} - {""}))


def heard(phase, signal):
    """A signal with everything it may carry; its token is the call's where it speaks of an offer."""
    token = "t2" if signal == Signal.OFFER else "t1"
    return Heard("c", signal, token=token, agent="agent1", uri="sip:a@b", digit="3", caller="139")


def test_no_pair_is_listed_twice():
    assert len(TABLE) == sum(len(row.sources) for row in STEPS)


@pytest.mark.parametrize(("phase", "signal"), sorted(TABLE))
def test_what_is_listed_goes_where_the_table_says(phase, signal):
    row = TABLE[phase, signal]
    made = decide(facts(phase), heard(phase, signal), NOW)
    assert made.facts.phase == (row.target or phase)
    assert made.orders == row.orders
    assert tuple(told.event for told in made.events) == row.events


@pytest.mark.parametrize(("phase", "signal"), sorted(set(PAIRS) - set(TABLE)))
def test_what_is_not_listed_changes_nothing(phase, signal):
    before = facts(phase)
    made = decide(before, heard(phase, signal), NOW)
    assert (made.facts, made.orders, made.events) == (before, (), ())


@pytest.mark.parametrize("phase", sorted(OPEN))
def test_a_caller_may_hang_up_at_any_moment(phase):
    made = decide(facts(phase), Heard("c", Signal.CALLER_GONE), NOW)
    assert made.facts.phase == Phase.ENDED
    assert (Order.CANCEL_AGENT in made.orders) == (phase in RINGING_PHASES)
    assert [told.event for told in made.events] == [Event.HANGUP]


@pytest.mark.parametrize("signal", sorted(OF_AN_OFFER))
@pytest.mark.parametrize("phase", sorted(RINGING_PHASES))
def test_a_word_about_another_offer_changes_nothing(phase, signal):
    before = facts(phase)
    made = decide(before, Heard("c", signal, token="old"), NOW)
    assert (made.facts, made.orders, made.events) == (before, (), ())
    assert made.drop == ("old" if signal == Signal.AGENT_ANSWERED else "")


def test_the_same_offer_twice_rings_once_and_a_used_one_never_again():
    offer = Heard("c", Signal.OFFER, token="t1", agent="agent1", uri="sip:a@b")
    first = decide(Facts("c", Phase.WAITING), offer, NOW)
    assert first.orders == (Order.RING_AGENT,)
    assert decide(first.facts, offer, NOW) == Decision(first.facts)
    back = decide(first.facts, Heard("c", Signal.AGENT_FAILED, token="t1", reason="busy"), NOW)
    again = decide(back.facts, offer, NOW)
    assert again.facts == back.facts
    assert [(t.event, t.fields["reason"]) for t in again.events] == [(Event.OFFER_FAILED, "error")]


def test_who_goes_back_into_the_line_keeps_the_instant_he_joined():
    later = NOW + dt.timedelta(minutes=5)
    first = decide(Facts("c", Phase.NOTICE), Heard("c", Signal.PROMPT_END), NOW)
    ringing = decide(first.facts, Heard("c", Signal.OFFER, token="t"), later)
    joining = decide(ringing.facts, Heard("c", Signal.AGENT_ANSWERED, token="t"), later)
    back = decide(joining.facts, Heard("c", Signal.BRIDGE_FAILED, token="t"), later)
    assert back.facts.phase == Phase.WAITING
    assert back.events[1].event == Event.QUEUED
    assert back.events[1].fields == {"joined": NOW.isoformat()} == first.events[1].fields
    assert back.orders == (Order.CANCEL_AGENT, Order.HOLD_MUSIC)


@pytest.mark.parametrize(("rang", "reason"), [(True, "no_answer"), (False, "unreachable")])
def test_a_phone_that_never_rang_is_unreachable(rang, reason):
    before = Facts("c", Phase.OFFERED, "t", "agent1", rang=rang)
    made = decide(before, Heard("c", Signal.RING_TIMEOUT, token="t"), NOW)
    assert made.events[0].fields == {"agent": "agent1", "token": "t", "reason": reason}


@pytest.mark.parametrize(
    ("digit", "event"), [(d, Event.RATING) for d in "12345"] + [(d, Event.DTMF) for d in "06789*#A"]
)
def test_only_one_to_five_is_a_rating(digit, event):
    made = decide(Facts("c", Phase.RATING), Heard("c", Signal.DIGIT, digit=digit), NOW)
    assert [(told.event, told.fields) for told in made.events] == [(event, {"digit": digit})]
    assert (made.facts.phase == Phase.THANKS) == (event == Event.RATING)


def test_the_first_to_end_a_call_is_named():
    closing = decide(Facts("c", Phase.WAITING), Heard("c", Signal.HANGUP, reason="no_agents"), NOW)
    ended = decide(closing.facts, Heard("c", Signal.CALLER_GONE), NOW)
    assert ended.events[0].fields == {"by": "system", "cause": "no_agents"}


def test_every_signal_that_ends_a_call_says_who_and_why():
    ending = {row.signal for row in STEPS if row.target in {Phase.CLOSING, Phase.ENDED}}
    assert ending - {Signal.REFUSED} == set(ENDS)


SIGNALS = st.builds(
    Heard,
    call=st.just("c"),
    signal=st.sampled_from([s for s in Signal if s not in {Signal.REFUSED, Signal.INVITED}]),
    token=st.sampled_from(["t1", "t2", "t3"]),
    digit=st.sampled_from("0159#"),
)


@given(st.lists(SIGNALS, max_size=60))
def test_whatever_happens_a_call_ends_once_and_leaves_no_phone_ringing(signals):
    now, ringing, ends, rung = Facts("c"), set(), 0, []
    for one in [Heard("c", Signal.INVITED), *signals, Heard("c", Signal.CALLER_GONE)]:
        token = now.token or one.token
        made = decide(now, one, NOW)
        for order in made.orders:
            if order == Order.RING_AGENT:
                ringing.add(one.token)
                rung.append(one.token)
            if order == Order.CANCEL_AGENT:
                ringing.discard(token)
        if one.signal in {Signal.AGENT_FAILED, Signal.AGENT_GONE} and made.facts != now:
            ringing.discard(token)
        ends += sum(told.event == Event.HANGUP for told in made.events)
        now = made.facts
        assert ringing == ({now.token} - {""})
    assert now.phase == Phase.ENDED
    assert ends == 1
    assert len(rung) == len(set(rung))
