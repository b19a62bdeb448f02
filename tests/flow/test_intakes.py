"""Matters that come at once share a commit: each is numbered, known again by its key, or refused by itself."""

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from staff_story import AGENT

from hotline import cases, db, intakes
from hotline.errors import Conflict
from hotline.intakes import MOST, Door, Matter, create_many
from hotline.message_models import OutboxRow, SameRequest
from hotline.models import Case, ClockRow, HistoryRow

pytestmark = pytest.mark.usefixtures("city")


def matter(text="路灯不亮", key="", actor=AGENT):
    return Matter(cases.NewCase("投诉", text[:10], text, "phone", phone="13800000001", area="湖滨区"), actor, key)


def count(table):
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_several_matters_are_written_whole_and_as_one_alone_would_be():
    (alone, _), *many = [told for made in ([matter()], [matter()] * 3) for told in create_many(made)]
    cases_ = [alone, *(case for case, _ in many)]
    assert len({case.number for case in cases_}) == 4
    assert [count(table) for table in (Case, ClockRow, HistoryRow, OutboxRow)] == [4, 4, 4, 4]
    assert {case.state for case in cases_} == {alone.state}
    assert {(row.clock, row.case_id) for case in cases_ for row in case.clocks} == {("forward", c.id) for c in cases_}


def test_a_key_makes_one_case_whether_used_before_or_twice_at_once():
    ((first, _),) = create_many([matter(key="k1")])
    told = create_many([matter(key="k1"), matter(key="k2"), matter(key="k2"), matter(), matter("别的话", key="k1")])
    assert (told[0][0].number, told[0][1]) == (first.number, False)
    assert [told[1][1], told[2][1], told[1][0].number == told[2][0].number, told[3][1]] == [True, False, True, True]
    assert isinstance(told[4], Conflict)
    assert [count(Case), count(SameRequest)] == [3, 2]


def test_one_that_cannot_be_written_leaves_the_others_alone():
    told = create_many([matter(), matter("断\x00字"), matter()])
    assert [isinstance(one, Exception) for one in told] == [False, True, False]
    assert count(Case) == 2


def test_a_database_that_goes_away_at_the_commit_is_not_asked_again(monkeypatch):
    asked = []

    def lost(matters):
        asked.append(len(matters))
        raise OperationalError("COMMIT", None, Exception("gone"))

    monkeypatch.setattr(intakes, "_together", lost)
    told = create_many([matter(), matter()])
    assert [type(one) for one in told] == [OperationalError] * 2
    assert (asked, count(Case)) == ([2], 0)


def test_threads_at_one_door_each_get_their_own_and_share_commits(monkeypatch):
    door, sizes, gate = Door(), [], threading.Event()

    def counted(matters):
        gate.wait(10)
        sizes.append(len(matters))
        return create_many(matters)

    monkeypatch.setattr(intakes, "create_many", counted)
    made, threads = {}, []
    for number in range(MOST + 8):
        text = f"第{number}盏路灯不亮"

        def bring(number=number, text=text):
            made[number] = door.create(matter(text).new, AGENT)[0]

        threads.append(threading.Thread(target=bring))
        threads[-1].start()
    gate.set()
    for thread in threads:
        thread.join(60)
    assert {number: case.content for number, case in made.items()} == {n: f"第{n}盏路灯不亮" for n in range(MOST + 8)}
    assert sum(sizes) == MOST + 8
    assert 1 < max(sizes) <= MOST
    assert len(sizes) < MOST


def test_what_refuses_a_matter_is_raised_where_it_was_brought():
    door = Door()
    door.create(matter(key="k").new, AGENT, "k")
    with pytest.raises(Conflict):
        door.create(matter("别的话").new, AGENT, "k")


def test_who_falls_with_others_matters_in_hand_leaves_them_to_their_owners(monkeypatch):
    door = Door()
    lost = intakes._Asked(matter())
    door._waiting.append(lost)

    def falls(_matters):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(intakes, "create_many", falls)
        with pytest.raises(KeyboardInterrupt):
            door.create(matter().new, AGENT)
    assert door._waiting == []
    with door._turn:
        door._take(lost)
    assert lost.told[1] is True
    assert count(Case) == 1
