"""`kill -9` of the relay after it claimed an event and before it sent it: handed on when the lease is over, once."""

from town import TO_THE_CITY, eventually, forwarded_once, kill, reactions_once

CLAIMED = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND attempts = %s"


def test_a_relay_killed_between_claim_and_send_loses_nothing_and_repeats_nothing(town):
    town.start("web")
    [number] = town.take_in()
    town.act(number, "forward", "dispatcher1", **TO_THE_CITY)
    town.redis().execute_command("CLIENT", "PAUSE", 60_000, "WRITE")  # the broker takes nothing in
    relay = town.start("relay")
    eventually(lambda: town.count(CLAIMED, 1) == 2)
    kill(relay.child)
    town.redis().execute_command("CLIENT", "UNPAUSE")
    assert town.waiting() == 0

    town.start("relay")
    eventually(lambda: town.redis().exists("alive:relay"))
    assert town.waiting() == 0  # the dead one's lease still runs
    town.lease_runs_out()
    eventually(town.waiting)
    assert town.count(CLAIMED, 2) == 2
    town.start("worker")
    eventually(town.delivered)
    forwarded_once(town, [number])
    reactions_once(town)
    assert town.count("SELECT count(*) FROM examples") == 1


def test_events_handed_on_twice_are_taken_once(town):
    town.start("web", "relay")
    numbers = town.take_in(5)
    for number in numbers:
        town.act(number, "forward", "dispatcher1", **TO_THE_CITY)
    eventually(lambda: town.count(CLAIMED, 1) == 10)
    town.lease_runs_out()
    eventually(lambda: town.count(CLAIMED, 2) == 10)
    town.start("worker")
    eventually(town.delivered)
    eventually(lambda: town.waiting() == 0)
    forwarded_once(town, numbers)
    reactions_once(town)
