"""The distribution, turn by turn, on real PostgreSQL and Redis, fed as a connector feeds it."""

import datetime as dt
import json
import time

import psycopg
import pytest
from acd_feed import QUICK, Feed, call_of, client, debts, rows, seat_of, sign_in
from sqlalchemy import delete, text
from sqlalchemy.exc import DataError, OperationalError

from hotline import cases, clock, db
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.lifecycle import Actor
from hotline.message_models import OutboxRow
from hotline.rates import Ledger, Period, rates
from hotline.unit import transaction
from hotline.words import Role
from telephony import acd, agents, callbacks, distribution, reading, record, service
from telephony.models import AgentSeat, Call, Callback, EventSeen
from telephony.queueing import Rules


@pytest.fixture
def broker(city):
    found = client()
    found.flushdb()
    yield found
    found.close()


@pytest.fixture
def feed(broker):
    made = Feed()
    made.alive()
    return made


@pytest.fixture
def process(broker):
    import redis

    from hotline.settings import Settings

    return acd.Acd(redis.Redis.from_url(Settings().redis()), Rules.of(QUICK))


def turns(process, count=3):
    for _ in range(count):
        process.next_upkeep = 0
        process.turn()


def offered(process, feed):
    """The one offer that comes now."""
    turns(process)
    (offer,) = feed.offers()
    return offer


# --- answered -------------------------------------------------------------------------------------------------------


def test_a_call_is_answered_rated_and_written_down_with_all_its_stamps(process, feed):
    sign_in(1)
    call = feed.incoming()
    offer = offered(process, feed)
    assert (offer["call"], offer["agent"], offer["uri"]) == (call, "agent1", "sip:agent1@127.0.0.1:5701")
    feed.answer(offer)
    turns(process, 1)
    assert (seat_of("agent1").state, call_of(call).state) == ("talking", "talking")
    feed.finish(call, "4")
    turns(process)
    row = call_of(call)
    assert (row.state, row.exit, row.agent, row.rating) == ("ended", "answered", "agent1", 4)
    assert row.recording == f"recordings/{call}.wav"
    stamps = [row.invite_at, row.answer_at, row.notice_end_at, row.queue_at, row.agent_answer_at, row.hangup_at]
    assert None not in stamps
    assert stamps == sorted(stamps)
    assert debts() == {}


def test_the_desk_hears_the_pop_before_the_phone_is_rung(process, feed, broker):
    sign_in(1)
    order = []
    with broker.pubsub() as line, broker.monitor() as monitor:
        line.subscribe("desk:events")
        call = feed.incoming()
        turns(process)
        end = time.monotonic() + 5
        while len(order) < 2 and time.monotonic() < end:
            said = monitor.next_command()["command"]
            order += [word for word in ("PUBLISH desk:events", "XADD tel:commands") if said.startswith(word)]
        said = [
            json.loads(m["data"]) for m in iter(lambda: line.get_message(timeout=1), None) if m["type"] == "message"
        ]
    assert order == ["PUBLISH desk:events", "XADD tel:commands"]
    assert {"user": "agent1", "event": "pop", "call": call} in said
    assert all(set(m) == {"user", "event", "call"} for m in said)


def test_the_pop_shows_open_cases_of_the_phone_to_its_own_agent_only(process, feed):
    sign_in(1)
    matter = cases.NewCase(kind="投诉", title="路灯不亮", content="路灯不亮三天", channel="phone", phone="13800000001")
    case, _ = cases.create(matter, Actor("agent2", Role.AGENT))
    feed.incoming()
    call = feed.incoming("+8613800000001")
    turns(process)
    rung = [row for row in rows(Call) if row.agent == "agent1"]
    with db.session() as session:
        pop = service.pop_for(session, rung[0].id, "agent1")
        with pytest.raises(Missing):
            service.pop_for(session, rung[0].id, "agent2")
        with pytest.raises(Missing):
            service.pop_for(session, call, "")
    assert (pop["caller"], pop["elderly"]) == ("13800000001", None)
    assert [(c["number"], c["title"], c["state"]) for c in pop["cases"]] == [(case.number, "路灯不亮", "accepted")]
    assert [c["clock"] for c in pop["cases"][0]["clocks"]] == ["forward"]


