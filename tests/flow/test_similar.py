"""Similar cases while typing: group events at one place, the same citizen's own, and nothing else."""

import datetime as dt

import pytest

from hotline import cases, clock, db, events
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.unit import transaction
from hotline.words import Role, State
from triage.models import Likeness
from web import similar
from web.reactions import REACTIONS

AGENT = Actor("agent1", Role.AGENT)
WELL = "崤山路和黄河路交叉口往东五十米，窨井盖坏了，电动车过去差点摔倒"
SAME_WELL = "黄河路靠近崤山路那里有个窨井盖破了没人修，晚上骑电动车危险"
OTHER = "幼儿园收费太高，餐费也涨了，希望物价部门查一下"


def taken(content, phone="13800001111", area="湖滨区", **more):
    new = cases.NewCase(
        kind="投诉", title=content[:20], content=content, channel="phone", phone=phone, area=area, **more
    )
    case, _ = cases.create(new, AGENT)
    with transaction() as unit:
        similar.mark(unit, [events.CaseCreated(case.id, case.number, case.version)])
    return case


def found(text, area="湖滨区", phone="", now=None):
    with db.session() as session:
        return similar.find(session, text, area, AGENT, phone, now)


def numbers(rows):
    return [row["number"] for row in rows]


def test_a_group_event_is_found_in_other_words_and_nothing_else(city):
    well, _other = taken(WELL), taken(OTHER, phone="13800002222")
    assert numbers(found(SAME_WELL)) == [well.number]


def test_the_beginning_of_a_text_is_enough(city):
    well = taken(WELL)
    assert numbers(found("黄河路崤山路口窨井盖")) == [well.number]


def test_the_same_citizens_case_stands_first_and_says_so(city):
    own, other = taken(SAME_WELL, phone="13800003333"), taken(WELL)
    rows = found(WELL, phone="13800003333")
    assert numbers(rows) == [own.number, other.number]
    assert [row["same_citizen"] for row in rows] == [True, False]


def test_another_area_another_time_and_ended_cases_are_left_out(city):
    well = taken(WELL)
    assert found(SAME_WELL, area="陕州区") == []
    assert found(SAME_WELL, now=clock.now() + dt.timedelta(days=similar.DAYS + 1)) == []
    with transaction() as unit:
        unit.session.get(Case, well.id).state = State.CLOSED
    assert found(SAME_WELL) == []


def test_a_case_without_area_may_lie_anywhere(city):
    well = taken(WELL, area="")
    assert numbers(found(SAME_WELL)) == [well.number]


def test_cases_without_marks_are_caught_up_with_once(city):
    new = cases.NewCase(kind="投诉", title="窨井盖", content=WELL, channel="phone", area="湖滨区")
    case, _ = cases.create(new, AGENT)
    assert found(SAME_WELL) == []
    assert (similar.catch_up(), similar.catch_up()) == (1, 0)
    assert numbers(found(SAME_WELL)) == [case.number]


def test_no_word_of_the_citizen_stands_in_the_index(city):
    case = taken(WELL)
    with db.session() as session:
        row = session.get(Likeness, case.id)
        assert row.marks
        assert all(isinstance(mark, int) for mark in row.marks)


def test_every_new_case_is_remembered():
    assert similar.mark in REACTIONS[events.CaseCreated]


@pytest.mark.parametrize("text", ["", " ", "。", "喂", "\x00"])
def test_a_text_that_says_nothing_finds_nothing(city, text):
    taken(WELL)
    assert found(text) == []
