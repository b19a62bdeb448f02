"""What people of the centre note about a number: 65 or older, or a nuisance.

A nuisance waits longer once a second person has confirmed it; nobody is ever dropped by the machine (rules.md §1).
"""

import datetime as dt
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hotline import clock, privacy
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.lifecycle import Actor
from hotline.unit import Unit, transaction
from hotline.words import Role
from telephony.models import Call, CallerMark
from telephony.words import Mark, MarkState

LONGEST_REASON = 200
DECIDERS = frozenset({Role.SUPERVISOR})


def elderly(unit: Unit, caller: str, by: Actor, call: str = "") -> CallerMark:
    """He is 65 or older; counts at once."""
    return _mark(unit, caller, Mark.ELDERLY, MarkState.CONFIRMED, "", by, call)


def nuisance(unit: Unit, caller: str, reason: str, by: Actor, call: str = "") -> CallerMark:
    """Proposed, with a reason; counts after `decide`. BadInput without a reason or a number."""
    said = " ".join(reason.split())[:LONGEST_REASON]
    if not said:
        raise BadInput("reason_missing", "请填写标记的理由。", {"reason": "缺少此项"})
    return _mark(unit, caller, Mark.NUISANCE, MarkState.PROPOSED, said, by, call)


def _mark(unit: Unit, caller: str, mark: Mark, state: MarkState, reason: str, by: Actor, call: str) -> CallerMark:
    """A mark that was dismissed may be made again; one that stands is left as it is."""
    if not caller:
        raise BadInput("number_withheld", "来电没有显示号码，不能标记。", {"caller": "没有号码"})
    said = {"state": state, "reason": reason, "call": call, "by": by.name, "at": unit.now}
    row = insert(CallerMark).values(caller=caller, caller_index=privacy.blind(caller), mark=mark, decided_by="", **said)
    again = said | {"decided_by": "", "decided_at": None}
    gone = CallerMark.state == MarkState.DISMISSED
    unit.session.execute(row.on_conflict_do_update(index_elements=["caller_index", "mark"], set_=again, where=gone))
    his = select(CallerMark).where(CallerMark.caller_index == privacy.blind(caller), CallerMark.mark == mark)
    return unit.session.scalars(his.execution_options(populate_existing=True)).one()


def decide(mark: int, by: Actor, *, confirmed: bool, now: dt.datetime | None = None) -> CallerMark:
    """A second person looks. Forbidden for the one who made the mark and for other roles, Missing, Conflict."""
    if by.role not in DECIDERS:
        raise Forbidden("not_supervisor", "骚扰来电由值班长复核。")
    with transaction(now) as unit:
        row = unit.session.get(CallerMark, mark, with_for_update=True)
        if row is None:
            raise Missing("no_such_mark", "没有这条标记。")
        if row.by == by.name and row.mark == Mark.NUISANCE and confirmed:
            raise Forbidden("second_person", "标记要由另一个人复核。")
        if row.state == MarkState.DISMISSED or (confirmed and row.state == MarkState.CONFIRMED):
            raise Conflict("mark_decided", "这条标记已经处理过。", {"state": row.state})
        row.state = MarkState.CONFIRMED if confirmed else MarkState.DISMISSED
        row.decided_by, row.decided_at = by.name, unit.now
        return row


def told(row: CallerMark) -> dict[str, Any]:
    """A mark; the number in clear, the door decides who reads it."""
    said = {"id": row.id, "caller": row.caller, "mark": row.mark, "mark_label": Mark(row.mark).label}
    stands = {"state": row.state, "state_label": MarkState(row.state).label, "reason": row.reason, "call": row.call}
    return said | stands | {"by": row.by, "at": clock.iso(row.at), "decided_by": row.decided_by or None}


def listed(session: Session, state: str, most: int = 200) -> list[dict[str, Any]]:
    """Marks in one state, newest first. BadInput for a state that is none."""
    if state not in set(MarkState):
        raise BadInput("bad_filter", "没有这种状态。", {"state": "不对"})
    rows = select(CallerMark).where(CallerMark.state == state).order_by(CallerMark.id.desc()).limit(most)
    found = list(session.scalars(rows))
    since = _calls_since(session, found) if state == MarkState.CONFIRMED else {}
    return [told(row) | since.get(row.id, {}) for row in found]


def _calls_since(session: Session, marks: list[CallerMark]) -> dict[int, dict[str, int]]:
    """How often each number called since it was marked, and how often somebody spoke to it: nobody is dropped."""
    answered = func.count().filter(Call.agent_answer_at.is_not(None))
    rows = select(CallerMark.id, func.count(Call.id), answered).where(CallerMark.id.in_([row.id for row in marks]))
    hers = (Call.caller_index == CallerMark.caller_index) & (Call.invite_at > CallerMark.at) & (Call.direction == "in")
    found = session.execute(rows.outerjoin(Call, hers).group_by(CallerMark.id))
    return {mark: {"calls": calls, "answered": spoken} for mark, calls, spoken in found}
