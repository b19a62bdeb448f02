"""Bad input gets a clear Chinese answer and a stable code, and nothing is lost; each role sees its own."""

import datetime as dt
import re

import pytest

from hotline import clock, db, privacy
from hotline.city_models import Token
from hotline.message_models import OutboxRow
from hotline.models import Case, HistoryRow
from hotline.unit import transaction

GOOD = {
    "kind": "投诉",
    "content": "湖滨区崤山路某小区东门外烧烤摊每天营业到凌晨两点，油烟和噪音很大，请尽快处理。",
    "channel": "phone",
    "citizen": {"name": "测试市民", "phone": "13800000001"},
    "place": {"area": "湖滨区", "address": "崤山路东段"},
}


@pytest.fixture(scope="module")
def application(loaded_city):
    from web import suggest
    from web.app import create_app

    suggest.forget()
    return create_app()


@pytest.fixture
def ask(application, city):
    """ask(method, path, body, user) → (status, json); a token per user."""
    client = application.test_client()

    def token(user):
        with transaction(clock.machine()) as unit:
            unit.session.merge(Token(digest=privacy.token_digest(f"t-{user}"), user=user, created_at=unit.now))
        return f"t-{user}"

    def call(method, path, body=None, user=None, **headers):
        from web import access

        access._by_token.cache_clear()
        if user:
            headers["Authorization"] = f"Bearer {token(user)}"
        answer = client.open(path, method=method, json=body, headers=headers)
        return answer.status_code, answer.get_json()

    return call


def counted(table):
    with db.session() as session:
        return session.query(table).count()


FAR = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).isoformat()
BAD = [
    ("an empty text", {"content": ""}, "invalid_fields", "content"),
    ("only blanks", {"content": "   \n "}, "invalid_fields", "content"),
    ("100 kB of text", {"content": "很长" * 25_000}, "invalid_fields", "content"),
    ("a phone number that is none", {"citizen": {"phone": "12ab"}}, "bad_phone", "citizen.phone"),
    ("an unknown area", {"place": {"area": "火星区"}}, "unknown_area", "place.area"),
    ("a future date", {"occurred_at": FAR}, "future_date", "occurred_at"),
    ("an unknown kind", {"kind": "闲聊"}, "invalid_fields", "kind"),
    ("an unknown field", {"colour": "red"}, "invalid_fields", "colour"),
    ("a wrong type", {"confidential": "perhaps"}, "invalid_fields", "confidential"),
    ("an unknown category", {"category": "9999"}, "unknown_category", "category"),
]


@pytest.mark.parametrize(("why", "wrong", "code", "field"), BAD, ids=[row[0] for row in BAD])
def test_bad_input_is_named_and_writes_nothing(ask, why, wrong, code, field):
    status, told = ask("POST", "/api/v1/cases", GOOD | wrong, "agent1")
    assert (status, told["error"]["code"]) == (422, code), why
    assert field in told["error"]["fields"]
    assert any("一" <= letter <= "鿿" for letter in told["error"]["message"])
    assert counted(Case) == counted(OutboxRow) == counted(HistoryRow) == 0


SEVERAL = {"citizen": {"phone": "12ab"}, "place": {"area": "火星区"}, "occurred_at": FAR, "category": "9999"}


def test_everything_that_is_wrong_is_named_at_once(ask):
    wrong = ask("POST", "/api/v1/cases", GOOD | SEVERAL, "agent1")[1]["error"]
    assert (wrong["code"], set(wrong["fields"])) == (
        "bad_phone",
        {"citizen.phone", "place.area", "occurred_at", "category"},
    )
    assert all(said in wrong["message"] for said in ("电话号码不对", "火星区", "不能晚于现在", "没有这个事项分类"))
    also = {"kind": "闲聊", "content": ""}
    wrong = ask("POST", "/api/v1/cases", GOOD | SEVERAL | also, "agent1")[1]["error"]
    assert wrong["code"] == "invalid_fields"
    assert set(wrong["fields"]) == {"kind", "content", "citizen.phone", "place.area", "occurred_at", "category"}
    assert "不在可选范围内" in wrong["message"]
    assert "；电话号码不对，" in wrong["message"]
    assert counted(Case) == 0


def test_a_field_that_cannot_be_read_is_named_once(ask):
    wrong = ask("POST", "/api/v1/cases", GOOD | {"citizen": {"phone": 5}, "colour": "red"})[1]["error"]
    assert set(wrong["fields"]) == {"citizen.phone", "colour"}


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_what_is_no_object_is_refused(ask, body):
    status, told = ask("POST", "/api/v1/cases", body, "agent1")
    assert (status, told["error"]["code"]) == (422, "not_json")


def test_a_repeated_submit_makes_one_case(ask):
    key = {"Idempotency-Key": "form-1"}
    first = ask("POST", "/api/v1/cases", GOOD, "agent1", **key)
    again = ask("POST", "/api/v1/cases", GOOD, "agent1", **key)
    assert (first[0], again[0]) == (201, 200)
    assert first[1]["number"] == again[1]["number"]
    assert ask("POST", "/api/v1/cases", GOOD | {"content": "另一件事情"}, "agent1", **key)[0] == 409
    assert counted(Case) == 1


