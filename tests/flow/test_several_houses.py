"""Returns, extensions and suspensions where a case is redone or stands at several houses (rules.md §2–§4)."""

import pytest
from staff_story import (
    AGENT,
    ANSWER,
    CITIZEN,
    CLERK,
    DISPATCHER,
    REVIEWER,
    REVISITOR,
    SPOKEN,
    SUPERVISOR,
    both_ways,
    do,
    forwarded,
    new,
    passed,
    signed,
    suspended,
)

from dispatch import service
from hotline import clock, db, facts
from hotline.errors import HotlineError
from hotline.lifecycle import Actor
from hotline.words import Action, Role
from web import months
from web.staff import loop

pytestmark = pytest.mark.usefixtures("city")
HEAD = Actor("csglj2", Role.HEAD, "csglj")
POLICE = Actor("gaj1", Role.CLERK, "gaj")
MONDAY = "2026-11-02T09:30:00+08:00"
WHY = {"reason": "不属于我单位职责"}
BOTH = [{"code": "csglj", "role": "lead"}, {"code": "gaj", "role": "co"}]


@pytest.fixture(autouse=True)
def monday(drill):
    drill(MONDAY)


def running(case):
    """Clock and department → when it falls due, of all that run."""
    with db.session() as session:
        rows = facts.load(session, case.number).clocks
        return {(row.clock, row.department): row.due_at for row in rows if row.stopped_at is None}


def state(case):
    with db.session() as session:
        return facts.load(session, case.number).state


def refused(case, action, actor, **given):
    with pytest.raises(HotlineError) as no:
        do(case, action, actor, **given)
    return no.value.code


def redone():
    case = passed()
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1, words="没解决")
    do(case, Action.JUDGE, REVISITOR, verdict="justified", reason="现场仍超时营业")
    do(case, Action.REDO, DISPATCHER, opinion="请重新办理")
    return case


def reassigned(case, code="gaj"):
    do(case, Action.RETURN, CLERK, **WHY)
    do(case, Action.ARBITRATE, DISPATCHER, verdict="reassign", department=code, reason="改派")


# --- returns ---------------------------------------------------------------------------------------------------------


def test_the_window_for_a_return_stays_shut_once_it_is_over_also_where_the_house_was_told_to_keep_it(drill):
    case = forwarded()
    do(case, Action.RETURN, CLERK, **WHY)
    do(case, Action.ARBITRATE, DISPATCHER, verdict="keep", reason="属于你单位")
    drill("2026-11-05T09:30:00+08:00")
    assert refused(case, Action.RETURN, CLERK, **WHY) == "return_in_time"


def test_a_redone_case_may_be_returned_within_the_same_window_and_not_later(drill):
    case = redone()
    assert ("return", "csglj") in running(case)
    drill("2026-11-05T09:30:00+08:00")
    assert refused(case, Action.RETURN, CLERK, **WHY) == "return_in_time"


def test_a_return_of_a_redone_case_takes_the_rectification_along_and_starts_no_new_reply(drill):
    case = redone()
    before = running(case)["rectification", "csglj"]
    drill("2026-11-03T09:00:00+08:00")
    reassigned(case)
    now = running(case)
    assert now["rectification", "gaj"] == before
    assert {name for name, _ in now} == {"rectification", "sign", "return"}
    assert {department for _, department in now} == {"gaj"}
    do(case, Action.SIGN, POLICE)
    do(case, Action.REPLY, POLICE, **ANSWER)
    assert not any(name.startswith("rectification") for name, _ in running(case))


def test_a_rectification_that_went_on_to_another_house_counts_once_and_for_that_house(drill):
    case = redone()
    drill("2026-11-03T09:00:00+08:00")
    reassigned(case)
    do(case, Action.SIGN, POLICE)
    do(case, Action.REPLY, POLICE, **ANSWER)
    for house, counted in (("", (1, 1)), ("gaj", (1, 1)), ("csglj", (0, 0))):
        period = months.present(clock.now()).period(clock.now(), house)
        told = both_ways(period)
        assert (told["bad_review_rectified"], told["rectified_in_time"]) == (counted, counted), house


def test_what_is_to_be_rectified_is_merged_with_nothing():
    case, other = redone(), new()
    assert refused(case, Action.MERGE, DISPATCHER, into=other.number) == "owes_no_rectification"


# --- extensions ------------------------------------------------------------------------------------------------------


def test_more_than_the_usual_extension_is_asked_for_by_the_head_of_the_house():
    case = signed()
    assert refused(case, Action.REQUEST_EXTENSION, CLERK, days=6, reason="情况复杂") == "extension_allowed"
    assert refused(case, Action.REQUEST_EXTENSION, HEAD, days=11, reason="情况复杂") == "extension_allowed"
    do(case, Action.REQUEST_EXTENSION, HEAD, days=10, reason="情况复杂")


