"""After the call: the caller's rating counts as 好差评 of what was settled; some calls are drawn for quality review."""

import hashlib
import logging

from sqlalchemy.dialects.postgresql import insert

from hotline import cases, facts
from hotline.errors import HotlineError
from hotline.given import GIVEN, parse
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.timing import timing
from hotline.unit import Unit
from hotline.words import Action, Channel, Role, State
from telephony.models import Call, QualityCheck
from telephony.words import Purpose

log = logging.getLogger(__name__)
CITIZEN = Actor("citizen", Role.CITIZEN)
_SPACE = 2**32


def rate(unit: Unit, call: Call) -> bool:
    """Write the digit as the review of the call's case; whether it was.

    Only what this call settled (answered at first contact), or the case an invitation call was about: a key pressed
    after a call that was only taken down says nothing of how the matter is handled (rules.md §5).
    """
    if call.rating is None or not call.case_number:
        return False
    case = facts.load(unit.session, call.case_number, lock=True)
    if not _about(case, call):
        return False
    form = parse(GIVEN[Action.RATE], {"level": call.rating}).model_dump(mode="json")
    try:
        cases.step(unit, case, Action.RATE, CITIZEN, form | {"channel": Channel.PHONE.value})
    except HotlineError as refused:
        log.info("a rating by telephone was not taken: %s", refused.code)
        return False
    return True


def _about(case: Case, call: Call) -> bool:
    if call.purpose == Purpose.SURVEY:
        return case.state in {State.PASSED, State.CLOSED}
    return case.state == State.CLOSED and case.call == call.id and bool(case.direct_answer)


def drawn(call: str, share: float) -> bool:
    """Whether a call is in the sample; the same answer for the same call at any time."""
    return int.from_bytes(hashlib.sha256(call.encode()).digest()[:4]) < share * _SPACE


def draw(unit: Unit, call: Call) -> None:
    """Put an answered call on the list of quality review when it is in the sample (`quality_sample`, rules.md §6)."""
    if call.recording and drawn(call.id, timing().policy.quality_sample):
        put_on_list(unit, call)


def put_on_list(unit: Unit, call: Call) -> None:
    """Put a call on the list of quality review; once, and only where there is something to hear."""
    if call.recording and call.agent:
        row = insert(QualityCheck).values(call=call.id, agent=call.agent, drawn_at=unit.now, by="", note="")
        unit.session.execute(row.on_conflict_do_nothing(index_elements=["call"]))
