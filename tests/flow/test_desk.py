"""The desks of the centre over HTTP: the agent's seat and call, the dispatch lists, who may and who may not."""

import datetime as dt
import re
from pathlib import Path

import pytest

from dispatch import service
from hotline import cases, clock, db, facts, privacy
from hotline.city_models import Token
from hotline.errors import BadInput
from hotline.lifecycle import Actor
from hotline.models import ClockRow
from hotline.unit import transaction
from hotline.words import Action, Channel, Clock, Level, ReviewPoint, Role, Verdict
from telephony import marks
from telephony.models import Call
from web import finding

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
WORDS = Path("web/frontend/src/shared/case-words.js")


@pytest.fixture
def app(city):
    from web.app import create_app

    return create_app()


@pytest.fixture
def ask(app):
    """ask("agent1").get(…): a client with that user's token."""

    def of(user):
        with transaction() as unit:
            unit.session.merge(Token(digest=privacy.token_digest(user), user=user, created_at=clock.now()))
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {user}"
        client.environ_base["HTTP_ACCEPT"] = "application/json"
        return client

    return of


def case(minutes=0, **more):
    suggestion = {"category": "0102", "department": "csglj", "confidence": 0.6}
    said = {
        "kind": "投诉",
        "title": "烧烤摊油烟",
        "content": "楼下烧烤油烟扰民",
        "channel": "phone",
        "phone": "13800000001",
    }
    new = cases.NewCase(**(said | {"area": "湖滨区", "suggestion": suggestion} | more))
    return cases.create(new, AGENT, now=NOW + dt.timedelta(minutes=minutes))[0]


def act(made, action, actor, **given):
    with db.session() as session:
        version = facts.load(session, made.number).version
    return cases.act(made.number, action, actor, given, version=version)


def call_at(user, caller="13800000001", call="c-1", at=NOW):
    with transaction() as unit:
        unit.session.add(
            Call(
                id=call, state="offered", caller=caller, caller_index=privacy.blind(caller), connector="k", agent=user,
                invite_at=at, queue_at=at, offer_at=at,
            )
        )  # fmt: skip


# --- the seat -------------------------------------------------------------------------------------------------------


def test_an_agent_who_never_signed_in_is_off_duty(ask):
    assert ask("agent1").get("/desk/seat").json["status"] == "off"


@pytest.mark.parametrize("status", ["ready", "wrap_up", "off"])
def test_what_the_agent_says_of_himself_is_kept(ask, status):
    agent = ask("agent1")
    assert agent.post("/desk/seat", json={"status": status}).json["status"] == status
    assert agent.get("/desk/seat").json["status"] == status


def test_a_break_needs_a_reason(ask):
    agent = ask("agent1")
    refused = agent.post("/desk/seat", json={"status": "break"})
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "reason_missing")
    assert agent.post("/desk/seat", json={"status": "break", "reason": "用餐"}).json["reason"] == "用餐"


@pytest.mark.parametrize("body", [{"status": "asleep"}, {"status": 7}, {}, {"status": "ready", "call": "x"}])
def test_a_status_that_is_none_is_refused(ask, body):
    assert ask("agent1").post("/desk/seat", json=body).status_code == 422


def test_a_browser_must_prove_that_the_page_is_ours(app, city):
    client = app.test_client()
    with client.session_transaction() as session:
        session["user"] = "agent1"
    assert client.post("/desk/seat", json={"status": "ready"}).status_code == 400
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/desk").text)[1]
    assert client.post("/desk/seat", json={"status": "ready"}, headers={"X-CSRFToken": token}).status_code == 200


# --- the call -------------------------------------------------------------------------------------------------------


def test_the_pop_shows_the_number_and_the_open_cases_with_their_clocks(ask):
    made = case()
    call_at("agent1")
    told = ask("agent1").get("/desk/call/c-1").json
    assert told["caller"] == "13800000001"
    assert [row["number"] for row in told["cases"]] == [made.number]
    assert told["cases"][0]["clocks"][0]["clock"] == "forward"


def test_nobody_else_sees_who_calls(ask):
    call_at("agent1")
    assert ask("agent2").get("/desk/call/c-1").status_code == 404
    assert ask("supervisor1").get("/desk/call/c-1").status_code == 404
    assert ask("agent1").get("/desk/call/no-such").status_code == 404


# --- the citizen on the line ---------------------------------------------------------------------------------------


def of_citizen(ask, phone="13800000001"):
    return ask("agent1").post("/desk/citizen", json={"phone": phone})


def test_the_desk_knows_what_the_citizen_asked_for_and_how_he_rated_it(ask):
    ended, going = case(), case(minutes=1, title="路灯不亮", name="李四")
    act(ended, Action.ANSWER, AGENT, text="已答复")
    act(ended, Action.RATE, Actor("citizen", Role.CITIZEN), level=3)
    told = of_citizen(ask).json
    assert (told["name"], [row["number"] for row in told["cases"]]) == ("李四", [going.number])
    assert [(row["number"], row["level"]) for row in told["earlier"]] == [(ended.number, 3)]
    assert told["flags"] == []


