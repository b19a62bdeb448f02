"""One matter, many citizens: one parent, everybody keeps his own case, answer and rating (rules.md §1.4)."""

import pytest

from hotline import cases, db, facts, reading
from hotline.errors import BadInput
from hotline.lifecycle import Actor
from hotline.models import ClockRow
from hotline.unit import transaction
from hotline.words import Action, Role, State

AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
CLERK = Actor("csglj1", Role.CLERK, "csglj")
REVIEWER = Actor("reviewer1", Role.REVIEWER)
REVISITOR = Actor("revisitor1", Role.REVISITOR)
CITIZEN = Actor("citizen", Role.CITIZEN)
REPLY = {"facts": "属实", "solved": True, "public": "王小明反映的烧烤摊已装净化设备，电话 13800000009。"}


@pytest.fixture
def client(city):
    from web.app import create_app, limiter

    app = create_app()
    limiter.reset()
    return app.test_client()


def new(name="李四", phone="13800000001"):
    said = {"kind": "投诉", "title": "烧烤摊油烟", "content": "楼下烧烤油烟扰民", "channel": "phone", "area": "湖滨区"}
    return cases.create(cases.NewCase(**said, name=name, phone=phone), AGENT)[0]


def act(case, action, actor, **given):
    return cases.act(case.number, action, actor, given, version=now(case).version)


def now(case):
    with db.session() as session:
        return facts.load(session, case.number)


def whole(case, reader):
    with db.session() as session:
        return reading.whole(session, facts.load(session, case.number), reader)


def event():
    """A parent of 王小明 at the department, and a case of 李四 that was merged into it."""
    parent, child = new("王小明", "13800000009"), new()
    act(parent, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    act(parent, Action.SIGN, CLERK)
    act(child, Action.MERGE, AGENT, into=parent.number)
    return parent, child


def answered():
    parent, child = event()
    act(parent, Action.REPLY, CLERK, **REPLY)
    act(parent, Action.PASS, REVIEWER)
    return parent, child


def tracked(client, case):
    return client.post("/track", data={"number": case.number, "query_code": case.query_code}).get_data(as_text=True)


def test_a_merged_citizen_reads_who_handles_it_and_until_when(client):
    _, child = event()
    page = tracked(client, child)
    assert "合在一起办理：市城市管理局正在办理" in page
    assert "前答复" in page
    assert 'id="rating"' not in page


def test_a_merged_citizen_reads_the_answer_without_the_other_citizens_name_and_number(client):
    _, child = answered()
    page = tracked(client, child)
    assert "烧烤摊已装净化设备" in page
    assert "王小明" not in page
    assert "13800000009" not in page
    assert 'id="rating"' in page


def test_a_good_rating_of_a_merged_case_is_its_own_and_of_the_house_that_answered(client):
    parent, child = answered()
    act(child, Action.RATE, CITIZEN, level=5)
    assert (now(child).state, now(child).lead) == (State.MERGED, "csglj")
    assert [row["level"] for row in whole(child, REVISITOR)["ratings"]] == [5]
    assert whole(parent, REVISITOR)["ratings"] == []
    with pytest.raises(BadInput, match="not_rated"):
        act(child, Action.RATE, CITIZEN, level=4)


def test_a_bad_rating_of_a_merged_case_gets_the_full_loop_of_its_own(client):
    parent, child = answered()
    act(child, Action.RATE, CITIZEN, level=1)
    with db.session() as session:
        going = session.query(ClockRow.clock).filter_by(case_id=child.id, stopped_at=None).all()
    assert ([row.clock for row in going], now(child).state) == (["bad_review"], State.CHECKING)
    assert now(parent).state == State.PASSED
    act(child, Action.REVISIT, REVISITOR, reached=True, solved=False, satisfaction=1)
    act(child, Action.JUDGE, REVISITOR, verdict="justified", reason="仍有油烟")
    act(child, Action.REDO, DISPATCHER)
    assert (now(child).state, now(child).round) == (State.ACCEPTED, 2)


def test_before_there_is_an_answer_nobody_rates_it(city):
    _, child = event()
    with pytest.raises(BadInput, match="event_answered"):
        act(child, Action.RATE, CITIZEN, level=5)
    assert Action.RATE not in whole(child, CITIZEN)["actions"]


def test_how_one_citizen_rated_is_told_to_no_other_and_to_no_department(city):
    parent, child = answered()
    act(parent, Action.RATE, CITIZEN, level=1)
    for reader in (CITIZEN, CLERK):
        event_told = whole(child, reader)["event"]
        assert event_told["state"] == State.PASSED
        assert "bad_review" not in [row["clock"] for row in event_told["clocks"]]
    assert whole(child, REVISITOR)["event"]["state"] == State.CHECKING


def test_the_parent_says_how_many_follow_it_and_the_department_no_numbers(city):
    parent, child = event()
    assert whole(parent, DISPATCHER)["event"] == {"parent": "", "count": 1, "numbers": [child.number]}
    assert whole(parent, CLERK)["event"] == {"parent": "", "count": 1, "numbers": []}
    assert whole(parent, CITIZEN)["event"] is None


def test_a_case_that_others_follow_is_not_merged_away(city):
    parent, _ = event()
    with pytest.raises(BadInput, match="merge_of_parent"):
        act(parent, Action.MERGE, AGENT, into=new().number)


def test_everybody_of_the_event_hears_that_there_is_an_answer(city, monkeypatch):
    from dispatch import letters

    monkeypatch.setenv("HOTLINE_SMS_URL", "console:")
    parent, child = answered()
    with transaction() as unit:
        letters.on_changed(unit, parent.id, Action.PASS)
        unit.session.flush()
        told = {row.key for row in unit.session.query(letters.Letter)}
    assert {f"passed:{case.number}:1" for case in (parent, child)} <= told
