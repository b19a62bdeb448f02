"""办不成事: the register with its four limits; a change of grade restarts no clock; refusal is referred."""

import pytest
from sqlalchemy import select
from staff_story import AGENT, CLERK, DISPATCHER, SUPERVISOR, do, forwarded, new

from dispatch.service import sweep
from hotline import clock, db, facts
from hotline.errors import HotlineError
from hotline.loop_models import StuckMatter
from hotline.models import ClockRow, RungRow
from hotline.words import Action

MONDAY = "2026-11-02T09:30:00+08:00"
SAID = {"item": "食品经营许可证", "story": "跑了三趟窗口，每次都说系统坏了"}
STUCK = ("stuck", "stuck_explain", "stuck_hard", "stuck_refusal")


@pytest.fixture(autouse=True)
def monday(city, drill):
    drill(MONDAY)


def register(case, grade="general", actor=AGENT):
    return do(case, Action.REGISTER_STUCK, actor, grade=grade, **SAID)


def running(case):
    with db.session() as session:
        rows = facts.load(session, case.number).clocks
        return {row.clock: clock.iso(row.due_at) for row in rows if row.stopped_at is None and row.clock in STUCK}


@pytest.mark.parametrize(
    ("grade", "name", "due"),
    [
        ("general", "stuck", "2026-11-03T18:00:00+08:00"),
        ("cannot", "stuck_explain", "2026-11-05T18:00:00+08:00"),
        ("hard", "stuck_hard", "2026-11-11T18:00:00+08:00"),
        ("refusal", "stuck_refusal", "2026-11-05T18:00:00+08:00"),
    ],
)
def test_each_grade_has_its_limit(grade, name, due):
    case = new()
    register(case, grade)
    assert running(case) == {name: due}


def test_another_grade_reckons_on_from_the_first_registration(drill):
    case = new()
    register(case, "general")
    drill("2026-11-04T09:00:00+08:00")
    register(case, "hard", SUPERVISOR)
    assert running(case) == {"stuck_hard": "2026-11-11T18:00:00+08:00"}
    with db.session() as session:
        [row] = session.scalars(select(StuckMatter))
    assert row.grade == "hard"
    assert clock.iso(row.at).startswith("2026-11-02T09:30")


def test_the_centre_is_urged_before_and_after_the_limit(drill):
    register(new())
    drill("2026-11-06T10:00:00+08:00")
    sweep()
    with db.session() as session:
        rows = select(RungRow.rung, RungRow.reached).join(ClockRow, ClockRow.id == RungRow.clock_id)
        told = dict(session.execute(rows.where(ClockRow.clock == "stuck")).all())
    assert {"half", "overdue", "red"} <= set(told)
    assert "supervisor1" in told["overdue"]
    assert "dispatcher1" in told["half"]


def test_a_settled_matter_stops_its_clock_and_stays_in_the_register(ask):
    case = new()
    register(case)
    do(case, Action.SETTLE_STUCK, DISPATCHER, result="done", text="当场办结")
    assert running(case) == {}
    page = ask("agent1").get("/special/stuck").text
    assert "已办成" in page
    assert "当场办结" in page
    with pytest.raises(HotlineError) as no:
        do(case, Action.SETTLE_STUCK, DISPATCHER, result="done", text="再办一次")
    assert no.value.code == "is_stuck"


def test_deliberate_refusal_ends_only_with_a_referral_and_the_house_does_not_see_it(ask):
    case = forwarded()
    do(case, Action.SIGN, CLERK)
    register(case, "refusal", SUPERVISOR)
    for given in ({"result": "done", "text": "办了"}, {"result": "referred", "text": "已查", "referred_to": ""}):
        with pytest.raises(HotlineError) as no:
            do(case, Action.SETTLE_STUCK, SUPERVISOR, **given)
        assert no.value.code == "names_discipline"
    seen = str(ask("csglj2").get(f"/api/v1/cases/{case.number}").json)
    seen += str(ask("csglj2").get(f"/api/v1/cases/{case.number}/history").json)
    assert "stuck" not in seen
    done = {"result": "referred", "text": "已约谈", "referred_to": "市纪委监委〔2026〕8号"}
    do(case, Action.SETTLE_STUCK, SUPERVISOR, **done)
    assert "市纪委监委〔2026〕8号" in ask("supervisor1").get("/special/stuck").text
    seen = str(ask("csglj2").get(f"/api/v1/cases/{case.number}/history").json)
    assert "纪委" not in seen
    assert "stuck" not in seen


def test_a_case_that_ends_leaves_the_clock_of_the_register_running_until_somebody_explains(ask):
    case = new()
    register(case)
    due = running(case)
    do(case, Action.ANSWER, AGENT, text="请到二楼三号窗口，今天就能办。")
    assert running(case) == due != {}
    assert case.number in ask("supervisor1").get("/special/stuck").text


def test_the_page_registers_and_settles_and_keeps_what_was_typed(ask):
    case = new()
    client = ask("agent1")
    wrong = client.post("/special/stuck", data={"number": "20260101000099", "grade": "general", **SAID})
    assert wrong.status_code == 404
    sent = {"number": case.number, "grade": "nonsense", **SAID}
    answer = client.post("/special/stuck", data=sent)
    assert answer.status_code == 422
    assert SAID["story"] in answer.text
    assert client.post("/special/stuck", data=sent | {"grade": "cannot"}).status_code == 303
    page = client.get("/special/stuck").text
    assert "11月5日 18:00 到期" in page
    assert "确实不能办，须说明（3个工作日）" in page
    with db.session() as session:
        version = facts.load(session, case.number).version
    given = {"version": version, "number": case.number, "result": "explained", "text": "依照条例第八条不能办"}
    assert client.post(f"/special/stuck/{case.number}", data=given).status_code == 303
    assert "依照条例第八条不能办" in client.get("/special/stuck").text


@pytest.mark.parametrize("user", ["csglj1", "csglj2", "reviewer1", "keeper1"])
def test_the_register_is_the_centres(ask, user):
    assert ask(user).get("/special/stuck").status_code == 403
    assert ask(user).post("/special/stuck", data={}).status_code == 403


def test_what_was_told_is_sealed():
    register(new())
    with db.engine().connect() as connection:
        assert "跑了三趟" not in str(connection.exec_driver_sql("SELECT * FROM stuck_matters").mappings().one())
