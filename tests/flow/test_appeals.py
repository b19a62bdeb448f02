"""Appeals of departments against reviews: a review leaves the rates with the word of two persons only."""

import pytest
from sqlalchemy import select
from staff_story import (
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
    passed,
)

from dispatch.service import sweep
from hotline import clock, db, facts
from hotline.errors import HotlineError
from hotline.lifecycle import Actor
from hotline.loop_models import Appeal, Exclusion
from hotline.message_models import Notice, OutboxRow
from hotline.models import ClockRow, RungRow
from hotline.words import Action, Role
from web import live, months, worker

HEAD = Actor("csglj2", Role.HEAD, "csglj")
SECOND = Actor("supervisor2", Role.SUPERVISOR)
SAID = {"claim": "mistaken", "reason": "评的是另一家店", "evidence": "现场照片两张，存于案卷"}
START = "2026-11-02T09:30:00+08:00"


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(live, "_say", lambda _said: None)


@pytest.fixture
def redone(city, drill):
    """A case whose review was found justified, sent back to its department to be done again."""
    drill(START)
    case = passed()
    do(case, Action.RATE, CITIZEN, level=1, words="没人管")
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1, words="没解决")
    do(case, Action.JUDGE, REVISITOR, verdict="justified", reason="现场仍超时营业")
    do(case, Action.REDO, DISPATCHER, opinion="请重新办理")
    return case


def refused(case, action, actor, **given):
    with pytest.raises(HotlineError) as no:
        do(case, action, actor, **given)
    return no.value.code


def counted():
    """The month's satisfaction, solved and heard bad reviews: tables and history agree."""
    period = months.present(clock.now()).period(clock.now())
    wanted = ("satisfaction", "solved", "bad_review_revisited")
    return {code: counts for code, counts in both_ways(period).items() if code in wanted}


BEFORE = {"satisfaction": (0, 1), "solved": (0, 1), "bad_review_revisited": (1, 1)}
AFTER = {"satisfaction": (0, 0), "solved": (0, 0), "bad_review_revisited": (0, 0)}


def running(case):
    with db.session() as session:
        return {
            row.clock: clock.iso(row.due_at) for row in facts.load(session, case.number).clocks if not row.stopped_at
        }


def react():
    with db.session() as session:
        waiting = list(session.scalars(select(OutboxRow.id).where(OutboxRow.done_at.is_(None)).order_by(OutboxRow.id)))
    worker.react(*waiting)


def test_the_rate_changes_only_with_the_second_persons_approval_and_the_review_stays_listed(ask, redone):
    assert counted() == BEFORE
    do(redone, Action.APPEAL, HEAD, **SAID)
    assert counted() == BEFORE
    do(redone, Action.DECIDE_APPEAL, REVIEWER, upheld=True, reason="照片所示为隔壁店")
    assert counted() == BEFORE
    assert refused(redone, Action.APPROVE_APPEAL, REVIEWER, granted=True) == "second_person_appeals"
    do(redone, Action.APPROVE_APPEAL, SUPERVISOR, granted=True)
    assert counted() == AFTER
    with db.session() as session:
        [left] = session.scalars(select(Exclusion))
    assert (left.round, left.why, left.found_by, left.approved_by) == (1, "mistaken", "reviewer1", "supervisor1")
    door = ask("supervisor1").get("/board/door/satisfaction?period=month").json
    assert [(row["number"], row["approved_by"], row["appealed"]) for row in door["excluded"]] == [
        (redone.number, "supervisor1", True)
    ]
    page = ask("supervisor1").get("/reports?month=2026-11").text
    assert redone.number in page[page.index('id="excluded"') :]


@pytest.mark.parametrize(
    ("upheld", "granted"), [(False, None), (True, False)], ids=["not upheld", "refused by the second person"]
)
def test_an_appeal_that_fails_changes_nothing(redone, upheld, granted):
    do(redone, Action.APPEAL, HEAD, **SAID)
    do(redone, Action.DECIDE_APPEAL, SUPERVISOR, upheld=upheld, reason="核实过")
    if granted is not None:
        do(redone, Action.APPROVE_APPEAL, SECOND, granted=granted)
    assert counted() == BEFORE
    assert refused(redone, Action.APPEAL, HEAD, **SAID) == "not_appealed"
    assert refused(redone, Action.APPROVE_APPEAL, SECOND, granted=True) == "upheld_appeal"


def test_the_citizens_matter_goes_on_while_a_department_appeals(redone):
    before = running(redone)
    do(redone, Action.APPEAL, HEAD, **SAID)
    after = running(redone)
    assert after.pop("appeal") == "2026-11-05T18:00:00+08:00"
    assert after == before
    do(redone, Action.SIGN, CLERK)
    do(redone, Action.REPLY, CLERK, **ANSWER)
    do(redone, Action.PASS, REVIEWER)
    do(redone, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=5)
    assert running(redone).keys() == {"appeal"}, "its decision is owed, also after the case has closed"
    do(redone, Action.DECIDE_APPEAL, REVIEWER, upheld=True, reason="核实过")
    do(redone, Action.APPROVE_APPEAL, SUPERVISOR, granted=True)
    assert running(redone) == {}
    assert counted() == {"satisfaction": (1, 1), "solved": (1, 1), "bad_review_revisited": (0, 0)}