def test_a_citizen_needs_no_login_but_a_telephone_or_anonymity(ask):
    matter = GOOD | {"citizen": {}, "channel": "web"}
    assert ask("POST", "/api/v1/cases", matter)[1]["error"]["code"] == "phone_missing"
    status, made = ask("POST", "/api/v1/cases", matter | {"anonymous": True})
    assert (status, made["state"]) == (201, "received")
    assert {row["clock"] for row in made["clocks"]} == {"accept"}


@pytest.fixture
def made(ask):
    return ask("POST", "/api/v1/cases", GOOD, "agent1")[1]


def actions(ask, made, body, user=None):
    return ask("POST", f"/api/v1/cases/{made['number']}/actions", body, user)


TO = [{"code": "csglj"}]


@pytest.mark.parametrize(
    ("body", "user", "status", "code"),
    [
        ({"action": "forward", "version": 1, "departments": TO}, "auditor1", 403, "not_allowed"),
        ({"action": "forward", "version": 1, "departments": TO}, "csglj1", 404, "no_such_case"),
        ({"action": "forward", "version": 7, "departments": TO}, "dispatcher1", 409, "version_conflict"),
        ({"action": "forward", "departments": [{"code": "csglj"}]}, "dispatcher1", 422, "version_missing"),
        ({"action": "forward", "version": 1, "departments": [{"code": "x"}]}, "dispatcher1", 422, "unknown_department"),
        ({"action": "forward", "version": 1, "departments": []}, "dispatcher1", 422, "invalid_fields"),
        ({"action": "pass", "version": 1}, "reviewer1", 422, "wrong_state"),
        ({"action": "fly", "version": 1}, "reviewer1", 422, "unknown_action"),
        ({"action": "rate", "version": 1, "level": 1, "query_code": "AAAAAAAA"}, None, 404, "no_such_case"),
        ({"action": "rate", "version": 1, "level": 1}, None, 401, "query_code_needed"),
    ],
)  # fmt: skip
def test_a_step_that_may_not_be_is_refused_and_changes_nothing(ask, made, body, user, status, code):
    got, told = actions(ask, made, body, user)
    assert (got, told["error"]["code"]) == (status, code)
    assert ask("GET", f"/api/v1/cases/{made['number']}", user="supervisor1")[1]["version"] == 1


def test_a_department_sees_only_its_own_and_not_the_person_behind_a_confidential_matter(ask):
    hidden = ask("POST", "/api/v1/cases", GOOD | {"confidential": True}, "agent1")[1]
    path = f"/api/v1/cases/{hidden['number']}"
    assert ask("GET", path, user="csglj1")[0] == 404
    actions(ask, hidden, {"action": "forward", "version": 1, "departments": [{"code": "csglj"}]}, "dispatcher1")
    status, told = ask("GET", path, user="csglj1")
    assert status == 200
    assert told["citizen"] == {"name": "（保密）", "phone": "***********", "masked": True, "may_look": False}
    assert told["actions"][:1] == ["sign"]
    assert ask("GET", path, user="gaj1")[0] == 404
    assert [row["number"] for row in ask("GET", "/api/v1/cases", user="csglj1")[1]["items"]] == [hidden["number"]]
    assert ask("GET", "/api/v1/cases", user="gaj1")[1]["items"] == []


def test_a_citizen_reads_his_case_with_the_code_and_sees_no_names_of_staff(ask, made):
    path = f"/api/v1/cases/{made['number']}"
    assert ask("GET", path)[0] == 401
    assert ask("GET", f"{path}?query_code=WRONGONE")[0] == 404
    told = ask("GET", f"{path}?query_code={made['query_code'].lower()}")[1]
    assert told["number"] == made["number"]
    steps = ask("GET", f"{path}/history?query_code={made['query_code']}")[1]["items"]
    assert "actor" not in steps[0]


def test_pages_of_a_list_hold_each_case_once(ask):
    numbers = {ask("POST", "/api/v1/cases", GOOD, "agent1")[1]["number"] for _ in range(5)}
    seen, cursor = [], ""
    while cursor is not None:
        page = ask("GET", f"/api/v1/cases?limit=2&cursor={cursor}", user="supervisor1")[1]
        seen += [row["number"] for row in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(numbers)
    assert ask("GET", "/api/v1/cases?cursor=%25", user="supervisor1")[1]["error"]["code"] == "bad_cursor"


def test_what_is_described_is_there(ask, application):
    described = ask("GET", "/api/v1/openapi.json")[1]
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in application.url_map.iter_rules()}
    assert {f"/api/v1{path}" for path in described["paths"]} <= routes
    for path, ways in described["paths"].items():  # OpenAPI: each name in a path is told as a parameter
        for way in ways.values():
            told = {row["name"] for row in way["parameters"] if row["in"] == "path"}
            assert told == set(re.findall(r"{(\w+)}", path)), path
    refs = str(described).count("#/components/schemas/")
    assert refs > 30


