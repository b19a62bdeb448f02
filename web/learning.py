"""What people decide against the machine becomes an example: the agent's category, another house, a verdict."""

from sqlalchemy import select

from dispatch import catalogue
from dispatch.routing import route
from hotline import events, facts
from hotline.models import Case, HistoryRow, Request
from hotline.unit import Unit
from hotline.words import Action, Role
from triage import service
from triage.classify import Unavailable
from web import suggest

KEEP = "keep"


def learn(unit: Unit, event: events.CaseChanged) -> None:
    """A person chose another category or house than the machine, or a return was decided."""
    if event.action not in service.WEIGHTS:
        return
    case = unit.session.get(Case, event.case_id)
    if case is None or not _by_person(unit, event):
        return
    if event.action == Action.ARBITRATE:
        _from_verdict(unit, case)
    elif case.lead != case.suggestion.get("department", case.lead):
        service.keep(unit, case, event.action, label_of(case, case.lead), case.lead)
    elif "machine" in case.suggestion:
        service.keep(unit, case, event.action, case.category, case.lead)


def _by_person(unit: Unit, event: events.CaseChanged) -> bool:
    """What the system itself forwards, when nobody did in time, teaches nothing."""
    steps = select(HistoryRow.role).where(HistoryRow.case_id == event.case_id, HistoryRow.action == event.action)
    return unit.session.scalar(steps.order_by(HistoryRow.seq.desc()).limit(1)) != Role.SYSTEM.value


def _from_verdict(unit: Unit, case: Case) -> None:
    """The house stays: the category was right. Another house: the likeliest of that house's categories."""
    asked = select(Request.verdict).where(Request.case_id == case.id, Request.what == facts.RETURN)
    verdict = unit.session.scalar(asked.where(Request.decided_at.is_not(None)).order_by(Request.id.desc()).limit(1))
    label = case.category if verdict == KEEP else label_of(case, case.lead)
    service.keep(unit, case, Action.ARBITRATE.value, label, case.lead)


def label_of(case: Case, department: str) -> str:
    """The category this matter most likely is, given the house that has to do it; empty where nothing leads there."""
    book = catalogue.book()
    theirs = [label for label in suggest.names()["category"] if route(book, label, case.area).lead == department]
    if case.category in theirs:
        return case.category
    try:
        return suggest.classifier().among(f"{case.title}\n{case.content}", theirs).label
    except (Unavailable, ValueError):
        return theirs[0] if len(theirs) == 1 else ""
