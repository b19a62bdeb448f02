"""The quality of a public reply, while it is written and when it is reviewed: `triage.replies` with what is stored.

Earlier replies of the department are read once per new reply and kept as terms; only the newest are looked at.
"""

import csv
import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock, db
from hotline.models import Case, ReplyRow
from hotline.settings import CITY
from kb import tokens
from triage.alike import Rarity, Told, rarity
from triage.replies import Check, Demand, Earlier, copied, look, useful, without_courtesy

DAYS = 365
EARLIER = 200
PART = 3_000  # characters of a text; what follows changes no likeness


@dataclass(frozen=True)
class House:
    """What a department answered lately, newest first, and how rare a word is in it and in everyday matters."""

    earlier: tuple[Earlier, ...]
    rare: Rarity


def checks(session: Session, case: Case, public: str, department: str = "") -> tuple[Check, ...]:
    """Every point of the public text that `department` (else the leading one) would answer this case with."""
    house = _house_now(session, department or case.lead)
    others = [one for one in house.earlier if one.number != case.number]
    demand = Demand(case.title, case.content[:PART])
    return look(demand, public, tokens.terms, house.rare, (case.name,), others)


def twin(session: Session, case: Case, public: str, department: str = "") -> tuple[str, str, str, dt.datetime] | None:
    """(number, title, public text, when) of the earlier reply on another matter that this one repeats, or None."""
    house = _house_now(session, department or case.lead)
    others = [one for one in house.earlier if one.number != case.number]
    matter = _terms(f"{case.title}\n{case.content}")
    found = copied(_terms(without_courtesy(public)), matter, others, house.rare)
    if found is None:
        return None
    rows = select(Case.number, Case.title, ReplyRow.public, ReplyRow.at).join(Case, Case.id == ReplyRow.case_id)
    mine = (Case.number == found.number, ReplyRow.department == (department or case.lead))
    row = session.execute(rows.where(*mine).order_by(ReplyRow.id.desc()).limit(1)).first()
    return (row.number, row.title, row.public, row.at) if row else None


def told(found: Sequence[Check]) -> list[dict[str, Any]]:
    """As JSON: point, label, passed, why, spans (start, end in the reply)."""
    return [asdict(one) | {"label": one.label} for one in found]


def _house_now(session: Session, department: str) -> House:
    since = clock.now() - dt.timedelta(days=DAYS)
    newest = select(func.max(ReplyRow.id)).where(ReplyRow.department == department, ReplyRow.at >= since)
    return _house(department, session.scalar(newest) or 0)


@lru_cache(maxsize=16)
def _house(department: str, newest: int) -> House:
    """`newest` only says when to read again."""
    since = clock.now() - dt.timedelta(days=DAYS)
    wanted = (Case.number, ReplyRow.public, Case.title, Case.content)
    rows = select(*wanted).join(Case, Case.id == ReplyRow.case_id).where(ReplyRow.department == department)
    rows = rows.where(ReplyRow.at >= since, ReplyRow.id <= newest).order_by(ReplyRow.id.desc()).limit(EARLIER)
    with db.session() as session:
        earlier = tuple(
            Earlier(row.number, _terms(without_courtesy(row.public)), _terms(f"{row.title}\n{row.content}"))
            for row in session.execute(rows)
        )
    return House(earlier, rarity([*_everyday(), *(one.reply.terms for one in earlier)]))


def forget() -> None:
    """Read what was answered again."""
    _house.cache_clear()


def _terms(text: str) -> Told:
    return Told(useful(tokens.terms(text[:PART])), ())


@lru_cache(maxsize=1)
def _everyday() -> tuple[frozenset[str], ...]:
    texts = []
    for file in sorted((CITY / "corpus").glob("*.csv")):
        with file.open(encoding="utf-8") as rows:
            texts += [useful(tokens.terms(row["text"])) for row in csv.DictReader(rows)]
    return tuple(texts)
