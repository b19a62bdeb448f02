"""The page of hot topics: reckoned from the cases, shown to those who steer, without a citizen's words kept."""

from datetime import date

from staff_story import new

from hotline import db
from hotline.words import Role
from triage.models import TopicDay
from web import topics
from web.staff.frame import pages_of
from web.worker import app as worker

PLANT = "金凤阁小区东侧的搅拌站日夜施工，粉尘和噪音让人睡不着"


def many(count=4):
    return [new(title="搅拌站粉尘噪音", content=PLANT, phone=f"1380000{n:04}") for n in range(count)]


def test_cases_of_one_matter_become_a_topic_with_its_tile(city, ask):
    made = [case.number for case in many()]
    assert topics.reckon() == 1
    page = ask("supervisor1").get("/topics", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "搅拌站" in page
    assert "预警" in page
    assert "湖滨区" in page
    assert any(number in page for number in made)


def test_reckoning_again_replaces_the_day(city):
    many()
    topics.reckon()
    many(3)
    topics.reckon()
    with db.session() as session:
        (row,) = session.query(TopicDay).all()
    assert isinstance(row.day, date)
    assert (row.looked_at, row.topics[0]["size"]) == (7, 7)
    assert PLANT not in str(row.topics)


def test_before_the_first_night_the_page_says_so_and_the_supervisor_starts_it(city, ask):
    many()
    door = ask("supervisor1")
    assert "还没有归并过" in door.get("/topics", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert door.post("/topics").status_code == 302
    assert "搅拌站" in door.get("/topics", headers={"Accept": "text/html"}).get_data(as_text=True)


def test_only_those_who_steer_see_it(city, ask):
    assert ask("csglj1").get("/topics").status_code == 403
    assert ask("dispatcher1").post("/topics").status_code == 403
    assert ("/topics", "热点") in pages_of(Role.SUPERVISOR)


def test_it_is_reckoned_every_night():
    assert worker.conf.beat_schedule["topics"]["task"] == "topics"