def test_what_is_there_is_described(ask, application):
    described = ask("GET", "/api/v1/openapi.json")[1]["paths"]
    missing = [
        (method, rule.rule)
        for rule in application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
        and method.lower() not in described.get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule[7:]), {})
    ]
    assert missing == []


def test_every_reference_of_the_description_leads_somewhere(ask):
    described = ask("GET", "/api/v1/openapi.json")[1]
    named = set(re.findall(r"#/components/schemas/([\w-]*)", str(described)))
    assert named - described["components"]["schemas"].keys() == set()


NARROWED = {
    "state=closed,foo": "unknown_state",
    "state=foo": "unknown_state",
    "state=,": "unknown_state",
    "department=zzz": "unknown_department",
    "department=zzz&state=closed": "unknown_department",
}


@pytest.mark.parametrize(("asked", "code"), NARROWED.items())
def test_a_list_is_not_narrowed_by_what_there_is_not(ask, asked, code):
    status, told = ask("GET", f"/api/v1/cases?{asked}", user="supervisor1")
    assert (status, told["error"]["code"]) == (422, code)


def test_a_list_is_narrowed_by_several_states_and_a_department(ask):
    number = ask("POST", "/api/v1/cases", GOOD, "agent1")[1]["number"]
    items = ask("GET", "/api/v1/cases?state=closed,accepted,", user="supervisor1")[1]["items"]
    assert [row["number"] for row in items] == [number]
    assert ask("GET", "/api/v1/cases?department=csglj", user="supervisor1") == (200, {"items": [], "next": None})


def test_a_wrong_token_is_nobody(ask):
    status, told = ask("GET", "/api/v1/cases", Authorization="Bearer nonsense")
    assert (status, told["error"]["code"]) == (401, "bad_token")


def test_the_same_key_many_times_at_once_makes_one_case(application, ask):
    from concurrent.futures import ThreadPoolExecutor

    sent = {"Idempotency-Key": "at-once", "Authorization": "Bearer t-agent1"}
    ask("GET", "/api/v1/cases", user="agent1")  # his token is known from here on

    def send(_):
        return application.test_client().post("/api/v1/cases", json=GOOD, headers=sent)

    with ThreadPoolExecutor(6) as several:
        answers = list(several.map(send, range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.get_json()["number"] for answer in answers}) == counted(Case) == 1


@pytest.mark.parametrize(
    ("user", "state"),
    [("agent1", "accepted"), ("reviewer1", "accepted")]
    + [(user, "received") for user in ("csglj1", "auditor1", "keeper1")],
)
def test_only_a_person_of_the_centre_accepts_at_once(ask, user, state):
    status, told = ask("POST", "/api/v1/cases", GOOD, user)
    assert (status, told["state"]) == (201, state)
    assert [row["clock"] for row in told["clocks"]] == ["forward" if state == "accepted" else "accept"]


@pytest.mark.parametrize(
    "path",
    ["cases?limit=many", "calls?limit=many", "callbacks?limit=many", "kb/search?q=停水&limit=many", "rates?by=moon"],
)
def test_a_query_that_makes_no_sense_is_refused_not_guessed(ask, path):
    status, told = ask("GET", f"/api/v1/{path}", user="supervisor1")
    assert (status, told["error"]["code"][:4]) == (422, "unkn" if "by=" in path else "bad_")


def test_a_case_is_not_linked_to_itself(ask, made):
    wrong = {"action": "link", "version": 1, "to": made["number"]}
    status, told = actions(ask, made, wrong, "agent1")
    assert (status, told["error"]["code"]) == (422, "link_to_itself")


@pytest.mark.parametrize(("due", "status"), [("2020-01-01", 422), ("2020-01-01T09:00+08:00", 422), ("today", 200)])
def test_an_inner_deadline_lies_ahead(ask, made, due, status):
    steps = [("dispatcher1", {"action": "forward", "departments": TO}), ("csglj1", {"action": "sign"})]
    for version, (user, step) in enumerate(steps, 1):
        assert actions(ask, made, step | {"version": version}, user)[0] == 200
    day = clock.local(clock.now()).date().isoformat() if due == "today" else due
    wrong = {"action": "hand_down", "version": 3, "unit": "csjczd", "due": day}
    assert actions(ask, made, wrong, "csglj1")[0] == status


def test_true_is_no_level(ask, made):
    actions(ask, made, {"action": "answer", "version": 1, "text": "可以到窗口办理。"}, "agent1")
    rated = {"action": "rate", "version": 2, "level": True, "query_code": made["query_code"]}
    assert actions(ask, made, rated)[1]["error"]["fields"] == {"level": "填写不正确"}
    assert actions(ask, made, rated | {"level": 5})[0] == 200
