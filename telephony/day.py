"""An agent's own day: what he answered, wrote down and how he was rated; nobody else's."""

import datetime as dt
from collections import Counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock
from hotline.models import Case
from telephony.models import Call


def of(session: Session, user: str, now: dt.datetime) -> dict[str, Any]:
    """`{calls, made, cases, average_seconds, ratings: {"1".."5": count}, mean, hours: [24 counts]}` since midnight.

    `calls` he answered, `made` outwards that were taken; hours and midnight are Asia/Shanghai's, averages in seconds,
    null where there is nothing to average. Who rated is not told (rules.md §5).
    """
    midnight = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    columns = select(Call.direction, Call.agent_answer_at, Call.hangup_at, Call.rating)
    named = Call.agent == user, Call.agent != ""  # the second is what the index of agents' calls asks for
    today = columns.where(*named, Call.invite_at >= midnight)
    his = today.where(Call.agent_answer_at.is_not(None))
    rows = session.execute(his).all()
    lasted = [(row.hangup_at - row.agent_answer_at).total_seconds() for row in rows if row.hangup_at]
    ratings = Counter(row.rating for row in rows if row.rating)
    hours = Counter(clock.local(row.agent_answer_at).hour for row in rows)
    return {
        "calls": sum(row.direction == "in" for row in rows),
        "made": sum(row.direction == "out" for row in rows),
        "cases": _written(session, user, midnight),
        "average_seconds": round(sum(lasted) / len(lasted)) if lasted else None,
        "ratings": {str(level): ratings[level] for level in range(1, 6)},
        "mean": round(sum(level * count for level, count in ratings.items()) / ratings.total(), 2) if ratings else None,
        "hours": [hours[hour] for hour in range(24)],
    }


def _written(session: Session, user: str, since: dt.datetime) -> int:
    his = select(func.count()).where(Case.received_at >= since, Case.created_by == user)
    return session.scalar(his) or 0