def test_a_land_line_finds_its_cases_written_with_a_dash(feed, process):
    matter = cases.NewCase(kind="投诉", title="噪声", content="夜里施工", channel="phone", phone="0398-2812345")
    cases.create(matter, Actor("agent2", Role.AGENT))
    call = feed.incoming("03982812345")
    turns(process, 1)
    with db.session() as session:
        assert len(service.screen_pop(session, call_of(call))["cases"]) == 1


def test_after_the_talk_the_seat_wraps_up_and_is_ready_by_itself(process, feed):
    sign_in(1)
    call = feed.incoming()
    feed.answer(offered(process, feed))
    feed.event(call, "agent_hangup")
    process.turn()
    assert (seat_of("agent1").status, seat_of("agent1").state) == ("wrap_up", "wrap_up")
    time.sleep(0.25)
    turns(process, 1)
    assert (seat_of("agent1").status, seat_of("agent1").state) == ("ready", "idle")


# --- not answered ---------------------------------------------------------------------------------------------------

NOBODY_SPOKE = [
    ("hung up while waiting", {"by": "caller", "cause": "normal"}, "abandoned"),
    ("the wait was too long", {"by": "system", "cause": "no_agents"}, "no_agents"),
    ("left a message", {"by": "caller", "cause": "voicemail"}, "voicemail"),
    ("asked to be called back", {"by": "caller", "cause": "callback"}, "callback"),
    ("no sound came any more", {"by": "system", "cause": "no_rtp"}, "system"),
    ("says answered though nobody did", {"by": "system", "cause": "answered"}, "system"),
]


@pytest.mark.parametrize(("end", "exit_"), [row[1:] for row in NOBODY_SPOKE], ids=[row[0] for row in NOBODY_SPOKE])
def test_whom_nobody_spoke_to_is_owed_one_call(process, feed, end, exit_):
    call = feed.incoming()
    turns(process, 1)
    feed.event(call, "hangup", **end, recording="", sha256="", seconds=3)
    turns(process, 1)
    assert (call_of(call).exit, call_of(call).state) == (exit_, "ended")
    assert debts() == {call: (exit_, "open")}


def test_who_was_transferred_is_owed_nothing(process, feed):
    call = feed.incoming()
    feed.event(call, "hangup", by="system", cause="transferred")
    turns(process, 2)
    assert call_of(call).exit == "transferred"
    assert debts() == {}


def test_rejected_and_lost_calls_have_their_record_and_their_debt(process, feed):
    full, bad, named, lost = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(4))
    feed.event(full, "rejected", caller="13800000002", reason="full")
    feed.event(bad, "rejected", caller="", reason="bad")
    feed.event(named, "rejected", caller="13800000003", reason="bad")
    feed.event(lost, "lost", caller="13800000004", recording="recordings/x.wav")
    turns(process, 1)
    assert [row.exit for row in rows(Call)] == ["full", "system", "system", "system"]
    assert debts() == {full: ("full", "open"), named: ("system", "open"), lost: ("system", "open")}
    assert call_of(lost).recording == "recordings/x.wav"


def test_the_next_call_of_the_same_number_that_is_answered_pays_all_debts(process, feed):
    first, second = feed.incoming(), feed.incoming()
    other = feed.incoming("13900000009")
    withheld = feed.incoming("anonymous")
    for call in (first, second, other, withheld):
        feed.event(call, "hangup", by="caller", cause="normal")
    turns(process, 1)
    sign_in(1)
    feed.incoming("+86 138 0000 0001")
    feed.answer(offered(process, feed))
    turns(process, 1)
    assert {call: state for call, (_, state) in debts().items()} == {
        first: "answered", second: "answered", other: "open", withheld: "open",
    }  # fmt: skip


