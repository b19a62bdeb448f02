"""Call control through the staff's doors: who may do what with a running call, and what goes to the telephone."""

import json

import pytest
import redis
from staff_story import passed

from hotline import clock, privacy
from hotline.city_models import User
from hotline.settings import Settings
from hotline.unit import transaction
from telephony.models import AgentSeat, Call, CallAct, Callback, CallerMark
from telephony.queueing import Rules
from web import phone

TALK = "00000000-0000-4000-8000-000000000001"
TRUNK = Rules(trunk="sip:{number}@127.0.0.1:5999")


@pytest.fixture
def line(city, monkeypatch):
    """The stream of commands; a connector lives."""
    broker = redis.Redis.from_url(Settings().redis(), decode_responses=True)
    broker.flushdb()
    broker.set("tel:alive:c1", "{}", ex=60)
    monkeypatch.setattr(phone, "rules", lambda: TRUNK)
    yield broker
    broker.close()


def sent(line):
    return [json.loads(fields["json"]) for _, fields in line.xrange("tel:commands")]


def talking(user="agent1", **more):
    now = clock.now()
    with transaction() as unit:
        said = {"id": TALK, "state": "talking", "caller": "13800000001", "caller_index": privacy.blind("13800000001")}
        unit.session.add(Call(**(said | {"connector": "c1", "agent": user, "invite_at": now} | more)))
        seat = {"status": "ready", "state": "talking", "since": now, "idle_since": now, "call": TALK, "token": "t1"}
        unit.session.add(AgentSeat(user=user, **seat))


def give(client, do, **more):
    return client.post(f"/api/v1/calls/{TALK}/control", json={"do": do} | more)


def fetch(table):
    with transaction() as unit:
        return list(unit.session.query(table))


@pytest.fixture
def boss_phone(city):
    """The supervisor has a phone for this test."""
    with transaction() as unit:
        unit.session.get(User, "supervisor1").phone_uri = "sip:boss@127.0.0.1:5799"
    yield
    with transaction() as unit:
        unit.session.get(User, "supervisor1").phone_uri = ""


# --- the agent's own call -------------------------------------------------------------------------------------------

PLAIN = ["hold", "unhold", "mute", "unmute", "requeue", "resume_recording"]


@pytest.mark.parametrize("do", PLAIN)
def test_a_plain_order_goes_to_the_connector(ask, line, do):
    talking()
    assert give(ask("agent1"), do).status_code == 202
    assert sent(line) == [{"type": do, "call": TALK}]


TARGETS = [
    ({"agent": "agent2"}, "agent2", "sip:agent2@127.0.0.1:5702"),
    ({"number": "110"}, "110", "sip:110@127.0.0.1:5999"),
    ({"number": "0398-2812345"}, "0398-2812345", "sip:03982812345@127.0.0.1:5999"),
]


@pytest.mark.parametrize(("do", "sends"), [("consult", "consult"), ("conference", "conference"), ("transfer", "transfer_blind")])  # fmt: skip  # noqa: E501
@pytest.mark.parametrize(("to", "name", "uri"), TARGETS)
def test_colleagues_and_numbers_are_reached(ask, line, do, sends, to, name, uri):
    talking()
    assert give(ask("agent1"), do, to=to).status_code == 202
    (said,) = sent(line)
    assert (said["type"], said["agent"], said["uri"], len(said["token"])) == (sends, name, uri, 16)


def test_a_department_is_reached_at_its_contact_phone(ask, line):
    talking()
    assert give(ask("agent1"), "conference", to={"department": "csglj"}).status_code == 202
    (said,) = sent(line)
    assert said["uri"].startswith("sip:0398")
    assert said["agent"]


