"""Hot topics: what is said of one thing comes together, what is not stays apart; an alarm needs people, not repeats."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.topics import MOST, SMALLEST, Message, as_json, topics

pytestmark = pytest.mark.fast

NOW = dt.datetime(2026, 9, 28, 12, tzinfo=dt.UTC)
PLANT = ("搅拌站", "丽发新城", "噪音", "粉尘", "扰民")
PARKING = ("捆绑", "车位", "滨河苑", "销售", "开发商")
OTHERS = [(f"事{a}甲", f"物{b}乙", f"处{a}丙") for a, b in pairwise(range(30))]


def message(key, words, days=5.0, **more):
    return Message(str(key), NOW - dt.timedelta(days=days), words[:3], words, **({"who": f"w{key}"} | more))


def mixed():
    plant = [message(f"p{n}", (*PLANT[n % 2 :], f"楼{n}栋"), area="湖滨区", votes=n) for n in range(6)]
    parking = [message(f"c{n}", (*PARKING[n % 2 :], f"业主{n}"), area="陕州区") for n in range(4)]
    return plant + parking + [message(f"o{n}", words) for n, words in enumerate(OTHERS)]


def members(found):
    return [set(topic.members) for topic in found]


def test_each_matter_is_one_group_clean_and_complete():
    found = topics(mixed(), NOW)
    assert members(found[:2]) == [{f"p{n}" for n in range(6)}, {f"c{n}" for n in range(4)}]
    assert all(not set(topic.members) & {"p0", "c0"} for topic in found[2:])


def test_a_group_says_size_votes_people_place_words_and_examples():
    plant = topics(mixed(), NOW)[0]
    assert (plant.size, plant.people, plant.votes, plant.areas) == (6, 6, 15, (("湖滨区", 6),))
    assert "搅拌站" in plant.words or "丽发新城" in plant.words
    assert set(plant.examples) <= set(plant.members)
    assert sum(count for _, count in plant.days) == 6


def test_a_sudden_rise_of_different_people_alarms_and_stands_first():
    quiet = [message(f"p{n}", PLANT, days=5 + n) for n in range(8)]
    sudden = [message(f"c{n}", PARKING, days=0.5) for n in range(4)]
    first, second = topics(quiet + sudden, NOW)
    assert (first.alarm, set(first.members)) == (True, {one.key for one in sudden})
    assert not second.alarm


def test_one_citizen_alone_never_alarms():
    sudden = [message(f"c{n}", PARKING, days=0.5, who="same") for n in range(9)]
    found = topics([*sudden, *(message(f"o{n}", words) for n, words in enumerate(OTHERS))], NOW)
    assert (found[0].people, found[0].alarm) == (1, False)


def test_too_few_messages_are_no_topic():
    assert topics([message(n, PLANT) for n in range(SMALLEST - 1)], NOW) == []
    assert topics([], NOW) == []


def test_the_newest_are_looked_at_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr("triage.topics.MOST", 5)
    found = topics([message(n, PLANT, days=n) for n in range(9)], NOW)
    assert members(found) == [{str(n) for n in range(5)}]
    assert MOST > 4326


def test_what_is_kept_holds_no_text_of_a_citizen():
    kept = as_json(topics(mixed(), NOW)[0])
    assert set(kept) == {"size", "people", "votes", "words", "areas", "days", "trend", "alarm", "examples", "members"}


@given(st.lists(st.lists(st.sampled_from(["甲乙", "丙丁", "戊己", "庚辛", "1", "x"]), max_size=6), max_size=25))
@settings(max_examples=60, deadline=None)
def test_every_message_stands_in_at_most_one_group(texts):
    found = topics([message(n, tuple(words)) for n, words in enumerate(texts)], NOW)
    keys = [key for topic in found for key in topic.members]
    assert len(keys) == len(set(keys))
    assert all(topic.size >= SMALLEST for topic in found)
