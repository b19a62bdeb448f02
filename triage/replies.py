"""How good a reply is before strangers read it: answers the demand, facts, ground, contact, privacy, no copy. Pure.

A check only points; the reviewer decides. Limits: whether what the reply says is true, no words can tell; a demand
answered in entirely other words looks unanswered; a name without a title behind it is found only if it was given.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from triage.alike import Rarity, Told, nearness
from triage.extract import id_cards, phones, plates
from triage.spans import plain

Cut = Callable[[str], Sequence[str]]

SHORTEST: Final = 30  # characters beside courtesies
ANSWERS_FROM: Final = 0.045  # of the demand's weight taken up; about 7 % of real replies stay below (bench)
COPIED_FROM: Final = 0.85
SAME_MATTER_FROM: Final = 0.3
SHORT_BESIDE: Final = 0.5  # a text half as heavy as the other is a part of it, not its copy


class Point(StrEnum):
    """What is looked at, in the order people read it."""

    LENGTH = "length"
    ANSWERS = "answers"
    FACTS = "facts"
    GROUND = "ground"
    CONTACT = "contact"
    PRIVACY = "privacy"
    OWN = "own"


LABELS: Final = {
    Point.LENGTH: "篇幅足够",
    Point.ANSWERS: "回应了诉求",
    Point.FACTS: "写明了事实",
    Point.GROUND: "写明了依据",
    Point.CONTACT: "留了联系方式",
    Point.PRIVACY: "没有个人信息",
    Point.OWN: "不是照抄的答复",
}


@dataclass(frozen=True)
class Check:
    """One point: whether it holds, why not in Chinese, and the places of the reply that show it."""

    point: Point
    passed: bool
    why: str = ""
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def label(self) -> str:
        return LABELS[self.point]


@dataclass(frozen=True)
class Earlier:
    """A public reply of the same department: its case, what it and its matter say."""

    number: str
    reply: Told
    matter: Told


_COURTESY = re.compile(
    r"(?:尊敬的)?(?:网友|市民|来电人|先生|女士|同志|朋友)?[“\"（(]?[A-Za-z]{0,3}\d*[”\"）)]?[,，]?(?:您|你)好[！!，,。：:]?|"
    r"(?:您|你)?(?:反映|提出|所说)?的?(?:留言|来信|信件|诉求|问题|工单)(?:已经?)?(?:收悉|收到)[。，,！!]?|"
    r"现将?(?:有关|具体|相关)?(?:情况|问题)?(?:回复|答复|反馈)如下[：:，,。]?|(?:非常|衷心)?感谢(?:您|你)?[^。！!]{0,40}[。！!]|"
    r"特此(?:回复|答复)[。！!]?|此复[。！!]?|祝(?:您|你)[^。！!]{0,20}[。！!]|\d{4}年\d{1,2}月\d{1,2}日"
)
_FACTS = re.compile(
    r"经.{0,12}(?:核实|查|核查|调查|了解|勘查|走访|检测|测量|研究)|现场|\d+(?:\.\d+)?(?:元|万|米|公里|户|平方|亩|个|台|人|次|天|度|分贝|％|%)|"
    r"(?:已|已经|正在|于).{0,12}(?:完成|整改|修复|修好|清理|更换|拆除|安排|退还|发放|责令|约谈|立案|处罚|关停|施工|安装|疏通|查封|补发|办结|转交)|"
    r"\d{1,2}月\d{1,2}日|\d{4}年"
)
_GROUND = re.compile(
    r"《[^》]{2,60}》|第[一二三四五六七八九十百零\d]+条|(?:根据|依据|按照|依照|遵照).{2,40}?"
    r"(?:规定|办法|条例|法律|标准|文件|规划|通知|合同|政策|意见|方案|要求|批复|细则)|号文|没有.{0,8}(?:法律|政策)依据"
)
_CONTACT = re.compile(
    r"联系(?:人|电话|方式)|咨询电话|(?:详询|请拨打|请致电|可拨打|可致电)|(?:大厅|窗口|办公室|地址)[^。]{0,20}(?:办理|咨询|号|室)"
)
_SURNAME = (
    r"[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    r"范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤]"
)
_NAMED = re.compile(
    rf"(?<![\u4e00-\u9fff])?(?P<name>{_SURNAME}(?!某|先|女|同)[\u4e00-\u9fff]{{1,2}}?)(?:先生|女士|同志|师傅)(?!们)"
)
_PARTY = re.compile(
    rf"(?:当事人|投诉人|举报人|业主|户主|患者|学生|居民|村民|来电人|反映人|您的?(?:丈夫|妻子|父亲|母亲|儿子|女儿))"
    rf"(?P<name>{_SURNAME}(?!某)[\u4e00-\u9fff]{{1,2}})(?=[，。、,:：的与和于在因]|$)"
)
_HOME = re.compile(r"\d{1,4}(?:号楼|栋|幢|座|号院)[^，。]{0,4}?\d{0,2}(?:单元)?\d{2,4}(?:室|户|房|号)")
_MOBILE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True)
class Demand:
    """What the citizen said; the title says most."""

    title: str
    content: str


def look(
    demand: Demand, reply: str, cut: Cut, rare: Rarity, names: Collection[str] = (), earlier: Iterable[Earlier] = ()
) -> tuple[Check, ...]:
    """Every point of a public reply. `cut` gives the terms of a text; `names` are the people nobody may read here."""
    core = without_courtesy(reply)
    said, title, content = (useful(cut(text)) for text in (core, demand.title, demand.content))
    return (
        _length(core),
        _answers(answered((title, content), said, rare)),
        _has(Point.FACTS, _FACTS, core, reply, "没有写明核实到的情况、数字、时间或采取的措施"),
        _has(Point.GROUND, _GROUND, core, reply, "没有写明法规、政策、规划或合同依据"),
        _contact(reply),
        _privacy(reply, names),
        _own(Told(said, ()), Told(title | content, ()), earlier, rare),
    )


def without_courtesy(reply: str) -> str:
    """The reply without greetings, thanks and dates of signature: what is left is what it says."""
    return _COURTESY.sub("", reply).strip()


def useful(terms: Iterable[str]) -> frozenset[str]:
    """The different terms that tell something: two characters or more, no bare numbers."""
    return frozenset(term for term in terms if len(term) > 1 and not term.replace(".", "").isdigit())


def answered(parts: Sequence[Collection[str]], reply: Collection[str], rare: Rarity) -> float:
    """0–1: how much of the demand's weight the reply takes up, the mean over its parts (title, content)."""
    shares = [_share(part, reply, rare) for part in parts if part]
    return sum(shares) / len(shares) if shares else 1.0


