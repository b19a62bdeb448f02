"""A case as its reader may see it: the whole for the centre, the matter for departments, his own for the citizen."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from hotline import attachments, clock, facts
from hotline.city_models import Department, User
from hotline.db import among
from hotline.lifecycle import UNTOLD, Actor, known_as, possible
from hotline.models import Case, ClockRow, HistoryRow, Rating, ReplyRow, RevisitRow
from hotline.persons import NOBODY, citizen, hidden, place, sees_person, shows_person, words
from hotline.timing import timing
from hotline.words import (
    CENTRE,
    DEPARTMENT,
    ENDED,
    OF_REVIEW,
    TO_RECTIFY,
    Action,
    Clock,
    Delivery,
    Part,
    Role,
    State,
    Stuck,
    TryResult,
)

__all__ = ["citizen", "place", "sees_person", "shows_person", "words"]
_CITIZEN = Actor("", Role.CITIZEN)
_OUTSIDE = Actor("", Role.CLERK)  # learns nothing of how another citizen rated
_SHOWN_OF_EVENT = 50
_PUBLIC_ACTIONS = ("create", "accept", "guide", "answer", "forward", "sign", "contact", "interim", "reply", "pass", "revisit", "rate", "redo", "close", "reopen", "supplement", "urge", "merge", "attach", "agree")  # fmt: skip  # noqa: E501
_TOLD_CITIZEN = frozenset({Action.INTERIM, Action.SUPPLEMENT, Action.URGE})  # said to him, or by himself
_OF_RATER = frozenset({Action.REVISIT, Action.RATE})
UNTOLD_CLOCKS = frozenset(
    {Clock.BAD_REVIEW, Clock.VERDICT, Clock.STUCK_REFUSAL}
)  # their running would tell a house of its review, or that it is looked into


def _iso(at: dt.datetime | None) -> str | None:
    return clock.iso(at) if at else None


def public_title(case: Case) -> str:
    """The title as everybody in the house may read it: on the wall, in lists behind figures, on papers."""
    return words(case, NOBODY, case.title)


def _hidden_clocks(reader: Actor) -> frozenset[Clock]:
    return UNTOLD_CLOCKS | {Clock.AUTO_FORWARD} if reader.role in DEPARTMENT else frozenset({Clock.AUTO_FORWARD})


def clocks(case: Case, reader: Actor = NOBODY) -> list[dict[str, Any]]:
    """All clocks of the case that this reader may know of, running ones first by what is due next."""
    shown = [row for row in case.clocks if row.clock not in _hidden_clocks(reader)]
    return [_clock(row) for row in sorted(shown, key=lambda r: (r.stopped_at is not None, r.due_at))]


def _clock(row: ClockRow) -> dict[str, Any]:
    return {
        "clock": row.clock,
        "label": Clock(row.clock).label,
        "department": row.department,
        "started_at": clock.iso(row.started_at),
        "due_at": clock.iso(row.due_at),
        "stopped_at": _iso(row.stopped_at),
        "outcome": row.outcome,
        "paused": row.paused_at is not None,
        "provisional": row.provisional,
        "extended": row.extended,
        "explain": row.explain,
    }


def department_names(session: Session) -> dict[str, str]:
    """Code → name of every department."""
    return {code: name for code, name in session.execute(select(Department.code, Department.name))}  # noqa: C416 - rows are no tuples


def _houses(session: Session, cases: Collection[Case]) -> dict[str, str]:
    """Code → name of the departments these cases are or were at."""
    codes = {row.department for case in cases for row in case.places}
    return dict(session.execute(select(Department.code, Department.name).where(among(Department.code, codes))).all())


def _departments(names: Mapping[str, str], case: Case, *, inner: bool) -> list[dict[str, Any]]:
    return [
        {
            "code": row.department,
            "name": names.get(row.department, row.department),
            "role": row.part,
            "role_label": Part(row.part).label,
            "status": row.status,
            "status_label": Delivery(row.status).label,
            "round": row.round,
            "opinion": row.opinion if inner else "",
            "sent_at": clock.iso(row.sent_at),
            "delivered_at": _iso(row.delivered_at),
            "signed_at": _iso(row.signed_at),
            "contacted_at": _iso(row.contacted_at),
            "replied_at": _iso(row.replied_at),
        }
        for row in case.places
    ]


def brief(case: Case, reader: Actor) -> dict[str, Any]:
    """One row of a list; needs the case's clocks loaded."""
    state = known_as(State(case.state), case.closed_at, reader.role)
    return {
        "number": case.number,
        "state": state.value,
        "state_label": state.label,
        "version": case.version,
        "kind": case.kind,
        "title": words(case, reader, case.title),
        "channel": case.channel,
        "citizen": citizen(case, reader),
        "place": place(case, reader),
        "urgency": case.urgency,
        "category": case.category,
        "lead": case.lead,
        "round": case.round,
        "received_at": clock.iso(case.received_at),
        "clocks": [row for row in clocks(case, reader) if row["stopped_at"] is None],
    }


