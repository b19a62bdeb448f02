"""What happens inside a talk and after it, as the connector tells it: on the real tables."""

import datetime as dt

import pytest
from acd_feed import QUICK, Feed, call_of, client, debts, rows, seat_of, sign_in

from hotline import cases, clock, db, facts
from hotline.lifecycle import Actor
from hotline.models import Case, Rating
from hotline.unit import transaction
from hotline.words import Action, Role
from telephony import acd, agents, outbound, overflow, reviews, service
from telephony.models import Callback, CallCheck, QualityCheck
from telephony.queueing import Rules
from telephony.words import Purpose

AGENT = Actor("agent1", Role.AGENT)
TRUNK = QUICK | {"wrap_up": 600, "trunk": "sip:{number}@127.0.0.1:5999"}


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

    return acd.Acd(redis.Redis.from_url(Settings().redis()), Rules.of(TRUNK))


def turns(process, count=2):
    for _ in range(count):
        process.next_upkeep = process.next_word = 0
        process.turn()


@pytest.fixture
def talk(process, feed):
    """A call agent1 speaks; agent2 is there too."""
    sign_in(1, 2)
    call = feed.incoming()
    turns(process)
    (offer,) = feed.offers()
    feed.answer(offer)
    turns(process, 1)
    assert call_of(call).state == "talking"
    return call


# --- inside a talk ----------------------------------------------------------------------------------------------------

FLAGS = [("held", "unheld", "held"), ("muted", "unmuted", "muted"), ("recording_paused", "recording_resumed", "paused")]


@pytest.mark.parametrize(("on", "off", "name"), FLAGS)
def test_desks_see_what_the_connector_says_of_a_talk(process, feed, talk, on, off, name):
    feed.event(talk, on)
    turns(process, 1)
    assert call_of(talk).talk[name] is True
    feed.event(talk, off)
    turns(process, 1)
    assert call_of(talk).talk[name] is False


def test_guests_come_and_go(process, feed, talk):
    feed.event(talk, "guest_ringing", token="g1", agent="110", role="conference")
    turns(process, 1)
    assert call_of(talk).talk["guests"] == {"g1": {"agent": "110", "role": "conference", "state": "ringing"}}
    feed.event(talk, "guest_answered", token="g1", agent="110", role="conference")
    turns(process, 1)
    assert call_of(talk).talk["guests"]["g1"]["state"] == "answered"
    feed.event(talk, "guest_gone", token="g1", agent="110", role="conference")
    turns(process, 1)
    assert call_of(talk).talk["guests"] == {}


def asked_in(feed, talk, kind, **more):
    feed.event(talk, f"guest_{kind}", token="g1", agent="agent2", role="consult", **more)


def seat(user="agent2"):
    row = seat_of(user)
    return row.state, row.call, row.status


def test_a_colleague_who_is_asked_in_has_the_talk_at_his_seat_and_nothing_else_rings_there(process, feed, talk):
    idle_since = seat_of("agent2").idle_since
    asked_in(feed, talk, "ringing")
    turns(process, 1)
    assert seat() == ("ringing", talk, "ready")
    waits = feed.incoming("13800000002")
    turns(process, 2)
    assert feed.offers() == []
    asked_in(feed, talk, "answered")
    turns(process, 1)
    assert seat() == ("talking", talk, "ready")
    asked_in(feed, talk, "gone")
    turns(process, 1)
    assert [(offer["agent"], offer["call"]) for offer in feed.offers()] == [("agent2", waits)]
    assert (seat_of("agent2").idle_since, seat_of("agent2").guest) == (idle_since, False)


def test_a_colleague_who_does_not_come_has_missed_nothing(process, feed, talk):
    asked_in(feed, talk, "ringing")
    asked_in(feed, talk, "failed", reason="no_answer")
    turns(process, 1)
    assert (seat(), seat_of("agent2").missed) == (("idle", "", "ready"), 0)


