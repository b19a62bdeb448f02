"""Hot topics of the last days: reckoned at night and on demand from the cases, kept as numbers and case numbers."""

import csv
import datetime as dt
import math
from collections import Counter
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hotline import clock, db
from hotline.models import Case
from hotline.settings import CITY
from hotline.unit import transaction
from kb import tokens
from triage.models import TopicDay
from triage.topics import MOST, Message, as_json, topics

DAYS = 14
PART = 600  # characters of a text; what follows says little of what it is about


def reckon(now: dt.datetime | None = None) -> int:
    """Group the cases of the last DAYS and keep them as today's topics; how many there are. A repeat replaces."""
    at = now or clock.now()
    with db.session() as session:
        messages = [_message(row) for row in session.execute(_cases(at))]
    found = [as_json(topic) for topic in topics(messages, at)]
    kept = {"made_at": at, "looked_at": len(messages), "topics": found}
    with transaction(at) as unit:
        made = insert(TopicDay).values(day=clock.local(at).date(), **kept)
        unit.session.execute(made.on_conflict_do_update(index_elements=["day"], set_=kept))
    return len(found)


def _cases(at: dt.datetime) -> Any:
    wanted = (Case.number, Case.received_at, Case.title, Case.content, Case.area, Case.phone_index)
    return (
        select(*wanted)
        .where(Case.received_at >= at - dt.timedelta(days=DAYS), Case.received_at <= at)
        .order_by(Case.id.desc())
        .limit(MOST)
    )


def _message(row: Any) -> Message:
    terms = tokens.terms(row.title), tokens.terms(row.content[:PART])
    return Message(row.number, clock.local(row.received_at), *terms, row.area, 0, row.phone_index)


def latest(session: Session) -> dict[str, Any] | None:
    """The newest topics with the titles of their examples, and how the areas share them; None before the first."""
    day = session.scalars(select(TopicDay).order_by(TopicDay.day.desc()).limit(1)).first()
    if day is None:
        return None
    wanted = {number for topic in day.topics for number in topic["examples"]}
    rows = session.execute(select(Case.number, Case.title).where(Case.number.in_(wanted)))
    titles = {row.number: row.title for row in rows}
    shown = [topic | {"examples": [(one, titles.get(one, "")) for one in topic["examples"]]} for topic in day.topics]
    return {"day": day.day, "made_at": day.made_at, "looked_at": day.looked_at, "topics": shown, "tiles": _tiles(shown)}


def _tiles(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One tile an area of the city: how many messages of topics lie there, its largest topic, where it stands."""
    cells = _cells()
    totals: Counter[str] = Counter(dict.fromkeys(cells, 0))
    largest: dict[str, tuple[int, str]] = {}
    for topic in shown:
        for area, count in topic["areas"]:
            totals[area] += count
            largest[area] = max(largest.get(area, (0, "")), (count, " ".join(topic["words"][:2])))
    most = max([*totals.values(), 1])
    return [
        _tile(area, count, largest.get(area, (0, ""))[1], count / most, cells) for area, count in totals.most_common()
    ]


def _tile(area: str, count: int, words: str, share: float, cells: dict[str, tuple[int, int]]) -> dict[str, Any]:
    column, row = cells.get(area, (0, 0))
    return {"area": area, "count": count, "words": words, "share": round(share, 2), "column": column, "row": row}


@lru_cache(maxsize=1)
def _cells() -> dict[str, tuple[int, int]]:
    """Area → (column, row) from 1, as on a map: west to east, and in a column north to south. None without places."""
    with (CITY / "areas.csv").open(encoding="utf-8") as file:
        areas = [(float(row["lon"]), -float(row["lat"]), row["name"]) for row in csv.DictReader(file) if row.get("lon")]
    tall = math.ceil(math.sqrt(len(areas))) or 1
    columns = [sorted(areas)[at : at + tall] for at in range(0, len(areas), tall)]
    return {
        name: (column, row)
        for column, part in enumerate(columns, 1)
        for row, (_, name) in enumerate(sorted((south, name) for _, south, name in part), 1)
    }
