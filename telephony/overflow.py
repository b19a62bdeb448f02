"""When nobody is free: he hears his place, may be called back at that place, may leave a message.

The ladder of a caller who waits: place and expected wait → callback keeping the place → message → and where there is no
line at all, the connector's journalled rejection. Every end of it leaves a record, and a call owed.
"""

import datetime as dt
import math

from sqlalchemy import func, select, text
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
AT_ONCE = 200
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
    told = ["position", *spoken(place), "place"]
    if minutes is not None and 0 < minutes <= LONGEST_TOLD:
        told += ["wait", *spoken(minutes), "minutes"]
    return [*told, "choices"] if asked else told


def expected(place: int, answered: int) -> int | None:
    """Minutes until the one at this place is served, when so many were answered `LATELY`; None: nobody can tell."""
    return math.ceil(place * LATELY.total_seconds() / answered / 60) if answered else None


# Counted over everybody who waits, but only those whose time it is are read and locked.
_WHOSE_TIME = text("""
SELECT id, place, number FROM (
  SELECT id, queue_at, announced_at, row_number() OVER (PARTITION BY skill_group ORDER BY rank_at, id) AS place,
         row_number() OVER (ORDER BY rank_at, id) AS number
    FROM calls WHERE state = 'waiting') AS line
 WHERE coalesce(announced_at + make_interval(secs => :gap), queue_at + make_interval(secs => :first)) <= :now
 ORDER BY number LIMIT :most
""")


def announce(rules: Rules, now: dt.datetime | None = None) -> list[Reaction]:
    """Tells everybody whose time it is where he stands; never twice within `rules.announce_gap`. At most `AT_ONCE` in
    one go, first in place first; the others a moment later."""
    if not rules.announce_first:
        return []
    with transaction(now) as unit:
        times = {"gap": rules.announce_gap, "first": rules.announce_first, "now": unit.now, "most": AT_ONCE}
        due = {row.id: row for row in unit.session.execute(_WHOSE_TIME, times)}
        if not due:
            return []
        answered = _answered(unit.session, unit.now)
        still = select(Call).where(Call.id.in_(due), Call.state == CallState.WAITING).with_for_update(skip_locked=True)
        return [
            _told(call, due[call.id].place, due[call.id].number, answered, unit.now, rules)
            for call in unit.session.scalars(still.order_by(Call.rank_at, Call.id))
        ]


def _told(call: Call, place: int, number: int, answered: int, now: dt.datetime, rules: Rules) -> Reaction:
    """The words for one; `number` is his place in the whole house, beyond the longest queue he is asked at once."""
    waited = (now - (call.queue_at or now)).total_seconds()
    asked = 0 < rules.longest_queue < number or 0 < rules.offer_callback <= waited
    call.announced_at, call.talk = now, {**call.talk, "asked": asked}
    return command("announce", call=call.id, prompts=words(place, expected(place, answered), asked=asked))


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