def test_an_answered_withheld_number_pays_nobody_elses_debt(process, feed):
    owed = feed.incoming("anonymous")
    feed.event(owed, "hangup", by="caller", cause="normal")
    turns(process, 1)
    sign_in(1)
    feed.incoming("anonymous")
    feed.answer(offered(process, feed))
    turns(process, 1)
    assert debts() == {owed: ("abandoned", "open")}


# --- offers that come to nothing ------------------------------------------------------------------------------------


def test_an_agent_who_does_not_answer_loses_the_call_to_the_next_and_the_caller_keeps_his_place(process, feed):
    process.rules = Rules()
    sign_in(1, 2)
    call = feed.incoming()
    first = offered(process, feed)
    joined = call_of(call).queue_at
    later = feed.incoming("13900000009")
    agents.pause("agent2", "用餐")
    feed.event(call, "offer_ringing", agent="agent1", token=first["token"])
    feed.fail(first, "no_answer")
    turns(process, 1)
    assert (call_of(call).state, call_of(call).queue_at, call_of(call).agent) == ("waiting", joined, "")
    assert (seat_of("agent1").state, seat_of("agent1").missed) == ("idle", 1)
    agents.sign_in("agent2")
    second = offered(process, feed)
    assert (second["call"], second["agent"]) == (call, "agent2")
    assert second["token"] != first["token"]
    assert call_of(later).state == "waiting"


def test_three_missed_offers_send_the_seat_to_break_with_a_reason(process, feed):
    sign_in(1)
    call = feed.incoming()
    for _ in range(3):
        with transaction() as unit:
            unit.session.execute(text("UPDATE agent_seats SET not_before = NULL"))
        feed.fail(offered(process, feed), "reject")
        process.turn()
    seat = seat_of("agent1")
    assert (seat.status, seat.state, seat.reason) == ("break", "idle", "连续3次未接听，系统转为小休")
    assert call_of(call).state == "waiting"
    assert agents.sign_in("agent1").missed == 0


def test_an_offer_about_which_the_connector_says_nothing_is_withdrawn(process, feed):
    process.rules = Rules()
    sign_in(1, 2)
    call = feed.incoming()
    first = offered(process, feed)
    with transaction() as unit:
        unit.session.execute(text("UPDATE agent_seats SET not_before = now() WHERE state = 'reserved'"))
    turns(process)
    said = feed.commands()
    assert said[0] == {"type": "cancel_offer", "call": call, "token": first["token"]}
    assert (said[1]["type"], said[1]["agent"], said[1]["call"]) == ("offer", "agent2", call)
    assert seat_of("agent1").missed == 0


def test_who_answered_has_the_call_also_when_his_offer_was_being_withdrawn(process, feed):
    process.rules = Rules()
    sign_in(1, 2)
    call = feed.incoming()
    first = offered(process, feed)
    distribution.withdraw(call, first["token"], Rules())
    second = offered(process, feed)
    assert second["agent"] == "agent2"
    feed.answer(first)
    turns(process, 1)
    assert (call_of(call).agent, call_of(call).state) == ("agent1", "talking")
    assert (seat_of("agent1").state, seat_of("agent2").state) == ("talking", "idle")
    assert {"type": "cancel_offer", "call": call, "token": second["token"]} in feed.commands()


def test_a_caller_who_hangs_up_during_the_offer_frees_the_seat_at_once(process, feed):
    sign_in(1)
    call = feed.incoming()
    offer = offered(process, feed)
    idle = seat_of("agent1").idle_since
    feed.event(call, "hangup", by="caller", cause="normal")
    feed.event(call, "agent_answered", agent="agent1", token=offer["token"])
    turns(process, 1)
    seat = seat_of("agent1")
    assert (seat.state, seat.call, seat.token, seat.missed, seat.idle_since) == ("idle", "", "", 0, idle)
    assert debts() == {call: ("abandoned", "open")}


