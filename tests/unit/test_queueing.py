"""The queue's rules: who is next, who rings, what a missed offer costs."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import layout
from telephony.legs import MOST_OFFERS
from telephony.queueing import (
    ANYONE,
    FAILURES,
    HEADS,
    MOST_TOGETHER,
    Assignment,
    Caller,
    Group,
    Rules,
    Seat,
    after_failure,
    assign,
    eligible,
)
from telephony.roster import Duty, duty, serving
from telephony.signals import Failure
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
        group=st.sampled_from(["", "general", "elderly", "gone"]),
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
def test_in_one_group_nobody_is_overtaken_by_one_who_stands_behind_him(callers, seats):
    served = {a.call for a in assign(callers, seats, at(60))}
    left = [c for c in callers if c.reachable and c.call not in served]
    assert all(other.joined <= c.joined for c in left for other in callers if other.call in served)


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


# --- groups, levels, strategies ---------------------------------------------------------------------------------------

GENERAL = Group("general", widening=((0, 1), (10, 2), (30, ANYONE)))
ELDERLY = Group("elderly", widening=((0, 1), (5, ANYONE)))
SKILLS = {"a": {"general": 1}, "b": {"general": 2}, "c": {"elderly": 1}}
TWO = Rules(groups=(GENERAL, ELDERLY), skills=SKILLS)
ALL = [seat("a", 9), seat("b", 5), seat("c", 1)]
CIRCLES = [
    ("at first the first level rings, not the longest idle", "general", 0, ALL, ["a"]),
    ("the second level does not ring yet", "general", 9, ALL[1:], []),
    ("after ten seconds the second level rings", "general", 10, ALL[1:], ["b"]),
    ("after thirty seconds everybody does", "general", 30, ALL[2:], ["c"]),
    ("the better level rings first also then", "general", 99, ALL, ["a"]),
    ("another group has its own circle", "elderly", 0, ALL, ["c"]),
    ("another group is widened in its own time", "elderly", 5, ALL[:2], ["b"]),
    ("a group of yesterday is the first one", "gone", 0, ALL, ["a"]),
    ("a group with nobody signed in is served by everybody at once", "elderly", 0, ALL[:2], ["b"]),
    ("one on break is there: his group is not given to all", "elderly", 0, [ALL[0], seat("c", status="break")], []),
]


@pytest.mark.parametrize(("group", "waited", "seats", "rung"), [c[1:] for c in CIRCLES], ids=[c[0] for c in CIRCLES])
def test_the_circle_of_a_group(group, waited, seats, rung):
    made = assign([caller("1", 60 - waited, group=group)], seats, at(60), TWO)
    assert [a.user for a in made] == rung


def test_a_group_whose_people_are_all_busy_is_no_empty_one():
    talking = [seat("c", state="talking"), seat("a")]
    assert assign([caller("1", 60, group="elderly")], talking, at(60), TWO) == []
    assert assign([caller("1", 55, group="elderly")], talking, at(60), TWO) == [Assignment("1", "a")]


def test_one_with_a_backward_head_start_rings_at_once_where_a_seat_is_free():
    assert assign([caller("1", 300)], [seat("a")], at(60)) == [Assignment("1", "a")]


STRATEGIES = [
    ("longest_idle", ["b", "c", "a"]),
    ("fewest_calls", ["c", "a", "b"]),
    ("round_robin", ["a", "c", "b"]),
]
BUSY = [
    seat("a", 9, calls=3, rung_at=None),
    seat("b", 1, calls=9, rung_at=at(50)),
    seat("c", 5, calls=2, rung_at=at(40)),
]


@pytest.mark.parametrize(("strategy", "order"), STRATEGIES)
def test_a_strategy_orders_the_seats_of_a_level(strategy, order):
    rules = Rules(groups=(Group("general", strategy=strategy),))
    made = assign([caller(str(n), n) for n in range(3)], BUSY, at(60), rules)
    assert [a.user for a in made] == order


def test_a_group_that_rings_all_rings_every_free_seat_for_its_first_caller():
    rules = Rules(groups=(Group("general", strategy="ring_all"),))
    made = assign([caller("1", 1), caller("2", 2)], [*BUSY, seat("d", status="break")], at(60), rules)
    assert [(a.call, a.user, a.together) for a in made] == [("1", "b", True), ("1", "c", True), ("1", "a", True)]


def test_at_night_the_small_shift_rings_all_at_once_and_by_day_one_phone_rings():
    night = Group("night", strategy="ring_all")
    row = Duty("general", ("night", "general"), dt.time(22), dt.time(7, 30))
    rules = Rules(groups=(GENERAL, night), duties=(row,), skills={user: {"night": 1} for user in "abc"})
    at_night = dt.datetime(2026, 9, 29, 15, 0, tzinfo=dt.UTC)  # 23:00 in Shanghai
    rings = lambda now: {a.user for a in assign([caller("1", 1)], BUSY, now, rules, machine=at(60))}
    assert rings(at_night) == {"a", "b", "c"}
    assert rings(at(60)) == {"b"}


def test_no_more_phones_ring_for_one_caller_than_a_connector_lets():
    rules = Rules(groups=(Group("general", strategy="ring_all"),))
    crowd = [seat(f"{n:03}", n) for n in range(MOST_TOGETHER + 5)]
    assert len(assign([caller("1", 1)], crowd, at(60), rules)) == MOST_TOGETHER == MOST_OFFERS


def test_the_last_agent_rings_before_better_levels():
    assert assign([caller("1", 60, last_agent="c")], ALL, at(60), TWO) == [Assignment("1", "c")]


HEAD_STARTS = [((), 0), (("urgent",), 600), (("elderly", "owed"), 300), (("nuisance",), -300), (("unheard_of",), 0)]


@pytest.mark.parametrize(("known", "seconds"), HEAD_STARTS)
def test_what_is_known_of_a_caller_is_worth_seconds(known, seconds):
    assert Rules().head(known) == seconds


def test_the_first_row_that_fits_routes_a_call():
    rules = Rules(groups=(GENERAL, ELDERLY), routes=(("urgent", "general"), ("elderly", "elderly")))
    assert [rules.route(known) for known in (["elderly"], ["elderly", "urgent"], [], ["owed"])] == [
        "elderly", "general", "general", "general",
    ]  # fmt: skip


# --- the roster -------------------------------------------------------------------------------------------------------

NIGHT = Duty("general", ("night",), dt.time(22), dt.time(7, 30))
FRIDAY_NIGHT = Duty("general", ("weekend",), dt.time(22), dt.time(6), weekdays=frozenset({5}))
FEAST = Duty("general", ("feast",), first=dt.date(2026, 10, 1), last=dt.date(2026, 10, 7))
LOCAL = dt.timezone(dt.timedelta(hours=8))
HOURS = [
    ("2026-09-29T21:59", "general", "before the night"),
    ("2026-09-29T22:00", "night", "the night begins to the minute"),
    ("2026-09-30T00:00", "night", "midnight is night"),
    ("2026-09-30T07:29", "night", "until the morning"),
    ("2026-09-30T07:30", "general", "the end is not in it"),
    ("2026-09-25T23:00", "weekend", "a Friday"),
    ("2026-09-26T05:59", "weekend", "its night ends on Saturday"),
    ("2026-09-26T06:30", "night", "then the usual night"),
    ("2026-09-26T23:00", "night", "Saturday is not Friday"),
    ("2026-10-01T00:00", "feast", "the first day"),
    ("2026-10-07T23:59", "feast", "the last day"),
    ("2026-10-08T12:00", "general", "after the feast"),
]


@pytest.mark.parametrize(("local", "group"), [row[:2] for row in HOURS], ids=[row[2] for row in HOURS])
def test_the_roster_says_who_answers(local, group):
    now = dt.datetime.fromisoformat(local).replace(tzinfo=LOCAL)
    assert serving((FEAST, FRIDAY_NIGHT, NIGHT), "general", now) == (group,)
    assert serving((FEAST, FRIDAY_NIGHT, NIGHT), "elderly", now) == ("elderly",)


@given(st.integers(0, 2 * 365 * 24 * 60).map(lambda minute: at(60 * minute)), SEATS)
def test_at_no_hour_the_line_is_closed(now, seats):
    """Whoever is signed in and free gets a caller, whatever the roster says, once he has waited for half a minute."""
    rules = replace(TWO, duties=(FEAST, FRIDAY_NIGHT, NIGHT))
    fresh = [replace(s, not_before=None, idle_since=now) for s in seats]
    one = Caller("1", now - dt.timedelta(seconds=30), "general")
    assert len(assign([one], fresh, now, rules)) == min(1, sum(eligible(s, now) for s in fresh))


BAD_DUTIES = [
    ({"group": "x", "by": ["general"]}, "x"),
    ({"group": "general", "by": []}, "by"),
    ({"group": "general", "by": ["general"], "hour": 3}, "hour"),
    ({"group": "general", "by": ["general"], "weekdays": [0]}, "weekdays"),
    ({"group": "general", "by": ["general"], "hours": ["08:00", "08:00"]}, "hours"),
]


@pytest.mark.parametrize(("row", "named"), BAD_DUTIES)
def test_a_wrong_row_of_the_roster_is_named(row, named):
    with pytest.raises(ValueError, match=named):
        duty(row, ["general"])


def test_the_citys_telephone_can_be_loaded_and_replaced_in_part():
    rules = layout.load(given={"wrap_up": 3})
    assert rules.wrap_up == 3
    assert rules.groups[0].code == "general"
    assert set(rules.heads) == set(HEADS)
    assert all(group.widening[-1][1] == ANYONE for group in rules.groups)
    assert rules.route(["urgent"]) == "urgent"


BAD_FILES = [
    ('[[group]]\ncode = "a"\nname = ""\nstrategy = "loudest"\nwidening = [[0, 1]]', "strategy"),
    ('[[group]]\ncode = "a"\nname = ""\nstrategy = "ring_all"\nwidening = [[5, 1]]', "widening"),
    ("[queues]\nring = 3", "queues"),
    ('[heads]\nold = 3\n[[group]]\ncode = "a"\nname = ""\nstrategy = "ring_all"\nwidening = [[0, 1]]', "old"),
]


@pytest.mark.parametrize(("text", "named"), BAD_FILES)
def test_a_wrong_telephone_file_is_named(tmp_path, text, named):
    (tmp_path / "telephone.toml").write_text(text, encoding="utf-8")
    (tmp_path / "skills.csv").write_text("user,group,level\n", encoding="utf-8")
    with pytest.raises(ValueError, match=named):
        layout.load(tmp_path)


# --- offers that failed -----------------------------------------------------------------------------------------------

MISSES = [
    ("busy", 0, 30, 0, False),
    ("busy", 5, 30, 5, False),
    ("no_answer", 0, 20, 1, False),
    ("no_answer", 2, 20, 3, True),
    ("reject", 1, 10, 2, False),
    ("reject", 2, 10, 3, True),
    ("unreachable", 2, 30, 3, True),
    ("taken", 2, 0, 2, False),
    ("error", 2, 3, 2, False),
    ("a word of tomorrow", 2, 3, 2, False),
]


@pytest.mark.parametrize(("reason", "missed", "pause", "count", "away"), MISSES)
def test_a_failed_offer_costs(reason, missed, pause, count, away):
    cost = after_failure(reason, missed, Rules())
    assert (cost.pause.total_seconds(), cost.missed, bool(cost.words)) == (pause, count, away)


def test_every_reason_of_the_connector_has_its_row():
    assert set(FAILURES) == {reason.value for reason in Failure}


def test_a_pause_can_be_set_for_each_reason():
    rules = Rules.of({"pauses": {"reject": 1.5}, "break_after": 1})
    assert after_failure("reject", 0, rules).pause == dt.timedelta(seconds=1.5)
    assert after_failure("reject", 0, rules).words == "连续1次未接听，系统转为小休"
    assert after_failure("busy", 0, rules).pause == dt.timedelta(seconds=30)


@pytest.mark.parametrize("given_", [{"rings": 3}, {"ring": -1}])
def test_a_wrong_rule_is_named(given_):
    with pytest.raises(ValueError, match=next(iter(given_))):
        Rules.of(given_)
