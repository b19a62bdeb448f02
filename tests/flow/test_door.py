"""The door where matters that come at once are taken in together: each gets its own, nobody is lost or kept waiting."""

import threading
import time

import pytest
from sqlalchemy import func, select
from staff_story import AGENT

from hotline import db
from hotline.door import MOST, Door, Waiting
from hotline.errors import BadInput, Conflict
from hotline.models import Case
from web import intake


def brought(door, things):
    """What each thread was given for its thing."""
    given = {}

    def bring(thing):
        try:
            given[thing] = door.bring(thing)
        except ValueError as refused:
            given[thing] = refused

    threads = [threading.Thread(target=bring, args=(thing,)) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return given


def test_threads_at_one_door_each_get_their_own_and_share_the_way():
    sizes, gate = [], threading.Event()

    def take(numbers):
        gate.wait(10)
        sizes.append(len(numbers))
        return [number * 2 for number in numbers]

    threading.Timer(0.3, gate.set).start()
    given = brought(Door(take), range(1, MOST + 9))
    assert given == {number: number * 2 for number in range(1, MOST + 9)}
    assert sum(sizes) == MOST + 8
    assert 1 < max(sizes) <= MOST
    assert len(sizes) < MOST


def test_what_refuses_one_is_raised_where_it_was_brought_and_the_others_are_taken():
    def take(numbers):
        return [ValueError(str(number)) if number == 2 else number for number in numbers]

    given = brought(Door(take), [1, 2, 3])
    assert (given[1], str(given[2]), given[3]) == (1, "2", 3)


def test_who_falls_with_others_things_in_hand_leaves_them_to_their_owners():
    fallen = []

    def take(numbers):
        if not fallen:
            fallen.append(numbers)
            raise KeyboardInterrupt
        return list(numbers)

    door = Door(take)
    left = Waiting(7)
    door.waiting.append(left)
    with pytest.raises(KeyboardInterrupt):
        door.bring(8)
    assert (fallen, door.waiting) == ([[7, 8]], [])
    with door.turn:
        door.serve(left)
    assert left.given == 7


def test_who_comes_alone_is_taken_at_once_and_who_is_on_his_way_is_waited_for(monkeypatch):
    monkeypatch.setattr("hotline.door.PATIENCE", 30.0)
    sizes = []

    def take(numbers):
        sizes.append(len(numbers))
        return list(numbers)

    door, arrived = Door(take), threading.Barrier(2)

    def second():
        with door.on_the_way():
            arrived.wait(10)
            time.sleep(0.05)
            door.bring(2)

    late = threading.Thread(target=second)
    late.start()
    arrived.wait(10)
    assert door.bring(1) == 1
    late.join(10)
    assert door.bring(3) == 3, "and nobody else is waited for"
    assert sizes == [2, 1]


def test_who_never_arrives_holds_nobody_up_for_long():
    door, leave = Door(list), threading.Event()

    def lost():
        with door.on_the_way():
            leave.wait(10)

    other = threading.Thread(target=lost)
    other.start()
    assert door.bring(1) == 1
    leave.set()
    other.join(10)


@pytest.mark.usefixtures("city")
def test_matters_that_come_together_are_each_checked_suggested_and_written():
    texts = ("第{}盏路灯不亮，晚上看不见", "第{}单元暖气不热，屋里很冷", "第{}个月没发工资，老板总推")
    bodies = {n: {"content": texts[n % 3].format(n), "citizen": {"phone": "13800000001"}} for n in range(6)}
    made = {}

    def bring(number, body):
        made[number] = intake.create(body, AGENT, f"k{number}")[0]

    threads = [threading.Thread(target=bring, args=one) for one in bodies.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {n: case.content for n, case in made.items()} == {n: body["content"] for n, body in bodies.items()}
    alone = {n: intake.checked(body, AGENT).suggestion for n, body in bodies.items()}
    assert {n: case.suggestion for n, case in made.items()} == alone
    assert len({told["category"] for told in alone.values()}) == 3
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == len(bodies)
    again, fresh = intake.create(bodies[0], AGENT, "k0")
    assert (again.number, fresh) == (made[0].number, False)
    with pytest.raises(Conflict):
        intake.create(bodies[1], AGENT, "k0")
    with pytest.raises(BadInput, match="unknown_category"):
        intake.create(bodies[1] | {"category": "nothing"}, AGENT)