def test_a_bridge_that_fails_puts_the_caller_back_in_his_place(process, feed):
    sign_in(1)
    call = feed.incoming()
    offer = offered(process, feed)
    joined = call_of(call).queue_at
    feed.event(call, "agent_answered", agent="agent1", token=offer["token"])
    feed.fail(offer, "error")
    turns(process, 1)
    row = call_of(call)
    assert (row.state, row.queue_at, row.agent_answer_at, row.exit) == ("waiting", joined, None, "")
    assert (seat_of("agent1").state, seat_of("agent1").missed) == ("idle", 0)


def test_two_distributors_never_give_a_seat_or_a_caller_twice(process, feed):
    sign_in(1, 2)
    feed.incoming()
    process._resume()
    process._take_all(process._read(">"))
    with transaction() as first, transaction() as second:
        made = distribution.due(first, Rules())
        assert distribution.due(second, Rules()) == made
        assert len(distribution.reserve(first, made, Rules())) == 2
        first.session.commit()
        assert distribution.reserve(second, made, Rules()) == []
    assert [row.state for row in rows(AgentSeat)] == ["reserved", "idle"]


# --- exactly once ---------------------------------------------------------------------------------------------------


def _everything():
    with db.session() as session:
        tables = (Call, AgentSeat, Callback, EventSeen, OutboxRow)
        return [session.execute(text(f"SELECT * FROM {t.__tablename__} ORDER BY 1")).all() for t in tables]


def test_every_event_delivered_twice_changes_nothing(process, feed):
    sign_in(1)
    done, gone = feed.incoming(), feed.incoming("13900000009")
    feed.answer(offered(process, feed))
    feed.finish(done)
    feed.event(gone, "hangup", by="caller", cause="normal")
    process.rules = Rules.of({"wrap_up": 600})
    turns(process)
    before = _everything()
    for document in [*feed.sent, *reversed(feed.sent)]:
        feed.redis.xadd("tel:events", {"json": json.dumps(document)})
    turns(process, 5)
    assert feed.redis.xpending("tel:events", "acd")["pending"] == 0
    assert _everything() == before


def test_what_a_dead_process_had_read_is_taken_by_the_next(process, feed):
    process._resume()
    call = feed.incoming()
    assert len(process._read(">")) == 4  # read and never acknowledged: the process died here
    process.ready = False
    turns(process, 1)
    assert call_of(call).state == "waiting"
    assert feed.redis.xpending("tel:events", "acd")["pending"] == 0


def test_an_offer_that_may_never_have_been_sent_is_taken_back_at_start(process, feed):
    process.rules = Rules()
    sign_in(1, 2)
    call = feed.incoming()
    offered(process, feed)
    process.ready = False
    turns(process, 1)
    said = feed.commands()
    assert [(c["type"], c["call"]) for c in said] == [("cancel_offer", call), ("offer", call)]
    assert said[1]["agent"] == "agent2"


def test_a_broker_that_lost_everything_is_set_up_again(process, feed):
    turns(process, 1)
    feed.redis.flushdb()
    feed.alive()
    call = feed.incoming()
    with pytest.raises(acd.redis.ResponseError):
        process.turn()
    process.ready = False
    turns(process, 1)
    assert call_of(call).state == "waiting"


NONSENSE = [
    "no json",
    "[]",
    '{"id": "1", "call": "x", "type": "invite"}',
    '{"id": 1, "call": "00000000-0000-4000-8000-000000000000", "type": "invite"}',
    '{"id": "1", "call": "00000000-0000-4000-8000-000000000000", "type": []}',
    '{"id": "1", "call": "00000000-0000-4000-8000-000000000000", "type": "dance"}',
    '{"id": "\\u0000", "call": "00000000-0000-4000-8000-000000000000", "type": "invite"}',
]


