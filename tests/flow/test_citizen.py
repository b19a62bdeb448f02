"""Citizens' pages through the real application: track, rate, drafts, published figures, elder mode."""

import re

import pytest

from hotline import cases, db, facts
from hotline.lifecycle import Actor
from hotline.words import Action, Role
from web.citizen import published, rating, story

AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
CLERK = Actor("csglj1", Role.CLERK, "csglj")
REVIEWER = Actor("reviewer1", Role.REVIEWER)
REPLY = {"facts": "属实", "solved": True, "reason": "", "internal": "已约谈", "public": "经现场核实，已责令李先生整改，联系 13900001111。"}  # fmt: skip  # noqa: E501
MATTER = {
    "kind": "投诉",
    "content": "烧烤摊油烟扰民",
    "citizen": {"name": "张三", "phone": "13800000001"},
    "place": {"area": "湖滨区", "address": "崤山路12号"},
}


@pytest.fixture
def client(city):
    from web.app import create_app, limiter

    app = create_app()
    limiter.reset()
    published.forget()
    return app.test_client()


def new(**more):
    suggestion = {"category": "0102", "department": "csglj", "confidence": 0.9}
    said = {
        "kind": "投诉",
        "title": "烧烤摊油烟",
        "content": "烧烤摊油烟扰民",
        "channel": "phone",
        "phone": "13800000001",
    }
    return cases.create(cases.NewCase(**(said | {"area": "湖滨区", "suggestion": suggestion} | more)), AGENT)[0]


def do(case, action, actor, **given):
    return cases.act(case.number, action, actor, given, version=read(case).version)


def read(case):
    with db.session() as session:
        return facts.load(session, case.number)


def handled(case):
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    do(case, Action.SIGN, CLERK)
    return case


def answered(case):
    do(handled(case), Action.REPLY, CLERK, **REPLY)
    do(case, Action.PASS, REVIEWER)
    return case


def tracked(client, case, code=None):
    return client.post("/track", data={"number": case.number, "query_code": code or case.query_code})


@pytest.mark.parametrize("path", ["/", "/submit", "/track", "/chat", "/public", "/login"])
def test_every_page_opens_without_inline_script_or_style(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page.text)
    assert len(page.data) < 60_000


def test_elder_mode_is_kept_and_leads_back(client):
    back = client.post("/elder", data={"on": "1", "next": "/submit"})
    assert back.headers["Location"] == "/submit"
    assert 'class="elder"' in client.get("/").text
    assert "打电话" in client.get("/").text
    assert client.post("/elder", data={"on": "0", "next": "//evil.example"}).headers["Location"] == "/"
    assert 'class="elder"' not in client.get("/").text


def test_the_citizen_reads_who_has_his_case_and_until_when(client, drill):
    drill("2026-11-02T09:00:00+08:00")
    case = handled(new())
    page = tracked(client, case).text
    assert "市城市管理局正在办理" in page or "正在办理" in page
    assert "11月16日（周一） 18:00 前答复" in page
    assert page.index("承办部门签收") < page.index("您提交了诉求")
    assert "csglj1" not in page


def test_a_wrong_code_and_a_missing_case_look_alike(client):
    case = new()
    wrong, missing = tracked(client, case, "AAAAAAAA"), client.post("/track", data={"number": "1", "query_code": "x"})
    assert wrong.status_code == missing.status_code == 404
    plain = [re.sub(r'(content|value)="[^"]*"', "", answer.text) for answer in (wrong, missing)]
    assert plain[0] == plain[1]
    assert "没有查到" in wrong.text


def test_a_lower_case_code_with_blanks_is_good_enough(client):
    case = new()
    assert "烧烤摊油烟扰民" in tracked(client, case, f" {case.query_code.lower()} ").text


def test_guessing_query_codes_is_slowed(client):
    case = new()
    answers = [tracked(client, case, f"AAAAAA{n:02d}").status_code for n in range(35)]
    assert answers[:15] == [404] * 15
    assert 429 in answers
    assert tracked(client, case).status_code == 429


def test_the_public_reply_is_read_and_rated_once_per_service(client):
    case = answered(new())
    page = tracked(client, case).text
    assert REPLY["public"] in page
    assert "已约谈" not in page
    assert 'data-level="5"' in page
    body = {"action": "rate", "level": 2, "words": "没解决", "query_code": case.query_code}
    assert client.post(f"/api/v1/cases/{case.number}/actions", json=body).status_code == 200
    after = tracked(client, case).text
    assert 'data-level="5"' not in after
    assert "您的评价：不满意" in after
    assert read(case).state == "checking"


