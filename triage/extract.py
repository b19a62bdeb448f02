"""Phone, ID card and plate numbers, times, places and organisations in a citizen's words. Pure.

Finding is careful (an order number is no phone); masking is not: what could be a person's number is hidden. Limits:
spoken-out numbers (一三八…) are not found, nor are landlines without area code unless a word like 电话 stands before.
"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator

from triage.organisations import organisations
from triage.places import Gazetteer, areas, named_places
from triage.spans import Find, Found, overlaps, plain
from triage.when import times

_SEPARATED = r"[ -]{0,2}"
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_SEPARATED})?(1{_SEPARATED}[3-9](?:{_SEPARATED}\d){{9}})(?!\d)")
_AREA_CODE = r"(?:010|02[0-57-9]|0[3-9]\d{2})"
_LANDLINE = re.compile(
    rf"(?<!\d)(\({_AREA_CODE}\)|{_AREA_CODE}){_SEPARATED}([2-8](?:{_SEPARATED}\d){{6,7}})(?:(?:-|转|转分机)(\d{{1,5}}))?(?!\d)"
)
_SERVICE = re.compile(rf"(?<![\d-])([48]00{_SEPARATED}\d(?:{_SEPARATED}\d){{6}})(?!\d)")
_LOCAL = re.compile(r"(?:电话|座机|固话|致电|拨打|号码|打)(?:是|为|号)?[: ]{0,2}([2-8]\d{2,3}[ -]?\d{4})(?!\d)")
_ID_CARD = re.compile(r"(?<![\dA-Za-z])([1-9]\d{5} ?(?:19|20)\d{2} ?\d{4} ?\d{3}[\dXx])(?![\dA-Za-z])")
_OLD_ID_CARD = re.compile(r"身份证号?码?[:是为 ]{0,2}([1-9]\d{14})(?!\d)")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"([{_PROVINCES}][A-Za-z][·.\- ]?(?=[A-Za-z0-9]*\d[A-Za-z]?\d)[A-HJ-NP-Za-hj-np-z0-9]{{4,5}}"
    r"[A-HJ-NP-Za-hj-np-z0-9挂学警港澳])(?![A-Za-z0-9])"
)
_NO_PHONE_BEFORE = re.compile(
    r"(?:单号|订单|编号|账号|帐号|卡号|流水号|工单|工号|户号|车架号|批号|合同号|条码|货号|QQ|qq|案号|文号|表号)"
    r"(?:号|码)?[是为:#(\[ ]{0,3}$|[¥$￥#.A-Za-z0-9_]$"
)
_NO_PHONE_AFTER = re.compile(r" ?(?:元|万|块钱|吨|公里|平方|千瓦|度电|[A-Za-z_]|\.\d)")
_BANK_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){14,18}(?!\d)")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_ID_LENGTH = 18


def extract(text: str, now: dt.datetime, gazetteer: Gazetteer, departments: Collection[str] = ()) -> list[Found]:
    """Everything found, by place in the text. Areas and organisations may overlap the rest: 黄河路小学 names a street.

    `now` (aware) is what 昨天 counts from, reckoned in Asia/Shanghai; `departments` are the city's own offices.
    """
    ascii_text = plain(text)
    kept: list[Found] = []
    for find in (id_cards, phones, plates, lambda words: times(words, now), named_places):
        finder: Callable[[str], Iterator[Found]] = find
        kept += [one for one in finder(ascii_text) if not any(overlaps(one, other) for other in kept)]
    every = [*kept, *areas(ascii_text, gazetteer), *organisations(ascii_text, departments)]
    return sorted((_as_written(one, text) for one in every), key=lambda one: (one.start, one.end))


def _as_written(one: Found, text: str) -> Found:
    return Found(one.kind, text[one.start : one.end], one.start, one.end, one.value)


def phones(text: str) -> Iterator[Found]:
    """Mobile, landline and 400 numbers; value is digits only, an extension after `-`. `text` is `plain`."""
    spans: list[Found] = []
    for read in (_mobiles, _landlines, _services, _locals):
        spans += [one for one in read(text) if not any(overlaps(one, other) for other in spans)]
    return (one for one in spans if _stands_as_phone(text, one))


def _stands_as_phone(text: str, one: Found) -> bool:
    before = _NO_PHONE_BEFORE.search(text[max(one.start - 12, 0) : one.start])
    return before is None and _NO_PHONE_AFTER.match(text, one.end) is None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _found(kind: Find, match: "re.Match[str]", group: int, value: str) -> Found:
    return Found(kind, match[group], match.start(group), match.end(group), value)


def _mobiles(text: str) -> Iterator[Found]:
    return (_found(Find.PHONE, match, 0, _digits(match[1])) for match in _MOBILE.finditer(text))


def _landlines(text: str) -> Iterator[Found]:
    for match in _LANDLINE.finditer(text):
        number = _digits(match[1] + match[2])
        yield _found(Find.PHONE, match, 0, f"{number}-{match[3]}" if match[3] else number)


def _services(text: str) -> Iterator[Found]:
    return (_found(Find.PHONE, match, 1, _digits(match[1])) for match in _SERVICE.finditer(text))


def _locals(text: str) -> Iterator[Found]:
    return (_found(Find.PHONE, match, 1, _digits(match[1])) for match in _LOCAL.finditer(text))


def id_cards(text: str) -> Iterator[Found]:
    """Resident ID numbers of 18 places with a real birthday and a right check digit (GB 11643-1999)."""
    for match in _ID_CARD.finditer(text):
        number = match[1].replace(" ", "").upper()
        if check_digit(number) == number[-1] and _is_date(number[6:14]):
            yield _found(Find.ID_CARD, match, 1, number)


def check_digit(number: str) -> str:
    """The 18th place that the first 17 digits demand."""
    return _ID_CHECK[sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False)) % 11]


def _is_date(digits: str) -> bool:
    try:
        dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def plates(text: str) -> Iterator[Found]:
    """Vehicle plates, also of new energy; value is upper case without the dot. `text` is `plain`."""
    for match in _PLATE.finditer(text):
        yield _found(Find.PLATE, match, 1, re.sub(r"[·.\- ]", "", match[1]).upper())


def mask(text: str) -> str:
    """The text with every possible phone (but 400/800 lines), ID, bank card and plate number starred; length is kept.

    Public short numbers (110, 12345) stay. A number in doubt is hidden: this is for text that strangers read.
    """
    ascii_text = plain(text)
    shown = list(text)
    for start, end, front in _private(ascii_text):
        places = [place for place in range(start, end) if ascii_text[place].isalnum()]
        for place in places[front:-2]:
            shown[place] = "*"
    return "".join(shown)


_HIDDEN = (
    (_MOBILE, 1, 3),
    (_LANDLINE, 2, 0),
    (_LOCAL, 1, 0),
    (_ID_CARD, 1, 3),
    (_OLD_ID_CARD, 1, 3),
    (_BANK_CARD, 0, 3),
    (_PLATE, 1, 2),
)  # pattern, the group that is private, how many of its characters stay readable at the front (two do at the end)


def _private(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, readable at the front) of what must not be read by strangers."""
    for pattern, group, front in _HIDDEN:
        for match in pattern.finditer(text):
            yield *match.span(group), front
