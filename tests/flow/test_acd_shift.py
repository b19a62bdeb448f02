"""What people do around calls: bad ratings are looked into, the shift leader speaks to desks, each sees his own day."""

import datetime as dt
import json

import pytest
from test_call_control import TALK, fetch, give, line, sent, talking

from hotline import clock, privacy
from hotline.city_models import User
from hotline.unit import transaction
from telephony.models import AgentSeat, Call, CallAct, CallCheck, QualityCheck
from telephony.queueing import Rules
from web import phone

__all__ = ["line"]
RULES = Rules(trunk="sip:{number}@127.0.0.1:5999", tags=("咨询", "沉默来电"))


@pytest.fixture(autouse=True)
def rules(line, monkeypatch):
    monkeypatch.setattr(phone, "rules", lambda: RULES)


# --- bad ratings of calls ---------------------------------------------------------------------------------------------


def rated(level, call=TALK, agent="agent1", **more):
    """A call that was only taken down, and its digit, as the distribution writes them."""
    from telephony import checks

    now = clock.now()
    with transaction() as unit:
        known = {"caller": "13800000001", "caller_index": privacy.blind("13800000001"), "connector": "c1"}
        stamps = {"invite_at": now, "queue_at": now, "agent_answer_at": now, "hangup_at": now}
        row = Call(id=call, state="ended", exit="answered", agent=agent, rating=level, **known, **(stamps | more))
        unit.session.add(row)
        unit.session.flush()
        checks.open_for(unit, row)


def test_a_bad_rating_waits_with_a_deadline_until_somebody_says_what_he_found(ask):
    rated(1, recording="recordings/x.wav")
    (row,) = ask("supervisor1").get("/api/v1/checks").json["items"]
    assert (row["call"], row["level"], row["agent"], row["caller"]) == (TALK, 1, "agent1", "13800000001")
    assert row["due_at"] > row["at"]
    assert "工作日" in row["explain"]
    path = f"/api/v1/checks/{row['id']}"
    assert set(ask("supervisor1").post(path, json={"verdict": "", "words": " "}).json["error"]["fields"]) == {
        "verdict",
        "words",
    }
    closed = ask("revisitor1").post(path, json={"verdict": "justified", "words": "坐席打断市民说话，已致歉"})
    assert (closed.json["state"], closed.json["by"]) == ("done", "revisitor1")
    assert ask("supervisor1").get("/api/v1/checks").json["items"] == []
    assert ask("supervisor1").get("/api/v1/checks?state=done").json["items"][0]["words"] == "坐席打断市民说话，已致歉"
    again = ask("supervisor1").post(path, json={"verdict": "mistaken", "words": "x"})
    assert (again.status_code, again.json["error"]["fields"]["by"]) == (409, "revisitor1")
    assert [row.call for row in fetch(QualityCheck)] == [TALK]  # justified: the whole call is heard
    assert [(a.what, a.agent) for a in fetch(CallAct)] == [("check", "agent1")]


def test_a_good_rating_opens_nothing(ask):
    rated(3)
    assert ask("supervisor1").get("/api/v1/checks").json["items"] == []


def test_nobody_checks_the_rating_of_his_own_call(ask):
    rated(2, agent="supervisor1")
    (row,) = ask("supervisor1").get("/api/v1/checks").json["items"]
    told = {"verdict": "mistaken", "words": "按错了"}
    assert ask("supervisor1").post(f"/api/v1/checks/{row['id']}", json=told).json["error"]["code"] == "own_call"
    assert ask("supervisor2").post(f"/api/v1/checks/{row['id']}", json=told).status_code == 200


def test_whom_a_rating_concerns_does_not_read_it(ask):
    rated(1)
    assert ask("agent1").get("/api/v1/checks").status_code == 403
    (seen,) = ask("auditor1").get("/api/v1/checks").json["items"]
    assert "0000" not in seen["caller"]
    assert (
        ask("auditor1").post(f"/api/v1/checks/{seen['id']}", json={"verdict": "mistaken", "words": "x"}).status_code
        == 403
    )


def test_a_check_nobody_made_in_time_is_told_to_the_supervisors_once(ask, drill, monkeypatch):
    from dispatch.models import Alarm
    from web import live, watchman

    monkeypatch.setattr(live, "_say", lambda _said: None)
    drill("2026-11-25T10:00:00+08:00")  # a Wednesday
    rated(1)
    drill("2026-11-26T17:59:00+08:00")
    assert watchman.late_checks() == 0
    drill("2026-11-26T18:01:00+08:00")
    assert [watchman.late_checks() for _ in range(2)] == [1, 0]
    (row,) = ask("supervisor1").get("/api/v1/checks").json["items"]
    assert row["overdue"] is True
    assert [(alarm.code, "agent1" in alarm.text) for alarm in fetch(Alarm)] == [("call_check_late", True)]


def test_what_was_found_is_sealed_in_the_tables():
    from sqlalchemy import text

    rated(1)
    with transaction() as unit:
        unit.session.query(CallCheck).one().words = "市民住在幸福路"
    with transaction() as unit:
        assert "幸福" not in str(unit.session.execute(text("SELECT words FROM call_checks")).scalar())


# --- the agent's own phone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "do", "sends"),
    [("ringing", "answer", "pick_up"), ("ringing", "hang_up", "put_down"), ("talking", "hang_up", "put_down")],
)
def test_f8_answers_and_ends_by_the_token_of_his_own_leg(ask, line, state, do, sends):
    talking()
    with transaction() as unit:
        unit.session.get(AgentSeat, "agent1").state = state
        unit.session.get(Call, TALK).agent = "agent2"  # several phones ring: the row names another
    assert give(ask("agent1"), do).status_code == 202
    assert sent(line) == [{"type": sends, "call": TALK, "token": "t1"}]


