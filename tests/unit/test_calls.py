"""The steps of a call, promised from the table both ways."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import talk
from telephony.calls import ANSWERED, ENDS, OF_A_PHONE, OF_AN_OFFER, STEPS, TABLE, decide
from telephony.hearing import CALLER, MUSIC, RECORDER, RINGBACK, SILENCE, pairs
from telephony.signals import Decision, Event, Facts, Heard, Order, Phase, Signal, Talk

pytestmark = pytest.mark.fast
NOW = dt.datetime(2026, 9, 29, 8, 20, tzinfo=dt.UTC)
RINGING_PHASES = {Phase.OFFERED, Phase.JOINING, Phase.TALKING, Phase.PREVIEW, Phase.DIALLING}
OPEN = set(Phase) - {Phase.NEW, Phase.ENDED}
PAIRS = list(itertools.product(Phase, Signal))


def facts(phase):
    token = "t1" if phase in RINGING_PHASES else ""
    return Facts("c", phase, token, "agent1" if token else "", used=frozenset({token} - {""}))


def heard(phase, signal):
    """A signal with everything it may carry; its token is the call's where it speaks of an offer."""
    token = "t2" if signal in {Signal.OFFER, Signal.DIAL} else "t1"
    digit = "#" if phase == Phase.MESSAGE else "3"
    return Heard("c", signal, token=token, agent="agent1", uri="sip:a@b", digit=digit, caller="139")


def test_no_pair_is_listed_twice():
    assert len(TABLE) == sum(len(row.sources) for row in STEPS)


@pytest.mark.parametrize(("phase", "signal"), sorted(TABLE))
def test_what_is_listed_goes_where_the_table_says(phase, signal):
    row = TABLE[phase, signal]
    made = decide(facts(phase), heard(phase, signal), NOW)
    assert made.facts.phase == (row.target or phase)
    assert made.orders == row.orders
    assert tuple(told.event for told in made.events) == row.events


SAID = {Signal.OFFER: Event.OFFER_FAILED} | dict.fromkeys([*ANSWERED, *talk.COMMANDS], Event.REFUSED)
ELSEWHERE = {(Phase.TALKING, signal) for signal in talk.COMMANDS} | set(itertools.product(Phase, OF_A_PHONE))
OUTSIDE = sorted(set(PAIRS) - set(TABLE) - ELSEWHERE)


@pytest.mark.parametrize(("phase", "signal"), OUTSIDE)
def test_what_is_not_listed_changes_nothing_and_a_command_is_told_so(phase, signal):
    before = facts(phase)
    made = decide(before, heard(phase, signal), NOW)
    assert (made.facts, made.orders) == (before, ())
    assert [told.event for told in made.events] == ([SAID[signal]] if signal in SAID else [])


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
    assert made.drop == (("old",) if signal == Signal.AGENT_ANSWERED else ())


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
    ending = {row.signal for row in STEPS if row.target in {Phase.CLOSING, Phase.ENDED, Phase.PARTING}}
    assert ending - {Signal.REFUSED} == set(ENDS)


SIGNALS = st.builds(
    Heard,
    call=st.just("c"),
    signal=st.sampled_from([s for s in Signal if s not in {Signal.REFUSED, Signal.INVITED}]),
    token=st.sampled_from(["t1", "t2", "t3", "t4"]),
    digit=st.sampled_from("0159#"),
    uri=st.just("sip:a@b"),
    mode=st.sampled_from(["listen", "whisper", "barge", "off", "sing"]),
    reason=st.sampled_from(["", "busy"]),
    together=st.booleans(),
)
A_TALK = [Heard("c", Signal.PROMPT_END), Heard("c", Signal.OFFER, token="t0", uri="sip:a@b")]
A_TALK += [Heard("c", s, token="t0") for s in (Signal.AGENT_RINGING, Signal.AGENT_ANSWERED, Signal.BRIDGED)]
BEGINNINGS = [
    [Heard("c", Signal.INVITED)],
    [Heard("c", Signal.INVITED), Heard("c", Signal.ANSWERED), *A_TALK],
    [Heard("c", Signal.DIAL, token="t0", uri="sip:a@b", to="sip:1@b")],
    [Heard("c", Signal.SURVEY, to="sip:1@b")],
]


