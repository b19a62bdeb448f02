"""Faults that well-known systems have and this one must not have: each test is named as the promise it keeps."""

import pytest
from sqlalchemy import func, select, update
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
    do,
    forwarded,
    new,
    passed,
    signed,
)

from dispatch import catalogue
from dispatch.models import Alarm, CatalogueRow
from dispatch.service import sweep
from hotline import cases, clock, db, facts
from hotline.city_models import Department
from hotline.errors import BadInput, Conflict
from hotline.message_models import Notice
from hotline.models import Case, ClockRow, HistoryRow, Rating, RungRow
from hotline.words import Action, Clock, Outcome
from web import intake, suggest

pytestmark = pytest.mark.usefixtures("city")


def read(case):
    with db.session() as session:
        return facts.load(session, case.number)


def deadlines(case):
    return {(row.clock, row.department): (row.due_at, row.stopped_at) for row in read(case).clocks}


def closed(**more):
    case = passed(**more)
    return do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=5)


def test_a_case_without_an_assignee_still_escalates(drill):
    drill("2026-11-02T09:00:00+08:00")
    case = new(suggestion={}, area="")
    drill("2026-11-03T08:00:00+08:00")
    sweep()
    with db.session() as session:
        fired = session.execute(select(RungRow.rung, RungRow.reached).where(RungRow.case_id == case.id)).all()
    assert {rung for rung, _ in fired} >= {"half", "warn"}
    assert all(reached for _, reached in fired)


def test_with_many_open_cases_all_are_looked_at_and_the_oldest_goes_first(drill, monkeypatch):
    monkeypatch.setattr("dispatch.service.BATCH", 7)
    made = []
    for minute in range(30):
        drill(f"2026-11-02T09:{minute:02}:00+08:00")
        made.append(new().id)
    drill("2026-11-03T09:29:00+08:00")
    sweep()
    with db.session() as session:
        forwards = select(HistoryRow.case_id).where(HistoryRow.action == Action.FORWARD).order_by(HistoryRow.id)
        assert list(session.scalars(forwards)) == made


@pytest.mark.parametrize(
    ("action", "actor", "given"),
    [
        (Action.SUPPLEMENT, CITIZEN, {"text": "又来了"}),
        (Action.URGE, CITIZEN, {"text": "请快些"}),
        (Action.SUPERVISE, SUPERVISOR, {"opinion": "抓紧"}),
        (Action.INTERIM, CLERK, {"text": "正在联系商户"}),
        (Action.HAND_DOWN, CLERK, {"unit": "执法中队"}),
    ],
    ids=lambda value: str(value) if isinstance(value, Action) else "",
)
def test_a_comment_or_a_note_never_moves_a_deadline(drill, action, actor, given):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    before = deadlines(case)
    drill("2026-11-03T15:00:00+08:00")
    do(case, action, actor, **given)
    assert deadlines(case) == before


def test_looking_at_a_case_changes_nothing(ask):
    case = signed()
    before = (read(case).version, deadlines(case))
    for user in ("agent1", "csglj1", "supervisor1"):
        assert ask(user).get(f"/api/v1/cases/{case.number}").status_code == 200
        assert ask(user).get(f"/api/v1/cases/{case.number}/history").status_code == 200
    assert (read(case).version, deadlines(case)) == before


@pytest.mark.parametrize("fault", ["dissolved", "unknown", "no rule"])
def test_a_broken_routing_rule_means_the_fallback_owner_and_an_alarm(drill, fault):
    drill("2026-11-02T09:00:00+08:00")
    code, rows = "0102", CatalogueRow.category == "0102"
    with db.engine().begin() as connection:
        kept = [dict(row) for row in connection.execute(select(CatalogueRow.__table__).where(rows)).mappings()]
        if fault == "dissolved":
            connection.execute(update(Department).where(Department.code == "csglj").values(dissolved=True))
        elif fault == "unknown":
            connection.execute(update(CatalogueRow).where(rows).values(lead="nobody"))
        else:
            connection.execute(CatalogueRow.__table__.delete().where(rows))
    catalogue.forget()
    try:
        case = new(suggestion={"category": code, "department": "csglj", "confidence": 0.99})
        drill("2026-11-03T08:31:00+08:00")
        sweep()
        assert read(case).lead == "hbqzf"
        with db.session() as session:
            assert "broken_rule" in set(session.scalars(select(Alarm.code)))
    finally:
        with db.engine().begin() as connection:
            connection.execute(update(Department).where(Department.code == "csglj").values(dissolved=False))
            connection.execute(CatalogueRow.__table__.delete().where(rows))
            connection.execute(CatalogueRow.__table__.insert(), kept)
        catalogue.forget()


