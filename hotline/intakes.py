"""Matters that come at the same moment share one commit; each is taken in, known already, or refused by itself.

What a commit costs is mostly the same for one case and for ten.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import OperationalError

from hotline import cases
from hotline.db import among
from hotline.lifecycle import Actor
from hotline.message_models import SameRequest
from hotline.models import Case
from hotline.unit import Unit, transaction

log = logging.getLogger(__name__)
Taken = tuple[Case, bool]


@dataclass(frozen=True)
class Matter:
    """What `cases.create` takes."""

    new: cases.NewCase
    actor: Actor
    key: str = ""


def create_many(matters: Sequence[Matter]) -> list[Taken | Exception]:
    """(case, whether it is new) or what refused it, for each in turn; where one cannot be written, each by itself.

    A database that goes away refuses all of them; who brought them brings them again under their keys.
    """
    if len(matters) > 1:
        try:
            return _together(matters)
        except OperationalError as down:  # whether it was committed is not known: again might be twice
            return [down for _ in matters]
        except Exception as error:  # noqa: BLE001 - nothing was committed: each is tried by itself and told of there
            log.info("%d matters one by one: %s", len(matters), type(error).__name__)
    return [_alone(matter) for matter in matters]


def _alone(matter: Matter) -> Taken | Exception:
    try:
        return cases.create(matter.new, matter.actor, matter.key)
    except Exception as error:  # noqa: BLE001 - raised again where it was asked for
        return error


def _together(matters: Sequence[Matter]) -> list[Taken | Exception]:
    """In one commit all whose key nobody has used, also nobody before them among these; then the others."""
    told: dict[int, Taken | Exception] = {}
    with transaction(by_keys=True) as unit, unit.session.no_autoflush:
        used = _used(unit, [matter.key for matter in matters if matter.key])
        serials = cases.serials(unit, len(matters))
        for place, matter in enumerate(matters):
            if matter.key not in used:
                told[place] = cases.take_in(unit, matter.new, matter.actor, matter.key, serials[place]), True
                used |= {matter.key} - {""}
    return [told.get(place) or _alone(matter) for place, matter in enumerate(matters)]


def _used(unit: Unit, keys: Sequence[str]) -> set[str]:
    """Those of the keys that made a case before; all are held until the commit, in an order common to everybody."""
    if not keys:
        return set()
    one = func.unnest(literal(list(keys), ARRAY(Text))).column_valued("one")
    held = func.hashtextextended(one, 0)
    unit.session.execute(select(func.pg_advisory_xact_lock(held)).select_from(one).order_by(held))
    return set(unit.session.scalars(select(SameRequest.key).where(among(SameRequest.key, keys))))
