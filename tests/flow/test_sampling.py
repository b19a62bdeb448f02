"""Small matters are revisited by a sample that the policy sets; whoever rates badly is heard all the same."""

from dataclasses import replace

import pytest
from staff_story import ANSWER, CITIZEN, CLERK, REVIEWER, do, signed

from hotline import db, facts, privacy
from hotline.models import HistoryRow
from hotline.rulebook import present
from hotline.timing import timing
from hotline.words import Action

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def a_third(monkeypatch):
    """A city that revisits three small matters of ten."""
    policy = replace(present.policy(), revisit_sample=0.3)
    monkeypatch.setattr(present, "policy", lambda: policy)


@pytest.fixture
def lots(monkeypatch):
    """lots(0.9): every lot drawn from now on is this number."""
    return lambda number: monkeypatch.setattr(facts, "lot", lambda _text: number)


def answered(solved=True, **more):
    case = signed(**more)
    do(case, Action.REPLY, CLERK, **(ANSWER | {"solved": solved, "reason": "条件不具备"}))
    return do(case, Action.PASS, REVIEWER)


def running(case):
    with db.session() as session:
        return {row.clock for row in facts.load(session, case.number).clocks if row.stopped_at is None}


def test_a_small_matter_that_is_not_drawn_closes_and_may_still_be_rated(lots):
    lots(0.99)
    case = answered(kind="咨询")
    assert (case.state, running(case)) == ("closed", set())
    with db.session() as session:
        last = session.query(HistoryRow).filter_by(case_id=case.id, action="pass").one()
    assert last.facts["drawn"] is False
    rated = do(case, Action.RATE, CITIZEN, level=2, words="没说清楚")
    assert (rated.state, running(case)) == ("checking", {"bad_review"})


def test_a_small_matter_that_is_drawn_is_revisited(lots):
    lots(0.0)
    case = answered(kind="咨询")
    assert (case.state, running(case)) == ("passed", {"revisit"})


@pytest.mark.parametrize(
    "more",
    [{"kind": "投诉"}, {"kind": "求助"}, {"kind": "咨询", "urgency": "紧急"}, {"kind": "咨询", "solved": False}],
    ids=["a complaint", "a call for help", "an urgent question", "an unsolved question"],
)
def test_what_is_not_small_is_always_revisited(lots, more):
    lots(0.99)
    case = answered(**more)
    assert (case.state, running(case)) == ("passed", {"revisit"})


def test_the_draw_cannot_be_foreseen_and_can_be_repeated():
    share = timing().policy.revisit_sample
    drawn = [privacy.lot(f"revisit:20261102{n:06d}") < share for n in range(4000)]
    assert abs(sum(drawn) / len(drawn) - share) < 0.03
    assert drawn[:50] == [privacy.lot(f"revisit:20261102{n:06d}") < share for n in range(50)]
    assert privacy.lot("a") != privacy.lot("b")
