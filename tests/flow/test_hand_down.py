"""A department hands a case down to a unit of its own with an inner deadline, and hears when that is over."""

import pytest
from sqlalchemy import select
from staff_story import ANSWER, CLERK, do, signed

from dispatch.service import sweep
from hotline import db, facts
from hotline.message_models import Notice
from hotline.models import RungRow
from hotline.words import Action

pytestmark = pytest.mark.usefixtures("city")
BEGIN = "2026-11-02T09:00:00+08:00"
AFTER = "2026-11-04T18:01:00+08:00"


@pytest.fixture
def case(drill):
    drill(BEGIN)
    return signed()


def hand_down(ask, case, due, status=200):
    with db.session() as session:
        version = facts.load(session, case.number).version
    body = {"action": "hand_down", "version": version, "unit": "执法二中队", "due": due}
    answer = ask("csglj1").post(f"/api/v1/cases/{case.number}/actions", json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)


def told():
    with db.session() as session:
        rows = session.scalars(select(Notice).where(Notice.rung == "inner").order_by(Notice.id))
        return [(row.user, row.text) for row in rows]


@pytest.mark.parametrize("due", ["2026-11-04", "2026-11-04T18:00", "2026-11-04T10:00:00Z"])
def test_clerk_and_head_hear_once_when_the_inner_deadline_is_over(ask, case, drill, due):
    hand_down(ask, case, due)
    drill("2026-11-04T17:59:00+08:00")
    sweep()
    assert told() == []
    drill(AFTER)
    sweep()
    sweep()
    assert [user for user, _ in told()] == ["csglj1", "csglj2"]
    assert all("执法二中队" in text and case.number in text for _, text in told())


def test_what_was_answered_in_time_reminds_nobody(ask, case, drill):
    hand_down(ask, case, "2026-11-04")
    do(case, Action.REPLY, CLERK, **ANSWER)
    drill(AFTER)
    sweep()
    assert told() == []


def test_a_hand_down_without_a_day_reminds_nobody_and_a_past_day_is_refused(ask, case, drill):
    hand_down(ask, case, None)
    hand_down(ask, case, "2026-11-01", status=422)
    drill(AFTER)
    sweep()
    assert told() == []


def test_a_late_case_climbs_the_departments_own_chain_clerk_head_and_the_house_above(case, drill):
    with db.session() as session:
        [reply] = [row for row in facts.load(session, case.number).clocks if row.clock == "reply"]
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    with db.session() as session:
        rows = session.execute(select(RungRow.rung, RungRow.reached).where(RungRow.clock_id == reply.id))
        reached = {rung: set(names) for rung, names in rows}
    assert reached["half"] == {"csglj1"}
    assert reached["yellow"] == {"csglj1", "csglj2"}
    assert reached["overdue"] >= {"csglj1", "csglj2", "supervisor1"}
    assert reached["red"] >= {"csglj2", "supervisor1"}
    assert reached["red"] - reached["yellow"] - {"supervisor1", "supervisor2"} == {"szfbgs2"}, (
        "the head of the house above"
    )
