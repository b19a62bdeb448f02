"""The read side of the rates: the ledger from the tables, and from the history alone."""

import datetime as dt

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from hotline.models import Assignment, Case, ClockRow, HistoryRow, Rating, ReplyRow, RevisitRow
from hotline.rates import CallFact, ClockFact, HistoryFact, Ledger, Mark, Period, fold
from hotline.words import Clock

LOOK_BACK = dt.timedelta(days=180)  # longer than any limit with its extension and a usual pause


def _clocks(session: Session, period: Period) -> list[ClockFact]:
    stamps = (ClockRow.due_at, ClockRow.started_at, ClockRow.stopped_at)
    inside = [and_(at >= period.begin, at < period.end) for at in stamps]
    rows = select(ClockRow, Case.lead).join(Case, Case.id == ClockRow.case_id)
    counted = ClockRow.clock.notin_([Clock.AUTO_FORWARD.value])
    return [
        ClockFact(c.case_id, c.clock, c.department or lead, c.started_at, c.due_at, c.stopped_at, c.outcome, c.extended)
        for c, lead in session.execute(rows.where(counted, or_(*inside)))
    ]


def _case_marks(session: Session, period: Period) -> list[Mark]:
    """Accepted, direct and closed; a reopened case's earlier closing stands in the history."""
    closings = select(HistoryRow.case_id, HistoryRow.at, HistoryRow.facts, Case.lead).join(
        Case, Case.id == HistoryRow.case_id
    )
    flags = ("accepted", "direct", "closed")
    wanted = or_(*(HistoryRow.facts[name].as_boolean() for name in flags))
    rows = session.execute(closings.where(HistoryRow.at >= period.begin, HistoryRow.at < period.end, wanted))
    return [
        Mark(name, case, at, lead, int(told["round"]))
        for case, at, told, lead in rows
        for name in flags
        if told.get(name)
    ]


def _place_marks(session: Session, period: Period) -> list[Mark]:
    stamps = {"sent": Assignment.sent_at, "delivered": Assignment.delivered_at, "returned": Assignment.returned_at}
    marks = []
    for what, stamp in stamps.items():
        rows = session.scalars(select(Assignment).where(stamp >= period.begin, stamp < period.end))
        counted = (row for row in rows if what != "sent" or not row.again)
        marks += [Mark(what, row.case_id, getattr(row, stamp.key), row.department, row.round) for row in counted]
    return marks


def _answer_marks(session: Session, period: Period) -> list[Mark]:
    replies = session.scalars(select(ReplyRow).where(ReplyRow.at >= period.begin, ReplyRow.at < period.end))
    marks = [Mark("replied", r.case_id, r.at, r.department, r.round) for r in replies]
    ratings = select(Rating, Case.lead).join(Case, Case.id == Rating.case_id)
    closings = select(HistoryRow.case_id).where(HistoryRow.at >= period.begin, HistoryRow.at < period.end)
    closed = Rating.case_id.in_(closings.where(HistoryRow.facts["closed"].as_boolean()))
    inside = and_(Rating.at >= period.begin, Rating.at < period.end)
    for row, lead in session.execute(ratings.where(or_(inside, closed))):
        marks.append(Mark("rated", row.case_id, row.at, lead, row.round, row.level))
    return marks


def _revisit_marks(session: Session, period: Period) -> list[Mark]:
    """Also later ones: a bad review of the period counts as heard whenever somebody spoke to the citizen."""
    rows = select(RevisitRow, Case.lead).join(Case, Case.id == RevisitRow.case_id)
    marks = []
    for row, lead in session.execute(rows.where(RevisitRow.at >= period.begin, RevisitRow.reached)):
        marks.append(Mark("satisfaction", row.case_id, row.at, lead, row.round, row.satisfaction or 0))
        marks.append(Mark("solved", row.case_id, row.at, lead, row.round, int(bool(row.solved))))
    return marks


def _again_marks(session: Session, period: Period) -> list[Mark]:
    rows = select(HistoryRow.case_id, HistoryRow.at, HistoryRow.facts, HistoryRow.action)
    inside = rows.where(HistoryRow.at >= period.begin, HistoryRow.at < period.end)
    names = {"redo": "redone", "arbitrate": "redispatched"}
    return [
        Mark(names[action], case, at, told[names[action]], int(told["round"]))
        for case, at, told, action in session.execute(inside.where(HistoryRow.action.in_(names)))
        if told.get(names[action])
    ]


def ledger(session: Session, period: Period, calls: list[CallFact]) -> Ledger:
    """What the boards count: read from the tables by their indexes."""
    gathered = (_case_marks, _place_marks, _answer_marks, _revisit_marks, _again_marks)
    marks = [mark for gather in gathered for mark in gather(session, period)]
    return Ledger(_clocks(session, period), marks, calls)


def ledger_from_history(session: Session, period: Period, calls: list[CallFact]) -> Ledger:
    """What an auditor counts: recomputed from the append-only history alone, for any past period."""
    touched = select(HistoryRow.case_id).where(HistoryRow.at >= period.begin - LOOK_BACK, HistoryRow.at < period.end)
    columns = select(HistoryRow.case_id, HistoryRow.at, HistoryRow.action, HistoryRow.facts)
    rows = columns.where(HistoryRow.case_id.in_(touched)).order_by(HistoryRow.case_id, HistoryRow.seq)
    found = session.execute(rows.execution_options(yield_per=5000))
    return fold((HistoryFact(case, at, action, told) for case, at, action, told in found), calls)
