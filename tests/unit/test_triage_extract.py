"""Numbers, times and places in a citizen's words: what is found, what is left alone, what is masked."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.extract import check_digit, extract, mask
from triage.places import Gazetteer
from triage.spans import plain
from web.citizen.published import anonymous

pytestmark = pytest.mark.fast
NOW = dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)  # a Tuesday, 10:00 in Shanghai
NAMES = Gazetteer({
    "湖滨区": "湖滨区", "湖滨": "湖滨区", "黄河路": "湖滨区", "峡": "湖滨区",
    "甘棠街道": "陕州区", "大营镇": "陕州区", "灵宝": "灵宝市",
})  # fmt: skip
OFFICES = ("市城市管理局",)
ID = "411202199003071234"
GOOD_ID = ID[:17] + check_digit(ID)

FOUND = [
    ("phone", "我电话13812345678", "13812345678", "plain mobile"),
    ("phone", "手机：138 1234 5678", "13812345678", "blanks 3-4-4"),
    ("phone", "手机138-1234-5678，速回", "13812345678", "dashes"),
    ("phone", "联系１３８１２３４５６７８", "13812345678", "full-width digits"),
    ("phone", "微信同号+8613912345678", "13912345678", "country code"),
    ("phone", "打86-199 1234 5678", "19912345678", "country code with dash"),
    ("phone", "13812345678或者15912345678", "15912345678", "the second of two"),
    ("phone", "电话0398-2812345", "03982812345", "landline with dash"),
    ("phone", "电话(0398)2812345", "03982812345", "area code in brackets"),
    ("phone", "电话（0398）2812345", "03982812345", "full-width brackets"),
    ("phone", "单位010-62345678转8012", "01062345678-8012", "extension"),
    ("phone", "客服400-810-1234不管", "4008101234", "service line"),
    ("phone", "家里电话：2812345", "2812345", "no area code, but the word before"),
    ("id_card", f"身份证{GOOD_ID}", GOOD_ID, "right check digit"),
    ("id_card", "身份证11010519491231002x", "11010519491231002X", "small x"),
    ("id_card", f"证号{GOOD_ID[:6]} {GOOD_ID[6:10]} {GOOD_ID[10:14]} {GOOD_ID[14:]}", GOOD_ID, "in groups"),
    ("plate", "车牌豫M12345乱停", "豫M12345", "plain plate"),
    ("plate", "豫M·A2345占道", "豫MA2345", "with dot"),
    ("plate", "豫md12345充电", "豫MD12345", "new energy, small letters"),
    ("plate", "教练车豫M1234学", "豫M1234学", "learner's car"),
    ("time", "昨天停水", "2026-11-23", "yesterday"),
    ("time", "昨天晚上8点半停电", "2026-11-23T20:30+08:00", "day, part of day, clock"),
    ("time", "今早就没水", "2026-11-24T07:00+08:00", "this morning"),
    ("time", "昨晚12点还在施工", "2026-11-24T00:00+08:00", "midnight belongs to the next day"),
    ("time", "昨晚两点还在施工", "2026-11-24T02:00+08:00", "small hours after the evening"),
    ("time", "凌晨三点鸡叫", "2026-11-24T03:00+08:00", "Chinese numerals"),
    ("time", "前天下午三点一刻", "2026-11-22T15:15+08:00", "a quarter past"),
    ("time", "大前天寄的", "2026-11-21", "three days ago"),
    ("time", "3月5日交的钱", "2026-03-05", "month and day are past"),
    ("time", "１２月３１日交的钱", "2026-12-31", "within sixty days ahead"),
    ("time", "三月五号下午", "2026-03-05T15:00+08:00", "Chinese month"),
    ("time", "2025年10月1日上午9:30", "2025-10-01T09:30+08:00", "full date and digital clock"),
    ("time", "2019.3.5签的合同", "2019-03-05", "dots"),
    ("time", "2019-03-05签的合同", "2019-03-05", "dashes"),
    ("time", "去年5月买的房", "2025-05", "month of last year"),
    ("time", "去年5月3日买的房", "2025-05-03", "day of last year"),
    ("time", "2018年买的房", "2018", "only a year"),
    ("time", "上个月15号开始", "2026-10-15", "day of last month"),
    ("time", "本月3日", "2026-11-03", "day of this month"),
    ("time", "上周五下午", "2026-11-20T15:00+08:00", "weekday of last week"),
    ("time", "周日没人上班", "2026-11-22", "last Sunday gone by"),
    ("time", "下周一来查", "2026-11-30", "next week"),
    ("time", "三天前报修", "2026-11-21", "days ago"),
    ("time", "两个月前报修", "2026-09", "months ago"),
    ("time", "2周前报修", "2026-11-10", "weeks ago"),
    ("time", "半个月前报修", "2026-11-09", "half a month ago"),
    ("time", "每天晚上10点以后", "", "what recurs has no date"),
    ("time", "10:30来的人", "2026-11-24T10:30+08:00", "a bare digital clock is today"),
    ("area", "我在湖滨区住", "湖滨区", "the longest name"),
    ("area", "甘棠街道的事", "陕州区", "a street office lies in its area"),
    ("area", "灵宝这边", "灵宝市", "short name"),
    ("street", "黄河路25号院3号楼2单元漏水", "黄河路25号院3号楼2单元", "with house number"),
    ("street", "家住和平路附近", "和平路", "a name that begins like a conjunction"),
    ("street", "黄河路与崤山路交叉口", "崤山路", "the second of two"),
    ("street", "沿着迎宾大道往东", "迎宾大道", "avenue"),
    ("street", "我在建设街12号", "建设街12号", "cut after 在"),
    ("estate", "投诉阳光花园物业", "阳光花园", "cut after 投诉"),
    ("estate", "居民反映锦绣小区5号楼停电", "锦绣小区5号楼", "estate with block"),
    ("village", "家住大营镇温塘村", "温塘村", "village after its town"),
    ("village", "我是城东社区的", "城东社区", "community"),
    ("organisation", "投诉宏远建筑有限公司拖欠工资", "宏远建筑有限公司", "company"),
    ("organisation", "孩子在黄河路小学上学", "黄河路小学", "school named by its street"),
    ("organisation", "我在万家福超市买的酸奶过期", "万家福超市", "shop"),
    ("organisation", "金泰物业公司不作为", "金泰物业公司", "property manager"),
    ("organisation", "打市城市管理局电话没人接", "市城市管理局", "a department of the city"),
]

PERSONAL, SERVICE = {"phone", "id_card", "plate"}, "4008101234"
LEFT_ALONE = [
    ("phone", "订单号13812345678没发货", "an order number"),
    ("phone", "工单编号：13812345678", "a case number"),
    ("phone", "退了13812345678元", "an amount"),
    ("phone", "单号202613812345678999", "inside a longer number"),
    ("phone", "一共123456789012条", "twelve digits"),
    ("phone", "打12345没人接", "a public short number"),
    ("phone", "户号2812345欠费", "a customer number"),
    ("phone", "面积13812345.67平方米", "a decimal"),
    ("phone", "日期20261124", "a date"),
    ("phone", "型号A13812345678", "a part number"),
    ("id_card", "身份证411202199003071230", "wrong check digit"),
    ("id_card", "编号411202199013071234", "no thirteenth month"),
    ("id_card", f"流水{GOOD_ID}88", "inside a longer number"),
    ("plate", "京东2345单", "a shop, not a letter"),
    ("plate", "豫M的车太多", "no number"),
    ("plate", "鲁ABCDEF", "no digit"),
    ("time", "24小时前台没有人", "a front desk"),
    ("time", "我有3点建议", "points, not hours"),
    ("time", "一周五天都堵", "five days a week"),
    ("time", "3号楼没电", "a block"),
    ("time", "坐12路车要2元", "a bus line"),
    ("time", "2026年2月30日交房", "no such day"),
    ("street", "农村公路没有修", "no name"),
    ("street", "这条马路太窄", "no name"),
    ("street", "修路修了半年", "a verb"),
    ("street", "走路都困难", "a verb"),
    ("estate", "老旧小区改造", "a kind of estate"),
    ("estate", "我们小区停水", "no name"),
    ("village", "全村没有自来水", "no name"),
    ("village", "城乡差距", "no place"),
    ("area", "三门峡的峡", "names of one character are not read"),
    ("organisation", "附近的幼儿园都满了", "no name"),
    ("organisation", "去医院看病要排队", "no name"),
    ("organisation", "我们开发商跑了", "no name"),
]


def finds(text, kind):
    return [one for one in extract(text, NOW, NAMES, OFFICES) if one.kind == kind]


@pytest.mark.parametrize(("kind", "text", "value", "why"), FOUND)
def test_found(kind, text, value, why):
    assert value in [one.value for one in finds(text, kind)], why


@pytest.mark.parametrize(
    ("kind", "text", "value", "why"), [row for row in FOUND if row[0] in PERSONAL and row[2] != SERVICE]
)
def test_what_is_found_of_a_person_is_not_read_in_public(kind, text, value, why):
    (found, *_) = [one for one in finds(text, kind) if one.value == value]
    assert found.text not in anonymous(text), why
    assert found.text not in mask(text), why


@pytest.mark.parametrize(("kind", "text", "why"), LEFT_ALONE)
def test_left_alone(kind, text, why):
    assert finds(text, kind) == [], why


def test_several_things_in_one_sentence_stand_in_order():
    text = "昨天在湖滨区黄河路25号，车牌豫M12345，电话138 1234 5678"
    assert [one.kind for one in extract(text, NOW, NAMES)] == ["time", "area", "area", "street", "plate", "phone"]


def test_a_number_is_claimed_once():
    assert [one.kind for one in extract(f"证件{GOOD_ID}", NOW, NAMES)] == ["id_card"]


def test_yesterday_is_reckoned_in_shanghai():
    late = dt.datetime(2026, 11, 24, 17, 0, tzinfo=dt.UTC)  # already the 25th there
    assert extract("昨天", late, NAMES)[0].value == "2026-11-24"


MASKED = [
    ("电话13812345678", "电话138******78", "mobile"),
    ("电话138 1234 5678", "电话138 **** **78", "blanks stay"),
    ("电话１３８１２３４５６７８", "电话１３８******７８", "full width"),
    ("订单13812345678", "订单138******78", "in doubt it is hidden"),
    ("电话0398-2812345", "电话0398-*****45", "landline"),
    (f"身份证{GOOD_ID}", f"身份证411*************{GOOD_ID[-2:]}", "ID"),
    ("身份证411202199003071230", "身份证411*************30", "ID with a typing error"),
    ("身份证411202900307123", "身份证411**********23", "old ID"),
    ("卡号6222021234567890123", "卡号622**************23", "bank card"),
    ("豫M12345", "豫M***45", "plate"),
    ("打12345或110，客服400-810-1234", "打12345或110，客服400-810-1234", "public numbers stay"),
    ("2026年11月24日花了138元", "2026年11月24日花了138元", "dates and amounts stay"),
]


@pytest.mark.parametrize(("text", "shown", "why"), MASKED)
def test_masked(text, shown, why):
    assert mask(text) == shown, why


around = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=12)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
written = st.sampled_from([
    lambda n: n,
    lambda n: f"{n[:3]} {n[3:7]} {n[7:]}",
    lambda n: f"{n[:3]}-{n[3:7]}-{n[7:]}",
    lambda n: "".join(chr(ord(digit) + 0xFEE0) for digit in n),
    lambda n: f"+86 {n}",
])  # fmt: skip


@given(around, mobiles, written, around)
def test_mask_never_leaves_a_mobile_number(before, number, write, after):
    shown = mask(before + write(number) + after)
    assert number not in re.sub(r"\D", "", plain(shown))
    assert len(shown) == len(before + write(number) + after)


@given(around, st.integers(0, 10**9), st.dates(dt.date(1930, 1, 1), dt.date(2025, 1, 1)), around)
def test_mask_never_leaves_an_id_number(before, seed, born, after):
    head = f"411202{born:%Y%m%d}{seed % 1000:03}"
    number = head + check_digit(head)
    assert number[:10] not in mask(f"{before}，{number}，{after}")


@given(around, mobiles, around)
def test_mask_changes_nothing_twice(before, number, after):
    once = mask(before + number + after)
    assert mask(once) == once


pieces = st.sampled_from([text for _, text, _, _ in FOUND] + [text for _, text, _ in LEFT_ALONE])


@given(st.lists(pieces | st.text(max_size=20), max_size=6).map("，".join))
def test_offsets_point_at_the_words(text):
    found = extract(text, NOW, NAMES)
    assert all(text[one.start : one.end] == one.text and one.start < one.end for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)


@given(st.lists(pieces, max_size=6).map("，".join))
def test_only_areas_overlap_other_finds(text):
    found = [one for one in extract(text, NOW, NAMES) if one.kind not in {"area", "organisation"}]
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    extract(text, NOW, NAMES)
    assert len(mask(text)) == len(text)


@given(st.integers(0, 5_000_000).map(lambda minutes: NOW - dt.timedelta(minutes=minutes)))
def test_relative_days_lie_one_day_apart(now):
    one, two = (dt.date.fromisoformat(extract(word, now, NAMES)[0].value) for word in ("昨天", "前天"))
    assert one - two == dt.timedelta(days=1)