REFUSED = [
    ("conference", {}, 422, "no_target"),
    ("conference", {"to": {"agent": "nobody"}}, 404, "no_such_user"),
    ("conference", {"to": {"agent": "dispatcher1"}}, 422, "no_phone"),
    ("conference", {"to": {"department": "nowhere"}}, 404, "no_such_department"),
    ("transfer", {"to": {"number": "sip:x@evil"}}, 422, "no_number"),
    ("join", {"token": "unheard"}, 404, "no_such_guest"),
    ("pause_recording", {}, 422, "reason_missing"),
    ("dance", {}, 422, "unknown_order"),
    ("listen", {}, 403, "not_supervisor"),
]


@pytest.mark.parametrize(("do", "more", "status", "code"), REFUSED)
def test_what_cannot_be_done_is_refused_and_nothing_is_sent(ask, line, do, more, status, code):
    talking()
    answer = give(ask("agent1"), do, **more)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert sent(line) == []


def test_without_a_trunk_nobody_outside_is_called(ask, line, monkeypatch):
    monkeypatch.setattr(phone, "rules", Rules)
    talking()
    assert give(ask("agent1"), "conference", to={"number": "110"}).json["error"]["code"] == "no_trunk"


def test_nobody_touches_another_agents_call_nor_one_that_is_over(ask, line):
    talking()
    assert give(ask("agent2"), "hold").status_code == 404
    assert give(ask("dispatcher1"), "hold").status_code == 403
    with transaction() as unit:
        unit.session.get(Call, TALK).state = "ended"
    assert give(ask("agent1"), "hold").json["error"]["code"] == "not_talking"
    assert sent(line) == []


def test_a_guest_is_joined_dropped_and_given_the_call(ask, line):
    talking(talk={"guests": {"g1": {"agent": "agent2", "role": "consult", "state": "answered"}}})
    for do in ("join", "drop", "complete"):
        assert give(ask("agent1"), do, token="g1").status_code == 202
    assert [(c["type"], c["token"]) for c in sent(line)] == [
        ("join", "g1"),
        ("drop", "g1"),
        ("transfer_attended", "g1"),
    ]


def test_a_pause_of_the_recording_is_logged_with_its_reason(ask, line):
    talking()
    give(ask("agent1"), "pause_recording", reason="市民报银行卡号")
    assert [(a.by, a.what, a.reason) for a in fetch(CallAct)] == [("agent1", "pause_recording", "市民报银行卡号")]


def test_emergency_numbers_stand_first_among_the_targets(ask):
    told = ask("agent1").get("/api/v1/calls/targets").json
    assert told["emergency"][0]["number"] == "110"
    assert "agent1" not in {row["user"] for row in told["colleagues"]}
    assert all("phone" not in row for row in told["colleagues"])


def test_colleagues_who_are_free_stand_before_those_who_speak_and_those_who_are_off(ask):
    with transaction() as unit:
        for name in ("agent2", "supervisor1", "dispatcher1", "reviewer1"):
            unit.session.get(User, name).phone_uri = "sip:x@127.0.0.1:5999"
        stands = {"agent2": ("ready", "talking"), "supervisor1": ("ready", "idle"), "reviewer1": ("off", "idle")}
        for name, (status, state) in stands.items():
            seat = {"status": status, "state": state, "since": unit.now, "idle_since": unit.now, "call": ""}
            unit.session.merge(AgentSeat(user=name, **seat))
    found = ask("agent1").get("/api/v1/calls/targets").json["colleagues"]
    told = {row["user"]: (row["seat"], row["free"]) for row in found}
    assert {name: told[name] for name in ("agent2", "supervisor1", "dispatcher1", "reviewer1")} == {
        "supervisor1": ("空闲", True),
        "agent2": ("通话", False),
        "dispatcher1": ("未签入", False),
        "reviewer1": ("未签入", False),
    }
    assert [row["free"] for row in found] == sorted((row["free"] for row in found), reverse=True)
    assert [row["seat"] for row in found][-1] == "未签入"


# --- supervisors ----------------------------------------------------------------------------------------------------