@pytest.mark.parametrize("document", NONSENSE)
def test_nonsense_is_put_aside_and_stops_nobody(process, feed, document):
    feed.redis.xadd("tel:events", {"json": document})
    call = feed.incoming()
    turns(process, 1)
    assert call_of(call).state == "waiting"
    assert feed.redis.xlen("tel:events:dead") == 1
    assert feed.redis.xpending("tel:events", "acd")["pending"] == 0


def test_hostile_fields_are_written_as_plain_text_or_not_at_all(process, feed):
    call = "00000000-0000-4000-8000-000000000000"
    feed.event(
        call, "invite", caller="<script>1380\u0000' OR 1=1--\ud800", connector="c\u00001", at="0001-01-01T00:00+00:00"
    )
    feed.event(call, "rating", digit="9")
    feed.event(call, "rating", digit="5")
    turns(process, 1)
    row = call_of(call)
    assert (row.caller, row.connector, row.rating) == ("script1380OR11--", "c1", None)
    assert clock.now() - row.invite_at < dt.timedelta(minutes=5)


# --- connectors that fall silent --------------------------------------------------------------------------------------


def test_calls_of_a_connector_that_fell_silent_become_debts_and_block_nobody(process, feed):
    feed.redis.delete("tel:alive:c1")
    turns(process, 1)
    dead, living = feed.incoming(), Feed("c2")
    living.alive()
    process._take_all(process._read(">"))
    process.next_upkeep = 0
    process._upkeep(caught_up=False)
    sign_in(1)
    call = living.incoming("13900000009")
    assert offered(process, feed)["call"] == call
    time.sleep(QUICK["silent"] + 0.1)
    turns(process, 1)
    assert (call_of(dead).exit, call_of(dead).state, call_of(call).state) == ("system", "ended", "offered")
    assert debts() == {dead: ("system", "open")}
    feed.event(dead, "lost", caller="13800000001")
    turns(process, 1)
    assert debts() == {dead: ("system", "open")}


def test_a_talk_cut_off_by_a_silent_connector_stays_answered_and_is_owed_a_call(process, feed):
    sign_in(1)
    call = feed.incoming()
    feed.answer(offered(process, feed))
    process.turn()
    feed.redis.delete("tel:alive:c1")
    turns(process, 1)
    time.sleep(QUICK["silent"] + 0.1)
    turns(process, 1)
    assert (call_of(call).state, call_of(call).exit) == ("ended", "answered")
    assert seat_of("agent1").state == "wrap_up"
    assert debts() == {call: ("system", "open")}


def test_a_talk_that_was_thought_cut_off_and_came_to_its_own_end_is_owed_nothing(process, feed):
    sign_in(1)
    call = feed.incoming()
    feed.answer(offered(process, feed))
    process.turn()
    distribution.reap(call)
    assert debts() == {call: ("system", "open")}
    feed.finish(call)
    turns(process, 1)
    assert debts() == {call: ("system", "answered")}


def test_a_connector_that_was_only_cut_off_has_the_last_word(process, feed):
    sign_in(1)
    call = feed.incoming()
    offer = offered(process, feed)
    distribution.reap(call)
    assert debts() == {call: ("system", "open")}
    feed.answer(offer)
    turns(process, 1)
    assert (call_of(call).state, call_of(call).exit, call_of(call).hangup_at) == ("talking", "answered", None)
    assert debts() == {call: ("system", "answered")}


def test_who_is_owed_a_call_goes_before_those_who_came_earlier(process, feed):
    owed = feed.incoming()
    feed.event(owed, "hangup", by="caller", cause="normal")
    feed.incoming("13900000009")
    again = feed.incoming()
    turns(process, 1)
    sign_in(1)
    assert offered(process, feed)["call"] == again


# --- seats and debts as people use them -------------------------------------------------------------------------------


