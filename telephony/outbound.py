"""Calls we make: the agent's phone first, then the citizen's (preview); and invitations to rate without an agent."""

import datetime as dt
import re
import secrets
import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock, privacy
from hotline.city_models import User
from hotline.errors import BadInput, Conflict, Unreachable
from hotline.models import Case, Rating
from hotline.policy import Policy
from hotline.tries import is_quiet
from hotline.unit import Unit, transaction
from hotline.words import State
from telephony import agents
from telephony.models import Call, Callback
from telephony.queueing import Rules
from telephony.reaction import Reaction, command, told
from telephony.words import ENGAGED, CallbackState, CallState, Exit, Purpose, SeatState

_NUMBER = re.compile(r"\+?[0-9*#]{3,20}")
CITIZEN_RINGS = 45  # seconds


def address(number: str, rules: Rules) -> str:
    """The SIP address that reaches a telephone number. BadInput for none, Unreachable without a trunk."""
    plain = number.replace("-", "").replace(" ", "")
    if not _NUMBER.fullmatch(plain):
        raise BadInput("no_number", "没有可以拨打的号码。", {"number": "不对"})
    if "{number}" not in rules.trunk:
        raise Unreachable("no_trunk", "没有配置外呼线路，不能外呼。")
    return rules.trunk.replace("{number}", plain)


def dial(
    unit: Unit,
    user: str,
    number: str,
    connector: str,
    rules: Rules,
    purpose: Purpose = Purpose.OWN,
    *,
    case: str = "",
    callback: int | None = None,
) -> tuple[str, list[Reaction]]:
    """Reserve the user's own seat and ring his phone, then the citizen's: (call, what is said).

    Conflict while his phone rings or he speaks; BadInput without a phone or a number; Unreachable without a trunk.
    """
    agents.check_phone(unit.session, user)
    to = address(number, rules)
    seat = agents.seat_of(unit, user)
    if seat.state in ENGAGED:
        raise Conflict("on_call", "正在振铃或通话，请先结束当前通话。", {"status": seat.state})
    call, token = str(uuid.uuid4()), secrets.token_hex(8)
    unit.session.add(_row(unit, call, number, purpose, agent=user, token=token, case_number=case, callback=callback))
    until = clock.machine() + dt.timedelta(seconds=rules.ring + rules.grace)
    seat.state, seat.call, seat.token, seat.not_before = SeatState.RESERVED, call, token, until
    seat.since = seat.rung_at = unit.now
    unit.session.flush()
    uri = unit.session.scalars(select(User.phone_uri).where(User.name == user)).one()
    fields = {"agent": user, "uri": uri, "token": token, "to": to, "case": case, "timeout": rules.ring}
    return call, [told(user, "pop", call), command("dial", connector=connector, call=call, **fields)]


def _row(unit: Unit, call: str, number: str, purpose: Purpose, **more: Any) -> Call:
    index = privacy.blind(number)
    known = {"id": call, "caller": number, "caller_index": index, "purpose": purpose, "invite_at": unit.now}
    return Call(**known, **more, state=CallState.RINGING, direction="out", connector="")


# --- those who keep their place ---------------------------------------------------------------------------------------


def kept(session: Session, rules: Rules) -> list[Callback]:
    """Callers who asked to be called back at their place and whom the machine still rings, first in place first."""
    running = select(Call.callback).where(Call.state != CallState.ENDED, Call.callback.is_not(None))
    rows = select(Callback).where(Callback.state == CallbackState.OPEN, Callback.reason == Exit.CALLBACK)
    rows = rows.where(Callback.rank_at.is_not(None), Callback.tries < rules.callback_tries, Callback.caller_index != "")
    return list(session.scalars(rows.where(Callback.id.notin_(running)).order_by(Callback.rank_at).limit(100)))


# --- 电话邀评 ---------------------------------------------------------------------------------------------------------


def invited(session: Session, now: dt.datetime, days: int, most: int) -> list[Case]:
    """Closed cases nobody rated and nobody was invited for, closed within `days` days, oldest first."""
    since = now - dt.timedelta(days=days)
    rated = select(Rating.case_id).where(Rating.case_id == Case.id, Rating.round == Case.round)
    asked = select(Call.id).where(Call.case_number == Case.number, Call.purpose == Purpose.SURVEY)
    rows = select(Case).where(Case.state == State.CLOSED, Case.closed_at >= since, Case.phone_index != "")
    rows = rows.where(~rated.exists(), ~asked.exists(), Case.anonymous.is_(False))
    return list(session.scalars(rows.order_by(Case.closed_at, Case.id).limit(most)))


def invite(connector: str, rules: Rules, policy: Policy, now: dt.datetime | None = None) -> list[Reaction]:
    """As many invitation calls as may run at once (`rules.surveys`); none in quiet hours. Unreachable, BadInput."""
    with transaction(now) as unit:
        if is_quiet(unit.now, policy.revisit_hours):
            return []
        running = select(func.count()).where(Call.purpose == Purpose.SURVEY, Call.state != CallState.ENDED)
        most = rules.surveys - (unit.session.scalar(running) or 0)
        cases = invited(unit.session, unit.now, policy.rating_invite_days, most) if most > 0 else []
        return [said for case in cases for said in survey(unit, case, connector, rules)]


def survey(unit: Unit, case: Case, connector: str, rules: Rules) -> list[Reaction]:
    """Ring the citizen and ask for his rating by keys; once per case. BadInput, Unreachable as `address`."""
    call, to = str(uuid.uuid4()), address(case.phone, rules)
    unit.session.add(_row(unit, call, case.phone, Purpose.SURVEY, case_number=case.number))
    return [command("survey", connector=connector, call=call, to=to, case=case.number, timeout=CITIZEN_RINGS)]
