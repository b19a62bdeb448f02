"""体验官: four stages in order, an officer by name, a department that does not learn who it was, and what is late."""

import pytest
from sqlalchemy import select

from dispatch import experience
from dispatch.experience_models import Experience, Officer
from hotline import clock, db
from hotline.message_models import Notice

HERE = "/special/officers"
STORY = "排了一个小时，材料表写得看不懂"


@pytest.fixture
def reported(ask, drill):
    """A report of a named officer about a department; its id."""
    drill("2026-11-02T10:00:00+08:00")
    boss = ask("supervisor1")
    person = {"name": "赵体验", "house": "市人大代表", "phone": "13800000020"}
    assert boss.post(f"{HERE}/people", data=person).status_code == 303
    with db.session() as session:
        officer = session.scalars(select(Officer)).one().id
    said = {"officer": officer, "day": "2026-10-30", "department": "csglj", "item": "户外广告许可", "level": "2"}
    assert boss.post(HERE, data=said | {"story": STORY}).status_code == 303
    return row().id


def row():
    with db.session() as session:
        return session.scalars(select(Experience)).one()


def step(client, number, name, **said):
    return client.post(f"{HERE}/{number}/{name}", data=said)


def sent(ask, number):
    return step(ask("reviewer1"), number, "sum_up", found="true", problem="材料清单要改写成群众看得懂的话")


def test_a_report_goes_through_its_four_stages_and_again_where_the_officer_is_not_content(ask, reported, drill):
    assert sent(ask, reported).status_code == 303
    assert (row().stage, clock.iso(row().due_at)) == ("rectifying", "2026-11-09T18:00:00+08:00")
    drill("2026-11-05T10:00:00+08:00")
    assert step(ask("csglj2"), reported, "rectify", answer="清单已改写并公示").status_code == 303
    assert row().stage == "rectified"
    again = step(ask("revisitor1"), reported, "feed_back", content="false", feedback="还是看不懂")
    assert again.status_code == 303
    assert (row().stage, row().turn, clock.iso(row().due_at)) == ("rectifying", 2, "2026-11-12T18:00:00+08:00")
    step(ask("csglj1"), reported, "rectify", answer="请三位市民试读后再改")
    step(ask("revisitor1"), reported, "feed_back", content="true", feedback="可以了")
    assert (row().stage, row().content) == ("done", True)
    assert "可以了" in ask("auditor1").get(HERE).text


def test_no_stage_is_left_out_or_done_by_another(ask, reported):
    assert step(ask("csglj2"), reported, "rectify", answer="x").status_code == 422
    assert step(ask("csglj2"), reported, "sum_up", found="true", problem="x").status_code == 403
    assert step(ask("reviewer1"), reported, "sum_up", found="true", problem="").status_code == 422
    sent(ask, reported)
    assert sent(ask, reported).status_code == 422
    assert step(ask("sthjj2"), reported, "rectify", answer="x").status_code == 404
    assert step(ask("supervisor1"), reported, "rectify", answer="x").status_code == 403
    assert row().stage == "rectifying"


def test_the_department_sees_what_to_rectify_and_not_who_said_it(ask, reported):
    assert "户外广告许可" not in ask("csglj2").get(HERE).text  # not before it is sent to it
    sent(ask, reported)
    page = ask("csglj2").get(HERE).text
    assert "材料清单要改写" in page
    for hidden in ("赵体验", "人大代表", STORY, "不满意"):
        assert hidden not in page, hidden
    assert "户外广告许可" not in ask("sthjj2").get(HERE).text
    assert "赵体验（市人大代表）" in ask("supervisor1").get(HERE).text


def test_a_report_without_a_problem_is_done(ask, reported):
    assert step(ask("supervisor1"), reported, "sum_up", found="false", problem="").status_code == 303
    assert row().stage == "done"
    assert "户外广告许可" not in ask("csglj2").get(HERE).text


def test_what_is_late_is_urged_once_a_turn(ask, reported, drill):
    sent(ask, reported)
    assert experience.urge() == 0
    drill("2026-11-10T09:00:00+08:00")
    assert (experience.urge(), experience.urge()) == (1, 0)
    with db.session() as session:
        told = session.scalars(select(Notice).where(Notice.text.contains("超期"))).all()
    assert {(one.role, one.department) for one in told} == {("head", "csglj"), ("supervisor", "")}


@pytest.mark.parametrize(
    "wrong", [{"officer": "99"}, {"officer": ""}, {"day": "2027-01-01"}, {"level": "6"}, {"department": "nobody"}]
)
def test_a_wrong_report_is_refused_and_what_was_typed_stays(ask, reported, wrong):
    said = {"officer": "1", "day": "2026-10-30", "department": "csglj", "item": "许可", "level": "2"}
    answer = ask("supervisor1").post(HERE, data=said | {"story": "写了很久"} | wrong)
    assert answer.status_code == 422
    assert "写了很久" in answer.text


def test_who_may_report_and_enrol(ask, reported):
    for user in ("csglj2", "agent1"):
        assert ask(user).post(HERE, data={}).status_code == 403
    assert ask("reviewer1").post(f"{HERE}/people", data={}).status_code == 403
    assert ask("agent1").get(HERE).status_code == 403
