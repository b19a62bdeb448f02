"""Every reaction of the house: event → handlers. A handler takes a message once, and all that wait for it together."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from sqlalchemy import select

from dispatch import appeals, letters, papers
from hotline import events
from hotline.db import among
from hotline.models import Assignment, Case
from hotline.unit import Unit
from hotline.words import OF_REVIEW, Action, State
from kb import service as knowledge
from telephony import service as telephone
from web import finding, learning, live, similar

Handler = Callable[[Unit, Sequence[Any]], None]
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


def each(handler: Callable[[Unit, Any], None]) -> Handler:
    """A handler that takes its events one by one."""

    @wraps(handler)
    def one_by_one(unit: Unit, told: Sequence[Any]) -> None:
        for event in told:
            handler(unit, event)

    return one_by_one


def show_cases(unit: Unit, told: Sequence[events.CaseCreated | events.CaseChanged]) -> None:
    """Lists and boards read the cases again: numbers and versions, no words and no state."""
    ids = {event.case_id for event in told}
    wanted = select(Case.id, Case.number, Case.version, Case.state).where(among(Case.id, ids))
    cases = {case.id: case for case in unit.session.execute(wanted)}
    departments = _departments(unit, ids)
    for event in told:
        case = cases.get(event.case_id)
        if case is None:
            continue
        rooms = {f"role:{_LISTS[State(case.state)]}"} if State(case.state) in _LISTS else set()
        if getattr(event, "action", "") not in OF_REVIEW:  # the rated house does not learn of a review as it comes
            rooms |= {f"department:{code}" for code in departments[case.id]}
        live.push(rooms, "changed", {"kind": "case", "number": case.number, "version": case.version})


def _departments(unit: Unit, case_ids: set[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = select(Assignment.case_id, Assignment.department).where(among(Assignment.case_id, case_ids))
    for case_id, department in unit.session.execute(rows):
        found[case_id].add(department)
    return found


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


def link_calls(unit: Unit, told: Sequence[events.CaseCreated]) -> None:
    """The call a case was written down in knows its case."""
    mine = among(Case.id, [event.case_id for event in told])
    rows = select(Case.call, Case.number).where(mine, Case.call != "").order_by(Case.call)  # locked in one order
    for call, number in unit.session.execute(rows):
        telephone.case_made(unit, call, number)


def write_orders(unit: Unit, told: Sequence[events.CaseChanged]) -> None:
    """A citizen who is not content, or a supervisor's word: a 督办 order (rules.md §3)."""
    steps = {(event.case_id, event.version) for event in told if event.action in _ORDERING}
    if steps:
        papers.of_steps(unit, steps)


def write_first(unit: Unit, event: events.CaseCreated) -> None:
    """The citizen gets his number and query code."""
    letters.on_created(unit, event.case_id)


def write_next(unit: Unit, event: events.CaseChanged) -> None:
    """The citizen hears that there is an answer."""
    letters.on_changed(unit, event.case_id, event.action)


def write_warning(unit: Unit, event: events.RungFired) -> None:
    """The department's people hear of cards and orders wherever they are."""
    letters.on_rung(unit, event.case_id, event.clock, event.rung, event.department, event.turn)


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
    events.CaseCreated: (show_cases, link_calls, similar.mark, finding.keep_words, each(write_first)),
    events.CaseChanged: (
        show_cases,
        each(learning.learn),
        each(write_next),
        each(rate_by_call),
        each(tell_appeal),
        write_orders,  # last: whoever waits for its cases or for a number waits for nothing else
    ),
    events.RungFired: (each(show_rung), each(write_warning)),
    events.CallChanged: (each(show_call),),
    events.ChatChanged: (each(show_chat),),
    events.ArticleChanged: (each(knowledge.on_article_changed),),
}
