"""The queue's rules: who is next, who rings, what a missed offer costs."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.queueing import FAILURES, Assignment, Caller, Rules, Seat, after_failure, assign, eligible
from telephony.words import SeatState, Status

pytestmark = pytest.mark.fast

T = dt.datetime(2026, 9, 29, 8, 0, tzinfo=dt.UTC)


def at(seconds):
    return T + dt.timedelta(seconds=seconds)


def seat(user, idle=0, **more):
    return Seat(user, **({"status": "ready", "state": "idle", "idle_since": at(idle)} | more))


def caller(call, joined=0, **more):
    return Caller(call, at(joined), **more)


ORDER = [
    ("nobody waits, nobody rings", [], [seat("a")], []),
    ("no seat, everybody waits", [caller("1")], [], []),
    ("the longest idle rings first", [caller("1")], [seat("a", 5), seat("b", 3)], [("1", "b")]),
    ("who joined first goes first", [caller("2", 2), caller("1", 1)], [seat("a")], [("1", "a")]),
    ("priority goes before time", [caller("1", 1), caller("2", 2, priority=1)], [seat("a")], [("2", "a")]),
    (
        "among equals of priority the time decides",
        [caller("1", 3, priority=1), caller("2", 2, priority=1)],
        [seat("a")],
        [("2", "a")],
    ),
    ("both go at once", [caller("1", 1), caller("2", 2)], [seat("a", 1), seat("b", 2)], [("1", "a"), ("2", "b")]),
    ("a seat on break does not ring", [caller("1")], [seat("a", status="break")], []),
    ("a seat in wrap-up does not ring", [caller("1")], [seat("a", status="wrap_up", state="wrap_up")], []),
    ("a reserved seat does not ring twice", [caller("1")], [seat("a", state="reserved")], []),
    ("a seat pauses after a miss", [caller("1")], [seat("a", not_before=at(61)), seat("b", 9)], [("1", "b")]),
    ("the pause ends to the second", [caller("1")], [seat("a", not_before=at(60))], [("1", "a")]),
    (
        "a head whose connector is silent is passed over",
        [caller("1", 1, reachable=False), caller("2", 2)],
        [seat("a")],
        [("2", "a")],
    ),
    ("the last agent first, when free", [caller("1", last_agent="b")], [seat("a", 1), seat("b", 2)], [("1", "b")]),
    ("no waiting for a last agent who is away", [caller("1", last_agent="c")], [seat("a", 1)], [("1", "a")]),
]


@pytest.mark.parametrize(("callers", "seats", "expected"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_the_queue_gives(callers, seats, expected):
    assert assign(callers, seats, at(60)) == [Assignment(*pair) for pair in expected]


CALLERS = st.lists(
    st.builds(
        Caller,
        call=st.uuids().map(str),
        joined=st.integers(-600, 60).map(at),
        priority=st.integers(0, 2),
        last_agent=st.sampled_from(["", "a", "b", "z"]),
        reachable=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda c: c.call,
)
SEATS = st.lists(
    st.builds(
        Seat,
        user=st.sampled_from("abcdefgh"),
        status=st.sampled_from([s.value for s in Status]),
        state=st.sampled_from([s.value for s in SeatState]),
        idle_since=st.integers(-600, 60).map(at),
        not_before=st.none() | st.integers(0, 120).map(at),
    ),
    max_size=8,
    unique_by=lambda s: s.user,
)


@given(CALLERS, SEATS)
def test_never_two_callers_at_one_seat_nor_one_caller_at_two(callers, seats):
    made = assign(callers, seats, at(60))
    assert len({a.user for a in made}) == len(made) == len({a.call for a in made})


@given(CALLERS, SEATS)
def test_only_free_seats_ring_and_only_for_callers_who_can_be_reached(callers, seats):
    made = assign(callers, seats, at(60))
    assert {a.user for a in made} <= {s.user for s in seats if eligible(s, at(60))}
    assert {a.call for a in made} <= {c.call for c in callers if c.reachable}


@given(CALLERS, SEATS)
def test_nobody_waits_while_a_seat_is_free(callers, seats):
    """So the head of the queue, when it cannot be given to anybody, blocks nobody."""
    can, free = [c for c in callers if c.reachable], [s for s in seats if eligible(s, at(60))]
    assert len(assign(callers, seats, at(60))) == min(len(can), len(free))


@given(CALLERS, SEATS)
def test_nobody_is_overtaken_by_one_of_no_higher_priority_who_came_later(callers, seats):
    served = {a.call for a in assign(callers, seats, at(60))}
    left = [c for c in callers if c.reachable and c.call not in served]
    for other in (c for c in callers if c.call in served):
        assert all(
            other.priority > c.priority or (other.priority == c.priority and other.joined <= c.joined) for c in left
        )


@given(CALLERS, SEATS, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_read_decides_nothing(callers, seats, chance):
    shuffled, moved = list(callers), list(seats)
    chance.shuffle(shuffled)
    chance.shuffle(moved)
    assert assign(shuffled, moved, at(60)) == assign(callers, seats, at(60))


@given(CALLERS, SEATS)
def test_without_a_wish_for_the_last_agent_the_longest_idle_seats_ring(callers, seats):
    plain = [replace(c, last_agent="") for c in callers]
    rung = [a.user for a in assign(plain, seats, at(60))]
    free = sorted((s for s in seats if eligible(s, at(60))), key=lambda s: (s.idle_since, s.user))
    assert rung == [s.user for s in free][: len(rung)]


MISSES = [
    ("busy", 0, 30, 0, False),
    ("busy", 5, 30, 5, False),
    ("no_answer", 0, 20, 1, False),
    ("no_answer", 2, 20, 3, True),
    ("reject", 1, 10, 2, False),
    ("reject", 2, 10, 3, True),
    ("unreachable", 2, 30, 3, True),
    ("error", 2, 3, 2, False),
    ("a word of tomorrow", 2, 3, 2, False),
]


@pytest.mark.parametrize(("reason", "missed", "pause", "count", "away"), MISSES)
def test_a_failed_offer_costs(reason, missed, pause, count, away):
    cost = after_failure(reason, missed, Rules())
    assert (cost.pause.total_seconds(), cost.missed, bool(cost.words)) == (pause, count, away)


def test_every_reason_of_the_connector_has_its_row():
    assert set(FAILURES) == {"busy", "no_answer", "reject", "unreachable", "error"}


def test_a_pause_can_be_set_for_each_reason():
    rules = Rules.of({"pauses": {"reject": 1.5}, "break_after": 1})
    assert after_failure("reject", 0, rules).pause == dt.timedelta(seconds=1.5)
    assert after_failure("reject", 0, rules).words == "连续1次未接听,系统转为小休"
    assert after_failure("busy", 0, rules).pause == dt.timedelta(seconds=30)


@pytest.mark.parametrize("given_", [{"rings": 3}, {"ring": -1}])
def test_a_wrong_rule_is_named(given_):
    with pytest.raises(ValueError, match=next(iter(given_))):
        Rules.of(given_)
