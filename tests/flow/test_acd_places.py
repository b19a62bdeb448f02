"""Where callers stand in the queue and whose circle they ring in, on the real tables."""

import datetime as dt

import pytest
from acd_feed import QUICK, Feed, call_of, client, seat_of, sign_in

from hotline import cases, clock
from hotline.lifecycle import Actor
from hotline.unit import transaction
from hotline.words import Role
from telephony import acd, agents, marks, service
from telephony.queueing import ANYONE, Group, Rules

AGENT, BOSS = Actor("agent2", Role.AGENT), Actor("supervisor1", Role.SUPERVISOR)


@pytest.fixture
def feed(city):
    broker = client()
    broker.flushdb()
    made = Feed()
    made.alive()
    yield made
    broker.close()
    made.redis.close()


@pytest.fixture
def process(feed):
    import redis

    from hotline.settings import Settings

    return acd.Acd(redis.Redis.from_url(Settings().redis()), Rules.of(QUICK))


def turns(process, count=3):
    for _ in range(count):
        process.next_upkeep = 0
        process.turn()


def offers(process, feed):
    turns(process)
    return [(offer["call"], offer["agent"]) for offer in feed.offers()]


def case(urgency, phone="13800000001"):
    matter = cases.NewCase(
        kind="求助", title="燃气味很重", content="燃气味很重", channel="phone", phone=phone, urgency=urgency
    )
    return cases.create(matter, AGENT)[0]


def test_the_emergency_words_of_an_open_case_move_its_caller_forward(process, feed):
    case("特急")
    case("一般", "13800000002")
    first, usual, urgent = feed.incoming("13800000003"), feed.incoming("13800000002"), feed.incoming("13800000001")
    turns(process, 1)
    assert [call_of(call).known for call in (first, usual, urgent)] == [[], [], ["urgent"]]
    sign_in(1)
    assert offers(process, feed) == [(urgent, "agent1")]


def test_who_is_known_to_be_old_goes_before_the_others(process, feed):
    with transaction() as unit:
        marks.elderly(unit, "13800000001", AGENT)
    feed.incoming("13800000003")
    old = feed.incoming()
    turns(process, 1)
    sign_in(1)
    assert offers(process, feed) == [(old, "agent1")]


def test_a_nuisance_counts_once_a_second_person_has_looked_and_is_never_dropped(process, feed):
    with transaction() as unit:
        mark = marks.nuisance(unit, "13800000001", "反复辱骂", AGENT)
    before = feed.incoming()
    turns(process, 1)
    assert call_of(before).known == []
    marks.decide(mark.id, BOSS, confirmed=True)
    feed.event(before, "hangup", by="caller", cause="normal")
    process.rules = Rules.of(QUICK | {"resume": 0})
    caller = feed.incoming()
    later = feed.incoming("13800000003")
    turns(process, 1)
    assert call_of(caller).known == ["nuisance", "owed"]
    sign_in(1)
    assert offers(process, feed) == [(later, "agent1")]
    sign_in(2)
    assert offers(process, feed) == [(caller, "agent2")]


def test_who_hung_up_while_waiting_has_his_place_again(process, feed):
    process.rules = Rules.of(QUICK | {"heads": {}})
    gone = feed.incoming(at=clock.now() - dt.timedelta(minutes=5))
    other = feed.incoming("13800000003", at=clock.now() - dt.timedelta(minutes=3))
    feed.event(gone, "hangup", by="caller", cause="normal")
    again = feed.incoming()
    turns(process, 1)
    assert call_of(again).rank_at == call_of(gone).rank_at
    assert call_of(again).queue_at > call_of(other).queue_at
    sign_in(1)
    assert offers(process, feed) == [(again, "agent1")]


def test_after_the_time_to_resume_he_joins_at_the_end(process, feed):
    process.rules = Rules.of(QUICK | {"heads": {}, "resume": 0})
    gone = feed.incoming(at=clock.now() - dt.timedelta(minutes=5))
    feed.event(gone, "hangup", by="caller", cause="normal")
    again = feed.incoming()
    turns(process, 1)
    assert call_of(again).rank_at == call_of(again).queue_at