def test_f8_of_somebody_else_or_at_another_moment_is_refused(ask, line):
    talking()
    assert give(ask("agent1"), "answer").json["error"]["code"] == "not_ringing"
    assert give(ask("agent2"), "hang_up").status_code == 404
    assert sent(line) == []


# --- tags -------------------------------------------------------------------------------------------------------------


def test_an_agent_says_what_his_call_was_also_after_it(ask):
    talking()
    path = f"/api/v1/calls/{TALK}/tags"
    assert ask("agent1").put(path, json={"tags": ["沉默来电"]}).json["tags"] == ["沉默来电"]
    assert ask("agent1").put(path, json={"tags": ["没有这种"]}).json["error"]["code"] == "unknown_tag"
    assert ask("agent2").put(path, json={"tags": []}).status_code == 404
    assert ask("agent1").get("/api/v1/calls").json["items"][0]["tags"] == ["沉默来电"]
    assert ask("supervisor1").put(path, json={"tags": []}).json["tags"] == []


# --- the shift leader -------------------------------------------------------------------------------------------------


def test_a_note_reaches_every_desk_that_is_signed_in_until_it_is_seen_or_over(ask, line, drill):
    drill("2026-11-25T10:00:00+08:00")
    ask("agent1").post("/desk/seat", json={"status": "ready"})
    with line.pubsub() as desk:
        desk.subscribe("desk:events")
        made = ask("supervisor1").post("/api/v1/notes", json={"text": "供热投诉增多，先问楼号", "hours": 1})
        words = [
            json.loads(m["data"]) for m in [desk.get_message(timeout=2) for _ in range(2)] if m["type"] == "message"
        ]
    assert words == [{"user": "agent1", "event": "note", "call": ""}]
    (note,) = ask("agent1").get("/desk/notes").json["items"]
    assert (note["text"], note["read"], note["id"]) == ("供热投诉增多，先问楼号", False, made.json["id"])
    for _ in range(2):
        assert ask("agent1").post(f"/desk/notes/{note['id']}/read").status_code == 204
    assert ask("agent1").get("/desk/notes").json["items"][0]["read"] is True
    assert ask("agent2").get("/desk/notes").json["items"][0]["read"] is False
    assert ask("supervisor1").get("/api/v1/notes").json["items"][0]["seen"] == 1
    drill("2026-11-25T11:01:00+08:00")
    assert ask("agent1").get("/desk/notes").json["items"] == []


def test_a_note_to_one_is_for_him_alone_and_can_be_withdrawn(ask):
    boss = ask("supervisor1")
    made = boss.post("/api/v1/notes", json={"text": "请来一下", "to": "agent1"}).json["id"]
    assert len(ask("agent1").get("/desk/notes").json["items"]) == 1
    assert ask("agent2").get("/desk/notes").json["items"] == []
    assert ask("agent2").post(f"/desk/notes/{made}/read").status_code == 404
    assert boss.delete(f"/api/v1/notes/{made}").status_code == 204
    assert ask("agent1").get("/desk/notes").json["items"] == []


@pytest.mark.parametrize("body", [{"text": " "}, {"text": "好", "hours": 0}, {"text": "好", "to": "nobody"}])
def test_a_note_that_says_nothing_or_reaches_nobody_is_refused(ask, body):
    assert ask("supervisor1").post("/api/v1/notes", json=body).status_code in {404, 422}
    assert ask("agent1").post("/api/v1/notes", json={"text": "好"}).status_code == 403


# --- my day -----------------------------------------------------------------------------------------------------------


def test_my_day_counts_what_i_did_since_midnight_and_nobody_elses(ask, drill):
    drill("2026-11-25T10:30:00+08:00")
    at = dt.datetime(2026, 11, 25, 2, 0, tzinfo=dt.UTC)
    rows = [
        ("a", at, {"rating": 5}),
        ("b", at, {"rating": 2}),
        ("c", at - dt.timedelta(hours=11), {"rating": 1}),  # yesterday in Shanghai
        ("d", at, {"agent": "agent2"}),
        ("e", at, {"agent_answer_at": None}),
        ("f", at, {"direction": "out"}),
    ]
    with transaction() as unit:
        for name, when, more in rows:
            stamps = {"invite_at": when, "agent_answer_at": when, "hangup_at": when + dt.timedelta(seconds=90)}
            said = {"id": name, "state": "ended", "caller": "", "caller_index": "", "agent": "agent1"} | stamps | more
            unit.session.add(Call(**said))
    case = {
        "kind": "咨询",
        "title": "办证",
        "content": "几点上班",
        "channel": "phone",
        "citizen": {"phone": "13800000001"},
    }
    assert ask("agent1").post("/api/v1/cases", json=case).status_code == 201
    told = ask("agent1").get("/desk/day").json
    assert (told["calls"], told["made"], told["cases"], told["average_seconds"]) == (2, 1, 1, 90)
    assert (told["ratings"], told["mean"]) == ({"1": 0, "2": 1, "3": 0, "4": 0, "5": 1}, 3.5)
    assert (told["hours"][10], sum(told["hours"])) == (3, 3)


def test_a_day_without_calls_has_nothing_to_average(ask):
    told = ask("agent1").get("/desk/day").json
    assert (told["calls"], told["average_seconds"], told["mean"]) == (0, None, None)


def test_a_seat_tells_its_last_call_so_that_it_can_still_be_tagged(ask):
    with transaction() as unit:
        unit.session.get(User, "agent1")
        now = clock.now()
        unit.session.add(
            AgentSeat(user="agent1", status="wrap_up", state="wrap_up", since=now, idle_since=now, last_call=TALK)
        )
    assert ask("agent1").get("/desk/seat").json["last_call"] == TALK
