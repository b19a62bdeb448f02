"""Some hundred cases through some virtual weeks by slow, silent, wrong and returning departments: every promise holds.

The whole year of 300,000 is a benchmark: `python -m bench.year`.
"""

import datetime as dt
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bench.cityyear import drive, life, messages, proof, run
from bench.cityyear.drive import SITTING, TICK
from dispatch.service import sweep
from hotline import cases, db, facts, history
from hotline.clock import SHANGHAI
from hotline.models import ClockRow
from hotline.rates import Period
from hotline.timing import timing
from hotline.unit import transaction
from hotline.words import Action, Clock

BEGIN = dt.datetime(2025, 9, 22, tzinfo=SHANGHAI)  # the National Day week lies ahead
CASES, DAYS, PARTS = 24, 2, 2
HARD = replace(  # worse than any city, so that few cases show everything
    life.USUAL,
    answered_at_once=0.05,
    forgotten=0.2,
    wrong_house=0.3,
    co_handler=0.2,
    signs_late=0.15,
    silent_until_ordered=0.15,
    late_reply=0.4,
    extension=0.2,
    suspension=0.08,
    sent_back=0.15,
    rates_itself=0.4,
    rates_badly=0.5,
    content=0.6,
)
SEEN = {"forgotten", "wrong_house", "silent_until_ordered", "late_reply", "rates_badly"}


@pytest.mark.usefixtures("city")
@pytest.mark.timeout(1200)  # on a machine that does much else besides
def test_a_city_lives_through_weeks_and_every_promise_holds(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_CLOCK", "")
    plan = drive.Plan(CASES, BEGIN, BEGIN + dt.timedelta(days=DAYS), habits=HARD)
    year = run.year(plan, messages.read(None)[:40], tmp_path / "clock", PARTS, tell=lambda _: None)
    end = year.run()
    assert year.drawn.keys() >= SEEN
    assert year.done["create"] == CASES
    whole = Period(BEGIN, end + dt.timedelta(days=1), end + dt.timedelta(days=1))
    week = [Period(BEGIN + dt.timedelta(days=7 * n), BEGIN + dt.timedelta(days=7 * n + 7), whole.now) for n in range(3)]
    with db.session() as session:
        assert list(proof.forwarding(session, whole)) == []
        assert list(proof.ladders(session, 2 * TICK)) == []
        assert list(proof.orders(session)) == []
        assert list(proof.bad_reviews(session, whole)) == []
        assert list(proof.figures(session, [whole, *week])) == []
        assert list(proof.ended(session)) == []
        assert history.verify(session) == ""


@pytest.mark.usefixtures("city")
def test_a_tick_is_swept_when_cases_that_somebody_held_have_fired_as_well(drill):
    drill("2025-09-22T09:00:00+08:00")
    case, _ = cases.create(cases.NewCase("咨询", "题", "内容", "phone"), life.AGENT)
    with db.session() as session:
        due = session.scalar(select(func.min(ClockRow.next_at)))
    drill(due.isoformat())
    with ThreadPoolExecutor(1) as beside:
        with transaction() as unit:
            facts.load(unit.session, case.number, lock=True)
            assert sweep() == 0, "the sweep leaves for later what somebody holds"
            swept = beside.submit(run.sweep_all, due)
            with pytest.raises(TimeoutError):
                swept.result(0.2)
        assert swept.result(30) == 1


def signed_at_the_last_moment(city, house, at):
    """In the sitting in which the signature is due, or half an hour later."""
    rules = timing()
    limit = rules.policy.limit(Clock.SIGN, kind="投诉", urgency="一般", channel="phone")
    then = rules.due(drive._from(at, SITTING), limit).at + city.dice.choice((0, 1)) * SITTING
    return then, (yield life.Deed(then, life.clerk(house), Action.SIGN, {}))


@pytest.mark.usefixtures("city")
@pytest.mark.timeout(600)
def test_what_falls_due_in_a_sitting_fires_after_it_and_before_the_next_whoever_is_slow(tmp_path, monkeypatch):
    act, waited = drive.Part._act, run.Pace.wait_for_people

    def slow_people(part, tasks):
        time.sleep(random.uniform(0, 0.015))
        act(part, tasks)

    def slow_sweep(pace, by):
        waited(pace, by)
        time.sleep(0.03)

    monkeypatch.setenv("HOTLINE_CLOCK", "")
    monkeypatch.setattr(life, "_signed", signed_at_the_last_moment)
    monkeypatch.setattr(drive.Part, "_act", slow_people)
    monkeypatch.setattr(run.Pace, "wait_for_people", slow_sweep)
    at_work = replace(life.USUAL, answered_at_once=0, content=1, late_reply=0, suspension=0)
    plan = drive.Plan(60, BEGIN, BEGIN + dt.timedelta(days=2), habits=at_work)
    run.year(plan, messages.read(None)[:40], tmp_path / "clock", PARTS, tell=lambda _: None).run()
    late = ClockRow.stopped_at - ClockRow.due_at
    with db.session() as session:
        signed = select(func.count()).where(ClockRow.clock == "sign", ClockRow.stopped_at.is_not(None))
        assert session.scalar(signed.where(func.abs(func.extract("epoch", late)) < 1)), "some as they fell due"
        assert session.scalar(signed.where(late > SITTING)), "some a moment more than a sitting later"
        assert list(proof.ladders(session, 2 * TICK)) == []