def test_flags_say_what_to_mind_with_this_caller(ask):
    for call in ("c-1", "c-2", "c-3"):
        call_at("agent1", call=call, at=clock.now())
    with transaction() as unit:
        marks.elderly(unit, "13800000001", AGENT)
    hidden = case(confidential=True)
    act(hidden, Action.ANSWER, AGENT, text="已答复")
    act(hidden, Action.RATE, Actor("citizen", Role.CITIZEN), level=3)
    told = of_citizen(ask).json
    assert [flag["code"] for flag in told["flags"]] == ["elderly", "confidential", "often"]
    assert told["flags"][2]["label"] == "本月第 3 次来电"


def test_a_number_that_is_none_is_refused_and_the_citizens_number_stands_in_no_address(ask):
    assert of_citizen(ask, "12").status_code == 422
    assert ask("agent1").get("/desk/citizen").status_code == 405
    assert ask("csglj1").post("/desk/citizen", json={"phone": "13800000001"}).status_code == 403


# --- dispatch -------------------------------------------------------------------------------------------------------


def numbers(answer):
    return [row["number"] for row in answer.json["items"]]


def test_what_is_due_first_stands_first(ask):
    usual, urgent = case(0), case(5, urgency="紧急")
    assert numbers(ask("dispatcher1").get("/dispatch/list")) == [urgent.number, usual.number]