@pytest.mark.parametrize("fault", ["down", "unknown label"])
def test_without_a_usable_classifier_the_case_waits_on_the_manual_list_with_its_clock_running(monkeypatch, fault):
    from triage.classify import Prediction, Unavailable

    class Broken:
        def predict_many(self, _texts):
            if fault == "down":
                raise Unavailable("model_broken", "分类模型损坏")
            return [Prediction("9999", 0.99, (("9999", 0.99),))]

    monkeypatch.setattr(suggest, "classifier", Broken)
    body = {"kind": "投诉", "content": "烧烤摊油烟扰民", "channel": "phone", "citizen": {"phone": "13800000001"}}
    case, _ = intake.create(body, AGENT)
    assert case.suggestion["manual"] is True
    assert [(row.clock, row.stopped_at) for row in read(case).clocks] == [(Clock.FORWARD, None)]


def test_a_citizen_may_still_speak_after_rating_badly():
    case = passed()
    do(case, Action.RATE, CITIZEN, level=1, words="没解决")
    do(case, Action.SUPPLEMENT, CITIZEN, text="昨晚又来了")
    do(case, Action.URGE, CITIZEN, text="请尽快")
    with db.session() as session:
        said = [row.action for row in session.scalars(select(HistoryRow).where(HistoryRow.case_id == case.id))]
    assert said[-2:] == ["supplement", "urge"]


def test_every_resolve_gets_its_own_review():
    case = passed()
    do(case, Action.RATE, CITIZEN, level=2, words="没解决")
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=2)
    do(case, Action.JUDGE, REVISITOR, verdict="justified", reason="属实")
    do(case, Action.REDO, DISPATCHER, opinion="重办")
    do(case, Action.SIGN, CLERK)
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.PASS, REVIEWER)
    do(case, Action.RATE, CITIZEN, level=5, words="这次解决了")
    with db.session() as session:
        levels = session.execute(select(Rating.round, Rating.level).where(Rating.case_id == case.id)).all()
    assert sorted(map(tuple, levels)) == [(1, 2), (2, 5)]
    with pytest.raises(BadInput):
        do(case, Action.RATE, CITIZEN, level=1, words="再评一次")


@pytest.mark.parametrize("ending", ["revisit", "answer", "guide", "merge"])
def test_closing_stops_every_clock(ending):
    if ending == "revisit":
        case = closed()
    else:
        case, other = new(), new()
        given = {
            "answer": {"text": "办理时间是工作日上午八点半。"},
            "guide": {"channel": "法院", "text": "请向法院起诉。"},
            "merge": {"into": other.number},
        }
        do(case, Action(ending), AGENT, **given[ending])
    assert [row.clock for row in read(case).clocks if row.stopped_at is None] == []
    assert [row.next_at for row in read(case).clocks if row.next_at is not None] == []


def test_the_first_contact_target_is_not_replaced_by_a_later_one(drill):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    target = next(row.due_at for row in read(case).clocks if row.clock == Clock.FIRST_CONTACT)
    drill("2026-11-02T16:00:00+08:00")
    do(case, Action.INTERIM, CLERK, text="正在联系商户")
    do(case, Action.REQUEST_EXTENSION, CLERK, days=2, reason="要检测")
    rows = [row for row in read(case).clocks if row.clock == Clock.FIRST_CONTACT]
    assert [(row.due_at, row.stopped_at) for row in rows] == [(target, None)]


