"""The agent's desk: the page, his seat, the call that rings at it."""

from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, render_template
from pydantic import Field

from hotline import clock, db
from hotline.given import Given, parse
from hotline.words import Channel, Kind, Role, Urgency
from telephony import agents, day, notes
from telephony import service as telephone
from telephony.words import SeatState, Status
from web import access, intake, phone, suggest, topics
from web.errors import object_body
from web.staff import caller

desk = Blueprint("desk", __name__)
ROLES = (Role.AGENT, Role.SUPERVISOR)
CHANNELS = (Channel.PHONE, Channel.CHAT, Channel.WINDOW, Channel.MAILBOX)
SHOWN_TOPICS = 5
STEEPEST = 10.0  # a topic of three messages and no past is not the hottest of all
BREAKS = ("用餐", "如厕", "休息", "培训", "与值班长沟通", "设备故障")
# Other lawful channels (rules.md §1.3): what the agent says is a start, he completes it.
GUIDES: tuple[tuple[str, str], ...] = (
    ("诉讼", "您反映的事项已经或应当通过诉讼解决，请向有管辖权的人民法院提出。诉讼服务热线 12368。"),
    ("仲裁", "您反映的事项约定或依法由仲裁处理，请向有管辖权的仲裁机构申请。劳动人事争议可先拨打 12333 咨询。"),
    ("纪检监察", "您反映的是党员干部或公职人员的违纪违法问题，请拨打 12388 或向纪检监察机关反映。"),
    ("行政复议", "您对行政行为不服，可自知道该行为之日起六十日内向行政复议机关申请行政复议。"),
    ("信访", "您反映的事项正在信访程序中办理，请向原受理机关查询进展，或到信访接待场所反映。"),
    ("政府信息公开", "您需要的是政府信息，请向制作或保存该信息的行政机关提出公开申请。"),
    ("涉密或隐私", "您反映的内容涉及国家秘密、商业秘密或个人隐私，请勿在电话中透露，可向主管机关当面反映。"),
    ("其他渠道", "您反映的事项不属于热线受理范围，请通过以下渠道反映："),
)


class SeatWish(Given):
    status: Annotated[str, Field(max_length=20)]
    reason: Annotated[str, Field(max_length=200)] = ""


@desk.get("/desk")
def page() -> str:
    """The page."""
    access.staff(*ROLES)
    return render_template(
        "staff/desk.html",
        breaks=BREAKS,
        tags=phone.rules().tags,
        guides=GUIDES,
        kinds=list(Kind),
        urgencies=list(Urgency),
        channels=CHANNELS,
        areas=list(suggest.names()["area"]),
    )


def _never_signed_in(user: str) -> dict[str, object]:
    off: dict[str, object] = {"status": Status.OFF.value, "status_label": Status.OFF.label}
    idle = {"state": SeatState.IDLE.value, "state_label": SeatState.IDLE.label}
    none: dict[str, object] = {"reason": "", "call": "", "since": None, "seconds": 0, "missed": 0, "last_call": ""}
    return {"user": user, "name": user, "guest": False} | off | idle | none


def _own_seat(user: str) -> dict[str, object]:
    with db.session() as session:
        return agents.seat(session, user, clock.now()) or _never_signed_in(user)


@desk.get("/desk/seat")
def seat() -> Response:
    """What he says of himself, what his phone does, since when."""
    return jsonify(_own_seat(access.staff(*ROLES).name))


@desk.post("/desk/seat")
def say() -> Response:
    """Ready, break with a reason, wrap_up, off. Raises BadInput or Conflict as `telephony.agents` does."""
    actor = access.staff(*ROLES)
    wish = parse(SeatWish, object_body())
    agents.change(actor.name, wish.status, wish.reason)
    return jsonify(_own_seat(actor.name))


class Caller(Given):
    phone: Annotated[str, Field(min_length=3, max_length=30)]


@desk.post("/desk/citizen")
def citizen() -> Response:
    """Who has this number: flags, open and earlier cases. By POST, so that the number stands in no log."""
    actor = access.staff(*ROLES)
    asked = parse(Caller, object_body())
    with db.session() as session:
        return jsonify(caller.known(session, intake.phone_number(asked.phone), actor, clock.now()))


@desk.get("/desk/topics")
def hot() -> Response:
    """What many speak of these days, the fastest growing first: words, size, areas, the case to join."""
    access.staff(*ROLES)
    with db.session() as session:
        found = topics.latest(session)
    shown = sorted(found["topics"], key=_heat)[:SHOWN_TOPICS] if found else []
    names = ("words", "size", "people", "trend", "alarm", "areas", "examples")
    return jsonify({"items": [{name: topic[name] for name in names} for topic in shown], "next": None})


def _heat(topic: dict[str, Any]) -> tuple[bool, float]:
    return not topic["alarm"], -float(topic["size"]) * min(float(topic["trend"]), STEEPEST)


@desk.get("/desk/day")
def my_day() -> Response:
    """What he answered, wrote down and how he was rated today."""
    actor = access.staff(*ROLES)
    with db.session() as session:
        return jsonify(day.of(session, actor.name, clock.now()))


@desk.get("/desk/notes")
def notes_for_me() -> Response:
    """What the shift leader says to him, newest first."""
    actor = access.staff(*ROLES)
    with db.session() as session:
        return jsonify({"items": notes.for_desk(session, actor.name, clock.now()), "next": None})


@desk.post("/desk/notes/<int:note>/read")
def note_read(note: int) -> tuple[str, int]:
    """He has seen it."""
    notes.read(note, access.staff(*ROLES).name)
    return "", 204


@desk.get("/desk/call/<call>")
def pop(call: str) -> Response:
    """Who calls: number, open cases, earlier calls; for the agent at whose desk it rings or is spoken."""
    actor = access.staff(*ROLES)
    with db.session() as session:
        return jsonify(telephone.pop_for(session, call, actor.name))
