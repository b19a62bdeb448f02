"""Where a caller stands when he joins the queue: what is known of him, his group, his place, whom he spoke to last.

Reckoned once, at that moment, and kept with the call: the queue is then read by an index.
"""

import datetime as dt

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hotline import privacy
from hotline.models import Case
from hotline.words import ENDED, Urgency
from telephony.models import Call, Callback, CallerMark
from telephony.queueing import Rules
from telephony.words import CallbackState, Exit, MarkState

_PRESSING = (Urgency.URGENT.value, Urgency.CRITICAL.value)


def join(session: Session, call: Call, at: dt.datetime, rules: Rules) -> None:
    """Write a call's place in the queue. It joined at `at`; who hung up while waiting shortly before resumes."""
    call.known = facts(session, call.caller, call.caller_index)
    call.skill_group = rules.route(call.known)
    call.wanted_agent = _last_agent(session, call, at, rules)
    joined = _resumed(session, call, at, rules)
    call.rank_at = joined or at - dt.timedelta(seconds=rules.head(call.known))


def facts(session: Session, caller: str, index: str) -> list[str]:
    """What is known of a number that matters to the queue, sorted; nothing of a withheld one."""
    if not index:
        return []
    counts = CallerMark.state == MarkState.CONFIRMED
    found = set(session.scalars(select(CallerMark.mark).where(CallerMark.caller_index == index, counts)))
    owed = select(Callback.id).where(Callback.caller_index == index, Callback.state == CallbackState.OPEN).limit(1)
    if session.scalar(owed) is not None:
        found.add("owed")
    if session.scalar(_pressing(caller)) is not None:
        found.add("urgent")
    return sorted(found)


def _pressing(caller: str) -> Select[int]:
    his = Case.phone_index.in_([privacy.blind(spelling) for spelling in spellings(caller)])
    still = Case.state.notin_([state.value for state in ENDED])
    return select(Case.id).where(his, still, Case.urgency.in_(_PRESSING)).limit(1)


def spellings(caller: str) -> list[str]:
    """A number in the ways cases have it: a land line from the trunk has no dash after its area code."""
    if not caller.startswith("0") or not caller.isdigit():
        return [caller]
    area = 3 if caller[1] in "12" else 4
    return [caller, f"{caller[:area]}-{caller[area:]}"]


def _last_agent(session: Session, call: Call, at: dt.datetime, rules: Rules) -> str:
    if not (call.caller_index and rules.last_agent):
        return ""
    since = at - dt.timedelta(seconds=rules.last_agent)
    his = select(Call.agent).where(Call.caller_index == call.caller_index, Call.agent_answer_at >= since)
    return session.scalar(his.order_by(Call.agent_answer_at.desc()).limit(1)) or ""


def _resumed(session: Session, call: Call, at: dt.datetime, rules: Rules) -> dt.datetime | None:
    """The place of his last call when he hung up while waiting, not long ago; never a worse one than a new place."""
    if not (call.caller_index and rules.resume):
        return None
    since = at - dt.timedelta(seconds=rules.resume)
    his = select(Call.exit, Call.rank_at).where(Call.caller_index == call.caller_index, Call.id != call.id)
    last = session.execute(his.where(Call.hangup_at >= since).order_by(Call.hangup_at.desc()).limit(1)).first()
    if last is None or last.exit != Exit.ABANDONED or last.rank_at is None:
        return None
    fresh = at - dt.timedelta(seconds=rules.head(call.known))
    place: dt.datetime = min(last.rank_at, fresh)
    return place
