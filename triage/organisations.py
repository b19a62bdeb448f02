"""Companies, schools, hospitals, shops and offices of a text, by their endings and the city's own departments. Pure.

Limits as with places (`triage.places`): an ending knows no register. A shop named by a verb is cut short, a nickname is
not found; what is found is a proposal that a person sees.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

from triage.spans import Find, Found

_ENDING: Final = (
    r"(?:股份|责任)?有限(?:责任)?公司|集团(?:公司)?|(?:物业|房产|建筑|装饰|装修|运输|公交|燃气|热力|供热|自来水|供水|保险|旅游|科技|商贸|"
    r"置业|开发|矿业|化工|物流|快递|环保|电力)公司|开发商|"
    r"幼儿园|小学|初中|高中|中学|职专|技校|学院|大学|培训(?:学校|中心|机构)|驾校|"
    r"(?:人民|中心|中医|妇幼|第[一二三四五]|骨科|口腔|儿童)?医院|卫生院|诊所|门诊部|药店|大药房|养老院|敬老院|"
    r"超市|商场|购物中心|饭店|酒店|宾馆|餐厅|餐馆|火锅店|烧烤店|网吧|KTV|健身房|美容院|理发店|加油站|菜市场|农贸市场|"
    r"工厂|化工厂|水泥厂|砖厂|石料厂|搅拌站|养殖场|煤矿|信用社|派出所|居委会|村委会|业委会|合作社|售楼部"
)
_STEM: Final = r"[\u4e00-\u9fffA-Za-z0-9]{2,12}?"
_NAMED: Final = re.compile(rf"(?P<stem>{_STEM})(?P<ending>{_ENDING})(?![长证费里外门口群])")
_CUT: Final = re.compile(
    r".*(?:位于|家住|反映|投诉|举报|咨询|经过|路过|附近|对面|旁边|隔壁|楼下|楼上|门口|我们|你们|他们|咱们|希望|建议|关于|请问|听说|"
    r"因为|由于|所有|全部|买了|没有|已经|现在|昨天|今天|就是|说是|据说|多趟|入读|就读|哪里|严重|修建|不足|遂与|挤兑|加盟|当地|附近|"
    r"[在到从的是我你他她于至往了有把被请问去走个这那某该本各每将让给对向县区市省镇乡村号些称为])"
)
_GENERIC: Final = re.compile(
    r"^(?:一家|几家|这家|那家|多家|公立|民办|公办|私立|附近|当地|本地|大型|小型|正规|三甲|定点|社区|乡镇|其他|其它|别的|哪个|哪家|"
    r"什么|连锁|高档|农村|城区|市区|我市|全市|各个|不同|普通|重点|市|县|区|小区|地产|房地产|房产)+$"
)


def organisations(text: str, departments: Collection[str] = ()) -> Iterator[Found]:
    """Every organisation named with at least two characters of its own; value is the wording. `text` is `plain`."""
    taken: list[tuple[int, int]] = []
    for name in sorted(departments, key=len, reverse=True):
        for match in re.finditer(re.escape(name), text):
            if not any(match.start() < end and start < match.end() for start, end in taken):
                taken.append(match.span())
                yield Found(Find.ORGANISATION, name, *match.span(), name)
    for match in _NAMED.finditer(text):
        found = _named(match)
        if found and not any(found.start < end and start < found.end for start, end in taken):
            yield found


def _named(match: "re.Match[str]") -> Found | None:
    stem = match["stem"]
    cut = _CUT.match(stem)
    own = stem[cut.end() :] if cut else stem
    if len(own) < 2 or _GENERIC.match(own):  # noqa: PLR2004 - one character is no name
        return None
    start = match.start() + len(stem) - len(own)
    return Found(Find.ORGANISATION, match.string[start : match.end()], start, match.end(), own + match["ending"])
