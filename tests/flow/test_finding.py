"""Cases are found by their words, by those who may read them, and by nothing that is masked for the reader."""

import pytest
from staff_story import forwarded, new

from hotline import db, events
from hotline.models import Case, CaseWords
from hotline.unit import transaction
from web import finding

pytestmark = pytest.mark.usefixtures("city")


def told(**more):
    """A case that the background has taken in."""
    case = (forwarded if more.pop("sent", True) else new)(**more)
    with transaction() as unit:
        finding.keep_words(unit, [events.CaseCreated(case.id, case.number, 1)])
    return case


def numbers(client, asked, **more):
    answer = client.get("/api/v1/cases", query_string={"q": asked} | more)
    assert answer.status_code == 200, answer.json
    return [row["number"] for row in answer.json["items"]]


def test_a_case_is_found_by_words_of_its_title_and_of_its_content(ask):
    case = told(title="路灯不亮", content="崤山路阳光花园门口的路灯坏了一周，老人夜里摔倒。")
    other = told(title="路灯不亮", content="黄河路的路灯不亮。")
    agent = ask("agent1")
    assert numbers(agent, "摔倒") == [case.number]
    assert numbers(agent, "路灯 崤山路") == [case.number]
    assert numbers(agent, "灯坏了一") == [case.number], "also across what a dictionary would cut"
    assert numbers(agent, "路灯") == [other.number, case.number], "the newest first"
    assert numbers(agent, "噪声") == numbers(agent, "？！") == numbers(agent, "99") == []
    assert numbers(agent, "路灯", state="closed") == []
    assert numbers(agent, case.number) == [case.number]


def test_a_department_finds_its_own_only(ask):
    case = told(content="围挡挡住了消防通道")
    assert numbers(ask("csglj1"), "消防通道") == [case.number]
    assert numbers(ask("gaj1"), "消防通道") == []
    assert ask("").get("/api/v1/cases?q=消防通道").status_code == 401


def test_what_is_masked_for_a_reader_is_not_found_by_him(ask):
    said = {"name": "欧阳明远", "phone": "13912345678", "content": "我是欧阳明远，电话13912345678，邻居违建。"}
    case = told(confidential=True, **said)
    assert numbers(ask("csglj1"), "违建") == [case.number]
    assert numbers(ask("supervisor1"), "欧阳明远") == [], "the centre, too, sees the person only after a reason"
    assert numbers(ask("csglj1"), "欧阳明远") == []
    assert numbers(ask("csglj1"), "违建 13912345678") == []
    with db.session() as session:
        kept = session.get(CaseWords, case.id).words
    assert not set(finding.hashes("13912345678")) & set(kept), "no number that leads to a person has a hash"
    plain = told(**said)
    assert numbers(ask("supervisor1"), "欧阳明远") == [plain.number]


def test_two_pairs_with_one_hash_do_no_harm(ask):
    case = told(content="消防通道被占")
    with transaction() as unit:
        unit.session.get(CaseWords, case.id).words = finding.hashes("消防通道被占 噪声")
    assert numbers(ask("agent1"), "噪声") == []


def test_pages_follow_each_other_also_where_one_is_shorter(ask):
    made = [told(content="共享单车乱停").number for _ in range(5)]
    agent, found, cursor = ask("agent1"), [], None
    while True:
        asked = {"q": "单车", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = agent.get("/api/v1/cases", query_string=asked).json
        found += [row["number"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == made[::-1]


def test_cases_without_words_get_them_later(ask):
    case = new(content="积水没有排走")
    assert numbers(ask("agent1"), "积水") == []
    assert finding.catch_up() == 1
    assert finding.catch_up() == 0
    assert numbers(ask("agent1"), "积水") == [case.number]
    with db.session() as session:
        assert session.query(CaseWords).count() == session.query(Case).count()