@pytest.mark.parametrize("over", ["agent_hangup", "hangup", "lost"])
def test_the_end_of_the_talk_lets_the_colleague_out_whatever_ended_it(process, feed, talk, over):
    asked_in(feed, talk, "answered")
    feed.event(talk, over)
    turns(process, 1)
    assert seat() == ("idle", "", "ready")
    assert not [said for said in feed.commands() if said.get("token") == "g1"]


def test_a_colleague_on_break_or_off_is_so_again_after_the_talk(process, feed, talk):
    agents.pause("agent2", "用餐")
    asked_in(feed, talk, "answered")
    turns(process, 1)
    assert seat() == ("talking", talk, "break")
    asked_in(feed, talk, "gone")
    turns(process, 1)
    assert seat() == ("idle", "", "break")


def test_a_colleague_who_wraps_up_goes_on_wrapping_up_after_the_talk_and_is_ready_in_his_time(process, feed, talk):
    with transaction() as unit:
        agents.hang_up(unit, agents.seat_of(unit, "agent2"), Rules(wrap_up=600))
    asked_in(feed, talk, "answered")
    turns(process, 1)
    asked_in(feed, talk, "gone")
    turns(process, 1)
    assert seat() == ("wrap_up", "", "wrap_up")
    with transaction() as unit:
        agents.seat_of(unit, "agent2").not_before = clock.machine()
    turns(process, 1)
    assert seat_of("agent2").status == "ready"


def test_a_colleague_who_speaks_himself_keeps_his_own_call(process, feed, talk):
    other = feed.incoming("13800000002")
    turns(process)
    (offer,) = feed.offers()
    feed.answer(offer)
    turns(process, 1)
    asked_in(feed, talk, "ringing")
    asked_in(feed, talk, "failed", reason="busy")
    turns(process, 1)
    assert seat() == ("talking", other, "ready")


def test_a_guest_who_is_given_the_call_has_it_at_his_seat_as_his_own(process, feed, talk):
    asked_in(feed, talk, "answered")
    handed(feed, talk, "attended", "agent2", "g1")
    turns(process, 1)
    assert (call_of(talk).agent, seat(), seat_of("agent2").guest) == ("agent2", ("talking", talk, "ready"), False)
    feed.finish(talk)
    turns(process, 1)
    assert seat() == ("wrap_up", "", "wrap_up")


def test_a_phone_of_a_guest_that_rings_for_long_is_no_stale_offer(process, feed, talk):
    with transaction() as unit:
        agents.seat_of(unit, "agent2").not_before = clock.machine()
    asked_in(feed, talk, "ringing")
    turns(process, 2)
    assert seat() == ("ringing", talk, "ready")


def test_a_listener_is_visible_with_his_mode(process, feed, talk):
    feed.event(talk, "guest_answered", token="m1", agent="supervisor1", role="monitor")
    feed.event(talk, "monitored", token="m1", agent="supervisor1", mode="whisper")
    turns(process, 1)
    (guest,) = call_of(talk).talk["guests"].values()
    assert (guest["agent"], guest["role"], guest["mode"]) == ("supervisor1", "monitor", "whisper")


def test_what_cannot_be_done_is_told(process, feed, talk):
    feed.event(talk, "refused", command="hold", token="")
    turns(process, 1)
    assert call_of(talk).talk["refused"] == "hold"


def handed(feed, talk, how, agent="", token=""):
    feed.event(talk, "transferred", **{"how": how, "from": "agent1", "agent": agent, "token": token})


def test_an_attended_transfer_gives_the_call_to_the_colleague_and_keeps_its_stamps(process, feed, talk):
    answered = call_of(talk).agent_answer_at
    handed(feed, talk, "attended", "agent2", "t2")
    turns(process, 1)
    assert (call_of(talk).agent, call_of(talk).state, call_of(talk).agent_answer_at) == ("agent2", "talking", answered)
    assert (seat_of("agent1").state, seat_of("agent2").state) == ("wrap_up", "talking")
    feed.finish(talk)
    turns(process, 1)
    assert (call_of(talk).exit, seat_of("agent2").state) == ("answered", "wrap_up")


