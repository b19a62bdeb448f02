"""Chats through the real sockets and the agents' doors: nothing lost, nothing twice, one agent wins."""

import threading

import pytest
import socketio

from hotline import cases, chat, db
from hotline.chat_models import ChatMessage
from hotline.city_models import User
from hotline.errors import Conflict
from hotline.lifecycle import Actor
from hotline.message_models import OutboxRow
from hotline.models import Case
from hotline.words import Action, Role

KEY = "k" * 40
MATTER = {
    "kind": "求助",
    "content": "楼道灯坏了一个月",
    "citizen": {"phone": "13800000001"},
    "place": {"area": "湖滨区"},
}
AGENTS = [Actor(f"agent{n}", Role.AGENT) for n in range(1, 9)]


@pytest.fixture
def app(city, monkeypatch):
    """The application speaking within this process: Flask-SocketIO's test client refuses a message queue."""
    from web import live
    from web.app import create_app, limiter

    monkeypatch.setattr(live.socketio, "RedisManager", lambda *_args, **_more: socketio.Manager())

    made = create_app()
    limiter.reset()
    return made


class Browser:
    """A citizen's browser: a key and a line."""

    def __init__(self, app, key=KEY):
        from web.live import sockets

        self.line = sockets.test_client(app, namespace="/chat", auth={"key": key})

    def ask(self, event, **body):
        return self.line.emit(event, body, namespace="/chat", callback=True)

    def say(self, text, client_id):
        return self.ask("say", text=text, client_id=client_id)

    def heard(self):
        return [one["args"][0] for one in self.line.get_received("/chat") if one["name"] == "changed"]


@pytest.fixture
def browser(app):
    return Browser(app)


def staff(app, name="agent1"):
    client = app.test_client()
    with client.session_transaction() as session:
        session["user"] = name
    token = client.get("/chat").text.split('name="csrf-token" content="')[1].split('"')[0]
    return Desk(client, token)


class Desk:
    def __init__(self, client, token):
        self.client, self.headers = client, {"X-CSRFToken": token, "Accept": "application/json"}

    def get(self, path=""):
        return self.client.get(f"/desk/chats{path}", headers=self.headers)

    def post(self, path, body=None):
        return self.client.post(f"/desk/chats{path}", json=body or {}, headers=self.headers)


def texts(items, by):
    return [one["text"] for one in items if one["by"] == by]


def test_the_bot_answers_a_question_and_says_where_from(app, browser):
    from kb import articles
    from kb.reading import Draft

    title, body = "夜间施工噪音怎么管", "夜间二十二时至次日六时，禁止产生噪声的建筑施工作业。"
    made = articles.write(Draft(code="KB9", title=title, body=body, kind="answer", department="", area="", effective=None, expires=None), "keeper1", 0)  # fmt: skip  # noqa: E501
    for step, who in (("submit", "keeper1"), ("publish", "supervisor1")):
        made = articles.step("KB9", step, made.version, who)
    told = browser.say("夜间施工噪音怎么管", "1")
    assert told["chat"]["state"] == "bot"
    assert title in texts(told["items"], "bot")[0]


def test_a_near_title_that_is_asked_for_is_told_in_full(app, browser):
    from kb import articles
    from kb.reading import Draft

    title, body = "住房公积金提取条件和材料", "购房、租房、退休可以提取，带身份证和相应证明到窗口办理。"
    made = articles.write(Draft(code="KB9", title=title, body=body, kind="answer", department="", area="", effective=None, expires=None), "keeper1", 0)  # fmt: skip  # noqa: E501
    for step, who in (("submit", "keeper1"), ("publish", "supervisor1")):
        made = articles.step("KB9", step, made.version, who)
    near = texts(browser.say("我在外地上班，公积金这边能不能给我弄出来用", "1")["items"], "bot")[0]
    assert f"· {title}" in near
    assert body not in near
    assert body in texts(browser.say(title, "2")["items"], "bot")[-1]


def test_the_bot_admits_what_it_does_not_know(browser):
    told = browser.say("咕噜咕噜呱", "1")
    assert "没有找到" in texts(told["items"], "bot")[0]


def test_danger_to_life_is_answered_with_the_emergency_number_first(browser):
    told = browser.say("我家着火了", "1")
    assert texts(told["items"], "bot")[0].startswith("如果正有人身危险，请立即拨打 119")


def test_a_message_sent_twice_is_kept_once_and_answered_once(browser):
    browser.say("你好", "1")
    told = browser.say("你好", "1")
    assert texts(told["items"], "citizen") == ["你好"]
    assert len(texts(told["items"], "bot")) == 1


def test_asking_for_a_person_in_words_leads_into_the_line(browser):
    assert browser.say("转人工", "1")["chat"]["state"] == "waiting"


