"""The supervisors' page of calls: seats with listening and forced status, quality review, marks; and the recordings."""

from typing import Annotated

from flask import Blueprint, Response, jsonify, render_template, request
from pydantic import Field

from hotline import clock, db
from hotline.errors import Conflict, Forbidden, Missing
from hotline.given import Given, parse
from hotline.lifecycle import Actor
from hotline.settings import Settings
from hotline.unit import transaction
from hotline.words import Role
from telephony import acts, agents, quality
from telephony.models import Call
from telephony.vault import SpoiltError, Vault
from telephony.words import Doing, Status
from web import access
from web.errors import object_body

calls_page = Blueprint("calls_page", __name__)
READERS = (Role.SUPERVISOR, Role.AUDITOR)
LISTENERS = (Role.SUPERVISOR, Role.AUDITOR, Role.AGENT, Role.DISPATCHER, Role.REVISITOR)
TABS = {
    "seats": "坐席",
    "checks": "差评核查",
    "quality": "质检",
    "scored": "已质检",
    "marks": "号码标记",
    "notes": "值班消息",
    "acts": "操作日志",
}


class Scored(Given):
    points: dict[str, int]
    note: Annotated[str, Field(max_length=quality.LONGEST_NOTE)] = ""


@calls_page.get("/calls")
def page() -> str:
    """The page; an auditor reads, a supervisor acts."""
    actor = access.staff(*READERS)
    acting = actor.role is Role.SUPERVISOR
    return render_template("staff/calls.html", tabs=TABS, sheet=quality.sheet(), acting=acting, statuses=list(Status))


@calls_page.get("/calls/seats")
def seats() -> Response:
    """Every seat that is signed in, with its call."""
    access.staff(*READERS)
    with db.session() as session:
        return jsonify({"items": agents.seats(session, clock.now()), "next": None})


@calls_page.get("/calls/quality")
def drawn() -> Response:
    """Drawn calls that wait, or with `done=1` were scored, and the mean of each agent; an agent reads his own."""
    actor = access.staff(*READERS, Role.AGENT)
    own = actor.name if actor.role is Role.AGENT else ""
    done = bool(own) or request.args.get("done") == "1"
    with db.session() as session:
        items, means = quality.listed(session, done=done, agent=own), quality.means(session)
    return jsonify({"items": items, "next": None, "means": [row for row in means if own in {"", row["agent"]}]})


@calls_page.post("/calls/quality/<call>")
def score(call: str) -> Response:
    """The sheet of one drawn call."""
    actor = access.staff(Role.SUPERVISOR)
    given = parse(Scored, object_body())
    return jsonify(quality.score(call, given.points, given.note, actor.name))


@calls_page.get("/calls/<call>/recording")
def recording(call: str) -> Response:
    """The sound as WAV (A-law, 8 kHz), opened for this reader and logged. Whole, so that its seal is checked."""
    actor = access.staff(*LISTENERS)
    with transaction() as unit:
        row = unit.session.get(Call, call)
        if row is None or not row.recording:
            raise Missing("no_recording", "没有这个通话的录音。")
        _check_may_hear(row, actor)
        sound = _opened(row)
        acts.note(unit, actor.name, Doing.PLAY, call=row.id, agent=row.agent, reason=request.args.get("why", "")[:200])
    answer = Response(sound, mimetype="audio/wav")
    answer.headers["Content-Disposition"] = "inline"
    return answer


def _check_may_hear(call: Call, actor: Actor) -> None:
    """Supervisors and auditors hear all; others what they spoke themselves, or what has no person's talk in it."""
    if actor.role in READERS or call.agent == actor.name:
        return
    if not call.agent and call.case_number:  # a message: whoever takes the case up has to hear it
        return
    raise Forbidden("not_allowed", "只能听取自己的通话和市民留言。")


def _opened(call: Call) -> bytes:
    settings = Settings()
    home = settings.data.resolve()
    file = (home / call.recording).resolve()
    if not file.is_relative_to(home / "recordings"):
        raise Missing("no_recording", "没有这个通话的录音。")
    try:
        return Vault(settings.secret()).read(file)
    except FileNotFoundError:
        raise Missing("no_recording", "录音已过保存期限，或还在封存。") from None
    except SpoiltError:
        raise Conflict(
            "recording_spoilt", "录音文件被改动或损坏，不能播放，请报告值班长。", {"call": call.id}
        ) from None