def test_who_rings_again_gets_the_agent_he_spoke_to(process, feed):
    process.rules = Rules.of(QUICK | {"last_agent": 600, "wrap_up": 0})
    sign_in(2)
    call = feed.incoming()
    turns(process)
    (offer,) = feed.offers()
    feed.answer(offer)
    feed.finish(call)
    turns(process, 1)
    sign_in(1, 3)  # both idle for longer
    assert offers(process, feed) == []
    again = feed.incoming()
    assert offers(process, feed) == [(again, "agent2")]


def test_a_level_rings_only_when_the_caller_has_waited_for_it(process, feed):
    group = Group("general", widening=((0, 1), (60, 2), (120, ANYONE)))
    skills = {"agent1": {"general": 2}, "agent2": {"general": 1}}
    process.rules = Rules.of(QUICK | {"groups": (group,), "skills": skills})
    sign_in(1, 2)
    fresh, second = feed.incoming(), feed.incoming("13800000003")
    assert offers(process, feed) == [(fresh, "agent2")]
    patient = feed.incoming("13800000004", at=clock.now() - dt.timedelta(seconds=61))
    assert offers(process, feed) == [(patient, "agent1")]
    assert call_of(second).state == "waiting"


def test_a_group_that_rings_all_gives_the_call_to_the_first_who_answers(process, feed):
    process.rules = Rules.of(QUICK | {"groups": (Group("general", strategy="ring_all"),)})
    sign_in(1, 2, 3)
    call = feed.incoming()
    turns(process)
    one, two, three = feed.offers()
    assert {offer["agent"] for offer in (one, two, three)} == {"agent1", "agent2", "agent3"}
    assert len({offer["token"] for offer in (one, two, three)}) == 3
    assert all(offer["together"] is True for offer in (one, two, three))
    feed.event(call, "offer_failed", agent=one["agent"], token=one["token"], reason="busy")
    turns(process, 1)
    assert (call_of(call).state, seat_of(one["agent"]).state) == ("offered", "idle")
    feed.event(call, "agent_answered", agent=three["agent"], token=three["token"])
    turns(process, 1)
    assert (call_of(call).agent, seat_of(two["agent"]).state) == (three["agent"], "idle")
    assert {"type": "cancel_offer", "call": call, "token": two["token"]} in feed.commands()


def test_the_last_phone_that_fails_puts_the_caller_back_in_his_place(process, feed):
    process.rules = Rules.of(QUICK | {"groups": (Group("general", strategy="ring_all"),)})
    sign_in(1, 2)
    call = feed.incoming()
    turns(process)
    place = call_of(call).rank_at
    for offer in feed.offers():
        feed.event(call, "offer_failed", agent=offer["agent"], token=offer["token"], reason="no_answer")
    turns(process, 1)
    assert (call_of(call).state, call_of(call).rank_at) == ("waiting", place)


def test_saving_the_case_ends_the_wrap_up(process, feed):
    process.rules = Rules.of(QUICK | {"wrap_up": 600})
    sign_in(1)
    call = feed.incoming()
    turns(process)
    feed.answer(feed.offers()[0])
    feed.event(call, "agent_hangup")
    turns(process, 1)
    assert seat_of("agent1").state == "wrap_up"
    with transaction() as unit:
        assert service.case_made(unit, call, "20260929000001")
    assert (seat_of("agent1").status, seat_of("agent1").state) == ("ready", "idle")


def test_saving_a_case_leaves_a_break_alone(process, feed):
    process.rules = Rules.of(QUICK | {"wrap_up": 600})
    sign_in(1)
    call = feed.incoming()
    turns(process)
    feed.answer(feed.offers()[0])
    feed.event(call, "agent_hangup")
    turns(process, 1)
    agents.change("agent1", "break", "用餐")
    with transaction() as unit:
        service.case_made(unit, call, "20260929000001")
    assert seat_of("agent1").status == "break"


def test_a_free_seat_is_filled_from_any_group_and_the_roster_is_asked(process, feed):
    """At no hour does a caller wait where somebody is free and nobody of his group is there."""
    from telephony import layout

    process.rules = layout.load(given=QUICK)
    case("特急")
    sign_in(9)
    urgent = feed.incoming()
    assert offers(process, feed) == [(urgent, "agent9")]