def test_the_place_in_the_line_is_told_and_moves_up(app):
    first, second = Browser(app, "a" * 40), Browser(app, "b" * 40)
    assert first.ask("human")["chat"]["place"] == 1
    assert second.ask("human")["chat"]["place"] == 2
    second.heard()
    waiting = staff(app).get().json["items"]
    assert [card["place"] for card in waiting] == [1, 2]
    staff(app).post(f"/{waiting[0]['id']}/take")
    assert second.heard()
    assert second.ask("read")["chat"]["place"] == 1


def test_waiting_twice_does_not_lose_the_place(app, browser):
    browser.ask("human")
    Browser(app, "b" * 40).ask("human")
    assert browser.ask("human")["chat"]["place"] == 1


def test_agent_and_citizen_talk_both_ways(app, browser):
    browser.say("楼道灯坏了", "1")
    chat_id = browser.ask("human")["chat"]["id"]
    desk = staff(app)
    assert "楼道灯坏了" in texts(desk.post(f"/{chat_id}/take").json["items"], "citizen")
    browser.heard()
    assert desk.post(f"/{chat_id}/say", {"client_id": "1", "text": "您好，哪个小区？"}).status_code == 200
    assert browser.heard() == [{"id": chat_id, "state": "agent"}]
    told = browser.say("和平路小区", "2")
    assert "您好，哪个小区？" in texts(told["items"], "agent")
    assert len(texts(told["items"], "bot")) == 1  # from before the agent came
    card = desk.get().json["items"][0]
    assert (card["unread"], card["last"], card["agent"]) == (1, "和平路小区", "agent1")


def test_after_a_break_everything_since_the_last_message_is_read(app, browser):
    browser.say("第一句", "1")
    told = browser.ask("human")
    last, chat_id = told["items"][-1]["id"], told["chat"]["id"]
    browser.line.disconnect(namespace="/chat")
    desk = staff(app)
    desk.post(f"/{chat_id}/take")
    for n in range(3):
        desk.post(f"/{chat_id}/say", {"client_id": str(n), "text": f"回复{n}"})
    again = Browser(app).ask("read", after=last)
    assert texts(again["items"], "agent") == ["回复0", "回复1", "回复2"]
    assert "第一句" not in texts(again["items"], "citizen")


def test_of_eight_agents_one_wins_and_the_others_are_told(app, browser):
    chat_id = browser.ask("human")["chat"]["id"]
    won, lost = [], []

    def try_to(actor):
        try:
            won.append(chat.take(chat_id, actor).agent)
        except Conflict as no:
            lost.append(no.fields["by"])

    tries = [threading.Thread(target=try_to, args=(actor,)) for actor in AGENTS]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert len(won) == 1
    assert lost == won * 7
    assert len([t for t in texts(browser.ask("read")["items"], "system") if "已接入" in t]) == 1


def test_only_the_agent_who_has_it_speaks_in_a_chat(app, browser):
    chat_id = browser.ask("human")["chat"]["id"]
    other = staff(app, "agent2")
    assert other.post(f"/{chat_id}/say", {"client_id": "1", "text": "x"}).status_code == 403
    staff(app).post(f"/{chat_id}/take")
    assert other.post(f"/{chat_id}/say", {"client_id": "1", "text": "x"}).json["error"]["code"] == "not_your_chat"
    assert other.post(f"/{chat_id}/take").status_code == 409
    assert other.post(f"/{chat_id}/close").status_code == 403
    assert other.get().json["items"] == []


def test_a_supervisor_takes_over_and_an_agent_gives_back(app, browser):
    chat_id = browser.ask("human")["chat"]["id"]
    staff(app).post(f"/{chat_id}/take")
    assert staff(app, "supervisor1").post(f"/{chat_id}/take").json["chat"]["agent"] == "supervisor1"
    assert staff(app, "supervisor1").post(f"/{chat_id}/release").json["chat"]["state"] == "waiting"
    assert browser.ask("read")["chat"]["place"] == 1


def test_only_agents_and_supervisors_read_chats(app, browser):
    browser.ask("human")
    with db.session() as session:
        roles = {user.role: user.name for user in session.query(User)}
    for role, name in roles.items():
        wanted = 200 if role in {"agent", "supervisor"} else 403
        assert staff(app, name).get().status_code == wanted, role
    assert app.test_client().get("/desk/chats", headers={"Accept": "application/json"}).status_code in {302, 401}
    assert app.test_client().post("/desk/chats/1/take", headers={"Accept": "application/json"}).status_code == 401


