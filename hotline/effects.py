"""What a decided step does to the rows of a case: one small function per action, all listed in EFFECTS."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hotline import clock, facts, loop_effects, review_effects
from hotline.city_models import Department
from hotline.errors import BadInput, Missing
from hotline.lifecycle import Actor, Facts, Step
from hotline.loop_models import HandDown
from hotline.models import Assignment, Case, ReplyRow, Request
from hotline.timing import ClockChanges
from hotline.unit import Unit
from hotline.words import DEPARTMENT, Action, Clock, Delivery, Outcome, Part, State

AT_DEPARTMENT = frozenset({Clock.SIGN, Clock.REPLY, Clock.RETURN, Clock.FIRST_CONTACT, Clock.EXTENSION})
OF_LEAD = frozenset({Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX, Clock.REVISIT, Clock.SECOND_REVISIT, Clock.BAD_REVIEW})  # fmt: skip  # noqa: E501
_RECTIFY = (Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX)
FULFILS: dict[Action, frozenset[Clock]] = {
    Action.ACCEPT: frozenset({Clock.ACCEPT}),
    Action.GUIDE: frozenset({Clock.ACCEPT}),
    Action.ANSWER: frozenset({Clock.ACCEPT, Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX}),
    Action.FORWARD: frozenset({Clock.ACCEPT, Clock.FORWARD, Clock.AUTO_FORWARD}),
    Action.RECEIVE: frozenset({Clock.FORWARD}),
    Action.SIGN: frozenset({Clock.SIGN}),
    Action.RETURN: frozenset({Clock.RETURN}),
    Action.ARBITRATE: frozenset({Clock.ARBITRATION}),
    Action.CONTACT: frozenset({Clock.FIRST_CONTACT}),
    Action.DECIDE_EXTENSION: frozenset({Clock.EXTENSION}),
    Action.REPLY: frozenset({Clock.REPLY, Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX}),
    Action.PASS: frozenset({Clock.REVIEW}),
    Action.SEND_BACK: frozenset({Clock.REVIEW}),
    Action.REVISIT: frozenset({Clock.REVISIT, Clock.SECOND_REVISIT, Clock.BAD_REVIEW}),
    Action.JUDGE: frozenset({Clock.VERDICT}),
    Action.APPROVE_VERDICT: frozenset({Clock.VERDICT}),
    Action.DECIDE_APPEAL: frozenset({Clock.APPEAL}),
    Action.APPROVE_APPEAL: frozenset({Clock.APPEAL}),
    Action.SETTLE_STUCK: frozenset(loop_effects.CLOCK_OF.values()),
    Action.CLOSE: frozenset({Clock.REVISIT, Clock.SECOND_REVISIT}),
}


@dataclass
class Work:
    """One step in progress. `concerned`: departments whose clocks the step starts; `told` goes into the history."""

    unit: Unit
    case: Case
    before: Facts
    step: Step
    actor: Actor
    given: dict[str, Any]
    clocks: ClockChanges
    concerned: list[str] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    target: State | None = None

    def own(self) -> Assignment:
        """The live part this step acts on: the actor's department's, or the one named."""
        mine = self.actor.role in DEPARTMENT
        code = self.actor.department if mine else self.given.get("department", "")
        live = [p for p in facts.live_places(self.case) if p.department == code and p.status != Delivery.RETURNED]
        if not live:
            raise Missing("not_here", "这件诉求不在这个部门名下。")
        return live[-1]

    def live(self) -> list[Assignment]:
        """Parts of this round that were not returned."""
        return [p for p in facts.live_places(self.case) if p.status != Delivery.RETURNED]


def _department(work: Work, code: str, told_at: str = "departments") -> Department:
    found = work.unit.session.get(Department, code)
    if found is None:
        raise BadInput("unknown_department", f"没有代码为“{code}”的部门。", {told_at: "没有这个部门"})
    if found.dissolved:
        raise BadInput("dissolved_department", f"“{found.name}”已撤销，请另选部门。", {told_at: "部门已撤销"})
    return found


def send(work: Work, code: str, part: str, opinion: str, extensions: int = 0) -> None:
    """Put the case before a department. Its desk is here: the commit is the receipt, unless it has its own system.

    `extensions`: how often the citizen's deadline was extended before it came here.
    """
    department = _department(work, code)
    away = bool(department.system_url)
    now = work.unit.now
    place = Assignment(
        case_id=work.case.id,
        department=code,
        part=part,
        status=Delivery.SENT if away else Delivery.DELIVERED,
        round=work.case.round,
        sent_at=now,
        delivered_at=None if away else now,
        opinion=opinion,
        reassigned=work.step.action is Action.ARBITRATE,
        again=work.step.action is Action.REDO,
        extensions=extensions,
        next_try_at=clock.machine() if away else None,
    )
    work.case.places.append(place)
    if away:
        work.clocks.start(Clock.FORWARD)  # until its receipt, also where the first forwarding is long done
    else:
        work.concerned.append(code)
    work.told.setdefault("sent", []).append({"department": code, "part": part, "delivered": not away})


def _forward(work: Work) -> None:
    for named in work.given["departments"]:
        send(work, named["code"], named["role"], work.given["opinion"])
        if named["role"] == Part.LEAD:
            work.case.lead = named["code"]
    _accept_on_the_way(work)


def _accept_on_the_way(work: Work) -> None:
    """Forwarding what was not accepted yet accepts it; its forward clock is written, so that the rate counts it."""
    if work.case.accepted_at is None:
        work.case.accepted_at = work.unit.now
        work.told["accepted"] = True
        work.clocks.start(Clock.FORWARD)


def _accept(work: Work) -> None:
    work.case.accepted_at = work.unit.now
    work.told["accepted"] = True


def _answer(work: Work) -> None:
    _accept_unless(work)
    work.case.direct_answer = work.given["text"]
    work.told["direct"] = work.case.round == 1  # after a reopening it is no longer the first contact


def _guide(work: Work) -> None:
    _accept_unless(work)
    work.case.guidance = {"channel": work.given["channel"], "text": work.given["text"]}


def _accept_unless(work: Work) -> None:
    if work.case.accepted_at is None:
        _accept(work)


def _receive(work: Work) -> None:
    place = work.own()
    place.status, place.delivered_at = Delivery.DELIVERED, work.unit.now
    work.concerned.append(place.department)
    work.told["delivered"] = place.department


def _sign(work: Work) -> None:
    place = work.own()
    place.status, place.signed_at = Delivery.SIGNED, work.unit.now
    work.concerned.append(place.department)


def _request(work: Work, what: str, **more: Any) -> None:
    made = Request(
        what=what,
        department=work.actor.department,
        by=work.actor.name,
        at=work.unit.now,
        reason=work.given["reason"],
        **more,
    )
    facts.keep(work.unit.session, work.case, "requests", made)


def _settle(work: Work, what: str, verdict: str, department: str = "") -> Request:
    """Decide the oldest request of this sort, or that of a department."""
    asked = facts.pending(work.unit.session, work.case, what, department)
    if asked is None:
        raise Missing("nothing_pending", "没有等待审批的申请。")
    asked.decided_at, asked.decided_by, asked.verdict = work.unit.now, work.actor.name, verdict
    asked.verdict_reason = work.given.get("reason", "")
    return asked


def _return(work: Work) -> None:
    place = work.own()
    place.status = Delivery.RETURNING
    _request(work, facts.RETURN, suggest=_suggested(work))
    if place.returned_at is None:  # a delivery that is asked back twice is one returned delivery
        place.returned_at, work.told["returned"] = work.unit.now, place.department
    work.concerned.append(place.department)


def _suggested(work: Work) -> str:
    """The house that the returner names instead of his own, checked before anybody acts on it."""
    code = work.given["suggest"] or ""
    return _department(work, code, "suggest").code if code else ""


def _arbitrate(work: Work) -> None:
    _settle(work, facts.RETURN, work.given["verdict"])
    place = next(p for p in work.live() if p.status == Delivery.RETURNING)
    if work.given["verdict"] == "keep":
        place.status = Delivery.SIGNED if place.signed_at else Delivery.DELIVERED
        return
    place.status = Delivery.RETURNED
    old = work.clocks.stop(Clock.REPLY, Outcome.CANCELLED, place.department)
    for name in (Clock.SIGN, Clock.FIRST_CONTACT, Clock.RETURN):
        work.clocks.stop(name, Outcome.CANCELLED, place.department)
    redo = [row for name in _RECTIFY for row in work.clocks.stop(name, Outcome.CANCELLED, place.department)]
    send(work, work.given["department"], place.part, work.given["reason"], place.extensions)
    if place.part == Part.LEAD:
        work.case.lead = work.given["department"]
    work.told["redispatched"] = work.given["department"]
    for row in (*old, *redo):  # the citizen's deadline goes on as it was
        work.clocks.start(Clock(row.clock), work.given["department"], like=row)


def _contact(work: Work) -> None:
    place = work.own()
    place.contacted_at = place.contacted_at or work.unit.now


def _request_extension(work: Work) -> None:
    _request(work, facts.EXTENSION, days=work.given["days"])
    work.concerned.append(work.actor.department)


def _decide_extension(work: Work) -> None:
    granted = work.given["granted"]
    verdict = "granted" if granted else "refused"
    asked = _settle(work, facts.EXTENSION, verdict, work.given["department"] or "")
    work.concerned.append(asked.department)
    work.told["extension"] = {"department": asked.department, "granted": granted, "days": asked.days}
    for row in work.clocks.running(Clock.REPLY, asked.department) if granted else ():
        work.clocks.extend(row, asked.days)
        for place in work.live():
            place.extensions += place.department == asked.department


def _suspend(work: Work) -> None:
    _request(work, facts.SUSPENSION)


def _approve_suspension(work: Work) -> None:
    _settle(work, facts.SUSPENSION, "granted" if work.given["granted"] else "refused")
    if work.given["granted"]:
        for row in _work_clocks(work):
            work.clocks.pause(row)


def _work_clocks(work: Work) -> list[Any]:
    names = (Clock.REPLY, Clock.FIRST_CONTACT, *_RECTIFY)
    return [row for name in names for row in work.clocks.running(name)]


def _resume(work: Work) -> None:
    for row in _work_clocks(work):
        if row.paused_at is not None:
            work.clocks.resume(row)


def _reply(work: Work) -> None:
    place = work.own()
    place.status, place.replied_at = Delivery.REPLIED, work.unit.now
    kept = {name: work.given[name] for name in ("facts", "solved", "reason", "internal", "public")}
    more = {"round": work.case.round, "department": place.department, "by": work.actor.name, "at": work.unit.now}
    facts.keep(work.unit.session, work.case, "replies", ReplyRow(**kept, **more))
    work.told["replied"] = place.department


def _redo(work: Work) -> None:
    work.case.round += 1
    work.case.closed_at = None
    if work.case.lead:
        send(work, work.case.lead, Part.LEAD, work.given["opinion"])
    work.told["redone"] = work.case.lead


def _reopen(work: Work) -> None:
    work.case.round += 1
    work.case.closed_at = None
    work.case.verdict = work.case.verdict_by = work.case.excluded_by = ""


def _hand_down(work: Work) -> None:
    """The inner moment is still to come; without a zone it is one of Asia/Shanghai, a bare day ends with work."""
    said = work.given["due"]
    due = clock.local(_in_shanghai(dt.datetime.fromisoformat(said))) if said else None
    if due and due.date() < clock.local(work.unit.now).date():
        raise BadInput("due_passed", "内部时限不能早于现在。", {"due": "已经过去"})
    if due and due.time() == dt.time():
        due = work.clocks.timing.calendar.closing(due.date())
    who = {"department": work.actor.department, "by": work.actor.name, "at": work.unit.now}
    row = {"case_id": work.case.id, "round": work.case.round, "unit": work.given["unit"], "due_at": due}
    work.unit.write(HandDown, **row, **who)


def _in_shanghai(at: dt.datetime) -> dt.datetime:
    if not dt.MINYEAR < at.year < dt.MAXYEAR:  # no zone may move it out of the calendar
        raise BadInput("due_passed", "内部时限不对。", {"due": "时间不对"})
    return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)


def _nothing(work: Work) -> None:
    """The step is fully said by its row and its history."""


EFFECTS: dict[Action, Callable[[Work], None]] = {
    Action.ACCEPT: _accept,
    Action.GUIDE: _guide,
    Action.ANSWER: _answer,
    Action.FORWARD: _forward,
    Action.RECEIVE: _receive,
    Action.SIGN: _sign,
    Action.RETURN: _return,
    Action.ARBITRATE: _arbitrate,
    Action.HAND_DOWN: _hand_down,
    Action.CONTACT: _contact,
    Action.INTERIM: _nothing,
    Action.REQUEST_EXTENSION: _request_extension,
    Action.DECIDE_EXTENSION: _decide_extension,
    Action.SUSPEND: _suspend,
    Action.APPROVE_SUSPENSION: _approve_suspension,
    Action.RESUME: _resume,
    Action.REPLY: _reply,
    Action.PASS: review_effects.pass_on,
    Action.SEND_BACK: review_effects.send_back,
    Action.REVISIT: review_effects.revisit,
    Action.RATE: review_effects.rate,
    Action.JUDGE: review_effects.judge,
    Action.APPROVE_VERDICT: review_effects.approve_verdict,
    Action.REDO: _redo,
    Action.CLOSE: _nothing,
    Action.REOPEN: _reopen,
    Action.MERGE: review_effects.merge,
    Action.LINK: review_effects.link,
    Action.SUPPLEMENT: _nothing,
    Action.URGE: _nothing,
    Action.SUPERVISE: _nothing,
    Action.ARCHIVE: _nothing,
    Action.APPEAL: loop_effects.appeal,
    Action.DECIDE_APPEAL: loop_effects.decide_appeal,
    Action.APPROVE_APPEAL: loop_effects.approve_appeal,
    Action.REGISTER_STUCK: loop_effects.register_stuck,
    Action.SETTLE_STUCK: loop_effects.settle_stuck,
}