def test_a_citizen_may_speak_again_after_rating_badly(client):
    case = answered(new())
    cases.act(case.number, Action.RATE, Actor("citizen", Role.CITIZEN), {"level": 1, "words": ""})
    for action in ("supplement", "urge"):
        body = {"action": action, "text": "还是有烟", "query_code": case.query_code}
        assert client.post(f"/api/v1/cases/{case.number}/actions", json=body).status_code == 200
    assert "您催办了一次" in tracked(client, case).text


def test_the_rating_link_takes_one_rating(client):
    case = answered(new())
    path = rating.link(case.number)
    assert case.query_code not in path
    assert 'data-level="1"' in client.get(path).text
    assert "谢谢" in client.post(path, data={"level": "4", "words": "很好"}).text
    assert read(case).state == "closed"
    assert client.post(path, data={"level": "1"}).status_code == 422
    assert "已经评价过了" in client.get(path).text


@pytest.mark.parametrize("level", ["", "0", "6", "满意", "5; DROP TABLE"])
def test_a_level_that_is_none_is_refused(client, level):
    case = answered(new())
    assert client.post(rating.link(case.number), data={"level": level}).status_code == 422
    assert read(case).state == "passed"


def test_a_forged_rating_link_opens_nothing(client):
    case = answered(new())
    path = rating.link(case.number)
    assert client.get(path[:-3] + "abc").status_code == 404
    assert client.get(f"/rate/{case.number}").status_code == 404


def test_what_is_not_done_is_not_rated_yet(client):
    page = client.get(rating.link(handled(new()).number)).text
    assert "还在办理" in page
    assert "data-level" not in page


def test_published_answers_name_nobody(client):
    answered(new(title="崤山路12号楼张先生反映烧烤摊油烟，电话13800000001"))
    answered(new(title="秘密的事", confidential=True))
    answered(new(title="匿名的事", anonymous=True))
    answered(new(title="举报的事", kind="举报"))
    page = client.get("/public").text
    assert "烧烤摊油烟" in page
    for hidden in (
        "13800000001",
        "13900001111",
        "张先生",
        "李先生",
        "12号楼",
        "秘密的事",
        "匿名的事",
        "举报的事",
        "已约谈",
    ):
        assert hidden not in page


def test_published_figures_are_the_months(client, drill):
    drill("2026-11-02T09:00:00+08:00")
    for _ in range(3):
        handled(new())
    page = client.get("/public").text
    assert "2026年11月" in page
    assert "当月收到 3 件" in page
    assert "100.0%" in page
    assert "3 件中 3 件" in page


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("豫M12345 违停", "某车 违停"),
        ("联系人：王小明，电话 0398-2811234", "联系人：某某，电话 ****"),
        ("和平路3号院2单元501室漏水", "和平路*号院*单元*室漏水"),
        ("拨打12345热线，11月16日前办完", "拨打12345热线，11月16日前办完"),
    ],
)
def test_what_people_are_recognised_by_is_hidden(said, shown):
    assert published.anonymous(said) == shown


def test_every_state_and_public_step_has_plain_words():
    from hotline.reading import _PUBLIC_ACTIONS
    from hotline.words import State

    assert set(story.STANDS) == set(State)
    assert {str(action) for action in story.HAPPENED} == set(_PUBLIC_ACTIONS)


# --- drafts ---


def test_a_citizens_draft_belongs_to_his_browser(client, city):
    assert client.put("/drafts/submit", json={"body": "烧烤摊"}).status_code == 200
    assert client.get("/drafts/submit").json["body"] == "烧烤摊"
    stranger = client.application.test_client()
    assert stranger.get("/drafts/submit").json["body"] == ""
    stranger.put("/drafts/submit", json={"body": "别的"})
    assert client.get("/drafts/submit").json["body"] == "烧烤摊"
    client.delete("/drafts/submit")
    assert client.get("/drafts/submit").json == {"body": "", "at": None}


def test_a_draft_is_sealed_at_rest(client):
    client.put("/drafts/submit", json={"body": "我的电话 13800000001"})
    with db.engine().connect() as connection:
        assert "13800000001" not in str(connection.exec_driver_sql("SELECT * FROM drafts").all())


@pytest.mark.parametrize("body", [{}, {"body": 1}, {"body": "字" * 40_000}, None])
def test_a_draft_that_is_none_is_refused(client, body):
    assert client.put("/drafts/submit", json=body, headers={"Accept": "application/json"}).status_code == 422


def test_one_matter_sent_twice_under_one_key_is_one_case(client):
    first = client.post("/api/v1/cases", json=MATTER, headers={"Idempotency-Key": "k" * 40})
    again = client.post("/api/v1/cases", json=MATTER, headers={"Idempotency-Key": "k" * 40})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["number"] == again.json["number"]
    assert (
        "烧烤摊油烟扰民"
        in client.post("/track", data={"number": first.json["number"], "query_code": again.json["query_code"]}).text
    )
