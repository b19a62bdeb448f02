"""Areas by the city's own names, streets, estates and villages by their endings. Pure.

Limits: an ending rule knows no map. 和平路 is found, a street named by a verb is cut short; what is found is a proposal
that a person sees.
"""

import re
from collections.abc import Iterator, Mapping

from triage.spans import Find, Found

SHORTEST_NAME = 2


class Gazetteer:
    """Place names and the area each lies in; built once, read by any thread."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names`: 甘棠街道 → 陕州区. Names of one character are left out: they stand inside other words."""
        self.areas = {name: area for name, area in names.items() if len(name) >= SHORTEST_NAME}
        lengths: dict[str, set[int]] = {}
        for name in self.areas:
            lengths.setdefault(name[0], set()).add(len(name))
        self._lengths = {first: sorted(sizes, reverse=True) for first, sizes in lengths.items()}

    def at(self, text: str, start: int) -> str:
        """The longest name that begins at `start`, or ''."""
        for length in self._lengths.get(text[start], ()):
            if text[start : start + length] in self.areas:
                return text[start : start + length]
        return ""


def areas(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    """Every name of the gazetteer, the longest at each place; value is the area."""
    place = 0
    while place < len(text):
        name = gazetteer.at(text, place)
        if name:
            yield Found(Find.AREA, name, place, place + len(name), gazetteer.areas[name])
        place += len(name) or 1


ENDINGS: dict[str, Find] = {
    **dict.fromkeys(("大道", "大街", "路", "街", "巷", "胡同"), Find.STREET),
    **dict.fromkeys(
        (
            "小区",
            "花园",
            "家园",
            "公寓",
            "家属院",
            "家属楼",
            "名苑",
            "佳苑",
            "嘉苑",
            "华府",
            "新城",
            "新村",
            "公馆",
            "山庄",
        ),
        Find.ESTATE,
    ),
    **dict.fromkeys(("街道", "社区", "村", "镇", "乡"), Find.VILLAGE),
}
_ORDER = sorted(ENDINGS, key=len, reverse=True)
_HOUSE = r"(?: ?[0-9A-Z甲乙]{1,5}(?:号院|号楼|号|弄|栋|幢|单元|楼|层|室|户)(?!线))*"
_STEM = r"[\u4e00-\u9fff]{2,8}?"
_PLACE = re.compile(rf"(?P<stem>{_STEM})(?P<ending>{'|'.join(_ORDER)})(?![灯费政窄子])(?P<house>{_HOUSE})")
_CUT = re.compile(
    r".*(?:位于|家住|居住|反映|投诉|举报|咨询|经过|路过|来自|来电|市民|居民|业主|先生|女士|附近|对面|旁边|我们|你们|他们|"
    r"咱们|希望|建议|关于|沿着|交叉|交口|请问|听说|因为|由于|只有|所有|全部|"
    r"[在住到从的是我你他她于至往了有把被请问去走个这那某该本各每条修沿离将让给对向区县市省])"
)
_JOINED = re.compile(r"^[和与及跟同](?=..)")
_GENERIC = re.compile(
    r"(?:马|公|道|铁|线|电|小|思|出|走|一|半|修|过|带|问|迷|网|套|水泥|柏油|断头|高速|回家|上学|必经之|生产|田间|"
    r"高速公|乡间|泥巴|土|老|新|主干|干)路$|"
    r"(?:步行|商业|大|上|逛|小吃|美食|整条|满|主|背)街$|(?:小|背街小|街|里)巷$|"
    r"(?:农|乡|全|自然|行政|贫困|美丽乡|城中|全国文明|邻|同|整个|城边)村$|(?:城|乡|集|重|古|小|全)镇$|"
    r"(?:城|下|返|家|老|故|同|入|水)乡$|"
    r"(?:老旧|住宅|封闭|开放|高档|商品|整个|安置|无物业|新建|多个|几个|相邻|隔壁|老|旧|新|全)小区$|"
    r"(?:智慧|文明|和谐|农村|城市)社区$|(?:后|小|屋顶|美丽)花园$|(?:美好|美丽|精神)家园$|"
    r"(?:人才|青年|职工|学生|单身|老年|酒店|商务)公寓$"
)
_SHORTEST_STEM = 2


def named_places(text: str) -> Iterator[Found]:
    """Streets, estates and villages with their house numbers; value is the wording without blanks."""
    place = 0
    while match := _PLACE.search(text, place):
        place = max(match.end() - len(match["house"]), match.start() + 1)
        start = match.start() + _leading_words(match["stem"])
        name = text[start : match.end("ending")]
        if len(name) - len(match["ending"]) >= _SHORTEST_STEM and not _GENERIC.search(name):
            whole = text[start : match.end()]
            place = match.end()
            yield Found(ENDINGS[match["ending"]], whole, start, match.end(), whole.replace(" ", ""))


def _leading_words(stem: str) -> int:
    """How many characters at the front of the stem belong to the sentence, not to the name."""
    cut = _CUT.match(stem)
    skipped = cut.end() if cut else 0
    joined = _JOINED.match(stem[skipped:])
    return skipped + (joined.end() if joined else 0)