@given(st.sampled_from(BEGINNINGS), st.lists(SIGNALS, max_size=60))
def test_whatever_happens_a_call_ends_once_and_leaves_no_phone_ringing(beginning, signals):
    now, legs, ends, rung = Facts("c"), set(), 0, []
    for one in [*beginning, *signals, Heard("c", Signal.CALLER_GONE)]:
        if one.signal in {Signal.DIAL, Signal.SURVEY} and now.phase != Phase.NEW:
            continue  # the exchange takes these for a call that is new, no other
        token = one.token if one.signal in OF_AN_OFFER else now.token or one.token
        made = decide(now, one, NOW)
        if one.signal in {Signal.AGENT_FAILED, Signal.AGENT_GONE}:
            legs.discard(one.token)  # the line has no such leg any more
        legs -= set(made.drop)
        for order in made.orders:
            if order == Order.CANCEL_AGENT:
                legs.discard(token)
            if order == Order.RING_AGENT:
                legs.add(one.token)
                rung.append(one.token)
        ends += sum(told.event == Event.HANGUP for told in made.events)
        now = made.facts
        known = {now.token} | {leg.token for leg in (*now.talk.guests, *now.others)}
        assert now.phase == Phase.OFFERED or now.others == ()
        assert legs <= known - {""}
        assert now.phase == Phase.TALKING or now.talk == Talk()
        heard_by(now)
    assert now.phase == Phase.ENDED
    assert legs == set()
    assert ends == 1
    assert len(rung) == len(set(rung))


def heard_by(now):
    """Whoever hears or is heard is a leg that is up."""
    up = {guest.token for guest in now.talk.guests if guest.up} | {now.token}
    for source, sink in pairs(now):
        assert source in up | {CALLER, MUSIC, RINGBACK, SILENCE}
        assert sink in up | {CALLER, RECORDER}
        assert source != sink


def test_a_call_of_ours_rings_the_agent_then_the_citizen_and_asks_for_no_rating():
    story = [
        (Heard("c", Signal.DIAL, token="t", agent="a", uri="sip:a@b", to="sip:1@b"), Order.RING_AGENT),
        (Heard("c", Signal.AGENT_ANSWERED, token="t"), Order.DIAL_CALLER),
        (Heard("c", Signal.ANSWERED), Order.BRIDGE),
        (Heard("c", Signal.BRIDGED, token="t"), Order.RECORD),
        (Heard("c", Signal.AGENT_GONE, token="t"), Order.STOP_RECORD),
    ]
    now = Facts("c")
    for one, order in story:
        made = decide(now, one, NOW)
        assert made.orders[0] == order
        now = made.facts
    assert (now.phase, now.by) == (Phase.CLOSING, "agent")


@pytest.mark.parametrize("reason", ["busy", "no_answer", "unreachable"])
def test_a_citizen_who_does_not_take_our_call_says_why(reason):
    now = Facts("c", Phase.DIALLING, "t", "a", used=frozenset({"t"}), outbound=True)
    made = decide(now, Heard("c", Signal.CALLER_FAILED, reason=reason), NOW)
    assert made.orders == (Order.CANCEL_AGENT,)
    assert made.events[0].fields == {"by": "callee", "cause": reason}


def test_a_message_ends_by_its_key_or_its_caller_and_is_named_so():
    leaving = decide(Facts("c", Phase.WAITING), Heard("c", Signal.VOICEMAIL), NOW).facts
    speaking = decide(leaving, Heard("c", Signal.PROMPT_END), NOW).facts
    assert decide(speaking, Heard("c", Signal.DIGIT, digit="5"), NOW).facts.phase == Phase.MESSAGE
    gone = decide(speaking, Heard("c", Signal.CALLER_GONE), NOW)
    assert gone.events[0].fields["cause"] == "voicemail"
    closing = decide(speaking, Heard("c", Signal.DIGIT, digit="#"), NOW)
    assert closing.orders == (Order.STOP_RECORD, Order.HANG_UP)
    assert (closing.facts.by, closing.facts.cause) == ("caller", "voicemail")


def test_last_words_are_spoken_before_the_call_ends_with_its_reason():
    parting = decide(Facts("c", Phase.WAITING), Heard("c", Signal.GOODBYE, reason="callback", prompts=("a",)), NOW)
    closing = decide(parting.facts, Heard("c", Signal.PROMPT_END), NOW)
    ended = decide(closing.facts, Heard("c", Signal.CALLER_GONE), NOW)
    assert closing.orders == (Order.HANG_UP,)
    assert ended.events[0].fields == {"by": "system", "cause": "callback"}
