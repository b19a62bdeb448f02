"""A department's desk over HTTP: its own cases only, what is due first in front, the tabs, the notices."""

import pytest
from staff_story import CLERK, REVIEWER, SUPERVISOR, do, forwarded, numbers, signed

from hotline import clock
from hotline.message_models import Notice
from hotline.unit import transaction
from hotline.words import Action
from web.staff.department import PAGE

MONDAY = "2026-11-02T09:00:00+08:00"
REPLY = {"facts": "属实", "solved": True, "public": "经现场核实，烧烤摊油烟已整改，请您监督。"}


def listed(client, tab):
    return client.get(f"/department/list?tab={tab}")


def test_a_department_sees_its_own_cases_and_no_others(ask, drill):
    drill(MONDAY)
    mine, other = forwarded(), forwarded("hbqzf")
    clerk = ask("csglj1")
    assert numbers(listed(clerk, "sign")) == [mine.number]
    assert numbers(listed(ask("hbqzf1"), "sign")) == [other.number]
    assert clerk.get(f"/api/v1/cases/{other.number}").status_code == 404
    assert clerk.get(f"/department/around/{other.number}").status_code == 404


@pytest.mark.parametrize("user", ["agent1", "revisitor1", "supervisor1", "auditor1", "keeper1", "admin1"])
def test_the_desk_is_for_departments_only(ask, user):
    client = ask(user)
    assert client.get("/department").status_code == 403
    assert listed(client, "sign").status_code == 403


def test_a_stranger_is_sent_to_the_login(app):
    answer = app.test_client().get("/department")
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


def test_what_is_due_first_stands_first(ask, drill):
    drill(MONDAY)
    slow, quick = forwarded(kind="投诉"), forwarded(kind="咨询")
    for case in (slow, quick):
        do(case, Action.SIGN, CLERK)
        do(case, Action.CONTACT, CLERK, how="电话", result="已联系")
    told = listed(ask("csglj1"), "working")
    assert numbers(told) == [quick.number, slow.number]
    assert {row["clock"] for item in told.json["items"] for row in item["clocks"]} == {"reply"}


def test_each_tab_counts_what_it_lists(ask, drill):
    drill(MONDAY)
    forwarded()
    working, replied, returned, extended, back = (signed() for _ in range(5))
    do(replied, Action.REPLY, CLERK, **REPLY)
    do(back, Action.REPLY, CLERK, **REPLY)
    do(back, Action.SEND_BACK, REVIEWER, reasons=["没有写结果"])
    do(returned, Action.RETURN, CLERK, reason="不属于本部门")
    do(extended, Action.REQUEST_EXTENSION, CLERK, days=3, reason="要等专家")
    drill("2026-11-12T09:00:00+08:00")
    clerk = ask("csglj1")
    tabs = ("sign", "working", "tomorrow", "correct", "extended", "replied")
    shown = {tab: set(numbers(listed(clerk, tab))) for tab in tabs}
    assert shown["working"] == {working.number, extended.number, back.number}
    assert shown["correct"] == {returned.number, back.number}
    assert shown["extended"] == {extended.number}
    assert shown["replied"] == {replied.number}
    counts = listed(clerk, "sign").json["counts"]
    assert counts == {tab: len(found) for tab, found in shown.items()}


def test_a_granted_extension_stays_under_its_tab(ask, drill):
    drill(MONDAY)
    case = signed()
    do(case, Action.REQUEST_EXTENSION, CLERK, days=3, reason="要等专家")
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True)
    assert numbers(listed(ask("csglj1"), "extended")) == [case.number]


def test_the_pages_of_a_long_list_hold_each_case_once(ask, drill):
    drill(MONDAY)
    made = {forwarded().number for _ in range(PAGE + 3)}
    clerk = ask("csglj1")
    first = listed(clerk, "sign")
    second = clerk.get(f"/department/list?tab=sign&cursor={first.json['next']}")
    assert len(numbers(first)) == PAGE
    assert second.json["next"] is None
    assert set(numbers(first)) | set(numbers(second)) == made
    assert len(numbers(first)) + len(numbers(second)) == len(made)


@pytest.mark.parametrize("query", ["tab=nothing", "tab=sign&cursor=%21%21", "tab=sign&cursor=YWJj"])
def test_a_wrong_question_is_refused_in_chinese(ask, query):
    answer = ask("csglj1").get(f"/department/list?{query}")
    assert answer.status_code == 422
    assert "不" in answer.json["error"]["message"] or "没有" in answer.json["error"]["message"]


def test_a_confidential_citizen_is_hidden_in_the_list(ask, drill):
    drill(MONDAY)
    forwarded(confidential=True, name="李芳华")
    [item] = listed(ask("csglj1"), "sign").json["items"]
    assert "李芳华" not in str(item)
    assert "13800000001" not in str(item)


def test_earlier_cases_at_the_same_address_come_first(ask, drill):
    drill(MONDAY)
    same = forwarded(address="建设路12号")
    near = forwarded(address="和平路3号")
    foreign = forwarded("hbqzf", address="建设路12号")
    now = forwarded(address="建设路12号院内")
    items = ask("csglj1").get(f"/department/around/{now.number}").json["items"]
    assert [(item["number"], item["same_place"]) for item in items] == [(same.number, True), (near.number, False)]
    assert foreign.number not in str(items)


def test_notices_reach_the_named_and_his_house_unread_first(ask):
    told = [
        Notice(user="csglj1", text="我的", at=clock.now()),
        Notice(department="csglj", text="本部门的", at=clock.now()),
        Notice(user="csglj2", text="别人的", at=clock.now()),
        Notice(department="hbqzf", text="别的部门的", at=clock.now()),
        Notice(role="dispatcher", text="派单组的", at=clock.now()),
    ]
    with transaction() as unit:
        unit.session.add_all(told)
    clerk = ask("csglj1")
    first = clerk.get("/notices").json
    assert [row["text"] for row in first["items"]] == ["本部门的", "我的"]
    assert first["unread"] == 2
    every = [row.id for row in told]
    assert clerk.post("/notices/read", json={"ids": [*every[:1], *every[2:]]}).status_code == 200
    after = clerk.get("/notices").json
    assert [(row["text"], row["read_at"] is None) for row in after["items"]] == [("本部门的", True), ("我的", False)]
    assert [row["text"] for row in ask("dispatcher1").get("/notices").json["items"]] == ["派单组的"]
    assert ask("csglj2").get("/notices").json["unread"] == 2
    assert clerk.post("/notices/read", json={"ids": ["x"]}).status_code == 422
