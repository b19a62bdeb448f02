"""One look at the house: who is signed in, whose phone is free, who stands at the head of each group. One statement.

It is asked five times a second and at each seat that becomes free, so it costs what is free and who would get it, not
how many wait, speak or have spoken: every part of it goes down an index (bench/distribution.py).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from hotline import clock
from telephony.models import Call
from telephony.queueing import Caller, Rules, Seat
from telephony.words import SeatState, Status, Strategy

# `free` is counted before anybody who waits is looked at: without a free seat nobody is.
_LOOK = text("""
WITH present AS MATERIALIZED (
  SELECT s."user", s.idle_since, s.rung_at,
         s.status = 'ready' AND s.state = 'idle' AND (s.not_before IS NULL OR s.not_before <= :machine) AS free
    FROM agent_seats s JOIN users u ON u.name = s."user"
   WHERE s.status <> 'off' AND u.active AND u.phone_uri <> ''
), room AS MATERIALIZED (SELECT count(*) FILTER (WHERE free) AS free FROM present)
SELECT 'caller' AS what, c.id, coalesce(c.rank_at, c.queue_at) AS since, NULL AS rung, c.skill_group, c.wanted_agent
  FROM room CROSS JOIN unnest(CAST(:codes AS text[])) AS g(code) CROSS JOIN LATERAL (
       SELECT id, rank_at, queue_at, skill_group, wanted_agent FROM calls
        WHERE state = 'waiting' AND skill_group = g.code AND room.free > 0
          AND connector <> ALL (CAST(:silent AS text[]))
        ORDER BY rank_at, id LIMIT (SELECT free FROM room)) AS c
UNION ALL SELECT 'seat', "user", idle_since, rung_at, '', '' FROM present WHERE free
UNION ALL SELECT 'present', NULL, NULL, NULL, string_agg("user", chr(31)), '' FROM present
""")


@dataclass(frozen=True)
class House:
    """`present`: users whose seats are signed in, free or not; `free`: the seats that may ring now; `waiting`: as many
    of each group as there are free seats, first in place first. Nobody behind them could ring."""

    present: frozenset[str]
    free: tuple[Seat, ...]
    waiting: tuple[Caller, ...]


def look(session: Session, rules: Rules, silent: Collection[str] = ()) -> House:
    """The house now. Callers of a `silent` connector are left out: they cannot be given to anybody."""
    codes = [group.code for group in rules.groups]
    given = {"machine": clock.machine(), "codes": codes, "silent": list(silent)}
    rows = session.execute(_LOOK, given).all()
    seats = tuple(_seat(row.id, row.since, row.rung) for row in rows if row.what == "seat")
    waiting = tuple(Caller(r.id, r.since, r.skill_group, r.wanted_agent) for r in rows if r.what == "caller")
    present = next((row.skill_group for row in rows if row.what == "present"), None) or ""
    return House(frozenset(present.split(chr(31))) - {""}, _counted(session, seats, rules, waiting), waiting)


def _seat(user: str, idle: dt.datetime, rung: dt.datetime | None, calls: int = 0) -> Seat:
    return Seat(user, Status.READY, SeatState.IDLE, idle, None, calls, rung)


def _counted(session: Session, free: tuple[Seat, ...], rules: Rules, waiting: tuple[Caller, ...]) -> tuple[Seat, ...]:
    """With today's calls of each free agent, where a caller of a group that goes by them waits."""
    counting = {group.code for group in rules.groups if group.strategy == Strategy.FEWEST_CALLS}
    if not free or not waiting or not counting:
        return free
    served = answered_today(session, [seat.user for seat in free])
    return tuple(_seat(seat.user, seat.idle_since, seat.rung_at, served.get(seat.user, 0)) for seat in free)


def answered_today(session: Session, users: Collection[str]) -> dict[str, int]:
    """How many calls each of these agents has answered since midnight in Shanghai."""
    midnight = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    today = select(Call.agent, func.count()).where(Call.agent.in_(users), Call.invite_at >= midnight)
    answered = today.where(Call.agent_answer_at.is_not(None), Call.direction == "in")
    return dict(session.execute(answered.group_by(Call.agent)).all())


def adopt(session: Session, rules: Rules) -> None:
    """Who waits in a group that the rules no longer know stands in the first one, at his place."""
    codes = [group.code for group in rules.groups]
    strange = text("UPDATE calls SET skill_group = :first WHERE state = 'waiting' AND skill_group <> ALL (:codes)")
    session.execute(strange, {"first": codes[0], "codes": codes})