def listed(session: Session, cases: Sequence[Case], reader: Actor) -> list[dict[str, Any]]:
    """Rows of `GET /api/v1/cases`; needs places and clocks loaded, and reads the rest for all of them at once."""
    facts.look_beside(session, cases)
    names, rules, now = _houses(session, cases), timing(), clock.now()
    return [
        brief(case, reader)
        | {
            "content": words(case, reader, case.content),
            "departments": _departments(names, case, inner=True),
            "actions": list(possible(facts.gather(session, case, rules), reader, now)),
        }
        for case in cases
    ]


def whole(session: Session, case: Case, reader: Actor) -> dict[str, Any]:
    """The case as `GET /api/v1/cases/{number}` gives it."""
    known = facts.gather(session, case, timing())
    inner = reader.role is not Role.CITIZEN
    return brief(case, reader) | {
        "content": words(case, reader, case.content),
        "occurred_at": _iso(case.occurred_at),
        "confidential": case.confidential,
        "anonymous": case.anonymous,
        "agreed": case.agreed_at is not None,
        "accepted_at": _iso(case.accepted_at),
        "closed_at": _iso(case.closed_at),
        "suggestion": case.suggestion,
        "departments": _departments(_houses(session, [case]), case, inner=inner),
        "clocks": clocks(case, reader),
        "actions": list(possible(known, reader, clock.now())),
        "answer": case.direct_answer,
        "guidance": case.guidance,
        "replies": replies(session, case, reader),
        "event": event(session, case, reader),
        "revisits": revisits(session, case) if reader.role in CENTRE else [],
        "ratings": ratings(session, case, reader),
        "attachments": attachments.listed(session, case, reader),
        "verdict": _verdict(case, reader),
        "parent": case.parent,
        "call": case.call if reader.role in CENTRE else "",
    }


def _verdict(case: Case, reader: Actor) -> str:
    """The verdict on a bad review: the centre's; a department's once it has to rectify."""
    told = reader.role in CENTRE or (case.verdict in TO_RECTIFY and case.state not in UNTOLD)
    return case.verdict if told and reader.role is not Role.CITIZEN else ""


def in_states(states: Iterable[str], reader: Actor) -> ColumnElement[bool]:
    """Cases that stand there as far as this reader may know, in a query."""
    wanted = frozenset(states)
    if reader.role not in DEPARTMENT:
        return Case.state.in_(wanted)
    checked = Case.state.in_(UNTOLD)
    seen = {State.PASSED: Case.closed_at.is_(None), State.CLOSED: Case.closed_at.is_not(None)}
    masked = [and_(checked, closed) for state, closed in seen.items() if state in wanted]
    return or_(Case.state.in_(wanted - UNTOLD), *masked)


def is_open(reader: Actor) -> ColumnElement[bool]:
    """Cases that have not ended as far as this reader may know."""
    return in_states(frozenset(State) - ENDED, reader)


def event(session: Session, case: Case, reader: Actor) -> dict[str, Any] | None:
    """The group event (rules.md §1.4): of a merged case what its parent stands at and answers, of a parent who follows.

    The parent's citizen stays unknown to the others: of his case they read the public answer, masked like all that is
    published. None where the case is one for itself.
    """
    into = facts.parent(session, case)
    if into is not None:
        return _followed(session, into, reader)
    following = facts.merged(session, case) if reader.role is not Role.CITIZEN else []
    numbers = following[:_SHOWN_OF_EVENT] if reader.role in CENTRE else []
    return {"parent": "", "count": len(following), "numbers": numbers} if following else None


def _followed(session: Session, into: Case, reader: Actor) -> dict[str, Any]:
    said = replies(session, into, _CITIZEN)
    outside = reader if reader.role in CENTRE else _OUTSIDE
    state = known_as(State(into.state), into.closed_at, outside.role)
    return {
        "parent": into.number if reader.role is not Role.CITIZEN else "",
        "state": state,
        "state_label": state.label,
        "departments": _departments(_houses(session, [into]), into, inner=False),
        "clocks": clocks(into, outside),
        "answer": words(into, NOBODY, into.direct_answer),
        "guidance": into.guidance,
        "replies": [row | {"public": words(into, NOBODY, row["public"])} for row in said],
    }


def people(session: Session, logins: Iterable[str]) -> dict[str, str]:
    """Login → the person's name, for those of the house; citizens and the system have none."""
    rows = session.execute(select(User.name, User.shown).where(User.name.in_(set(logins))))
    return {login: shown for login, shown in rows}  # noqa: C416 - rows are no tuples