def test_a_transfer_to_a_phone_outside_makes_no_seat_and_owes_nothing(process, feed, talk):
    handed(feed, talk, "blind", "110", "t2")
    turns(process, 1)
    assert call_of(talk).state == "offered"
    feed.event(talk, "agent_answered", agent="110", token="t2")
    turns(process, 1)
    assert (call_of(talk).state, call_of(talk).agent, seat_of("110")) == ("talking", "agent1", None)
    feed.event(talk, "hangup", by="caller", cause="normal")
    turns(process, 1)
    assert (call_of(talk).exit, debts()) == ("answered", {})


def test_a_blind_transfer_nobody_takes_puts_the_caller_back_at_his_place(process, feed, talk):
    place, answered = call_of(talk).rank_at, call_of(talk).agent_answer_at
    agents.pause("agent2", "用餐")
    handed(feed, talk, "blind", "110", "t2")
    feed.event(talk, "offer_failed", agent="110", token="t2", reason="busy")
    feed.event(talk, "queued")
    turns(process, 1)
    row = call_of(talk)
    assert (row.state, row.rank_at, row.agent_answer_at, row.exit) == ("waiting", place, answered, "answered")


def test_who_is_sent_back_into_the_queue_is_given_to_the_next(process, feed, talk):
    handed(feed, talk, "queue")
    feed.event(talk, "queued")
    turns(process, 2)
    assert [offer["agent"] for offer in feed.offers()] == ["agent2"]


def test_a_supervisor_who_takes_over_has_the_call(process, feed, talk):
    handed(feed, talk, "take_over", "supervisor1", "m1")
    turns(process, 1)
    assert (call_of(talk).agent, seat_of("supervisor1").state) == ("supervisor1", "talking")
    assert seat_of("agent1").state == "wrap_up"


def test_the_sealed_recording_is_written_down_also_after_the_end(process, feed, talk):
    feed.event(talk, "hangup", by="caller", cause="normal", recording="recordings/x.wav", sha256="")
    feed.event(talk, "recording_done", file="recordings/x.wav.sm4", sha256="f" * 64, seconds=9)
    turns(process, 1)
    assert (call_of(talk).recording, call_of(talk).sha256) == ("recordings/x.wav.sm4", "f" * 64)


# --- nobody is free ---------------------------------------------------------------------------------------------------


def test_who_waits_hears_his_place_with_a_gap_and_is_asked_later(process, feed):
    process.rules = Rules.of(TRUNK | {"announce_first": 20, "announce_gap": 30, "offer_callback": 60})
    now = clock.now()
    first, fresh = feed.incoming(at=now - dt.timedelta(seconds=90)), feed.incoming("13800000003", at=now)
    second = feed.incoming("13800000002", at=now - dt.timedelta(seconds=40))
    turns(process, 2)
    said = {c["call"]: c["prompts"] for c in feed.commands() if c["type"] == "announce"}
    assert said == {first: ["position", "digit1", "place", "choices"], second: ["position", "digit2", "place"]}
    turns(process, 2)
    assert feed.commands() == []
    assert overflow.announce(process.rules, now + dt.timedelta(seconds=29)) != []
    assert call_of(fresh).announced_at is not None


PLACES = [
    ((1, None), {"asked": False}, "position digit1 place"),
    ((12, 0), {"asked": False}, "position digit1 digit2 place"),
    ((3, 5), {"asked": True}, "position digit3 place wait digit5 minutes choices"),
    ((30, 31), {"asked": False}, "position digit3 digit0 place"),
]


@pytest.mark.parametrize(("place", "asked", "prompts"), PLACES)
def test_a_place_is_said_digit_by_digit(place, asked, prompts):
    assert " ".join(overflow.words(*place, **asked)) == prompts


