"""Every endpoint × every role, allowed and refused, from the application's own map of addresses."""

import re

import pytest
from doors import DOORS, EVERYBODY, NOBODY, OTHER, OWN, STEPS, USERS
from staff_story import forwarded, new, signed

from hotline import clock, privacy
from hotline.unit import transaction
from hotline.words import Role
from telephony.models import Call
from web import pace
from web.staff.frame import PAGES

METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
CALL = "c1"
FILL = {"call": CALL, "code": "satisfaction", "id_": "0" * 32, "user": "agent1", "filename": "none.css"}
SHUT_CODES = frozenset({"no_such_case"})


def rules(app):
    """ "METHOD /rule" of everything the application answers to."""
    return {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) & METHODS
    }


def test_every_endpoint_is_listed_with_who_may_pass_it(app):
    assert sorted(rules(app) - DOORS.keys()) == [], "list them in tests/flow/doors.py with who may pass"
    assert sorted(DOORS.keys() - rules(app)) == [], "these are gone"


def let_in(answer, door):
    """Whether the door itself opened; what stands behind it may still refuse the empty form."""
    if answer.status_code in {401, 403} or answer.headers.get("Location", "").startswith("/login?"):
        return False
    code = answer.json["error"]["code"] if answer.is_json and "error" in (answer.json or {}) else ""
    return code not in SHUT_CODES or "<number>" not in door


@pytest.fixture
def people(ask, app):
    """Everybody who may knock, by name, at one case of csglj's."""
    pace.limiter.reset()
    case, another = signed(), new()
    known = {"caller": "13800000001", "caller_index": privacy.blind("13800000001"), "connector": "c1"}
    with transaction() as unit:
        unit.session.add(Call(id=CALL, state="talking", agent="agent1", invite_at=clock.now(), **known))
    clients = {name: ask(name) for name in USERS} | {name: app.test_client() for name in (NOBODY, OWN, OTHER)}
    for client in clients.values():
        client.environ_base["HTTP_ACCEPT"] = "application/json"
    clients[OWN].environ_base["HTTP_X_QUERY_CODE"] = case.query_code
    clients[OTHER].environ_base["HTTP_X_QUERY_CODE"] = another.query_code
    yield case, clients
    pace.limiter.reset()


def knock(client, door, case):
    method, _, path = door.partition(" ")
    path = path.replace("<step>", STEPS.get(path, "1"))
    for name, value in (FILL | {"number": case.number}).items():
        path = re.sub(rf"<(?:path:)?{name}>", value, path)
    path = re.sub(r"<[^>]*>", "1", path)
    body = {"action": "urge", "text": "快", "version": 1} if path.endswith("/actions") else {}
    answer = client.open(path, method=method, json=None if method == "GET" else body)
    answer.close()
    return answer


def test_every_door_opens_to_those_it_is_for_and_to_nobody_else(people):
    case, clients = people
    wrong = {}
    for door, may in DOORS.items():
        answers = {name: knock(client, door, case) for name, client in clients.items()}
        passed = {name for name, answer in answers.items() if let_in(answer, door)}
        if door.endswith("/actions"):  # keeping what a citizen asks is for the centre and himself: 403 comes later
            passed |= {name for name in ("auditor1", "csglj1", "csglj2") if answers[name].json["error"]["code"] == "not_allowed"}  # fmt: skip  # noqa: E501
        if passed != may or any(answer.status_code >= 500 and door != "GET /readyz" for answer in answers.values()):
            wrong[door] = {name: answer.status_code for name, answer in answers.items() if (name in passed) != (name in may)}  # fmt: skip  # noqa: E501
    assert wrong == {}


def test_every_page_in_somebodys_menu_opens_to_him(ask):
    users = dict(zip((role for role in Role if role not in {Role.CITIZEN, Role.SYSTEM}), ("agent1", "dispatcher1", "reviewer1", "revisitor1", "supervisor1", "auditor1", "keeper1", "admin1", "csglj1", "csglj2"), strict=True))  # fmt: skip  # noqa: E501
    shut = [
        (path, role)
        for path, _, roles in PAGES
        for role in roles
        if ask(users[role]).get(path, follow_redirects=True).status_code != 200
    ]
    assert shut == []


def test_a_department_lists_its_own_and_nobody_elses(ask):
    own, other = forwarded(), forwarded("gaj")
    listed = lambda user, path: {row["number"] for row in ask(user).get(path).json["items"]}
    for path in ("/api/v1/cases", f"/api/v1/cases?q={own.number}", "/api/v1/cases?department=gaj"):
        assert own.number in listed("csglj1", path)
        assert other.number not in listed("csglj1", path)
    assert listed("csglj1", "/department/list?tab=sign") == {own.number}
    assert listed("gaj1", "/department/list?tab=sign") == {other.number}
    assert ask("csglj1").get("/api/v1/rates?department=gaj").json["department"] == "csglj"


def test_nobody_is_counted_among_everybody():
    assert {NOBODY, OWN, OTHER} < EVERYBODY
