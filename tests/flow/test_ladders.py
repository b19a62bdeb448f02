"""The ladder of a clock that ran on: a reply was sent back, a return inherited it, its deadline was moved."""

import pytest
from sqlalchemy import select
from staff_story import ANSWER, CLERK, REVIEWER, SUPERVISOR, do, forwarded, signed

from dispatch.service import sweep
from hotline import db
from hotline.models import ClockRow, RungRow
from hotline.words import Action, Clock

pytestmark = pytest.mark.usefixtures("city")
LATE = ["overdue", "red", "notice", "listed"]


def fired(case, department="csglj"):
    """The rungs of the reply clock, in the order in which they fired."""
    with db.session() as session:
        rows = select(RungRow.rung).join(ClockRow, ClockRow.id == RungRow.clock_id).order_by(RungRow.id)
        mine = (ClockRow.case_id == case.id, ClockRow.clock == Clock.REPLY, ClockRow.department == department)
        return list(session.scalars(rows.where(*mine)))


def replied(drill):
    """A question that is due on 30 November at 18:00, answered an hour before."""
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-11-30T17:00:00+08:00")
    sweep()
    do(case, Action.REPLY, CLERK, **ANSWER)
    assert fired(case) == ["half", "yellow", "due_morning"]
    return case


@pytest.mark.parametrize(
    ("back", "again", "more"),
    [
        ("2026-11-30T17:30:00+08:00", "2026-11-30T17:40:00+08:00", []),
        ("2026-12-01T16:00:00+08:00", "2026-12-01T16:01:00+08:00", LATE[:2]),
        ("2026-12-01T16:00:00+08:00", "2026-12-20T09:00:00+08:00", LATE),
        ("2026-12-09T09:00:00+08:00", "2026-12-09T09:01:00+08:00", LATE),
    ],
    ids=["before-it-was-due", "after-it-was-due", "and-left-lying", "after-the-whole-ladder"],
)
def test_a_reply_that_is_sent_back_after_its_deadline_owes_every_rung_from_there_on_in_order_once(
    drill, back, again, more
):
    case = replied(drill)
    drill(back)
    do(case, Action.SEND_BACK, REVIEWER, reasons=["没有答复诉求"])
    drill(again)
    sweep()
    assert sweep() == 0
    assert fired(case) == ["half", "yellow", "due_morning", *more]


def test_what_fired_before_the_reply_does_not_fire_again_when_it_is_sent_back(drill):
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-12-01T09:00:00+08:00")
    sweep()
    do(case, Action.REPLY, CLERK, **ANSWER)
    before = fired(case)
    assert before[-2:] == ["overdue", "red"]
    drill("2026-12-02T09:00:00+08:00")
    do(case, Action.SEND_BACK, REVIEWER, reasons=["没有答复诉求"])
    sweep()
    assert fired(case) == [*before, "notice"]


def test_whoever_gets_an_overdue_case_from_another_house_hears_that_it_is_overdue(drill):
    drill("2026-11-25T09:00:00+08:00")
    case = forwarded(kind="咨询")
    drill("2026-11-26T09:00:00+08:00")
    do(case, Action.RETURN, CLERK, reason="不属于我单位")
    drill("2026-12-01T09:00:00+08:00")
    do(case, Action.ARBITRATE, SUPERVISOR, verdict="reassign", department="zfjsj", reason="改派")
    sweep()
    assert fired(case, "zfjsj") == ["overdue", "red"]