@pytest.mark.parametrize(("place", "answered", "minutes"), [(3, 0, None), (1, 30, 1), (10, 15, 10), (1, 1, 15)])
def test_the_expected_wait_comes_from_what_was_answered_lately(place, answered, minutes):
    assert overflow.expected(place, answered) == minutes


def asked(process, feed):
    process.rules = Rules.of(TRUNK | {"announce_first": 5, "offer_callback": 5})
    call = feed.incoming(at=clock.now() - dt.timedelta(seconds=60))
    turns(process, 2)
    feed.commands()
    return call


KEYS = [
    ("1", [{"type": "goodbye", "prompts": ["callback"], "reason": "callback"}]),
    ("2", [{"type": "voicemail"}]),
    ("9", []),
]


@pytest.mark.parametrize(("digit", "said"), KEYS)
def test_a_key_of_one_who_was_asked(process, feed, digit, said):
    call = asked(process, feed)
    feed.event(call, "dtmf", digit=digit)
    turns(process, 1)
    assert [c for c in feed.commands() if c["type"] != "announce"] == [c | {"call": call} for c in said]


def test_a_key_of_one_who_was_not_asked_means_nothing(process, feed):
    call = feed.incoming()
    feed.event(call, "dtmf", digit="1")
    turns(process, 1)
    assert feed.commands() == []


def test_who_asked_for_it_is_called_back_when_his_place_comes(process, feed):
    call = asked(process, feed)
    later = feed.incoming("13800000003")
    feed.event(call, "hangup", by="system", cause="callback")
    turns(process, 1)
    assert debts() == {call: ("callback", "open")}
    sign_in(1)
    turns(process, 2)
    (said,) = [c for c in feed.commands() if c["type"] in {"dial", "offer"}]
    assert (said["type"], said["agent"], said["to"]) == ("dial", "agent1", "sip:13800000001@127.0.0.1:5999")
    assert (said["connector"], call_of(later).state) == ("c1", "waiting")
    out = said["call"]
    feed.event(out, "dialled", caller="13800000001", agent="agent1", token=said["token"], connector="c1")
    feed.event(out, "offer_ringing", agent="agent1", token=said["token"])
    feed.event(out, "agent_ready", agent="agent1", token=said["token"])
    turns(process, 1)
    assert seat_of("agent1").state == "talking"
    feed.event(out, "answered")
    feed.event(out, "agent_answered", agent="agent1", token=said["token"])
    turns(process, 1)
    assert debts() == {call: ("callback", "done")}


def test_a_call_back_that_reaches_nobody_is_counted_and_left_to_people_in_the_end(process, feed):
    process.rules = Rules.of(TRUNK | {"wrap_up": 0, "callback_tries": 2})
    call = asked(process, feed)
    process.rules = Rules.of(TRUNK | {"wrap_up": 0, "callback_tries": 2})
    feed.event(call, "hangup", by="system", cause="callback")
    sign_in(1)
    for tries in (1, 2):
        turns(process, 2)
        (said,) = [c for c in feed.commands() if c["type"] == "dial"]
        feed.event(said["call"], "hangup", by="system", cause="busy")
        turns(process, 1)
        assert rows(Callback)[0].tries == tries
    turns(process, 2)
    assert [c for c in feed.commands() if c["type"] == "dial"] == []
    assert debts() == {call: ("callback", "open")}
    assert {row.cause for row in rows(type(call_of(call))) if row.direction == "out"} == {"busy"}


def test_a_message_becomes_a_case_with_its_sound_and_a_call_owed(process, feed):
    call = asked(process, feed)
    feed.event(call, "message")
    feed.event(call, "recording", file="recordings/m.wav")
    feed.event(call, "hangup", by="caller", cause="voicemail", recording="recordings/m.wav", sha256="ab")
    turns(process, 1)
    (case,) = rows(Case)
    assert (case.title, case.phone, case.call, case.state) == ("电话留言", "13800000001", call, "accepted")
    assert (call_of(call).case_number, call_of(call).exit) == (case.number, "voicemail")
    assert [(row.case_number, row.reason) for row in rows(Callback)] == [(case.number, "voicemail")]


