"""Who of the readers sees the citizen himself, and what the others read instead (rules.md §7).

A person who asked not to be known is shown to nobody by the way: the centre states a reason for each look
(`hotline/looks.py`), a department needs his consent besides. Anonymous ones are shown to no department at all.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, false, true

from hotline import masking
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.words import CENTRE, DEPARTMENT, Role

SEES_PERSON = CENTRE - {Role.AUDITOR}
_LEAST_NAME = 2
NOBODY = Actor("", Role.AUDITOR)  # sees matters, no persons


def hidden(case: Case) -> bool:
    """The citizen asked not to be known."""
    return case.confidential or case.anonymous


def sees_person(case: Case, reader: Actor) -> bool:
    """Whether this reader sees name and phone in clear without being asked why."""
    if reader.role is Role.CITIZEN:
        return True
    return not case.confidential and may_look(case, reader)


def may_look(case: Case, reader: Actor) -> bool:
    """Whether this reader may see the person once he has stated a reason."""
    if reader.role in SEES_PERSON:
        return True
    agreed = case.agreed_at is not None and not case.anonymous
    return reader.role in DEPARTMENT and (agreed or not hidden(case))


def shows_person(reader: Actor) -> ColumnElement[bool]:
    """For cases in a query: which of them this reader may find by a person's number (he knows it then already)."""
    if reader.role in SEES_PERSON:
        return true()
    return and_(~Case.confidential, ~Case.anonymous) if reader.role in DEPARTMENT else false()


def words(case: Case, reader: Actor, text: str) -> str:
    """Free text of the case; who may not see the person reads neither his name nor numbers nor the address that lead to
    him.
    """
    if sees_person(case, reader):
        return text
    number = re.escape(case.phone[:1]) + "".join(rf"[\s-]?{re.escape(digit)}" for digit in case.phone[1:])
    plain = re.sub(number, "*" * len(case.phone), text) if case.phone else text
    named = plain.replace(case.name, "某某") if len(case.name) >= _LEAST_NAME else plain
    placed = named.replace(case.address, masking.address(case.address)) if case.address else named
    return masking.text(placed)


def citizen(case: Case, reader: Actor) -> dict[str, Any]:
    """Name and phone, masked where the reader may not see them; `may_look`: he may after stating a reason."""
    if sees_person(case, reader):
        return {"name": case.name, "phone": case.phone, "masked": False, "may_look": False}
    look = may_look(case, reader)
    if hidden(case):
        return {"name": "（保密）", "phone": "*" * len(case.phone), "masked": True, "may_look": look}
    return {"name": masking.name(case.name), "phone": masking.phone(case.phone), "masked": True, "may_look": look}


def place(case: Case, reader: Actor) -> dict[str, Any]:
    """Area and address; who does not see the person sees no house numbers."""
    address = case.address if sees_person(case, reader) else masking.address(words(case, reader, case.address))
    return {"area": case.area, "address": address}
