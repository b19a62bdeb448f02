"""Whom we still owe a call: everybody to whom nobody has spoken, once per call (rules.md §6)."""

import datetime as dt

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from hotline.errors import BadInput, Conflict, Missing
from hotline.unit import Unit, transaction
from telephony.models import Call, Callback
from telephony.words import CallbackState

LONGEST_RESULT = 500


def owe(unit: Unit, call: Call, reason: str = "") -> None:
    """Write the debt of a call that ended before anybody spoke; the reason is its exit, or `reason` where a talk was
    cut off by a fault of ours. A repeat does nothing."""
    row = insert(Callback).values(
        call=call.id, caller=call.caller, caller_index=call.caller_index, reason=reason or call.exit,
        created_at=unit.now, case_number=call.case_number, done_by="", result="", rank_at=call.rank_at,
    )  # fmt: skip
    unit.session.execute(row.on_conflict_do_nothing(index_elements=["call"]))


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
