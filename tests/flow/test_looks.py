"""Looks at those who asked not to be known: a reason first, the log before the answer, nobody by the way."""

import pytest
from sqlalchemy.exc import DBAPIError
from staff_story import forwarded, new

from hotline import db

NAME, PHONE = "欧阳明远", "13912345678"
HIDDEN = {"name": NAME, "phone": PHONE, "content": f"我是{NAME},电话{PHONE},邻居违建", "address": "迎宾大道12号"}


def path(case, tail=""):
    return f"/api/v1/cases/{case.number}{tail}"


def look(client, case, reason="contact", **more):
    return client.post(path(case, "/person"), json={"reason": reason} | more)


def names(text):
    return any(word in text for word in (NAME, PHONE, "5678"))


CENTRE = ("agent1", "dispatcher1", "reviewer1", "revisitor1", "supervisor1", "supervisor2")


@pytest.mark.parametrize("user", CENTRE)
def test_the_centre_too_reads_the_matter_and_not_the_person_before_it_says_why(ask, user):
    case = forwarded(confidential=True, **HIDDEN)
    client = ask(user)
    for door in (path(case), path(case, "/history"), "/api/v1/cases"):
        shown = client.get(door)
        assert shown.status_code == 200
        assert NAME not in shown.text
        assert PHONE not in shown.text
    told = client.get(path(case)).json
    assert told["citizen"] == {"name": "（保密）", "phone": "*" * 11, "masked": True, "may_look": True}
    assert "邻居违建" in told["content"]
    person = look(client, case).json
    assert (person["name"], person["phone"], person["address"]) == (NAME, PHONE, "迎宾大道12号")
    assert PHONE in person["content"]
    assert NAME not in client.get(path(case)).text  # each look for itself


def test_every_look_stands_in_a_log_that_nobody_changes(ask):
    case = forwarded(confidential=True, **HIDDEN)
    look(ask("agent1"), case, "other", words="市民来电要求更正地址")
    look(ask("supervisor1"), case, "emergency")
    rows = ask("auditor1").get(f"/api/v1/looks?case={case.number}").json["items"]
    assert [(r["by"], r["reason_label"], r["words"]) for r in rows] == [
        ("supervisor1", "涉及人身财产安全", ""),
        ("agent1", "其他", "市民来电要求更正地址"),
    ]
    assert [r["by"] for r in ask("supervisor1").get("/api/v1/looks?by=agent1").json["items"]] == ["agent1"]
    first = ask("auditor1").get("/api/v1/looks?limit=1").json
    assert [r["by"] for r in ask("auditor1").get(f"/api/v1/looks?cursor={first['next']}").json["items"]] == ["agent1"]


@pytest.mark.parametrize("change", ["UPDATE looks SET reason = 'x'", "DELETE FROM looks"])
def test_the_log_is_not_rewritten(ask, change):
    look(ask("agent1"), forwarded(confidential=True, **HIDDEN))
    with db.engine().connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(change)


BAD = [({}, "invalid_fields"), ({"reason": "curious"}, "invalid_fields"), ({"reason": "other"}, "words_missing")]


@pytest.mark.parametrize(("given", "code"), BAD)
def test_without_a_reason_nothing_is_shown_and_nothing_logged(ask, given, code):
    case = forwarded(confidential=True, **HIDDEN)
    answer = ask("agent1").post(path(case, "/person"), json=given)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, code)
    assert not names(answer.text)
    assert ask("auditor1").get("/api/v1/looks").json["items"] == []


REFUSED = {"auditor1": 403, "csglj1": 403, "csglj2": 403, "gaj1": 404, "keeper1": 404, "admin1": 404}


def test_a_reason_does_not_open_the_person_to_everybody(ask):
    case = forwarded(confidential=True, **HIDDEN)
    assert {user: look(ask(user), case).status_code for user in REFUSED} == REFUSED


def agree(app, case, *, agrees=True, code=None):
    said = {"agrees": agrees}
    return app.test_client().post(path(case, "/consent"), json=said, headers={"X-Query-Code": code or case.query_code})


def test_a_department_sees_him_once_he_agrees_and_says_why_each_time(ask, app):
    case = forwarded(confidential=True, **HIDDEN)
    clerk = ask("csglj1")
    assert agree(app, case).json == {"number": case.number, "agreed": True}
    assert not names(clerk.get(path(case)).text.replace("\\", ""))
    assert look(clerk, case).json["phone"] == PHONE
    assert ask("auditor1").get("/api/v1/looks").json["items"][0]["department"] == "csglj"
    assert agree(app, case, agrees=False).json["agreed"] is False
    assert look(clerk, case).status_code == 403


def test_only_he_himself_agrees(ask, app):
    case = forwarded(confidential=True, **HIDDEN)
    assert agree(app, case, code="WRONGONE").status_code == 404
    for user in ("csglj1", "supervisor1"):
        assert ask(user).post(path(case, "/consent"), json={"agrees": True}).status_code == 403
    for other in (new(), forwarded(confidential=True, anonymous=True)):
        assert agree(app, other).json["error"]["code"] == "not_confidential"


def test_the_log_is_for_auditors_and_supervisors(ask):
    people = ("agent1", "dispatcher1", "reviewer1", "revisitor1", "supervisor1", "auditor1", "csglj1", "keeper1")
    may = {user for user in people if ask(user).get("/api/v1/looks").status_code == 200}
    assert may == {"supervisor1", "auditor1"}
    assert {user for user in people if ask(user).get("/looks").status_code == 200} == may
