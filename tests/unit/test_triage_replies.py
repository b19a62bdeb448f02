"""What a reviewer looks for in a public reply, each point both ways."""

import pytest

from kb import tokens
from triage.alike import Told, rarity
from triage.replies import Demand, Earlier, Point, copied, look, useful, without_courtesy

pytestmark = pytest.mark.fast

DEMAND = Demand("烧烤油烟扰民", "崤山路烧烤摊每晚营业到凌晨两点，油烟直接飘进我家窗户，多次反映没人管。")
GOOD = (
    "您好！经我局9月3日现场核实，崤山路该烧烤摊未安装油烟净化器，依据《大气污染防治法》第八十一条责令其停业整改，"
    "现已安装净化设备并承诺23时前收摊。如有疑问请拨打0398-5550101。感谢您的监督！"
)
EVERYDAY = rarity(tokens.terms(text) for text in ("路灯不亮", "停水了", "公交车不来", "咨询社保缴费"))


def failed(reply, **more):
    return {one.point for one in look(DEMAND, reply, tokens.terms, EVERYDAY, **more) if not one.passed}


def test_a_good_reply_has_nothing_to_object_to():
    assert failed(GOOD) == set()


WRONG = [
    ("您好！您的留言已收悉，感谢您对我们工作的支持！", {Point.LENGTH, Point.FACTS, Point.GROUND, Point.CONTACT}),
    (
        GOOD.replace("崤山路该烧烤摊未安装油烟净化器", "该路段公交线路").replace(
            "现已安装净化设备并承诺23时前收摊", ""
        ),
        {Point.ANSWERS},
    ),
    (GOOD.replace("依据《大气污染防治法》第八十一条", ""), {Point.GROUND}),
    (GOOD.replace("如有疑问请拨打0398-5550101。", ""), {Point.CONTACT}),
    (GOOD.replace("该烧烤摊", "该烧烤摊业主王小明，"), {Point.PRIVACY}),
    (GOOD.replace("该烧烤摊", "王小明先生反映的烧烤摊"), {Point.PRIVACY}),
    (GOOD.replace("0398-5550101", "13800000001"), {Point.PRIVACY}),
    (GOOD.replace("您好！", "您好！您家住12栋2单元301室，"), {Point.PRIVACY}),
]


@pytest.mark.parametrize(("reply", "points"), WRONG, ids=range(len(WRONG)))
def test_what_is_missing_or_too_much_is_named(reply, points):
    assert points <= failed(reply)
    assert Point.PRIVACY in points or Point.PRIVACY not in failed(reply)


def test_the_citizens_own_name_may_not_stand_in_public():
    found = look(DEMAND, GOOD + "欧阳春雨已知晓。", tokens.terms, EVERYDAY, ("欧阳春雨",))
    (check,) = [one for one in found if one.point is Point.PRIVACY]
    start, end = check.spans[0]
    assert (check.passed, (GOOD + "欧阳春雨已知晓。")[start:end]) == (False, "欧阳春雨")


@pytest.mark.parametrize("masked", ["王某某先生反映的烧烤摊", "李女士反映的烧烤摊", "市民反映的烧烤摊"])
def test_masked_people_and_surnames_may_stand_there(masked):
    assert Point.PRIVACY not in failed(GOOD.replace("该烧烤摊", masked))


def test_every_span_lies_in_the_reply():
    for check in look(DEMAND, GOOD, tokens.terms, EVERYDAY):
        assert all(0 <= start < end <= len(GOOD) for start, end in check.spans)


def earlier(matter):
    return Earlier("C1", Told(useful(tokens.terms(without_courtesy(GOOD))), ()), Told(useful(tokens.terms(matter)), ()))


def test_a_reply_taken_over_for_another_matter_is_a_copy():
    assert Point.OWN in failed(GOOD, earlier=[earlier("小区停水三天，自来水公司电话打不通")])


def test_the_same_answer_to_the_same_matter_is_none():
    same = earlier(f"{DEMAND.title}\n{DEMAND.content}")
    assert Point.OWN not in failed(GOOD, earlier=[same])
    assert copied(same.reply, same.matter, [], EVERYDAY) is None


@pytest.mark.parametrize("reply", ["", " ", "。", "\x00", "好" * 10_000])
def test_any_text_gets_every_point(reply):
    assert [one.point for one in look(DEMAND, reply, tokens.terms, EVERYDAY)] == list(Point)