def test_seats_say_what_they_are_and_refuse_in_chinese(process, feed):
    with pytest.raises(Missing):
        agents.sign_in("nobody")
    with pytest.raises(BadInput) as no_phone:
        agents.sign_in("dispatcher1")
    assert no_phone.value.code == "no_phone"
    with pytest.raises(BadInput):
        agents.pause("agent1", "  ")
    with pytest.raises(BadInput):
        agents.change("agent1", "asleep")
    sign_in(1)
    feed.answer(offered_to(process, feed, feed.incoming()))
    process.turn()
    with pytest.raises(Conflict) as busy:
        agents.sign_off("agent1")
    assert (busy.value.code, busy.value.message) == ("on_call", "正在振铃或通话，请在通话结束后签退。")


def offered_to(process, feed, call):
    offer = offered(process, feed)
    assert offer["call"] == call
    return offer


def test_a_break_asked_for_in_a_talk_begins_after_it(process, feed):
    sign_in(1)
    call = feed.incoming()
    feed.answer(offered(process, feed))
    process.turn()
    agents.change("agent1", "break", "用餐")
    assert seat_of("agent1").state == "talking"
    feed.finish(call)
    turns(process, 1)
    assert (seat_of("agent1").status, seat_of("agent1").state, seat_of("agent1").reason) == ("break", "idle", "用餐")


def test_wrap_up_asked_for_lasts_until_the_agent_is_ready(process, feed):
    sign_in(1)
    agents.change("agent1", "wrap_up")
    feed.incoming()
    turns(process)
    assert feed.offers() == []
    agents.change("agent1", "ready")
    assert offered(process, feed)["agent"] == "agent1"


def test_only_supervisors_force_a_status(process):
    sign_in(1)
    with pytest.raises(Forbidden):
        agents.force("agent1", "break", "离席", Actor("agent2", Role.AGENT))
    agents.force("agent1", "break", "离席", Actor("supervisor1", Role.SUPERVISOR))
    now = clock.now() + dt.timedelta(seconds=90)
    with db.session() as session:
        (told,) = agents.seats(session, now)
    assert (told["user"], told["name"], told["status_label"]) == ("agent1", "林国敏", "小休")
    assert told["reason"] == "supervisor1：离席"
    assert told["seconds"] in {89, 90}


def test_a_debt_is_paid_once_and_says_by_whom(process, feed):
    call = feed.incoming()
    feed.event(call, "hangup", by="caller", cause="normal")
    turns(process, 1)
    (debt,) = rows(Callback)
    with pytest.raises(BadInput):
        callbacks.done(debt.id, "agent1", "  ")
    callbacks.done(debt.id, "agent1", "已回拨，市民表示已解决")
    with pytest.raises(Conflict):
        callbacks.done(debt.id, "agent2", "又回拨一次")
    with db.session() as session:
        assert reading.callbacks(session, "open", "", 10) == ([], None)
        (told,), _ = reading.callbacks(session, "done", "", 10)
    assert (told["call"], told["caller"], told["reason"], told["done_by"]) == (
        call,
        "13800000001",
        "abandoned",
        "agent1",
    )


# --- reading --------------------------------------------------------------------------------------------------------

FIELDS = (
    "id caller invite_at notice_end_at queue_at offer_at agent_answer_at hangup_at agent exit rating recording case"
    " tags"
)