def test_listening_is_rung_logged_and_visible_to_the_agent(ask, line, boss_phone):
    talking()
    assert give(ask("supervisor1"), "listen").status_code == 202
    (said,) = sent(line)
    assert (said["type"], said["mode"], said["agent"], said["uri"]) == (
        "monitor", "listen", "supervisor1", "sip:boss@127.0.0.1:5799",
    )  # fmt: skip
    seen = ask("agent1").get(f"/api/v1/calls/{TALK}/talk").json["acts"]
    assert [(row["by"], row["label"]) for row in seen] == [("supervisor1", "旁听")]
    assert ask("agent1").get("/api/v1/acts").json["items"] == seen
    assert ask("agent2").get("/api/v1/acts").json["items"] == []


def test_a_listener_changes_his_mode_and_takes_over_with_the_same_leg(ask, line, boss_phone):
    talking(talk={"guests": {"m1": {"agent": "supervisor1", "role": "monitor", "state": "answered"}}})
    for do in ("whisper", "barge", "off", "take_over"):
        assert give(ask("supervisor1"), do).status_code == 202
    assert [(c["type"], c["token"], c.get("mode")) for c in sent(line)] == [
        ("monitor", "m1", "whisper"), ("monitor", "m1", "barge"), ("monitor", "m1", "off"), ("take_over", "m1", None),
    ]  # fmt: skip
    assert [a.what for a in fetch(CallAct)] == ["whisper", "barge", "monitor_off", "take_over"]


def test_who_does_not_listen_cannot_take_over(ask, line, boss_phone):
    talking()
    assert give(ask("supervisor1"), "take_over").json["error"]["code"] == "not_listening"
    assert sent(line) == []


def test_a_forced_status_is_logged_and_shown_at_the_agents_desk(ask, line):
    ask("agent1").post("/desk/seat", json={"status": "ready"})
    boss = ask("supervisor1")
    with line.pubsub() as desk:
        desk.subscribe("desk:events")
        assert (
            boss.post("/api/v1/seats/agent1", json={"status": "break", "reason": "离席未报"}).json["status"] == "break"
        )
        words = [desk.get_message(timeout=2) for _ in range(2)]
    assert json.loads(words[1]["data"]) == {"user": "agent1", "event": "seat", "call": ""}
    assert ask("agent1").get("/desk/seat").json["reason"] == "supervisor1：离席未报"
    assert [(a.by, a.agent, a.reason) for a in fetch(CallAct)] == [("supervisor1", "agent1", "小休：离席未报")]
    assert ask("agent2").post("/api/v1/seats/agent1", json={"status": "off", "reason": "x"}).status_code == 403
    assert [row["user"] for row in boss.get("/api/v1/seats").json["items"]] == ["agent1"]


# --- calls we make --------------------------------------------------------------------------------------------------


def test_the_agents_phone_is_rung_first(ask, line):
    made = ask("agent1").post("/api/v1/calls", json={"number": "13800000009"})
    assert made.status_code == 201
    (said,) = sent(line)
    assert (said["type"], said["call"], said["agent"], said["uri"], said["to"], said["connector"]) == (
        "dial", made.json["call"], "agent1", "sip:agent1@127.0.0.1:5701", "sip:13800000009@127.0.0.1:5999", "c1",
    )  # fmt: skip
    again = ask("agent1").post("/api/v1/calls", json={"number": "13800000009"})
    assert (again.status_code, again.json["error"]["code"]) == (409, "on_call")


def test_a_missed_call_is_dialled_from_the_list_and_stays_owed_until_somebody_speaks(ask, line):
    with transaction() as unit:
        owed = Callback(call="x", caller="13800000007", caller_index="i", reason="abandoned", created_at=clock.now())
        unit.session.add(owed)
        unit.session.flush()
        number = owed.id
    made = ask("agent1").post("/api/v1/calls", json={"callback": number})
    assert (made.status_code, made.json["purpose"]) == (201, "callback")
    assert sent(line)[0]["to"] == "sip:13800000007@127.0.0.1:5999"
    assert [row.state for row in fetch(Callback)] == ["open"]
    assert ask("agent2").post("/api/v1/calls", json={"callback": 999}).status_code == 404


