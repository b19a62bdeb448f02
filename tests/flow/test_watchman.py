"""When the sweep itself stops, the web process raises an alarm, once."""

import pytest
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import select, update

from dispatch.models import Alarm
from hotline import clock, db
from web import live, pulse, watchman

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def sign(monkeypatch):
    """sign("alive"), "silent" or "away": whether the sweep gives a sign of life."""
    monkeypatch.setattr(live, "_say", lambda _said: None)

    def give(value):
        def alive(_name):
            if value == "away":
                raise RedisAway
            return value == "alive"

        monkeypatch.setattr(pulse, "alive", alive)

    return give


def alarms():
    with db.session() as session:
        return list(session.scalars(select(Alarm.code)))


def looks(man, times):
    return [man.look() for _ in range(times)]


def test_a_sweep_that_lives_raises_nothing(sign):
    sign("alive")
    assert looks(watchman.Watchman(), 10) == [False] * 10
    assert alarms() == []


@pytest.mark.parametrize("how", ["silent", "away"])
def test_a_sweep_that_stopped_raises_one_alarm(sign, how):
    sign(how)
    assert looks(watchman.Watchman(), 10).count(True) == 1
    assert looks(watchman.Watchman(), 10).count(True) == 0
    assert alarms() == ["sweep_stopped"]


def test_a_short_pause_is_no_alarm_and_the_next_standstill_is_one_again(sign):
    man = watchman.Watchman()
    sign("silent")
    looks(man, watchman.PATIENCE - 1)
    sign("alive")
    looks(man, 1)
    assert alarms() == []
    sign("silent")
    looks(man, watchman.PATIENCE)
    with db.engine().begin() as connection:
        connection.execute(update(Alarm).values(taken_at=clock.now(), taken_by="supervisor1"))
    sign("alive")
    looks(man, 1)
    sign("silent")
    looks(man, watchman.PATIENCE)
    assert alarms() == ["sweep_stopped"] * 2