def test_the_reopen_window_counts_from_the_closing_and_not_from_the_last_change(drill):
    drill("2026-11-02T09:00:00+08:00")
    early, late = closed(), closed()
    drill("2026-11-30T09:00:00+08:00")
    do(early, Action.SUPPLEMENT, CITIZEN, text="又有了")
    do(early, Action.REOPEN, AGENT, reason="问题又出现")
    do(late, Action.SUPPLEMENT, CITIZEN, text="又有了")
    drill("2026-12-03T09:00:00+08:00")
    with pytest.raises(BadInput) as told:
        do(late, Action.REOPEN, AGENT, reason="问题又出现")
    assert told.value.code == "within_reopen_window"


def test_two_people_on_one_case_one_wins_the_other_is_told_who_and_what():
    case = new()
    version = read(case).version
    named = {"departments": [{"code": "csglj", "role": "lead"}]}
    cases.act(case.number, Action.FORWARD, DISPATCHER, named, version=version)
    with pytest.raises(Conflict) as told:
        cases.act(case.number, Action.ANSWER, AGENT, {"text": "已答复市民"}, version=version)
    assert (told.value.fields["by"], told.value.fields["action"]) == ("dispatcher1", "forward")
    assert "派单员" in told.value.message
    assert read(case).state == "forwarded"


def test_the_same_click_twice_makes_one_forward_and_one_notice():
    case = new()
    version = read(case).version
    named = {"departments": [{"code": "csglj", "role": "lead"}]}
    cases.act(case.number, Action.FORWARD, DISPATCHER, named, version=version)
    with pytest.raises(Conflict):
        cases.act(case.number, Action.FORWARD, DISPATCHER, named, version=version)
    with db.session() as session:
        forwards = select(func.count()).select_from(HistoryRow).where(HistoryRow.action == Action.FORWARD)
        assert session.scalar(forwards) == 1
    assert len(read(case).places) == 1


def test_a_rung_tells_each_person_once_however_often_the_sweep_runs(drill):
    drill("2026-11-02T09:00:00+08:00")
    case = forwarded()
    drill("2026-11-20T09:00:00+08:00")
    for _ in range(3):
        sweep()
    with db.session() as session:
        told = select(Notice.user, Notice.text, func.count()).where(Notice.case_number == case.number)
        counted = session.execute(told.group_by(Notice.user, Notice.text, Notice.rung)).all()
    assert counted
    assert {count for *_, count in counted} == {1}


def test_a_return_is_no_way_to_gain_time(drill):
    drill("2026-11-02T09:00:00+08:00")
    case = forwarded()
    due = next(row.due_at for row in read(case).clocks if row.clock == Clock.REPLY)
    for number, (code, to) in enumerate((("csglj", "sthjj"), ("sthjj", "csglj"))):
        drill(f"2026-11-02T{10 + number}:00:00+08:00")
        clerk = type(CLERK)(f"{code}1", CLERK.role, code)
        do(case, Action.RETURN, clerk, reason="不属我单位职责", suggest=to)
        judge = DISPATCHER if number == 0 else SUPERVISOR
        do(case, Action.ARBITRATE, judge, verdict="reassign", department=to, reason="终审")
    running = [row for row in read(case).clocks if row.clock == Clock.REPLY and row.stopped_at is None]
    assert [(row.department, row.due_at) for row in running] == [("csglj", due)]


def test_a_late_forward_is_never_made_good_by_a_later_one(drill):
    drill("2026-11-02T09:00:00+08:00")
    case = new()
    with db.engine().begin() as connection:
        connection.execute(update(ClockRow).where(ClockRow.case_id == case.id).values(next_at=None))
    drill("2026-11-04T09:00:00+08:00")
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    [row] = [row for row in read(case).clocks if row.clock == Clock.FORWARD]
    assert (row.outcome, row.stopped_at > row.due_at) == (Outcome.DONE, True)
    with db.session() as session:
        assert session.query(Case).filter_by(number=case.number).one().accepted_at < clock.now()