def test_the_list_is_read_page_by_page_without_gap_or_repeat(ask):
    made = [case(minutes=n // 2).number for n in range(5)]
    client, seen, cursor = ask("dispatcher1"), [], ""
    while cursor is not None:
        answer = client.get("/dispatch/list", query_string={"limit": 2, "cursor": cursor})
        seen, cursor = seen + numbers(answer), answer.json["next"]
    assert seen == made


def test_a_case_without_a_clock_is_listed_all_the_same(ask):
    made = case()
    with transaction() as unit:
        unit.session.query(ClockRow).delete()
    assert numbers(ask("dispatcher1").get("/dispatch/list")) == [made.number]


@pytest.mark.parametrize("cursor", ["x", "MTIz", "fA=="])
def test_a_broken_cursor_is_refused(ask, cursor):
    refused = ask("dispatcher1").get("/dispatch/list", query_string={"cursor": cursor})
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "bad_cursor")


def test_filters_narrow_the_list(ask):
    here, there = case(area="湖滨区"), case(area="义马市", title="路灯不亮", urgency="紧急")
    finding.catch_up()
    client = ask("dispatcher1")
    for asked, found in [
        ({"area": "湖滨区"}, here),
        ({"urgency": "紧急"}, there),
        ({"q": "路灯"}, there),
        ({"q": here.number}, here),
    ]:
        assert numbers(client.get("/dispatch/list", query_string=asked)) == [found.number], asked
    assert numbers(client.get("/dispatch/list", query_string={"q": "100%"})) == []


def test_the_ribbon_names_what_the_system_will_send_within_the_hour_and_to_whom(ask, drill):
    drill(NOW.isoformat())
    made = case(urgency="特急")
    assert ask("dispatcher1").get("/dispatch/list").json["to_fallback"] == []
    drill((NOW + dt.timedelta(minutes=45)).isoformat())
    told = ask("dispatcher1").get("/dispatch/list").json["to_fallback"]
    assert [(row["number"], row["at"], row["department_name"]) for row in told] == [
        (made.number, clock.iso(NOW + dt.timedelta(minutes=90)), "湖滨区人民政府")
    ]
    assert ask("dispatcher1").get("/dispatch/list?tab=returns").json["to_fallback"] == []


def test_a_forwarded_case_leaves_the_list(ask):
    made = case()
    act(made, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj"}])
    told = ask("dispatcher1").get("/dispatch/list").json
    assert told["items"] == []
    assert told["counts"]["new"] == 0


CLERK = Actor("csglj1", Role.CLERK, "csglj")
REPLY = {"facts": "属实", "solved": True, "public": "经现场核实，已责令整改，请您监督。"}


def forwarded():
    made = case()
    act(made, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj"}])
    return made


def signed():
    made = forwarded()
    act(made, Action.SIGN, CLERK)
    return made


def test_each_tab_lists_what_waits_there(ask):
    returned, replied, longer = forwarded(), signed(), signed()
    act(returned, Action.RETURN, CLERK, reason="不属于本部门")
    act(replied, Action.REPLY, CLERK, **REPLY)
    act(longer, Action.REQUEST_EXTENSION, CLERK, days=3, reason="等检测结果")
    boss = ask("supervisor1")
    tabs = {
        tab: numbers(boss.get("/dispatch/list", query_string={"tab": tab})) for tab in ("returns", "review", "requests")
    }
    assert tabs == {"returns": [returned.number], "review": [replied.number], "requests": [longer.number]}
    assert boss.get("/dispatch/list").json["counts"] == {"new": 0, "returns": 1, "review": 1, "requests": 1, "redo": 0}


def test_beside_the_case_stand_suggestions_words_and_who_asks_for_what(ask):
    made = forwarded()
    act(made, Action.RETURN, CLERK, reason="不属于本部门")
    told = ask("dispatcher1").get(f"/dispatch/cases/{made.number}").json
    assert [row["reason"] for row in told["requests"]] == ["不属于本部门"]
    assert told["requests"][0]["department_name"] == "市城市管理局"
    assert told["choices"][0]["department"] == "csglj"
    assert told["choices"][0]["reason"]
    said = "".join(made.content[word["start"] : word["end"]] for word in told["choices"][0]["words"])
    assert "油烟" in said


def test_the_verdict_is_offered_the_house_that_the_returner_names(ask):
    made = forwarded()
    act(made, Action.RETURN, CLERK, reason="属于生态环境局", suggest="sthjj")
    asked = ask("dispatcher1").get(f"/dispatch/cases/{made.number}").json["requests"][0]
    assert (asked["suggest"], asked["suggest_name"]) == ("sthjj", "市生态环境局")
    assert asked["by_name"] not in {"", "csglj1"}


def test_a_returner_names_a_house_that_exists(ask):
    with pytest.raises(BadInput, match="unknown_department"):
        act(forwarded(), Action.RETURN, CLERK, reason="不属于本部门", suggest="nobody")


def test_steps_name_people_by_their_name(ask):
    steps = ask("dispatcher1").get(f"/api/v1/cases/{signed().number}/history").json["items"]
    assert (steps[0]["action"], steps[0]["name"]) == ("create", "林国敏")
    assert steps[-1]["actor"] == "csglj1"
    assert steps[-1]["name"] not in {"", "csglj1"}


def test_earlier_returns_of_the_same_category_are_shown(ask):
    act(forwarded(), Action.RETURN, CLERK, reason="属于生态环境局")
    told = ask("dispatcher1").get(f"/dispatch/cases/{case().number}").json
    assert [row["reason"] for row in told["returned"]] == ["属于生态环境局"]
    assert told["requests"] == []


def test_departments_are_found_by_name_and_initials(ask):
    rows = {row["code"]: row for row in ask("agent1").get("/dispatch/departments").json["items"]}
    assert rows["csglj"]["name"] == "市城市管理局"
    assert all(set(row) == {"code", "name", "short", "aliases"} for row in rows.values())


# --- who may --------------------------------------------------------------------------------------------------------

DOORS = {
    "/desk": {"agent1", "supervisor1"},
    "/desk/seat": {"agent1", "supervisor1"},
    "/desk/topics": {"agent1", "supervisor1"},
    "/dispatch": {"dispatcher1", "reviewer1", "supervisor1"},
    "/dispatch/list": {"dispatcher1", "reviewer1", "supervisor1"},
    "/dispatch/list?tab=review": {"reviewer1", "supervisor1"},
    "/dispatch/list?tab=requests": {"supervisor1"},
    "/dispatch/list?tab=returns": {"dispatcher1", "supervisor1"},
    "/dispatch/departments": {"agent1", "dispatcher1", "reviewer1", "supervisor1"},
}
PEOPLE = (
    "agent1",
    "dispatcher1",
    "reviewer1",
    "revisitor1",
    "supervisor1",
    "auditor1",
    "keeper1",
    "admin1",
    "csglj1",
    "csglj2",
)


@pytest.mark.parametrize("door", DOORS)
def test_each_door_opens_for_its_roles_and_no_other(ask, door):
    got = {user: ask(user).get(door).status_code for user in PEOPLE}
    assert got == {user: 200 if user in DOORS[door] else 403 for user in PEOPLE}


def test_a_stranger_is_sent_to_the_login(app):
    client = app.test_client()
    for door in DOORS:
        assert client.get(door).status_code == 302, door
    assert client.post("/desk/seat", json={"status": "ready"}).status_code == 401


def test_labels_in_the_browser_are_the_labels_of_the_code():
    text = WORDS.read_text(encoding="utf-8")
    for name, words in [
        ("ACTIONS", Action),
        ("ROLES", Role),
        ("CHANNELS", Channel),
        ("LEVELS", Level),
        ("VERDICTS", Verdict),
        ("CLOCKS", Clock),
        ("REVIEW_POINTS", ReviewPoint),
    ]:
        block = re.search(rf"export const {name} = {{(.*?)}};", text, re.DOTALL)[1]
        shown = dict(re.findall(r'^ +"?(\w+)"?: "(.*)",$', block, re.MULTILINE))
        assert {word.value: word.label for word in words}.items() <= shown.items(), name
        assert "rung" in shown or name != "ACTIONS"
    rungs = re.search(r"export const RUNGS = {(.*?)};", text, re.DOTALL)[1]
    assert dict(re.findall(r'^ +(\w+): "(.*)",$', rungs, re.MULTILINE)) == service.RUNG_WORDS


# --- the bridge -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [b"", b"{", b"[]", b'{"event": "pop"}', b'{"user": "", "event": "pop"}', b'{"user": "agent1", "event": "shout"}'],
)
def test_nonsense_on_the_channel_reaches_no_desk(app, said, monkeypatch):
    from web import bridge

    sent = []
    monkeypatch.setattr(bridge.live.sockets, "emit", lambda *a, **k: sent.append(a))
    assert bridge.carry(said) is False
    assert sent == []
