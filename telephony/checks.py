"""Bad ratings of calls: a digit 1 or 2 that reviews no case (it was only taken down) is looked into by a person.

The case's own loop takes a rating that reviews a case; every other bad one opens a check here, due as any check of a
bad review (rules.md §2, §5). It is closed by somebody else than the agent who was rated, or by the case's own loop when
the call turns out to have settled its case.
"""

import datetime as dt
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hotline import clock, worktime
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.events import CallChanged
from hotline.lifecycle import Actor
from hotline.timing import timing
from hotline.unit import Unit, transaction
from hotline.words import Clock
from telephony import acts, reviews
from telephony.models import Call, CallCheck
from telephony.words import CheckState, CheckVerdict, Doing

BAD = frozenset({1, 2})
LONGEST_WORDS = 500
SHOWN = 200


def open_for(unit: Unit, call: Call) -> None:
    """Open the check of a bad rating that reviewed no case; once per call, nothing for a good one."""
    if call.rating not in BAD:
        return
    due_at, explain = _due(unit.now)
    row = insert(CallCheck).values(
        call=call.id, level=call.rating, at=unit.now, due_at=due_at, explain=explain, state=CheckState.OPEN,
        verdict="", words="", by="",
    )  # fmt: skip
    unit.session.execute(row.on_conflict_do_nothing(index_elements=["call"]))


def _due(now: dt.datetime) -> tuple[dt.datetime, str]:
    """One working day by default, the clock `bad_review` of the profile."""
    judged = timing()
    limit = judged.policy.limit(Clock.BAD_REVIEW, kind=None, urgency=None, channel=None)
    if limit is None:
        raise ValueError("the profile has no limit for the check of a bad review")
    reckoned = worktime.due(now, limit, judged.calendar)
    return reckoned.at, reckoned.explain


def counted(unit: Unit, call: Call) -> None:
    """The rating became the review of the call's case after all: that loop has it now."""
    ours = update(CallCheck).where(CallCheck.call == call.id, CallCheck.state == CheckState.OPEN)
    unit.session.execute(ours.values(state=CheckState.COUNTED, done_at=unit.now, by="system"))


def close(check: int, verdict: str, words: str, by: Actor, now: dt.datetime | None = None) -> dict[str, Any]:
    """Somebody looked into it: what he found, in words. A justified one is drawn for quality review.

    Raises BadInput, Missing, Forbidden for the agent who was rated, Conflict when it was closed before.
    """
    said = words.strip()
    wrong = {"verdict": "请选择"} if verdict not in set(CheckVerdict) else {}
    wrong |= {"words": "请填写"} if not 0 < len(said) <= LONGEST_WORDS else {}
    if wrong:
        raise BadInput("check_incomplete", f"请选择结论，并写明查到的情况（不超过{LONGEST_WORDS}个字）。", wrong)
    with transaction(now) as unit:
        row = unit.session.get(CallCheck, check, with_for_update=True)
        call = unit.session.get(Call, row.call) if row else None
        if row is None or call is None:
            raise Missing("no_such_check", "没有这条差评核查。")
        _check_open(row, call, by)
        row.state, row.verdict, row.words, row.by, row.done_at = CheckState.DONE, verdict, said, by.name, unit.now
        acts.note(unit, by.name, Doing.CHECK, call=call.id, agent=call.agent, reason=CheckVerdict(verdict).label)
        if verdict == CheckVerdict.JUSTIFIED:
            reviews.put_on_list(unit, call)
        unit.record(CallChanged(call.id, call.state))
        return told(row, call, unit.now)


def _check_open(row: CallCheck, call: Call, by: Actor) -> None:
    if call.agent == by.name:
        raise Forbidden("own_call", "不能核查对自己的评价。")
    if row.state != CheckState.OPEN:
        raise Conflict("check_closed", "这条差评已经核查过。", {"by": row.by})


def newly_late(unit: Unit) -> list[tuple[str, int]]:
    """(agent, level) of open checks whose time is over and was not told yet; from now on it is."""
    late = CallCheck.state == CheckState.OPEN, CallCheck.due_at < unit.now, CallCheck.told_at.is_(None)
    rows = select(CallCheck, Call.agent).join(Call, Call.id == CallCheck.call).where(*late).order_by(CallCheck.id)
    found = list(unit.session.execute(rows.with_for_update(of=CallCheck, skip_locked=True)))
    for row, _ in found:
        row.told_at = unit.now
    return [(agent, row.level) for row, agent in found]


def listed(session: Session, state: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Checks in one state: open ones by their deadline, others newest first. BadInput for a state that is none."""
    if state not in set(CheckState):
        raise BadInput("bad_filter", "没有这种状态。", {"state": "不对"})
    order = (CallCheck.due_at, CallCheck.id) if state == CheckState.OPEN else (CallCheck.id.desc(),)
    rows = select(CallCheck, Call).join(Call, Call.id == CallCheck.call).where(CallCheck.state == state)
    return [told(row, call, now) for row, call in session.execute(rows.order_by(*order).limit(SHOWN))]


def told(row: CallCheck, call: Call, now: dt.datetime) -> dict[str, Any]:
    """One check; the number in clear, the door decides who reads it."""
    whose = {"id": row.id, "call": row.call, "caller": call.caller, "agent": call.agent or None, "level": row.level}
    clocks = {"at": clock.iso(row.at), "due_at": clock.iso(row.due_at), "explain": row.explain}
    found = {"verdict": row.verdict or None, "words": row.words, "by": row.by or None}
    label = {"verdict_label": CheckVerdict(row.verdict).label if row.verdict else None}
    done = {"state": row.state, "done_at": clock.iso(row.done_at) if row.done_at else None}
    late = {"overdue": row.state == CheckState.OPEN and row.due_at < now, "recording": bool(call.recording)}
    return whose | clocks | {"case": call.case_number or None} | found | label | done | late