def _share(part: Collection[str], reply: Collection[str], rare: Rarity) -> float:
    return sum(rare(term) for term in part if term in reply) / sum(map(rare, part))


def copied(reply: Told, matter: Told, earlier: Iterable[Earlier], rare: Rarity) -> Earlier | None:
    """The earlier reply this one repeats although its matter was another one; the nearest, or None."""
    best: tuple[float, Earlier | None] = (COPIED_FROM, None)
    weight = sum(map(rare, reply.terms))
    for one in earlier:
        other = sum(map(rare, one.reply.terms))
        if not weight or not other or min(weight, other) / max(weight, other) < SHORT_BESIDE:
            continue
        near = nearness(reply, one.reply, rare)
        if near >= best[0] and nearness(matter, one.matter, rare) < SAME_MATTER_FROM:
            best = near, one
    return best[1]


def _length(core: str) -> Check:
    said = len("".join(core.split()))
    why = f"去掉客套只有{said}个字，至少要{SHORTEST}个字" if said < SHORTEST else ""
    return Check(Point.LENGTH, not why, why)


def _answers(share: float) -> Check:
    held = share >= ANSWERS_FROM
    return Check(Point.ANSWERS, held, "" if held else "没有提到诉求所说的事，可能答非所问或贴错了答复")


def _has(point: Point, wanted: re.Pattern[str], core: str, reply: str, why: str) -> Check:
    """A sign in the courtesies is none."""
    if not wanted.search(core):
        return Check(point, passed=False, why=why)
    return Check(point, passed=True, spans=tuple(match.span() for match in wanted.finditer(reply)))


def _contact(reply: str) -> Check:
    places = [(one.start, one.end) for one in phones(plain(reply))] + [m.span() for m in _CONTACT.finditer(reply)]
    why = "" if places else "没有留下咨询电话、窗口或联系人，市民有疑问找不到人"
    return Check(Point.CONTACT, bool(places), why, tuple(sorted(places)))


def _privacy(reply: str, names: Collection[str]) -> Check:
    found = sorted(set(personal(reply, names)))
    why = "公开内容里有个人信息：" + "、".join(dict.fromkeys(what for _, _, what in found)) if found else ""
    return Check(Point.PRIVACY, not found, why, tuple((start, end) for start, end, _ in found))


def personal(reply: str, names: Collection[str] = ()) -> Iterator[tuple[int, int, str]]:
    """(start, end, what) of everything that belongs to a person; an office's landline is none."""
    ascii_text = plain(reply)
    for one in phones(ascii_text):
        if _MOBILE.search(one.value):
            yield one.start, one.end, "手机号"
    for finder, what in ((id_cards, "身份证号"), (plates, "车牌号")):
        yield from ((one.start, one.end, what) for one in finder(ascii_text))
    for pattern, what in ((_NAMED, "姓名"), (_PARTY, "姓名")):
        yield from ((*match.span("name"), what) for match in pattern.finditer(reply))
    yield from ((*match.span(), "住址门牌") for match in _HOME.finditer(ascii_text))
    for name in names:
        if len(name) > 1:
            yield from ((match.start(), match.end(), "姓名") for match in re.finditer(re.escape(name), reply))


def _own(reply: Told, matter: Told, earlier: Iterable[Earlier], rare: Rarity) -> Check:
    found = copied(reply, matter, earlier, rare)
    why = f"和{found.number}的答复几乎一样，那是另一件事" if found else ""
    return Check(Point.OWN, found is None, why)