def test_calls_are_paged_without_loss_and_named_as_the_interface_names_them(process, feed):
    base = clock.now() - dt.timedelta(minutes=5)
    made = [feed.incoming(at=base + dt.timedelta(seconds=second // 2)) for second in range(7)]
    turns(process, 3)
    seen, cursor = [], ""
    with db.session() as session:
        while cursor is not None:
            items, cursor = reading.calls(session, base, cursor, 3)
            assert "+" not in (cursor or "")
            seen += items
        with pytest.raises(BadInput):
            reading.calls(session, None, "2026-01-01~x", 3)
    assert {row["id"] for row in seen} == set(made)
    assert len(seen) == 7
    assert set(seen[0]) == set(FIELDS.split())
    assert [row["invite_at"] for row in seen] == sorted((row["invite_at"] for row in seen), reverse=True)


def test_the_rates_count_what_happened(process, feed):
    sign_in(1)
    answered = feed.incoming()
    feed.answer(offered(process, feed))
    feed.finish(answered)
    gone = feed.incoming("13900000009")
    feed.event(gone, "hangup", by="caller", cause="normal")
    turns(process, 2)
    feed.incoming("13900000008")
    agents.pause("agent1", "用餐")
    turns(process, 1)
    now = clock.now()
    period = Period(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1), now)
    with db.session() as session:
        facts = reading.call_facts(session, period.begin, period.end)
        line = reading.waiting(session, now + dt.timedelta(seconds=30))
    counted = {r.code: (r.numerator, r.denominator) for r in rates(Ledger(calls=facts), period)}
    assert (counted["connect"], counted["abandon"], counted["answer_15s_notice"]) == ((1, 3), (1, 3), (1, 3))
    assert (line["count"], line["talking"]) == (1, 0)
    assert 29 <= line["longest_seconds"] <= 32


def test_marks_of_old_events_are_forgotten_and_calls_kept(process, feed):
    old, young = feed.incoming(), feed.incoming()
    for call in (old, young):
        feed.event(call, "hangup", by="caller", cause="normal")
    turns(process, 1)
    with transaction() as unit:
        unit.session.execute(
            text("UPDATE calls SET invite_at = invite_at - interval '8 days' WHERE id = :id"), {"id": old}
        )
    with transaction() as unit:
        assert service.forget_events(unit) == 5
    assert {row.id.split(":")[0] for row in rows(EventSeen)} == {young}
    assert len(rows(Call)) == 2


def test_a_case_written_from_a_call_is_named_in_its_record(process, feed):
    call = feed.incoming()
    turns(process, 1)
    with transaction() as unit:
        assert service.case_made(unit, call, "20260929000001")
        assert not service.case_made(unit, "no such call", "20260929000002")
    with db.session() as session:
        assert reading.call_told(session.get(Call, call))["case"] == "20260929000001"


def test_boards_hear_of_each_change_by_id_and_state_only(process, feed):
    with transaction() as unit:
        unit.session.execute(delete(OutboxRow))
    call = feed.incoming()
    turns(process, 1)
    said = [(row.kind, row.payload) for row in rows(OutboxRow)]
    assert said == [("CallChanged", {"call_id": call, "state": s}) for s in ("ringing", "notice", "waiting")]


FAULTS = [
    ("a fault of ours", KeyError("13800000001"), 1),
    ("a value the database refuses", DataError("insert", {}, psycopg.errors.NumericValueOutOfRange()), acd.LATER_TRIES),
]


@pytest.mark.parametrize(("fault", "tries"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_one_event_that_cannot_be_written_stops_no_other_and_names_nobody(
    process, feed, monkeypatch, caplog, fault, tries
):
    def refuse(_work):
        raise fault

    monkeypatch.setitem(record.TAKES, "dtmf", refuse)
    first, second = feed.incoming(), feed.incoming()
    feed.event(first, "dtmf", digit="1")
    feed.event(second, "hangup", by="caller", cause="normal")
    for _ in range(tries - 1):
        with pytest.raises(DataError):
            turns(process, 1)
        process.ready = False
    turns(process, 1)
    assert (call_of(first).state, call_of(second).exit) == ("waiting", "abandoned")
    assert feed.redis.xlen("tel:events:dead") == 1
    assert "13800000001" not in caplog.text


def test_a_database_that_is_away_puts_no_event_aside(process, feed, monkeypatch):
    away = OperationalError("select", {}, psycopg.OperationalError("server closed the connection"))

    def gone(*_args):
        raise away

    process._resume()
    call = feed.incoming()
    with monkeypatch.context() as patch:
        patch.setattr(acd.service, "take_all", gone)
        for _ in range(acd.LATER_TRIES + 1):
            with pytest.raises(OperationalError):
                process.turn()
            process.ready = False
    turns(process, 1)
    assert call_of(call).state == "waiting"
    assert feed.redis.xlen("tel:events:dead") == 0