def test_a_chat_becomes_one_case_told_to_the_citizen(app, browser):
    browser.say("楼道灯坏了一个月", "1")
    chat_id = browser.ask("human")["chat"]["id"]
    desk = staff(app)
    desk.post(f"/{chat_id}/take")
    made = desk.post(f"/{chat_id}/to_case", MATTER)
    assert made.status_code == 201
    again = desk.post(f"/{chat_id}/to_case", MATTER)
    assert (again.status_code, again.json["error"]["fields"]) == (409, {"number": made.json["number"]})
    told = browser.ask("read")
    assert told["chat"]["case_number"] == made.json["number"]
    assert made.json["query_code"] in texts(told["items"], "system")[-1]
    with db.session() as session:
        assert [(case.channel, case.phone) for case in session.query(Case)] == [("chat", "13800000001")]


def test_the_citizen_registers_through_the_bots_form(browser):
    browser.say("楼道灯坏了一个月", "1")
    made = browser.ask("case", **MATTER)
    assert made["number"]
    assert [row["clock"] for row in made["clocks"]] == ["accept"]
    assert browser.ask("case", **MATTER)["error"]["code"] == "already_case"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"content": ""}, "invalid_fields"),
        ({"citizen": {"phone": ""}}, "phone_missing"),
        ({"citizen": {"phone": "12"}}, "bad_phone"),
        ({"place": {"area": "火星"}}, "unknown_area"),
    ],
)
def test_a_bad_form_says_what_is_wrong_and_keeps_the_chat(browser, change, code):
    browser.say("你好", "1")
    assert browser.ask("case", **(MATTER | change))["error"]["code"] == code
    assert browser.ask("read")["chat"]["case_number"] == ""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "", "client_id": "1"}, "empty_message"),
        ({"text": None, "client_id": "1"}, "empty_message"),
        ({"text": "字" * 2001, "client_id": "1"}, "message_too_long"),
        ({"text": "你好", "client_id": ""}, "bad_client_id"),
        ({"text": "你好", "client_id": ["1"]}, "bad_client_id"),
    ],
)
def test_a_bad_message_is_refused_with_a_reason(browser, body, code):
    assert browser.ask("say", **body)["error"]["code"] == code
    assert browser.ask("read") == {"chat": None, "items": []}


def test_a_flood_is_slowed_and_nothing_before_it_lost(browser, drill):
    drill("2026-11-02T09:00:00+08:00")
    answers = [browser.say(f"第{n}句", str(n)) for n in range(chat.MOST_A_MINUTE + 1)]
    assert answers[-1]["error"]["code"] == "too_fast"
    with db.session() as session:
        assert session.query(ChatMessage).filter(ChatMessage.by == "citizen").count() == chat.MOST_A_MINUTE
    drill("2026-11-02T09:02:00+08:00")
    assert "items" in browser.say("再说一句", "again")


@pytest.mark.parametrize("key", [None, "", "short", "x" * 200, 7])
def test_without_a_good_key_there_is_no_line(app, key):
    assert not Browser(app, key).line.is_connected("/chat")


def test_a_stranger_reads_nothing_of_a_chat(app, browser):
    browser.say("秘密", "1")
    assert Browser(app, "z" * 40).ask("read") == {"chat": None, "items": []}


def test_words_and_keys_are_not_readable_in_the_tables(browser):
    browser.say("我的电话是13800000001", "1")
    with db.engine().connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM chats").all())
        rows += str(connection.exec_driver_sql("SELECT * FROM chat_messages").all())
    assert "13800000001" not in rows
    assert KEY not in rows


def test_speaking_again_after_the_end_goes_on_with_all_that_was_said(app, browser):
    browser.say("你好", "1")
    assert browser.ask("close")["chat"]["state"] == "closed"
    told = browser.say("还有一件事", "2")
    assert told["chat"]["state"] == "bot"
    assert texts(told["items"], "citizen") == ["你好", "还有一件事"]


def test_the_desks_hear_of_each_change_through_the_outbox(browser):
    chat_id = browser.ask("human")["chat"]["id"]
    with db.session() as session:
        events = [row.payload for row in session.query(OutboxRow).filter(OutboxRow.kind == "ChatChanged")]
    assert {"chat_id": chat_id, "state": "waiting"} in events


def test_what_came_of_a_chat_is_rated_by_its_citizen_alone(app, browser):
    browser.say("楼道灯坏了", "one")
    chat_id = browser.ask("human")["chat"]["id"]
    desk = staff(app)
    desk.post(f"/{chat_id}/take")
    made = desk.post(f"/{chat_id}/to_case", MATTER).json
    assert browser.ask("read")["chat"]["rate"] == ""  # nothing to rate yet
    cases.act(made["number"], Action.ANSWER, AGENTS[0], {"text": "已通知物业今天修好。"}, version=made["version"])
    told = browser.ask("read")["chat"]["rate"]
    assert told.startswith("/rate/")
    assert "/rate/" not in desk.get(f"/{chat_id}").get_data(as_text=True)
    assert app.test_client().post(told, data={"level": "5"}).status_code == 200
    assert browser.ask("read")["chat"]["rate"] == ""
