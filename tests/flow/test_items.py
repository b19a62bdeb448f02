"""事项目录: a department asks, the keeper reviews, a second person publishes, and everybody finds the same record."""

import pytest
from sqlalchemy import select

from hotline import db
from kb.models import Article, ItemRequest, Revision

HERE = "/special/items"
NEW = {
    "what": "add",
    "code": "CSGL-001",
    "title": "户外广告设施设置许可",
    "body": "条件：有合法经营场所。材料：申请表。时限：5 个工作日。地点：政务大厅 3 号窗口。",
    "reason": "依照城市市容条例第十一条",
}


@pytest.fixture
def asked(ask):
    """A request for a new item; its id."""
    assert ask("csglj2").post(HERE, data=NEW).status_code == 303
    return newest().id


def newest():
    with db.session() as session:
        return session.scalars(select(ItemRequest).order_by(ItemRequest.id.desc())).first()


def article(code="CSGL-001"):
    with db.session() as session:
        return session.get(Article, code)


def move(client, number, step, **said):
    return client.post(f"{HERE}/{number}/{step}", data=said).status_code


def published(ask, number):
    assert move(ask("keeper1"), number, "decide", granted="true") == 303
    assert move(ask("supervisor1"), number, "publish") == 303


def test_a_new_item_is_asked_for_confirmed_and_published(ask, asked):
    assert article() is None
    assert move(ask("keeper1"), asked, "decide", granted="true") == 303
    assert article().state == "review"
    assert move(ask("keeper1"), asked, "publish") == 422  # a second person
    assert move(ask("supervisor1"), asked, "publish") == 303
    kept = article()
    assert (kept.state, kept.department, kept.kind, kept.body) == ("published", "csglj", "guide", NEW["body"])
    assert "已发布" in ask("csglj1").get(HERE).text


def test_a_change_leaves_the_present_text_until_it_is_published(ask, asked):
    published(ask, asked)
    change = NEW | {"what": "change", "body": "时限改为 3 个工作日，其余不变，材料仍为申请表一份。"}
    assert ask("csglj1").post(HERE, data=change).status_code == 303
    number = newest().id
    page = ask("keeper1").get(HERE).text
    assert NEW["body"] in page
    assert change["body"] in page
    move(ask("keeper1"), number, "decide", granted="true")
    assert (article().state, article().body) == ("published", NEW["body"])
    move(ask("supervisor1"), number, "publish")
    assert article().body == change["body"]
    with db.session() as session:
        bodies = session.scalars(select(Revision.body).where(Revision.code == "CSGL-001").order_by(Revision.version))
        assert list(bodies)[-2:] == [NEW["body"], change["body"]]


def test_an_item_is_retired_the_same_way(ask, asked):
    published(ask, asked)
    ask("csglj2").post(HERE, data={"what": "retire", "code": "CSGL-001", "reason": "下放到区"})
    published(ask, newest().id)
    assert article().state == "retired"


def test_a_refusal_has_a_reason_and_the_department_reads_it(ask, asked):
    assert move(ask("keeper1"), asked, "decide", granted="false", note="") == 422
    assert move(ask("keeper1"), asked, "decide", granted="false", note="缺少办理时限的依据") == 303
    assert "缺少办理时限的依据" in ask("csglj2").get(HERE).text
    assert article() is None
    assert move(ask("supervisor1"), asked, "publish") == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "有空格 的"},
        {"title": ""},
        {"body": ""},
        {"reason": ""},
        {"what": "destroy"},
        {"what": "change"},
        {"what": "retire", "code": "NOBODY-1"},
    ],
)
def test_what_cannot_be_stored_is_refused_and_what_was_typed_stays(ask, wrong):
    answer = ask("csglj2").post(HERE, data=NEW | {"reason": "写了很久的理由"} | wrong)
    assert answer.status_code == 422
    assert "reason" in wrong or "写了很久的理由" in answer.text
    assert newest() is None


def test_a_department_cannot_touch_anothers_item_and_decides_nothing(ask, asked):
    published(ask, asked)
    theirs = ask("sthjj2").post(HERE, data=NEW | {"what": "change"})
    assert theirs.status_code == 422
    assert "户外广告" not in ask("sthjj2").get(HERE).text.split("已处理")[1]
    for user in ("csglj2", "agent1", "reviewer1"):
        assert move(ask(user), asked, "decide", granted="true") == 403
        assert move(ask(user), asked, "publish") == 403
    assert ask("keeper1").post(HERE, data=NEW).status_code == 403
