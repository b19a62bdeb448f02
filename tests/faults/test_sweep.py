"""The sweep stood still: what fell due meanwhile is caught up, oldest first, each rung once."""

import threading
from itertools import pairwise

import pytest
from sqlalchemy import text

from dispatch import catalogue, service
from dispatch.models import Alarm
from dispatch.service import sweep
from hotline import cases, clock, db, facts
from hotline.city_models import Department
from hotline.lifecycle import Actor
from hotline.models import Case, ClockRow, HistoryRow, RungRow
from hotline.unit import transaction
from hotline.words import Action, Role

AGENT = Actor("agent1", Role.AGENT)
CITIZEN = Actor("citizen", Role.CITIZEN)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
URGENCIES = ("一般", "紧急", "特急")
LEAD = {"departments": [{"code": "csglj", "role": "lead"}]}


def new(**more):
    said = {"kind": "投诉", "title": "油烟", "content": "油烟扰民", "channel": "phone", "area": "湖滨区"}
    return cases.create(cases.NewCase(**(said | more)), AGENT)[0]


def forwarded(**more):
    case = new(**more)
    return cases.act(case.number, Action.FORWARD, DISPATCHER, LEAD, version=1)


def fired():
    with db.session() as session:
        rows = session.query(RungRow, ClockRow.clock).join(ClockRow, ClockRow.id == RungRow.clock_id)
        return [(row, name) for row, name in rows.order_by(RungRow.id)]


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("batch", [service.BATCH, 7], ids=["in-one-batch", "in-many-batches"])
def test_after_an_outage_everything_fires_oldest_first_each_rung_once(drill, monkeypatch, batch):
    monkeypatch.setattr(service, "BATCH", batch)
    for day in range(2, 7):
        drill(f"2026-11-{day:02}T09:00:00+08:00")
        for urgency in URGENCIES:
            forwarded(urgency=urgency)
            new(urgency=urgency)
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    rows = fired()
    assert sweep() == 0
    assert len(rows) > 200
    assert len({(row.clock_id, row.rung) for row, _ in rows}) == len(rows)
    assert all(one.due_at <= other.due_at for (one, _), (other, _) in pairwise(rows))
    with db.session() as session:
        assert session.query(HistoryRow).filter_by(action="rung").count() == len(rows)
        assert session.query(ClockRow).filter(ClockRow.next_at <= clock.now()).count() == 0


@pytest.mark.usefixtures("city")
def test_over_a_weekend_the_fallback_owner_gets_every_case_and_nobody_is_told_twice(drill):
    drill("2026-11-06T16:00:00+08:00")
    numbers = [new(urgency=urgency).number for urgency in URGENCIES]
    drill("2026-11-08T04:00:00+08:00")
    sweep()
    sweep()
    with db.session() as session:
        for number in numbers:
            case = facts.load(session, number)
            assert (case.state, case.lead, len(case.places)) == ("forwarded", "hbqzf", 1)
            told = session.query(HistoryRow).filter_by(case_id=case.id).order_by(HistoryRow.seq)
            rungs = [row.facts["rung"] for row in told if row.action == "rung" and row.facts["clock"] == "forward"]
            assert rungs[-1] == "fallback"
            assert len(rungs) == len(set(rungs))


@pytest.mark.usefixtures("city")
def test_a_step_in_progress_and_the_sweep_never_wait_for_each_other(drill):
    """A person holds the case and then writes its clocks; the sweep leaves the case for its next turn."""
    drill("2026-11-02T09:00:00+08:00")
    busy, other = forwarded(), forwarded()
    drill("2026-11-30T09:00:00+08:00")
    with transaction() as unit:
        held = facts.load(unit.session, busy.number, lock=True)
        sweeping = threading.Thread(target=sweep, daemon=True)
        sweeping.start()
        sweeping.join(20)
        assert not sweeping.is_alive()
        unit.session.execute(text("SET LOCAL lock_timeout = '5s'"))
        unit.session.execute(text("UPDATE clocks SET explain = explain WHERE case_id = :id"), {"id": held.id})
    assert {row.case_id for row, _ in fired()} == {other.id}
    sweep()
    assert {row.case_id for row, _ in fired()} == {busy.id, other.id}


@pytest.fixture
def dissolve(city):
    """dissolve("hbqzf", …): these departments are dissolved until the test ends."""
    gone = []

    def of(*codes, dissolved=True):
        with transaction() as unit:
            for code in codes:
                unit.session.get(Department, code).dissolved = dissolved
        catalogue.forget()
        gone.extend(codes)

    yield of
    of(*gone, dissolved=False)


def alarms():
    with db.session() as session:
        return {(row.code, row.case_number) for row in session.query(Alarm)}


def read(case):
    with db.session() as session:
        return facts.load(session, case.number)


def test_a_dissolved_fallback_owner_is_followed_by_the_citys(drill, dissolve):
    drill("2026-11-02T09:00:00+08:00")
    case = new()
    dissolve("hbqzf")
    drill("2026-11-03T08:31:00+08:00")
    sweep()
    assert (read(case).state, read(case).lead) == ("forwarded", "szfbgs")
    assert ("fallback", case.number) in alarms()


def test_a_rung_that_cannot_be_fired_is_put_off_with_an_alarm_and_does_not_stop_the_others(drill, dissolve):
    """Nobody is left to own the cases of one area; when there is, the rung fires, still once."""
    drill("2026-11-02T09:00:00+08:00")
    stuck, other = new(), new(area="陕州区")
    dissolve("hbqzf", "szfbgs")
    drill("2026-11-03T08:31:00+08:00")
    sweep()
    assert (read(stuck).state, read(other).state) == ("accepted", "forwarded")
    assert "rung_refused" in {code for code, _ in alarms()}
    assert sweep() == 0
    dissolve("hbqzf", dissolved=False)
    drill("2026-11-03T08:37:00+08:00")
    sweep()
    assert (read(stuck).state, read(stuck).lead) == ("forwarded", "hbqzf")
    assert [row.rung for row, name in fired() if row.case_id == stuck.id and name == "forward"].count("fallback") == 1


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("spoilt", ["occurred_at = '0001-01-01 BC'", "guidance = 'AAAA'"], ids=["a time", "a seal"])
def test_a_case_that_cannot_be_read_stops_no_other(drill, spoilt):
    drill("2026-11-02T09:00:00+08:00")
    bad, good = new(), [new() for _ in range(3)]
    with db.engine().begin() as connection:
        connection.exec_driver_sql(f"UPDATE cases SET {spoilt} WHERE id = {bad.id}")
    drill("2026-11-03T08:45:00+08:00")
    sweep()
    with db.session() as session:
        states = dict(session.query(Case.id, Case.state))
        assert {states[case.id] for case in good} == {"forwarded"}
        assert (states[bad.id], session.query(Alarm).filter_by(code="unreadable").count()) == ("accepted", 1)
    assert sweep() == 0, "it is put off, not tried again and again"


@pytest.mark.usefixtures("city")
def test_words_that_cannot_be_opened_keep_no_case_from_being_forwarded(drill):
    drill("2026-11-02T09:00:00+08:00")
    case = new()
    with db.engine().begin() as connection:
        connection.exec_driver_sql(f"UPDATE cases SET title = 'AAAA', content = 'AAAA' WHERE id = {case.id}")
    drill("2026-11-03T08:45:00+08:00")
    sweep()
    with db.session() as session:
        assert session.query(Case.state).filter_by(id=case.id).scalar() == "forwarded"
