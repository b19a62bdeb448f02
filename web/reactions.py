"""Every reaction of the house: event → handlers. A handler runs in its own transaction and takes a message once."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from dispatch import appeals, letters, papers
from hotline import events
from hotline.models import Assignment, Case
from hotline.unit import Unit
from hotline.words import OF_REVIEW, Action, State
from kb import service as knowledge
from telephony import service as telephone
from web import finding, learning, live, similar

Handler = Callable[[Unit, Any], None]
_ORDERING = frozenset({Action.REVISIT.value, Action.SUPERVISE.value})
_LISTS = {
    State.RECEIVED: "dispatcher",
    State.ACCEPTED: "dispatcher",
    State.RETURNING: "dispatcher",
    State.REPLIED: "reviewer",
    State.PASSED: "revisitor",
    State.CHECKING: "revisitor",
    State.VERDICT: "supervisor",
    State.RECTIFYING: "dispatcher",
}


def show_case(unit: Unit, event: events.CaseCreated | events.CaseChanged) -> None:
    """Lists and boards read the case again: number and version, no words and no state."""
    case = unit.session.execute(
        select(Case.id, Case.number, Case.version, Case.state).filter_by(id=event.case_id)
    ).first()
    if case is None:
        return
    rooms = {f"role:{_LISTS[State(case.state)]}"} if State(case.state) in _LISTS else set()
    if getattr(event, "action", "") not in OF_REVIEW:  # the rated house does not learn of a review as it comes
        rooms |= {f"department:{code}" for code in _departments(unit, case.id)}
    live.push(rooms, "changed", {"kind": "case", "number": case.number, "version": case.version})


def _departments(unit: Unit, case_id: int) -> set[str]:
    return {code for (code,) in unit.session.query(Assignment.department).filter_by(case_id=case_id)}


def show_rung(_unit: Unit, event: events.RungFired) -> None:
    """Boards and the department see that something burns."""
    told = {"kind": "rung", "number": event.number, "clock": event.clock, "rung": event.rung}
    rooms = {"role:supervisor"} | ({f"department:{event.department}"} if event.department else set())
    live.push(rooms, "changed", told)


def show_call(_unit: Unit, event: events.CallChanged) -> None:
    """The wall board counts again."""
    live.push(set(), "changed", {"kind": "call", "id": event.call_id, "state": event.state})


def show_chat(_unit: Unit, event: events.ChatChanged) -> None:
    """Agents see a waiting chat."""
    live.push({"role:agent"}, "changed", {"kind": "chat", "id": event.chat_id, "state": event.state})


def link_call(unit: Unit, event: events.CaseCreated) -> None:
    """The call a case was written down in knows its case."""
    call = unit.session.scalar(select(Case.call).filter_by(id=event.case_id))
    if call:
        telephone.case_made(unit, call, event.number)


def write_order(unit: Unit, event: events.CaseChanged) -> None:
    """A citizen who is not content, or a supervisor's word: a 督办 order (rules.md §3)."""
    if event.action in _ORDERING:
        papers.of_step(unit, event.case_id, event.version)


def write_first(unit: Unit, event: events.CaseCreated) -> None:
    """The citizen gets his number and query code."""
    letters.on_created(unit, event.case_id)


def write_next(unit: Unit, event: events.CaseChanged) -> None:
    """The citizen hears that there is an answer."""
    letters.on_changed(unit, event.case_id, event.action)


def write_warning(unit: Unit, event: events.RungFired) -> None:
    """The department's people hear of cards and orders wherever they are."""
    letters.on_rung(unit, event.case_id, event.clock, event.rung, event.department)


def tell_appeal(unit: Unit, event: events.CaseChanged) -> None:
    """Whoever is next hears of an appeal."""
    appeals.on_changed(unit, event.case_id, event.number, event.action)


def rate_by_call(unit: Unit, event: events.CaseChanged) -> None:
    """Answered at first contact after the caller had pressed his digit: it is the review of this answer."""
    case = unit.session.get(Case, event.case_id)
    if event.action == Action.ANSWER and case is not None and case.call:
        telephone.case_made(unit, case.call, case.number)  # this message may overtake the one of the creation
        telephone.rate(unit, case.call)


REACTIONS: dict[type[events.Event], tuple[Handler, ...]] = {
    events.CaseCreated: (show_case, link_call, similar.remember, finding.remember, write_first),
    events.CaseChanged: (show_case, learning.learn, write_order, write_next, rate_by_call, tell_appeal),
    events.RungFired: (show_rung, write_warning),
    events.CallChanged: (show_call,),
    events.ChatChanged: (show_chat,),
    events.ArticleChanged: (knowledge.on_article_changed,),
}
