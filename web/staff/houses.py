"""Departments as boards name them: the house and the person who answers for it."""

from dataclasses import dataclass
from functools import lru_cache
from time import monotonic

from sqlalchemy import select

from hotline import db
from hotline.city_models import Department

_KEPT_SECONDS = 30


@dataclass(frozen=True)
class House:
    """A department's name, its short name, and who leads it."""

    name: str
    short: str
    head: str


def houses() -> dict[str, House]:
    """Every department by code, and the centre itself under the empty code; read again twice a minute."""
    return _houses(int(monotonic() / _KEPT_SECONDS))


@lru_cache(maxsize=1)
def _houses(_slot: int) -> dict[str, House]:
    with db.session() as reading:
        rows = list(reading.scalars(select(Department)))
    named = {row.code: House(row.name, row.short, row.head) for row in rows}
    centre = next((row.code for row in rows if row.kind == "centre"), "")
    return {"": named.get(centre, House("热线中心", "热线中心", ""))} | named
