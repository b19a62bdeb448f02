"""When nobody is free: he hears his place, may be called back at that place, may leave a message.

The ladder of a caller who waits: place and expected wait → callback keeping the place → message → and where there is no
line at all, the connector's journalled rejection. Every end of it leaves a record, and a call owed.
"""

import datetime as dt
import math

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import cases
from hotline.cases import SYSTEM, NewCase
from hotline.unit import Unit, transaction
from hotline.words import Channel, Kind
from telephony.models import Call
from telephony.queueing import Rules
from telephony.reaction import Reaction, command
from telephony.words import CallState

CALLBACK, MESSAGE = "1", "2"
LATELY = dt.timedelta(minutes=15)  # the expected wait is reckoned from the calls answered in this time
LONGEST_TOLD = 30  # minutes; a longer wait is not told, it would be a guess


def chosen(call: str, digit: str) -> list[Reaction]:
    """What follows a key of somebody who was asked; nothing for another key."""
    if digit == CALLBACK:
        return [command("goodbye", call=call, prompts=["callback"], reason="callback")]
    return [command("voicemail", call=call)] if digit == MESSAGE else []


def spoken(number: int) -> list[str]:
    """A number digit by digit, as prompts."""
    return [f"digit{digit}" for digit in str(number)]


def words(place: int, minutes: int | None, *, asked: bool) -> list[str]:
    """The prompts for one who waits: his place (1 = next), the expected minutes where known, and the choices."""
    told = ["position", *spoken(place)]
    if minutes is not None and 0 < minutes <= LONGEST_TOLD:
        told += ["wait", *spoken(minutes), "minutes"]
    return [*told, "choices"] if asked else told


def expected(place: int, answered: int) -> int | None:
    """Minutes until the one at this place is served, when so many were answered `LATELY`; None: nobody can tell."""
    return math.ceil(place * LATELY.total_seconds() / answered / 60) if answered else None


def announce(rules: Rules, now: dt.datetime | None = None) -> list[Reaction]:
    """Tells everybody whose time it is where he stands; never twice within `rules.announce_gap`."""
    if not rules.announce_first:
        return []
    with transaction(now) as unit:
        told: list[Reaction] = []
        answered = _answered(unit.session, unit.now)
        for place, call, crowded in _places(unit.session, rules):
            if not _is_time(call, unit.now, rules):
                continue
            waited = (unit.now - (call.queue_at or unit.now)).total_seconds()
            asked = crowded or 0 < rules.offer_callback <= waited
            call.announced_at, call.talk = unit.now, {**call.talk, "asked": asked}
            prompts = words(place, expected(place, answered), asked=asked)
            told.append(command("announce", call=call.id, prompts=prompts))
        return told


def _places(session: Session, rules: Rules) -> list[tuple[int, Call, bool]]:
    """(place in his group, call, whether he is beyond the longest queue) of all who wait."""
    rows = select(Call).where(Call.state == CallState.WAITING).order_by(Call.rank_at, Call.id)
    count: dict[str, int] = {}
    found = []
    for number, call in enumerate(session.scalars(rows.with_for_update(skip_locked=True)), start=1):
        count[call.skill_group] = count.get(call.skill_group, 0) + 1
        found.append((count[call.skill_group], call, 0 < rules.longest_queue < number))
    return found


def _is_time(call: Call, now: dt.datetime, rules: Rules) -> bool:
    since, gap = (call.announced_at, rules.announce_gap) if call.announced_at else (call.queue_at, rules.announce_first)
    return since is not None and (now - since).total_seconds() >= gap


def _answered(session: Session, now: dt.datetime) -> int:
    lately = Call.invite_at >= now - 2 * LATELY
    count = select(func.count()).where(lately, Call.agent_answer_at >= now - LATELY, Call.direction == "in")
    return session.scalar(count) or 0


def file_message(unit: Unit, call: Call) -> None:
    """A message becomes a case with its sound; a person hears it, completes the case and calls back."""
    if call.case_number:
        return
    text = "市民在排队时留言，未登记文字内容。请听录音，补充诉求后办理，并给市民回电。"
    new = NewCase(
        kind=Kind.OTHER.value,
        title="电话留言",
        content=text,
        channel=Channel.PHONE.value,
        phone=call.caller,
        anonymous=not call.caller,
        call=call.id,
    )
    call.case_number = cases.create_in(unit, new, SYSTEM).number