def test_who_may_appeal_when(redone, drill):
    for actor in (CLERK, REVIEWER, CITIZEN, SUPERVISOR):
        assert refused(redone, Action.APPEAL, actor, **SAID) == "not_allowed"
    assert refused(redone, Action.APPEAL, Actor("sthjj2", Role.HEAD, "sthjj"), **SAID) == "not_yours"
    assert refused(redone, Action.APPEAL, HEAD, **(SAID | {"evidence": ""})) == "invalid_fields"
    assert refused(redone, Action.APPEAL, HEAD, **(SAID | {"claim": "no_ground"})) == "invalid_fields"
    drill("2026-11-09T18:01:00+08:00")
    assert refused(redone, Action.APPEAL, HEAD, **SAID) == "appeal_in_time"
    assert refused(passed(), Action.APPEAL, HEAD, **SAID) == "appeal_in_time"


def test_a_verdict_that_a_second_person_approved_leaves_the_rates_too(city, drill):
    drill(START)
    case = passed()
    do(case, Action.RATE, CITIZEN, level=1, words="x")
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1)
    do(case, Action.JUDGE, REVISITOR, verdict="no_ground", reason="没有法律依据")
    assert counted() == BEFORE
    do(case, Action.APPROVE_VERDICT, SUPERVISOR, granted=True)
    assert counted() == AFTER


def test_those_who_are_next_hear_of_it_and_a_late_decision_is_urged(redone, drill):
    do(redone, Action.APPEAL, HEAD, **SAID)
    react()
    do(redone, Action.DECIDE_APPEAL, REVIEWER, upheld=True, reason="核实过")
    react()
    do(redone, Action.APPROVE_APPEAL, SUPERVISOR, granted=True)
    react()
    with db.session() as session:
        told = [(row.role, row.department) for row in session.scalars(select(Notice).filter_by(rung="appeal"))]
    assert told == [("reviewer", ""), ("supervisor", ""), ("head", "csglj")]


def test_a_decision_that_is_late_is_urged(redone, drill):
    do(redone, Action.APPEAL, HEAD, **SAID)
    drill("2026-11-06T09:00:00+08:00")
    sweep()
    with db.session() as session:
        fired = select(RungRow.rung, RungRow.reached).join(ClockRow, ClockRow.id == RungRow.clock_id)
        told = dict(session.execute(fired.where(ClockRow.clock == "appeal")).all())
    assert told["half"] == ["reviewer1"]
    assert "supervisor1" in told["overdue"]


# --- the page -------------------------------------------------------------------------------------------------------


def version(case):
    with db.session() as session:
        return facts.load(session, case.number).version


def test_the_page_shows_the_review_beside_the_appeal_and_takes_the_decisions(ask, redone):
    do(redone, Action.APPEAL, HEAD, **SAID)
    page = ask("reviewer1").get("/special/appeals").text
    for said in (SAID["reason"], SAID["evidence"], "没人管", "没解决", redone.number):
        assert said in page
    path = f"/special/appeals/{redone.number}"
    sent = {"version": version(redone), "upheld": "true", "reason": "照片所示为隔壁店", "number": redone.number}
    assert ask("reviewer1").post(f"{path}/decide", data=sent).status_code == 303
    assert "等待另一个人复核" in ask("reviewer1").get("/special/appeals").text
    sent = {"version": version(redone), "granted": "true", "number": redone.number}
    assert ask("reviewer1").post(f"{path}/approve", data=sent).status_code == 422
    assert ask("supervisor1").post(f"{path}/approve", data=sent).status_code == 303
    assert "成立，评价不计入满意率" in ask("auditor1").get("/special/appeals").text
    assert counted() == AFTER


def test_what_was_typed_comes_back_with_the_refusal(ask, redone):
    do(redone, Action.APPEAL, HEAD, **SAID)
    sent = {"version": 1, "upheld": "true", "reason": "写了很久的<依据>", "number": redone.number}
    answer = ask("reviewer1").post(f"/special/appeals/{redone.number}/decide", data=sent)
    assert answer.status_code == 409
    assert "写了很久的&lt;依据&gt;" in answer.text


@pytest.mark.parametrize("user", ["csglj1", "csglj2", "agent1", "keeper1", "admin1"])
def test_departments_and_others_do_not_see_the_page(ask, redone, user):
    assert ask(user).get("/special/appeals").status_code == 403
    assert ask(user).post(f"/special/appeals/{redone.number}/decide", data={}).status_code == 403


def test_what_a_department_wrote_is_sealed(redone):
    do(redone, Action.APPEAL, HEAD, **SAID)
    with db.engine().connect() as connection:
        assert "评的是另一家店" not in str(connection.exec_driver_sql("SELECT * FROM appeals").mappings().one())
    with db.session() as session:
        assert session.scalars(select(Appeal)).one().reason == SAID["reason"]
