"""`kill -9` of the worker in the middle: what was committed is forwarded once, and nothing is done by halves."""

import random
import time

import pytest
from town import TO_THE_CITY, eventually, forwarded_once, kill, reactions_once, rungs_once_in_order

NEARLY_OUT = "2026-11-03T08:31:00+08:00"  # half an hour before the forward clock of 2 November 09:00 runs out
HELD = [
    ("cases", "before it looks at the case"),
    ("rungs", "before the rung is remembered"),
    ("notices", "before anybody is told"),
    ("history", "before the step is written down"),
    ("assignments", "before the department has it"),
    ("outbox", "before the event is recorded"),
]


def held_until_killed(town, table, worker):
    """The worker runs into a lock on this table inside its transaction and dies there."""
    with town.connect() as holder, holder.transaction():
        holder.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        town.sweep()
        eventually(town.blocked)
        kill(worker.child)


@pytest.mark.parametrize(("table", "moment"), HELD, ids=[row[1].replace(" ", "-") for row in HELD])
def test_a_worker_killed_while_it_forwards_leaves_one_forward(town, table, moment):
    town.start("web", "relay")
    numbers = town.take_in(2)
    town.at(NEARLY_OUT)
    held_until_killed(town, table, town.start("worker"))
    assert town.count("SELECT count(*) FROM cases WHERE state = 'accepted'") == len(numbers), moment
    town.start("worker")
    town.sweep_until_forwarded()
    forwarded_once(town, numbers)
    rungs_once_in_order(town)
    town.lease_runs_out()
    eventually(town.delivered)
    reactions_once(town)


@pytest.mark.parametrize(("table", "moment"), [("handled", "before"), ("examples", "after")])
def test_a_worker_killed_while_it_reacts_reacts_once(town, table, moment):
    town.start("web", "relay")
    [number] = town.take_in()
    with town.connect() as holder, holder.transaction():
        holder.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        town.act(number, "forward", "dispatcher1", **TO_THE_CITY)
        worker = town.start("worker")
        eventually(town.blocked)
        kill(worker.child)
    assert town.count("SELECT count(*) FROM examples") == 0, moment
    town.start("worker")
    town.lease_runs_out()
    eventually(town.delivered)
    forwarded_once(town, [number])
    reactions_once(town)
    assert town.count("SELECT count(*) FROM examples") == 1


def test_killed_again_and_again_at_any_moment_every_case_is_forwarded_once(town):
    """Six rounds; the moment of death is drawn anew in each, the last worker lives."""
    chance = random.Random()
    town.start("web", "relay")
    worker, numbers, cut = town.start("worker"), [], 0
    for day in range(2, 8):
        town.swept()
        town.at(f"2026-11-{day:02}T09:00:00+08:00")
        fresh = town.take_in(10)
        for number in fresh[:3]:
            town.act(number, "forward", "dispatcher1", **TO_THE_CITY)
        numbers += fresh
        town.at(f"2026-11-{day + 1:02}T08:31:00+08:00")
        town.sweep()
        time.sleep(chance.uniform(0, 0.4))
        kill(worker.child)
        cut += town.count("SELECT count(*) FROM cases WHERE state = 'accepted'") > 0
        worker = town.start("worker")
    print(f"{cut} of 6 deaths left cases that were not forwarded")
    town.sweep_until_forwarded()
    forwarded_once(town, numbers)
    rungs_once_in_order(town)
    town.lease_runs_out()
    eventually(town.delivered)
    reactions_once(town)
