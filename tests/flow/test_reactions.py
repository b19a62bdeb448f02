"""Events from the outbox to their handlers: together where all goes well, each by itself where one fails, each once."""

import pytest
from sqlalchemy import func, select
from staff_story import DISPATCHER, do, new

from hotline import clock, db, outbox
from hotline.events import CaseCreated
from hotline.message_models import Handled, OutboxRow
from hotline.models import CaseWords
from hotline.words import Action
from triage.models import Likeness
from web import live, worker

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def said(monkeypatch):
    """What is told to desks and boards."""
    told = []

    class Voice:
        def emit(self, event, data, namespace, room):
            told.append((namespace, room, event, data))

    monkeypatch.setattr(live, "_outside", Voice)
    return told


def waiting():
    with db.session() as session:
        return list(session.scalars(select(OutboxRow.id).where(OutboxRow.done_at.is_(None)).order_by(OutboxRow.id)))


def handled():
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(Handled))


def test_messages_are_taken_together_and_once(said):
    case = new()
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    ids = waiting()
    assert len(ids) >= 2
    worker.react(*ids)
    met, words = handled(), list(said)
    assert waiting() == []
    assert (
        "/board",
        "board",
        "changed",
        {"kind": "case", "number": case.number, "version": 2},
    ) in words
    worker.react(*ids)
    assert (handled(), said) == (met, words)


def test_one_that_fails_does_not_hold_up_the_others(monkeypatch, said):
    bad, good = new(), new()
    handler = worker.REACTIONS[CaseCreated][0]

    def fails(unit, told):
        if any(event.number == bad.number for event in told):
            raise RuntimeError("broken")
        handler(unit, told)

    fails.__name__ = handler.__name__
    monkeypatch.setitem(worker.REACTIONS, CaseCreated, (fails, *worker.REACTIONS[CaseCreated][1:]))
    first, second = waiting()
    worker.react(first, second)
    assert waiting() == [first]
    assert {data["number"] for *_, data in said} == {good.number}
    with db.session() as session:
        row = session.get(OutboxRow, first)
        assert (row.error, row.ready_at > clock.machine()) == ("RuntimeError", True)
    monkeypatch.undo()
    monkeypatch.setattr(live, "push", lambda *_: None)
    worker.react(first)
    assert waiting() == []


@pytest.mark.parametrize("event", worker.REACTIONS, ids=lambda event: event.__name__)
def test_handlers_of_one_event_are_told_apart_by_name(event):
    names = [handler.__name__ for handler in worker.REACTIONS[event]]
    assert len(set(names)) == len(names)


def test_taken_one_by_one_every_handler_runs(monkeypatch, said):
    def broken(_ids):
        raise RuntimeError

    monkeypatch.setattr(worker, "_together", broken)
    case = new()
    worker.react(*waiting())
    with db.session() as session:
        assert session.get(Likeness, case.id) is not None
        assert session.get(CaseWords, case.id) is not None


def test_a_burst_is_said_as_one(said):
    for _ in range(live.BURST + 3):
        new()
    worker.react(*waiting())
    assert ("/board", "board", "changed", {"kind": "case", "many": live.BURST + 3}) in said
    assert len([one for one in said if one[1] == "board"]) == 1


def test_nothing_is_said_of_what_was_not_committed(said):
    def half_done():
        with live.gathered():
            live.push({"role:agent"}, "changed", {"kind": "chat", "id": "1"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert said == []


def test_the_relay_hands_on_in_order_and_in_parts(monkeypatch):
    from web import pulse, relay

    for _ in range(3):
        new()
    handed = []
    monkeypatch.setattr(relay, "TOGETHER", 2)
    monkeypatch.setattr(relay.react, "apply_async", lambda ids, retry: handed.append(list(ids)))
    monkeypatch.setattr(pulse, "beat", lambda _name: None)
    ids = waiting()
    assert relay.once() == 3
    assert handed == [ids[:2], ids[2:]]
    assert outbox.claim() == []
