"""A matter as it arrives: checked, with a suggestion, written durably."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from hotline import cases, clock
from hotline.door import Door
from hotline.errors import BadInput
from hotline.given import Given, parse
from hotline.intakes import Matter, Taken, create_many
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.words import AT_ONCE, CENTRE, Channel, Kind, Role, Urgency
from web import suggest
from web.errors import YEARS

_PHONE = re.compile(r"^(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|\d{5,8}|400-?\d{3}-?\d{4})$")
LONGEST = 10_000
_TITLE = 40
_SLACK = dt.timedelta(minutes=5)
_TAKES_IN = (CENTRE - {Role.AUDITOR}) | {Role.SYSTEM}


class Citizen(Given):
    name: Annotated[str, Field(max_length=60)] = ""
    phone: Annotated[str, Field(max_length=30)] = ""


class Place(Given):
    area: Annotated[str, Field(max_length=40)] = ""
    address: Annotated[str, Field(max_length=300)] = ""


class NewMatter(Given):
    """Body of `POST /api/v1/cases`."""

    kind: Kind = Kind.ASK
    title: Annotated[str, Field(max_length=200)] = ""
    content: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    channel: Channel = Channel.WEB
    citizen: Citizen = Citizen()
    place: Place = Place()
    occurred_at: dt.datetime | None = None
    urgency: Urgency = Urgency.NORMAL
    confidential: bool = False
    anonymous: bool = False
    category: Annotated[str, Field(max_length=20)] = ""
    call: Annotated[str, Field(max_length=64)] = ""


def phone_number(text: str) -> str:
    """Digits of a telephone number people can be reached at. Raises BadInput `bad_phone`."""
    plain = re.sub(r"[\s()（）]", "", text.translate(str.maketrans("０１２３４５６７８９－", "0123456789-")))
    plain = re.sub(r"^(?:\+?86-?)(?=1[3-9]\d{9}$)", "", plain)
    if plain and not _PHONE.match(plain):
        raise BadInput("bad_phone", "电话号码不对，请填手机号或带区号的座机号。", {"citizen.phone": "号码不对"})
    return plain.replace("-", "") if plain.startswith("1") else plain


def _moment(at: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    if at is None:
        return None
    if not YEARS[0] <= at.year <= YEARS[1]:  # a zone may move it out of what a database can tell again
        raise BadInput("bad_time", "发生时间不对，请填哪年哪月哪日。", {"occurred_at": "时间不对"})
    aware = at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)
    if aware > now + _SLACK:
        raise BadInput("future_date", "发生时间不能晚于现在。", {"occurred_at": "晚于现在"})
    return aware


def _area(name: str) -> str:
    if name and name not in suggest.names()["area"]:
        known = "、".join(suggest.names()["area"])
        raise BadInput("unknown_area", f"没有“{name}”这个区域。可选：{known}。", {"place.area": "没有这个区域"})
    return name


def checked(body: Any, actor: Actor) -> cases.NewCase:
    """The body as a matter ready to be written, with its suggestion. Raises BadInput naming each wrong field."""
    return _ready([_read(body, actor)])[0]


def _read(body: Any, actor: Actor) -> cases.NewCase:
    """The body without its suggestion, a category that a person chose excepted."""
    try:
        matter = parse(NewMatter, body)
    except BadInput as wrong:
        raise _with_the_rest(wrong, body, actor) from None
    phone, category, area, occurred_at = _looked_through(matter, actor)
    return cases.NewCase(
        kind=matter.kind.value,
        title=matter.title,
        content=matter.content,
        channel=_channel(matter.channel, actor),
        name=matter.citizen.name,
        phone=phone,
        area=area,
        address=matter.place.address,
        occurred_at=occurred_at,
        urgency=matter.urgency.value,
        confidential=matter.confidential,
        anonymous=matter.anonymous,
        call=matter.call if actor.role is not Role.CITIZEN else "",
        suggestion={"category": category},
    )


def _looked_through(matter: NewMatter, actor: Actor) -> list[Any]:
    """Telephone number, category, area and moment. Raises BadInput under the code of the first that is wrong, with the
    fields of all."""
    looks: tuple[Callable[[], Any], ...] = (
        lambda: _phone(matter, actor),
        lambda: _category(matter.category),
        lambda: _area(matter.place.area),
        lambda: _moment(matter.occurred_at, clock.now()),
    )
    found: list[Any] = []
    faults: list[BadInput] = []
    for look in looks:
        try:
            found.append(look())
        except BadInput as wrong:
            faults.append(wrong)
    if faults:
        raise _together(faults)
    return found


def _together(faults: Sequence[BadInput]) -> BadInput:
    fields = {name: said for wrong in faults for name, said in wrong.fields.items()}
    message = "；".join(wrong.message.removesuffix("。") for wrong in faults) + "。"
    return BadInput(faults[0].code, message, fields)


def _with_the_rest(wrong: BadInput, body: Any, actor: Actor) -> BadInput:
    """A body whose form is wrong somewhere: what else is wrong in the fields that can be read is said at once."""
    bad = {path.partition(".")[0] for path in wrong.fields}
    rest = {name: value for name, value in body.items() if name not in bad} if isinstance(body, dict) else {}
    try:
        _looked_through(parse(NewMatter, rest | ({"content": "…"} if "content" in bad else {})), actor)
    except BadInput as more:
        fields = {path: said for path, said in more.fields.items() if path.partition(".")[0] not in bad}
        return _together([wrong, BadInput(more.code, more.message, fields)]) if fields else wrong
    return wrong


def _phone(matter: NewMatter, actor: Actor) -> str:
    phone = phone_number(matter.citizen.phone)
    if not phone and actor.role is Role.CITIZEN and not matter.anonymous:
        raise BadInput("phone_missing", "请留下联系电话，或选择匿名。", {"citizen.phone": "缺少此项"})
    return phone


def _category(code: str) -> str:
    if code and code not in suggest.names()["category"]:
        raise BadInput("unknown_category", "没有这个事项分类。", {"category": "没有这个分类"})
    return code


def _ready(read: Sequence[cases.NewCase]) -> list[cases.NewCase]:
    """Those matters with their suggestions, titles and areas."""
    asked = [(f"{one.title}\n{one.content}\n{one.address}", one.area) for one in read]
    return [_suggested(one, found) for one, found in zip(read, suggest.suggest_many(asked), strict=True)]


def _suggested(read: cases.NewCase, found: dict[str, Any]) -> cases.NewCase:
    category = read.suggestion["category"]
    return replace(
        read,
        title=read.title or read.content[:_TITLE].replace("\n", " "),
        area=read.area or found["area"],
        suggestion=chosen(category, found, read.area) if category else found,
    )


def chosen(category: str, suggestion: dict[str, Any], area: str) -> dict[str, Any]:
    """A person chose the category: the department follows from the catalogue. Raises BadInput `unknown_category`."""
    choice = suggest.by_category(_category(category), area or suggestion["area"])
    return suggestion | choice | {"machine": suggestion["category"], "manual": False}


def _channel(channel: Channel, actor: Actor) -> str:
    """Only a person of the centre has the citizen before him; what others bring waits to be accepted."""
    centre = actor.role in _TAKES_IN
    return Channel.WEB.value if channel in AT_ONCE and not centre else channel.value


def create(body: Any, actor: Actor, key: str = "") -> tuple[Case, bool]:
    """Check, suggest, write: (case, whether it is new). What comes at the same moment is taken in together."""
    scope = f"{actor.name}:{key}" if key else ""
    return _DOOR.bring(Matter(_read(body, actor), actor, scope))


def _taken_in(matters: Sequence[Matter]) -> list[Taken | Exception]:
    ready = _ready([matter.new for matter in matters])
    return create_many([replace(matter, new=new) for matter, new in zip(matters, ready, strict=True)])


_DOOR = Door(_taken_in)
coming = _DOOR.on_the_way