NOT_DIALLED = [
    ({}, 422),
    ({"number": "110", "callback": 3}, 422),
    ({"number": "not a number"}, 422),
    ({"case": "20260101000001"}, 404),
]


@pytest.mark.parametrize(("body", "status"), NOT_DIALLED)
def test_what_names_nobody_dials_nobody(ask, line, body, status):
    assert ask("agent1").post("/api/v1/calls", json=body).status_code == status
    assert sent(line) == []


def test_without_a_connector_nothing_is_reserved(ask, line):
    line.delete("tel:alive:c1")
    refused = ask("agent1").post("/api/v1/calls", json={"number": "13800000009"})
    assert (refused.status_code, refused.json["error"]["code"]) == (503, "no_telephone")
    assert [seat.state for seat in fetch(AgentSeat)] in ([], ["idle"])
    assert fetch(Call) == []


@pytest.fixture
def revisitor_phone(city):
    with transaction() as unit:
        unit.session.get(User, "revisitor1").phone_uri = "sip:revisitor1@127.0.0.1:5798"
    yield
    with transaction() as unit:
        unit.session.get(User, "revisitor1").phone_uri = ""


QUIET = [("2026-11-23T08:29:50+08:00", 403), ("2026-11-23T08:30:10+08:00", 201), ("2026-11-23T20:30:10+08:00", 403)]


@pytest.mark.parametrize(("instant", "status"), QUIET)
def test_a_revisit_is_dialled_in_its_hours_only(ask, line, revisitor_phone, drill, instant, status):
    drill("2026-11-20T10:00+08:00")
    case = passed()
    drill(instant)
    answer = ask("revisitor1").post("/api/v1/calls", json={"case": case.number})
    assert answer.status_code == status
    assert [(c["case"], c["to"]) for c in sent(line)] == (
        [(case.number, "sip:13800000001@127.0.0.1:5999")] if status == 201 else []
    )


# --- marks ----------------------------------------------------------------------------------------------------------


def test_a_nuisance_is_looked_at_by_a_second_person(ask, line):
    talking()
    made = ask("agent1").post(f"/api/v1/calls/{TALK}/mark", json={"mark": "nuisance", "reason": "反复辱骂"})
    assert (made.status_code, made.json["state"]) == (201, "proposed")
    boss = ask("supervisor1")
    (row,) = boss.get("/api/v1/marks").json["items"]
    assert row["reason"] == "反复辱骂"
    assert boss.post(f"/api/v1/marks/{row['id']}", json={"confirmed": True}).json["state"] == "confirmed"
    assert boss.post(f"/api/v1/marks/{row['id']}", json={"confirmed": True}).status_code == 409
    assert boss.post(f"/api/v1/marks/{row['id']}", json={"confirmed": False}).json["state"] == "dismissed"
    assert ask("agent1").post(f"/api/v1/marks/{row['id']}", json={"confirmed": True}).status_code == 403


def test_nobody_confirms_his_own_mark(ask, line):
    talking("supervisor1")
    made = ask("supervisor1").post(f"/api/v1/calls/{TALK}/mark", json={"mark": "nuisance", "reason": "骚扰"})
    refused = ask("supervisor1").post(f"/api/v1/marks/{made.json['id']}", json={"confirmed": True})
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "second_person")


def test_65_or_older_counts_at_once_and_needs_a_number(ask, line):
    talking()
    assert ask("agent1").post(f"/api/v1/calls/{TALK}/mark", json={"mark": "elderly"}).json["state"] == "confirmed"
    assert [m.by for m in fetch(CallerMark)] == ["agent1"]
    with transaction() as unit:
        unit.session.get(Call, TALK).caller = ""
    withheld = ask("agent1").post(f"/api/v1/calls/{TALK}/mark", json={"mark": "elderly"})
    assert withheld.json["error"]["code"] == "number_withheld"
    assert ask("agent2").post(f"/api/v1/calls/{TALK}/mark", json={"mark": "elderly"}).status_code == 404