def replies(session: Session, case: Case, reader: Actor) -> list[dict[str, Any]]:
    """Replies; a citizen sees the public text of those that passed review."""
    rows = session.scalars(select(ReplyRow).where(ReplyRow.case_id == case.id).order_by(ReplyRow.id))
    outside = reader.role is Role.CITIZEN
    shown = [row for row in rows if not outside or row.passed_at]
    names = {} if outside else people(session, (row.by for row in shown))
    return [_reply(row, outside=outside) | ({} if outside else {"by_name": names.get(row.by, row.by)}) for row in shown]


def _reply(row: ReplyRow, *, outside: bool) -> dict[str, Any]:
    told = {"department": row.department, "at": clock.iso(row.at), "round": row.round, "public": row.public}
    if outside:
        return told
    inner = {"by": row.by, "facts": row.facts, "solved": row.solved, "reason": row.reason, "internal": row.internal}
    return told | inner | {"passed_at": _iso(row.passed_at), "sent_back": row.sent_back}


def revisits(session: Session, case: Case) -> list[dict[str, Any]]:
    """Every try to speak to the citizen."""
    rows = list(session.scalars(select(RevisitRow).where(RevisitRow.case_id == case.id).order_by(RevisitRow.id)))
    who = people(session, (row.by for row in rows))
    names = ("round", "by", "reached", "contacted_by_department", "solved", "satisfaction", "words", "result")
    return [
        {name: getattr(row, name) for name in names}
        | {"at": clock.iso(row.at), "by_name": who.get(row.by, row.by)}
        | {"result_label": TryResult(row.result).label if row.result else None}
        for row in rows
    ]


def ratings(session: Session, case: Case, reader: Actor) -> list[dict[str, Any]]:
    """Ratings; none for a department: beside its case, also the level alone tells who gave it (rules.md §5, §7)."""
    if reader.role in DEPARTMENT:
        return []
    rows = session.scalars(select(Rating).where(Rating.case_id == case.id).order_by(Rating.id))
    return [{"round": r.round, "level": r.level, "words": r.words, "at": clock.iso(r.at)} for r in rows]


def history(session: Session, case: Case, reader: Actor) -> list[dict[str, Any]]:
    """The append-only steps in order. Citizens see the steps that concern them, without names of staff.

    A rating a department never reads. What the citizen said when he was called, and what the centre found, it reads
    once it has been told to do it again; the words of one who asked not to be known never (rules.md §5, §7).
    """
    rows = list(session.scalars(select(HistoryRow).where(HistoryRow.case_id == case.id).order_by(HistoryRow.seq)))
    if reader.role is Role.CITIZEN:
        return [_public_step(row) for row in rows if row.action in _PUBLIC_ACTIONS and _concerns_citizen(row)]
    names = people(session, (row.actor for row in rows))
    if reader.role in DEPARTMENT:
        told = [_step_of_department(row, case, reader) for row in rows if _may_know(row, case)]
    else:
        told = [_step(row, case, reader) for row in rows]
    return [step | {"name": names.get(step["actor"], "")} for step in told]


def _concerns_citizen(row: HistoryRow) -> bool:
    """What others added to his case shows itself with the reply."""
    return row.action != "attach" or row.role == Role.CITIZEN


def _moved(row: HistoryRow) -> dict[str, Any]:
    return {"seq": row.seq, "at": clock.iso(row.at), "action": row.action, "before": row.before, "after": row.after}


def _may_know(row: HistoryRow, case: Case) -> bool:
    """Whether a department may know of this step at all."""
    if row.action == Action.RATE or row.facts.get("clock") in UNTOLD_CLOCKS or row.facts.get("stuck") == Stuck.REFUSAL:
        return False
    return row.action not in OF_REVIEW or int(row.facts["round"]) < case.round


def _step_of_department(row: HistoryRow, case: Case, reader: Actor) -> dict[str, Any]:
    """A step without what would tell of a review: its words where he asked not to be known, its clocks, its states."""
    told = _step(row, case, reader)
    changes = [change for change in row.facts.get("clocks", []) if change["clock"] not in UNTOLD_CLOCKS]
    told["facts"] = {name: value for name, value in row.facts.items() if name != "revisit"} | {"clocks": changes}
    moved = {side: known_as(State(told[side]), None, reader.role).value for side in ("before", "after") if told[side]}
    unsaid = {"words": ""} if row.action in _OF_RATER and hidden(case) else {}
    return told | moved | unsaid


def _public_step(row: HistoryRow) -> dict[str, Any]:
    """A step as its citizen reads it: interim replies in full, and what he said himself."""
    own = row.action == Action.INTERIM or row.role == Role.CITIZEN
    said = row.words if own and row.action in _TOLD_CITIZEN else ""
    return _moved(row) | {"departments": [sent["department"] for sent in row.facts.get("sent", [])], "words": said}


def _step(row: HistoryRow, case: Case, reader: Actor) -> dict[str, Any]:
    who = {"actor": row.actor, "role": row.role, "department": row.department}
    return _moved(row) | who | {"facts": row.facts, "words": words(case, reader, row.words), "hash": row.hash}
