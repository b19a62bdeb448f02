"""Similar cases while somebody types: the same citizen's own, and group events around the same place and time.

Candidates come from one index of keyed marks (`triage.alike`); only the nearest are opened and compared word by word.
"""

import csv
import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, any_, bindparam, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer

from hotline import clock, events, persons, privacy
from hotline.db import among
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.rows import put
from hotline.settings import CITY
from hotline.unit import Unit, transaction
from hotline.words import ENDED, State
from kb import tokens
from triage.alike import Rarity, Told, marks, nearness, rarity, told
from triage.models import Likeness
from triage.places import named_places
from triage.spans import plain

CANDIDATES = 40
SHOWN = 5
LEAST = 0.3
LEAST_OF_SAME_CITIZEN = 0.15
DAYS = 90  # an event of half a year ago is another one
BACKLOG = 500
_MARKED = (Case.id, Case.title, Case.content, Case.received_at)
_SAID = (
    Case.id,
    Case.number,
    Case.title,
    Case.content,
    Case.name,
    Case.phone,
    Case.address,
    Case.confidential,
    Case.anonymous,
    Case.agreed_at,
    Case.state,
    Case.area,
    Case.received_at,
    Case.phone_index,
)


@lru_cache
def rare() -> Rarity:
    """How rare a term is among everyday matters."""
    texts = []
    for file in sorted((CITY / "corpus").glob("*.csv")):
        with file.open(encoding="utf-8") as rows:
            texts += [tokens.terms(row["text"]) for row in csv.DictReader(rows)]
    return rarity(texts)


def marks_of(text: str) -> list[int]:
    """By what a text is found."""
    return marks(tokens.terms(text), _places(text), rare(), privacy.marks_key())


def _places(text: str) -> list[str]:
    return [found.value for found in named_places(plain(text))]


def mark(unit: Unit, told: Sequence[events.CaseCreated]) -> None:
    """New cases can be found from now on."""
    new = among(Case.id, [event.case_id for event in told])
    _keep(unit.session, unit.session.execute(select(*_MARKED).where(new)).all())


def catch_up() -> int:
    """Give marks to at most BACKLOG cases of the last DAYS that have none; how many there were."""
    with transaction() as unit:
        late = select(*_MARKED).outerjoin(Likeness, Likeness.case_id == Case.id)
        young = Case.received_at >= unit.now - dt.timedelta(days=DAYS)
        rows = unit.session.execute(late.where(Likeness.case_id.is_(None), young).limit(BACKLOG)).all()
        _keep(unit.session, rows)
        return len(rows)


def _keep(session: Session, rows: Sequence[Row[int, str, str, dt.datetime]]) -> None:
    made = [(row.id, row.received_at, marks_of(f"{row.title}\n{row.content}")) for row in rows]
    if made:
        lines = [{"case_id": case_id, "received_at": at, "marks": marks} for case_id, at, marks in made]
        put(session, {Likeness: lines}, unless_there=True)


def find(
    session: Session, text: str, area: str, reader: Actor, phone: str = "", now: dt.datetime | None = None
) -> list[dict[str, Any]]:
    """Up to five, the nearest first, each with how near (0–1) and whether the same citizen said it.

    Titles are as the reader may read them; who sees no persons is not told whose number it is.
    """
    wanted, mine = marks_of(text), told(tokens.terms(text), _places(text))
    since = (now or clock.now()) - dt.timedelta(days=DAYS)
    who = privacy.blind(phone) if phone and reader.role in persons.SEES_PERSON else ""
    rows = {row.id: row for row in session.execute(_like(wanted, area, since))} if wanted else {}
    rows |= {row.id: row for row in session.execute(_of_citizen(who, since))} if who else {}
    near = [(_near(mine, row), bool(who) and row.phone_index == who, row) for row in rows.values()]
    kept = [one for one in near if one[0] >= (LEAST_OF_SAME_CITIZEN if one[1] else LEAST)]
    best = sorted(kept, key=lambda one: (-one[1], -one[0], -one[2].id))[:SHOWN]
    return [_told(share, row, reader, same=same) for share, same, row in best]


def _like(wanted: list[int], area: str, since: dt.datetime) -> Any:
    """The open cases that share the most marks; a case without an area may lie anywhere."""
    given = bindparam("wanted", wanted, ARRAY(Integer))
    one = func.unnest(Likeness.marks).column_valued("one")
    shared = select(func.count()).where(one == any_(given)).correlate(Likeness).scalar_subquery().label("shared")
    found = (
        select(Likeness.case_id, shared)
        .where(Likeness.marks.overlap(given), Likeness.received_at >= since)
        .order_by(shared.desc(), Likeness.case_id.desc())
        .limit(CANDIDATES * 4)
        .subquery()
    )
    return (
        select(*_SAID)
        .join(found, found.c.case_id == Case.id)
        .where(_open(), _around(area))
        .order_by(found.c.shared.desc(), Case.id.desc())
        .limit(CANDIDATES)
    )


def _of_citizen(who: str, since: dt.datetime) -> Any:
    mine = and_(Case.phone_index == who, Case.received_at >= since, _open())
    return select(*_SAID).where(mine).order_by(Case.id.desc()).limit(SHOWN)


def _open() -> ColumnElement[bool]:
    return Case.state.notin_([state.value for state in ENDED])


def _around(area: str) -> ColumnElement[bool]:
    return or_(literal(not area), Case.area == area, Case.area == "")


def _near(mine: Told, row: Row[Any]) -> float:
    text = f"{row.title}\n{row.content}"
    return nearness(mine, told(tokens.terms(text), _places(text)), rare())


def _told(share: float, row: Any, reader: Actor, *, same: bool) -> dict[str, Any]:
    return {
        "number": row.number,
        "title": persons.words(row, reader, row.title),
        "state": State(row.state).label,
        "area": row.area,
        "received_at": clock.iso(row.received_at),
        "confidence": round(share, 3),
        "same_citizen": same,
    }
