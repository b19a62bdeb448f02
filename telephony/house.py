"""One look at the house: whose phone is free, who stands at the head of each group. One statement.

It is asked five times a second and at each seat that becomes free, so it costs what is free and who would get it, not
how many wait, speak or have spoken: every part of it goes down an index (bench/distribution.py). Who is signed in is
asked only where nobody of a group is free.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from hotline import clock
from telephony.queueing import Caller, Rules, Seat
from telephony.words import SeatState, Status, Strategy

# `free` is counted before anybody who waits is looked at: without a free seat nobody is. Today's calls of the free
# agents are counted only where somebody waits in a group that goes by them.
# `agent <> ''` is what the index of agents' calls asks for. That a connector is not silent is asked in words of which
# PostgreSQL thinks that they nearly always hold: its plan for any arguments took `<> ALL` for something that leaves
# nobody, and then read everybody who waits.
_LOOK = """
WITH able AS MATERIALIZED (
  SELECT s."user", s.idle_since, s.rung_at FROM agent_seats s JOIN users u ON u.name = s."user"
   WHERE s.status = 'ready' AND s.state = 'idle' AND (s.not_before IS NULL OR s.not_before <= %(machine)s)
     AND u.active AND u.phone_uri <> ''
), room AS MATERIALIZED (SELECT count(*) AS free FROM able)
, heads AS MATERIALIZED (
  SELECT c.* FROM room CROSS JOIN unnest(CAST(%(codes)s AS text[])) AS g(code) CROSS JOIN LATERAL (
         SELECT id, coalesce(rank_at, queue_at) AS since, skill_group, wanted_agent FROM calls
          WHERE state = 'waiting' AND skill_group = g.code AND room.free > 0
            AND CASE WHEN connector = ANY (CAST(%(silent)s AS text[])) THEN NULL ELSE 1 END IS NOT NULL
          ORDER BY rank_at, id LIMIT (SELECT free FROM room)) AS c
), counting AS MATERIALIZED (
  SELECT EXISTS (SELECT FROM heads WHERE skill_group = ANY (CAST(%(counting)s AS text[]))) AS yes
)
SELECT 'caller' AS what, id, since, NULL AS rung, skill_group, wanted_agent, 0 AS served FROM heads
UNION ALL
SELECT 'seat', a."user", a.idle_since, a.rung_at, '', '', CASE WHEN (SELECT yes FROM counting) THEN (
       SELECT count(*) FROM calls WHERE agent = a."user" AND agent <> '' AND invite_at >= %(midnight)s
          AND direction = 'in' AND agent_answer_at IS NOT NULL) ELSE 0 END
  FROM able a
"""
_PRESENT = """
SELECT s."user" FROM agent_seats s JOIN users u ON u.name = s."user"
 WHERE s.status <> 'off' AND u.active AND u.phone_uri <> ''
"""


@dataclass(frozen=True)
class House:
    """`free`: the seats that may ring now; `waiting`: as many of each group as there are free seats, first in place
    first. Nobody behind them could ring."""

    free: tuple[Seat, ...]
    waiting: tuple[Caller, ...]


def look(session: Session, rules: Rules, now: dt.datetime, silent: Collection[str] = ()) -> House:
    """The house at `now`. Callers of a `silent` connector are left out: they cannot be given to anybody."""
    rows = session.connection().exec_driver_sql(_LOOK, _asked(rules, now, silent)).all()
    seats = tuple(_seat(row) for row in rows if row.what == "seat")
    waiting = tuple(Caller(r.id, r.since, r.skill_group, r.wanted_agent) for r in rows if r.what == "caller")
    return House(seats, waiting)


def present(session: Session) -> list[str]:
    """The users whose seats are signed in, free or not."""
    return list(session.connection().exec_driver_sql(_PRESENT).scalars())


def _seat(row: Row[Any]) -> Seat:
    return Seat(row.id, Status.READY, SeatState.IDLE, row.since, None, row.served, row.rung)


def _asked(rules: Rules, now: dt.datetime, silent: Collection[str]) -> dict[str, Any]:
    codes = [group.code for group in rules.groups]
    return {
        "machine": clock.machine(),
        "midnight": clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0),
        "codes": codes,
        "counting": [code for code in codes if rules.acting(code, now).strategy == Strategy.FEWEST_CALLS],
        "silent": list(silent),
    }


def adopt(session: Session, rules: Rules) -> None:
    """Who waits in a group that the rules no longer know stands in the first one, at his place."""
    codes = [group.code for group in rules.groups]
    strange = text("UPDATE calls SET skill_group = :first WHERE state = 'waiting' AND skill_group <> ALL (:codes)")
    session.execute(strange, {"first": codes[0], "codes": codes})
