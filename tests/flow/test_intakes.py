"""Matters that come at once share a commit: each is numbered, known again by its key, or refused by itself."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from staff_story import AGENT

from hotline import cases, db, intakes
from hotline.errors import Conflict
from hotline.intakes import Matter, create_many
from hotline.message_models import OutboxRow, SameRequest
from hotline.models import Case, ClockRow, HistoryRow
from hotline.unit import transaction

pytestmark = pytest.mark.usefixtures("city")


def matter(text="路灯不亮", key="", actor=AGENT, area="湖滨区"):
    return Matter(cases.NewCase("投诉", text[:10], text, "phone", phone="13800000001", area=area), actor, key)


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


def test_a_case_is_the_same_whether_the_session_goes_on_with_it_or_not():
    new = matter("路灯不亮，天黑了看不见").new
    with transaction() as unit:
        quick, held = cases.take_in(unit, new, AGENT), cases.create_in(unit, new, AGENT)
    own = {"id", "number", "query_code"}, {"id", "case_id"}, {"id", "case_id", "hash"}, {"id", "payload", "ready_at"}
    for table, differing in zip((Case, ClockRow, HistoryRow, OutboxRow), own, strict=True):
        names = [column.name for column in table.__table__.columns if column.name not in differing]
        with db.session() as session:
            one, other = ([getattr(row, name) for name in names] for row in session.scalars(select(table)))
        assert one == other
    assert (quick.state, len(quick.clocks), quick.version) == (held.state, len(held.clocks), held.version)


def test_a_key_makes_one_case_whether_used_before_or_twice_at_once():
    ((first, _),) = create_many([matter(key="k1")])
    told = create_many([matter(key="k1"), matter(key="k2"), matter(key="k2"), matter(), matter("别的话", key="k1")])
    assert (told[0][0].number, told[0][1]) == (first.number, False)
    assert [told[1][1], told[2][1], told[1][0].number == told[2][0].number, told[3][1]] == [True, False, True, True]
    assert isinstance(told[4], Conflict)
    assert [count(Case), count(SameRequest)] == [3, 2]


def test_one_that_cannot_be_written_leaves_the_others_alone():
    told = create_many([matter(), matter(area="断\x00字"), matter()])
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