def test_the_citizens_deadline_is_extended_once_whichever_house_has_it():
    case = forwarded()
    do(case, Action.REQUEST_EXTENSION, CLERK, days=5, reason="要会商")
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True)
    reassigned(case)
    assert refused(case, Action.REQUEST_EXTENSION, POLICE, days=5, reason="要会商") == "extension_allowed"


def test_an_extension_that_came_after_the_reply_is_not_used_up():
    case = signed()
    do(case, Action.REQUEST_EXTENSION, CLERK, days=3, reason="要会商")
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True)
    do(case, Action.SEND_BACK, REVIEWER, reasons=["没有答复诉求"])
    do(case, Action.REQUEST_EXTENSION, CLERK, days=3, reason="要会商")


def test_each_house_asks_for_its_own_extension_and_is_answered_by_name():
    case = new()
    do(case, Action.FORWARD, DISPATCHER, departments=BOTH)
    do(case, Action.REQUEST_EXTENSION, CLERK, days=3, reason="要会商")
    do(case, Action.REQUEST_EXTENSION, POLICE, days=2, reason="要调查")
    before = running(case)
    assert {department for name, department in before if name == "extension"} == {"csglj", "gaj"}
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True, department="gaj")
    after = running(case)
    assert after["reply", "gaj"] > before["reply", "gaj"]
    assert after["reply", "csglj"] == before["reply", "csglj"]
    assert {department for name, department in after if name == "extension"} == {"csglj"}
    assert refused(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=True, department="gaj") == "pending_extension"
    do(case, Action.DECIDE_EXTENSION, SUPERVISOR, granted=False)
    assert not [name for name, _ in running(case) if name == "extension"]


# --- suspension ------------------------------------------------------------------------------------------------------


def test_while_one_house_waits_for_the_citizen_another_can_sign_and_only_the_first_goes_on():
    case = new()
    do(case, Action.FORWARD, DISPATCHER, departments=BOTH[:1])
    do(case, Action.SIGN, CLERK)
    do(case, Action.FORWARD, DISPATCHER, departments=[BOTH[1]])
    suspended(case)
    do(case, Action.SIGN, POLICE)
    assert ("sign", "gaj") not in running(case)
    assert refused(case, Action.RESUME, POLICE) == "who_suspended"
    assert state(case) == "suspended"
    do(case, Action.RESUME, CLERK)
    assert state(case) == "handling"


# --- what the centre rectifies itself, and what outlives a case -------------------------------------------------------


def test_what_the_centre_rectifies_itself_is_followed_by_a_second_revisit():
    case = new()
    do(case, Action.ANSWER, AGENT, text="请到窗口办理")
    do(case, Action.RATE, CITIZEN, level=1, words="答非所问")
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1, words="没说清楚")
    do(case, Action.JUDGE, REVISITOR, verdict="justified", reason="答复有误")
    do(case, Action.REDO, DISPATCHER, opinion="请重新答复")
    do(case, Action.ANSWER, AGENT, text="更正：可以网上办理")
    assert (state(case), {name for name, _ in running(case)}) == ("passed", {"second_revisit"})
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=5, words="")
    assert state(case) == "closed"
    with db.session() as session:
        now = clock.now()
        (way,) = loop.read(session, now.replace(hour=0), now.replace(hour=23))
    assert (way.waits, way.rectified is not None, way.again is not None) == ("", True, True)


def test_a_reopened_case_that_is_answered_at_once_is_closed():
    case = new()
    do(case, Action.ANSWER, AGENT, text="请到窗口办理")
    do(case, Action.REOPEN, AGENT, reason="市民又问")
    do(case, Action.ANSWER, AGENT, text="也可以网上办理")
    assert state(case) == "closed"


def test_closing_a_case_does_not_end_the_clock_of_what_could_not_be_got_done():
    case = new()
    do(case, Action.REGISTER_STUCK, AGENT, grade="general", item="居住证", story="窗口让跑三趟")
    do(case, Action.ANSWER, AGENT, text="已转办事大厅")
    assert (state(case), running(case).keys()) == ("closed", {("stuck", "")})
    do(case, Action.SETTLE_STUCK, AGENT, result="done", text="已当场办好")
    assert running(case) == {}


@pytest.mark.parametrize("channel", ["mailbox", "kiosk"])
def test_what_nobody_accepts_is_forwarded_all_the_same(drill, channel):
    case = new(channel=channel)
    drill("2026-11-02T09:41:00+08:00")
    service.sweep()
    assert state(case) == "accepted"
    drill("2026-11-03T09:40:00+08:00")
    service.sweep()
    assert state(case) == "forwarded"
    with db.session() as session:
        assert facts.load(session, case.number).lead


def test_by_default_every_answer_is_followed_by_a_revisit():
    assert {state(passed(kind=kind)) for kind in ("咨询", "表扬", "咨询", "建议", "投诉")} == {"passed"}
