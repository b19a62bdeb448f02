"""Whom we still owe a call: everybody to whom nobody has spoken, once per call (rules.md §6)."""

import datetime as dt
import uuid

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from hotline import privacy
from hotline.errors import BadInput, Conflict, Missing
from hotline.unit import Unit, transaction
from telephony.models import Call, Callback
from telephony.words import CallbackState

LONGEST_RESULT = 500
WISH, MOST_WISHES = "web", 3


def owe(unit: Unit, call: Call, reason: str = "") -> None:
    """Write the debt of a call that ended before anybody spoke; the reason is its exit, or `reason` where a talk was
    cut off by a fault of ours. A repeat does nothing."""
    row = insert(Callback).values(
        call=call.id, caller=call.caller, caller_index=call.caller_index, reason=reason or call.exit,
        created_at=unit.now, case_number=call.case_number, done_by="", result="", rank_at=call.rank_at,
    )  # fmt: skip
    unit.session.execute(row.on_conflict_do_nothing(index_elements=["call"]))


def wish(unit: Unit, phone: str, words: str) -> bool:
    """Somebody asks on the web to be called at this number; whether that is new: an open wish is not doubled.

    A person dials, never the machine (no place in the queue is kept): the number may be somebody else's.
    Raises BadInput `too_many_wishes` beyond `MOST_WISHES` a day for one number.
    """
    index = privacy.blind(phone)
    unit.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"wish:{index}", 0))))
    his = (Callback.caller_index == index, Callback.reason == WISH)
    if unit.session.scalar(select(Callback.id).where(*his, Callback.state == CallbackState.OPEN).limit(1)):
        return False
    lately = (
        select(func.count()).select_from(Callback).where(*his, Callback.created_at > unit.now - dt.timedelta(days=1))
    )
    if (unit.session.scalar(lately) or 0) >= MOST_WISHES:
        raise BadInput("too_many_wishes", "这个号码今天已多次要求回电，请直接拨打 12345。", {"phone": "今天次数已满"})
    made = {"call": f"web:{uuid.uuid4()}", "caller": phone, "caller_index": index, "reason": WISH, "words": words}
    unit.session.add(Callback(created_at=unit.now, **made))
    return True


def forgive(unit: Unit, call: Call) -> None:
    """The talk we thought was cut off came to its own end: nothing is owed for it."""
    ours = update(Callback).where(Callback.call == call.id, Callback.state == CallbackState.OPEN)
    said = {"state": CallbackState.ANSWERED, "done_by": call.agent, "done_at": unit.now, "result": "通话没有中断"}
    unit.session.execute(ours.values(**said))


def settle(unit: Unit, call: Call) -> None:
    """Somebody speaks to this caller now: his open debts are paid. A withheld number pays only this call's own."""
    his = Callback.caller_index == call.caller_index if call.caller_index else Callback.call == call.id
    paid = update(Callback).where(his, Callback.state == CallbackState.OPEN)
    ours = call.direction == "out"
    state, result = (CallbackState.DONE, "已回拨，接通") if ours else (CallbackState.ANSWERED, "市民再次来电，已接听")
    unit.session.execute(paid.values(state=state, done_by=call.agent, done_at=unit.now, result=result))


def tried(unit: Unit, call: Call) -> None:
    """A call back is over; one that reached nobody is counted and stays owed."""
    if call.callback is not None and call.agent_answer_at is None:
        again = update(Callback).where(Callback.id == call.callback, Callback.state == CallbackState.OPEN)
        unit.session.execute(again.values(tries=Callback.tries + 1))


def done(callback: int, by: str, result: str, case_number: str = "", now: dt.datetime | None = None) -> Callback:
    """Somebody called back: who, and what came of it. BadInput without a result, Missing, Conflict when it was done."""
    said = result.strip()
    if not said or len(said) > LONGEST_RESULT:
        raise BadInput(
            "result_missing", f"请填写回拨结果（不超过{LONGEST_RESULT}个字）。", {"result": "缺少此项或过长"}
        )
    with transaction(now) as unit:
        row = unit.session.get(Callback, callback, with_for_update=True)
        if row is None:
            raise Missing("no_such_callback", "没有这条回拨任务。")
        if row.state != CallbackState.OPEN:
            raise Conflict("callback_done", "这条回拨任务已经办结。", {"by": row.done_by})
        row.state, row.done_by, row.done_at, row.result = CallbackState.DONE, by, unit.now, said
        row.case_number = case_number or row.case_number
        return row