# --- calls we make ----------------------------------------------------------------------------------------------------


def test_an_offer_of_a_dead_connector_to_our_own_agent_is_taken_back(process, feed):
    sign_in(1)
    with transaction() as unit:
        call, said = outbound.dial(unit, "agent1", "13800000009", "c1", process.rules)
    assert [reaction.body["type"] for reaction in said if reaction.to == "connector"] == ["dial"]
    assert seat_of("agent1").state == "reserved"
    process.ready = False
    turns(process, 1)
    assert seat_of("agent1").state == "idle"
    assert [(c["type"], c["call"]) for c in feed.commands()] == [("hangup", call)]


def test_no_rate_counts_a_call_we_made(process, feed):
    from telephony import reading

    sign_in(1)
    with transaction() as unit:
        call, _ = outbound.dial(unit, "agent1", "13800000009", "c1", process.rules)
    feed.event(call, "hangup", by="system", cause="no_answer")
    inward = feed.incoming()
    turns(process, 1)
    with db.session() as session:
        assert len(reading.call_facts(session, clock.now() - dt.timedelta(hours=1), clock.now())) == 1
        items, _ = reading.calls(session, None, "", 10)
    assert [item["id"] for item in items] == [inward]
    assert debts() == {}


# --- after the call ---------------------------------------------------------------------------------------------------


def settled(call):
    """A case of this call, answered at first contact."""
    made = cases.NewCase(
        kind="咨询", title="办证时间", content="几点上班", channel="phone", phone="13800000001", call=call
    )
    case, _ = cases.create(made, AGENT)
    with transaction() as unit:
        call_of_unit = unit.session.get(type(call_of(call)), call)
        call_of_unit.case_number = case.number
    with db.session() as session:
        version = facts.load(session, case.number).version
    return cases.act(case.number, Action.ANSWER, AGENT, {"text": "工作日上午八点半"}, version=version)


def test_the_digit_after_a_call_that_settled_its_case_is_its_review(process, feed, talk):
    case = settled(talk)
    feed.finish(talk, "2")
    turns(process, 1)
    (rating,) = rows(Rating)
    assert (rating.case_id, rating.level, rating.channel) == (case.id, 2, "phone")
    with db.session() as session:
        assert facts.load(session, case.number).state == "checking"  # a bad review starts its loop


def test_a_case_that_is_saved_after_the_digit_is_reviewed_all_the_same(process, feed, talk):
    from hotline.events import CaseChanged
    from web import reactions

    feed.finish(talk, "4")
    turns(process, 1)
    made = cases.NewCase(
        kind="咨询", title="办证时间", content="几点上班", channel="phone", phone="13800000001", call=talk
    )
    case, _ = cases.create(made, AGENT)
    case = cases.act(case.number, Action.ANSWER, AGENT, {"text": "工作日上午八点半"}, version=case.version)
    assert rows(Rating) == []
    for _ in range(2):  # a repeat rates once
        with transaction() as unit:
            reactions.rate_by_call(unit, CaseChanged(case.id, case.number, case.version, "answer", case.state))
    assert [(row.case_id, row.level) for row in rows(Rating)] == [(case.id, 4)]


def test_the_digit_after_a_call_that_was_only_taken_down_reviews_no_department(process, feed, talk):
    matter = cases.NewCase(kind="投诉", title="油烟", content="油烟", channel="phone", phone="13800000001", call=talk)
    case, _ = cases.create(matter, AGENT)
    with transaction() as unit:
        unit.session.get(type(call_of(talk)), talk).case_number = case.number
    feed.finish(talk, "1")
    turns(process, 1)
    assert call_of(talk).rating == 1
    assert rows(Rating) == []
    assert [(row.call, row.level, row.state) for row in rows(CallCheck)] == [(talk, 1, "open")]  # a person looks


