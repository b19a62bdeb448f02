"""The review of replies: a checklist looked at beforehand, reasons that go to the department and can be counted."""

import pytest

from hotline import cases, clock, db, facts, privacy
from hotline.city_models import Token
from hotline.lifecycle import Actor
from hotline.models import HistoryRow, ReplyRow
from hotline.unit import transaction
from hotline.words import Action, Role

AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
CLERK = Actor("csglj1", Role.CLERK, "csglj")
REVIEWER = Actor("reviewer1", Role.REVIEWER)
GOOD = (
    "经11月2日现场核实，您反映的烧烤摊油烟扰民属实。根据《大气污染防治法》第八十一条，"
    "已责令摊主安装油烟净化设备。咨询电话 0398-5550102。"
)
EMPTY = "您好，您反映的问题已收悉，我们会认真处理，感谢您的理解和支持。"


@pytest.fixture
def ask(city):
    from web.app import create_app

    app = create_app()

    def of(user):
        with transaction() as unit:
            unit.session.merge(Token(digest=privacy.token_digest(user), user=user, created_at=clock.now()))
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {user}"
        client.environ_base["HTTP_ACCEPT"] = "application/json"
        return client

    return of


def act(case, action, actor, **given):
    with db.session() as session:
        version = facts.load(session, case.number).version
    return cases.act(case.number, action, actor, given, version=version)


def replied(public=GOOD, content="楼下烧烤摊油烟扰民", contacted=True):
    said = {"kind": "投诉", "title": content[:20], "content": content, "channel": "phone", "area": "湖滨区"}
    case = cases.create(cases.NewCase(**said, name="王小明", phone="13800000001"), AGENT)[0]
    act(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    act(case, Action.SIGN, CLERK)
    if contacted:
        act(case, Action.CONTACT, CLERK, how="电话", result="已核对地点")
    act(case, Action.REPLY, CLERK, facts="属实", solved=True, public=public)
    return case


def beside(ask, case):
    return ask("reviewer1").get(f"/dispatch/cases/{case.number}").json["review"]


def wrong(told):
    return {row["point"]: row["why"] for row in told["lines"] if not row["passed"]}


def test_nothing_speaks_against_a_reply_that_says_what_was_done(ask):
    told = beside(ask, replied())
    assert [row["point"] for row in told["lines"]] == ["answers", "facts", "ground", "contact", "privacy", "own"]
    assert wrong(told) == {}


def test_each_line_says_what_speaks_against_it(ask):
    found = wrong(beside(ask, replied(EMPTY, contacted=False)))
    assert set(found) == {"answers", "facts", "ground", "contact"}
    assert found["contact"].startswith("没有联系市民的记录")


def test_personal_data_in_the_public_text_are_found_where_they_stand(ask):
    told = beside(ask, replied(f"{GOOD}请王小明知悉，电话13812345678。"))
    shown = {f"{GOOD}请王小明知悉，电话13812345678。"[span["start"] : span["end"]] for span in told["spans"]["csglj"]}
    assert "privacy" in wrong(told)
    assert {"王小明", "13812345678"} <= shown


def test_a_copied_reply_stands_beside_the_one_it_was_copied_from(ask):
    first = replied()
    told = beside(ask, replied(content="市区公园东门外路灯不亮，晚上漆黑一片"))
    assert [(copy["number"], copy["public"]) for copy in told["copies"]] == [(first.number, GOOD)]
    assert first.number in wrong(told)["own"]


def test_reasons_go_to_the_department_are_kept_in_the_history_and_counted(ask):
    case = replied(EMPTY)
    reasons = [{"point": "facts", "reason": "没有写现场情况"}, {"point": "other", "reason": "请附照片"}, "写得太短"]
    act(case, Action.SEND_BACK, REVIEWER, reasons=reasons)
    reply = ask("csglj1").get(f"/api/v1/cases/{case.number}").json["replies"][0]
    assert reply["sent_back"] == reasons
    with db.session() as session:
        row = session.query(HistoryRow).filter_by(case_id=case.id, action="send_back").one()
        assert row.facts["sent_back"] == ["facts", "other"]
        assert row.words == "写明了事实：没有写现场情况；其他：请附照片；写得太短"
    counted = [(row["department"], row["point"], row["count"]) for row in ask("reviewer1").get("/dispatch/sent-back").json["items"]]  # fmt: skip  # noqa: E501
    assert counted == [("csglj", "facts", 1), ("csglj", "other", 1)]
    assert {row["point"]: row["count"] for row in beside(ask, replied())["sent_back"]} == {"facts": 1, "other": 1}


@pytest.mark.parametrize("reasons", [[], [{"point": "taste", "reason": "x"}], [{"point": "facts", "reason": ""}], [5]])
def test_a_reason_that_is_none_is_refused_and_nothing_goes_back(ask, reasons):
    case = replied(EMPTY)
    body = {"action": "send_back", "version": 5, "reasons": reasons}
    assert ask("reviewer1").post(f"/api/v1/cases/{case.number}/actions", json=body).status_code == 422
    with db.session() as session:
        assert session.query(ReplyRow).filter_by(case_id=case.id).one().sent_back == []


def test_who_sends_back_is_the_centre_and_who_counts_too(ask):
    for user in ("csglj1", "agent1", "dispatcher1"):
        assert ask(user).get("/dispatch/sent-back").status_code == 403
