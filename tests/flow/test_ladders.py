"""The ladder of a clock that ran on: a reply was sent back, a return inherited it, its deadline was moved."""

import pytest
from sqlalchemy import select
from staff_story import ANSWER, CLERK, REVIEWER, SUPERVISOR, do, forwarded, signed, suspended

from dispatch import service
from dispatch.models import Paper
from dispatch.service import sweep
from hotline import db
from hotline.models import ClockRow, RungRow
from hotline.unit import transaction
from hotline.words import Action, Clock

pytestmark = pytest.mark.usefixtures("city")
EARLY, LATE = ["half", "yellow", "due_morning"], ["overdue", "red", "notice", "listed"]


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
    assert fired(case) == EARLY
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
    assert fired(case) == [*EARLY, *more]


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


def extended(case, days=5):
    do(case, Action.REQUEST_EXTENSION, CLERK, days=days, reason="要检测")
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True)


def test_an_extended_deadline_has_its_own_yellow_card_its_own_morning_and_its_own_orders(drill):
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-11-30T15:00:00+08:00")
    sweep()
    assert fired(case) == EARLY
    extended(case)  # from 30 November to 7 December
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    assert sweep() == 0
    assert fired(case) == [*EARLY, *EARLY, *LATE]
    with db.session() as session:
        texts = [paper.text for paper in session.scalars(select(Paper).order_by(Paper.id))]
    said = [text for text in texts if "答复时限" in text or "完成答复" in text]
    assert ["11 月 30 日" in text for text in said] == [True, False, False, False, False]
    assert ["12 月 7 日" in text for text in said] == [False, True, True, True, True]


def test_the_order_waits_for_the_verdict_on_an_extension_until_that_verdict_is_due(drill):
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-11-30T15:00:00+08:00")
    do(case, Action.REQUEST_EXTENSION, CLERK, days=5, reason="要检测")
    drill("2026-12-01T17:59:00+08:00")
    sweep()
    assert sweep() == 0
    assert fired(case) == [*EARLY, "overdue"]
    drill("2026-12-01T18:00:00+08:00")
    sweep()
    assert fired(case) == [*EARLY, "overdue", "red", "notice"]


@pytest.mark.parametrize("granted", [True, False])
def test_a_verdict_in_time_spares_the_house_the_order_or_leaves_it_to_come(drill, granted):
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-11-30T15:00:00+08:00")
    do(case, Action.REQUEST_EXTENSION, CLERK, days=5, reason="要检测")
    drill("2026-12-01T09:00:00+08:00")
    sweep()
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=granted)
    drill("2026-12-01T18:00:00+08:00")
    sweep()
    assert ("red" in fired(case)) is not granted


def test_an_extension_that_came_when_the_red_card_was_out_starts_over_for_the_new_deadline(drill):
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-11-30T15:00:00+08:00")
    do(case, Action.REQUEST_EXTENSION, CLERK, days=5, reason="要检测")
    drill("2026-12-01T19:00:00+08:00")
    sweep()
    first = fired(case)
    assert "red" in first
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True)
    drill("2026-12-08T09:00:00+08:00")
    sweep()
    assert fired(case) == [*first, "yellow", "due_morning", "overdue", "red"]


def test_a_deadline_that_a_pause_moved_has_its_own_yellow_card_and_morning(drill):
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-11-27T19:00:00+08:00")
    sweep()
    suspended(case)
    drill("2026-12-02T09:00:00+08:00")
    do(case, Action.RESUME, CLERK)
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    assert fired(case) == ["half", "yellow", "yellow", "due_morning", *LATE]


def test_a_pause_after_the_deadline_moves_nothing_and_fires_what_fell_due_meanwhile_once(drill):
    drill("2026-11-25T09:00:00+08:00")
    case = signed(kind="咨询")
    drill("2026-11-30T19:00:00+08:00")
    sweep()
    suspended(case)
    drill("2026-12-03T09:00:00+08:00")
    do(case, Action.RESUME, CLERK)
    sweep()
    assert fired(case) == [*EARLY, "overdue", "red", "notice"]


def test_a_clock_that_a_step_stopped_between_being_found_due_and_being_locked_holds_up_nobody(drill, monkeypatch):
    drill("2026-11-25T09:00:00+08:00")
    answered, silent = signed(kind="咨询"), signed(kind="咨询")
    drill("2026-12-20T09:00:00+08:00")
    found_due, replies = service._due, []

    def and_one_answers_meanwhile(unit, only=None):
        with transaction() as before:
            waiting = found_due(before, only)
        if not replies:
            replies.append(do(answered, Action.REPLY, CLERK, **ANSWER))
        return waiting

    monkeypatch.setattr(service, "_due", and_one_answers_meanwhile)
    assert sweep() > 0
    monkeypatch.undo()
    sweep()
    assert (fired(answered), fired(silent)) == ([], EARLY + LATE)