def test_a_bad_digit_before_the_case_was_answered_is_taken_over_by_the_cases_own_loop(process, feed, talk):
    feed.finish(talk, "1")
    turns(process, 1)
    assert [row.state for row in rows(CallCheck)] == ["open"]
    settled(talk)
    for _ in range(2):
        with transaction() as unit:
            service.rate(unit, talk)
    assert [row.level for row in rows(Rating)] == [1]
    assert [row.state for row in rows(CallCheck)] == ["counted"]


def test_an_invitation_call_asks_once_and_its_digit_is_the_review(process, feed, talk):
    case = settled(talk)
    with transaction() as unit:
        (found,) = outbound.invited(unit.session, unit.now, 3, 10)
        (said,) = outbound.survey(unit, found, "c1", process.rules)
    assert (found.number, said.body["type"]) == (case.number, "survey")
    with db.session() as session:
        assert outbound.invited(session, clock.now(), 3, 10) == []
    call = said.body["call"]
    for kind, more in (("dialled", {"caller": "13800000001"}), ("answered", {}), ("rating", {"digit": "5"})):
        feed.event(call, kind, **more)
    feed.event(call, "hangup", by="system", cause="normal")
    turns(process, 1)
    assert [(row.level, row.channel) for row in rows(Rating)] == [(5, "phone")]
    assert (call_of(call).purpose, call_of(call).state) == (Purpose.SURVEY, "ended")


HOURS = [("2026-11-23T08:29:00+08:00", 0), ("2026-11-23T10:00:00+08:00", 1), ("2026-11-23T20:31:00+08:00", 0)]


@pytest.mark.parametrize(("instant", "count"), HOURS)
def test_invitation_calls_keep_the_quiet_hours_and_their_number(process, feed, talk, instant, count):
    from hotline.timing import timing

    now = dt.datetime.fromisoformat(instant)
    for _ in range(3):
        settled(talk)
    with transaction() as unit:
        for case in unit.session.query(Case):
            case.closed_at = now - dt.timedelta(hours=20)
    process.rules = Rules.of(TRUNK | {"surveys": 1})
    said = outbound.invite("c1", process.rules, timing().policy, now)
    assert [reaction.body["type"] for reaction in said] == ["survey"] * count
    assert outbound.invite("c1", process.rules, timing().policy, now) == []  # one runs already, or it is quiet


def test_the_distribution_makes_invitation_calls_by_itself_where_a_city_wants_them(process, feed, talk, drill):
    drill(clock.local(clock.machine()).replace(hour=10).isoformat())
    settled(talk)
    feed.commands()
    turns(process)
    assert feed.commands() == []
    process.rules = Rules.of(TRUNK | {"surveys": 1})
    turns(process, 1)
    assert [c["type"] for c in feed.commands()] == ["survey"]


def test_a_share_of_the_calls_is_drawn_and_always_the_same_ones():
    calls = [f"call-{n}" for n in range(20_000)]
    share = [call for call in calls if reviews.drawn(call, 0.05)]
    assert 900 < len(share) < 1100
    assert share == [call for call in calls if reviews.drawn(call, 0.05)]
    assert [call for call in calls if reviews.drawn(call, 0)] == []
    assert all(reviews.drawn(call, 1) for call in calls)


def test_a_drawn_call_waits_for_quality_review_once(process, feed, talk, monkeypatch):
    monkeypatch.setattr(reviews, "drawn", lambda _call, _share: True)
    feed.event(talk, "recording", file="recordings/x.wav")
    feed.finish(talk)
    turns(process, 1)
    (check,) = rows(QualityCheck)
    assert (check.call, check.agent, check.score) == (talk, "agent1", None)
