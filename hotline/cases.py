"""The use cases: a matter is taken in, and each later step is load → decide → apply → record, one commit."""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Sequence as Numbers
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock as time
from hotline import facts, history, persons, privacy, reading
from hotline.db import Base
from hotline.effects import AT_DEPARTMENT, EFFECTS, FULFILS, OF_LEAD, Work
from hotline.errors import BadInput, Conflict, Forbidden, HotlineError
from hotline.events import CaseChanged, CaseCreated
from hotline.given import GIVEN, Fault, parse
from hotline.lifecycle import Actor, Refused, decide, ever
from hotline.message_models import SameRequest
from hotline.models import Case
from hotline.timing import ClockChanges, Timing, timing
from hotline.unit import Unit, transaction
from hotline.words import AT_ONCE, DEPARTMENT, OF_REVIEW, Action, Clock, Outcome, Role, State

NUMBERS = Numbers("case_numbers", metadata=Base.metadata)
WORDS_ONLY = frozenset({Action.SUPPLEMENT, Action.URGE, Action.RATE, Action.LINK})
_REFUSALS: dict[int, type[HotlineError]] = {403: Forbidden, 422: BadInput}
_SAID = ("text", "reason", "reasons", "words", "public", "opinion", "result", "how", "unit", "to", "into", "evidence", "item", "story", "referred_to")  # fmt: skip  # noqa: E501


@dataclass(frozen=True)
class NewCase:
    """A checked matter, ready to be written (rules.md §1.1)."""

    kind: str
    title: str
    content: str
    channel: str
    name: str = ""
    phone: str = ""
    area: str = ""
    address: str = ""
    occurred_at: dt.datetime | None = None
    urgency: str = "一般"
    confidential: bool = False
    anonymous: bool = False
    call: str = ""
    suggestion: dict[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """Tells a repeated request from another one under the same key."""
        said = (self.kind, self.title, self.content, self.channel, self.name, self.phone, self.area, self.address)
        flags = (self.urgency, self.confidential, self.anonymous, self.occurred_at, self.call)
        return hashlib.sha256("\x1f".join([*said, *map(str, flags)]).encode()).hexdigest()


def _same_before(session: Session, key: str, new: NewCase) -> Case | None:
    """The case an Idempotency-Key already made. Raises Conflict when the key came with other words.

    Waits for another request under the same key: the second of two at once finds what the first wrote.
    """
    if key:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    row = session.get(SameRequest, key) if key else None
    if row is None:
        return None
    if row.digest != new.digest():
        raise Conflict("key_reused", "这个请求编号已用于另一件诉求。")
    number = session.scalars(select(Case.number).where(Case.id == row.case_id)).one()
    return facts.load(session, number)


def serials(unit: Unit, count: int) -> list[int]:
    """So many running numbers, in order; one that is not used is a gap."""
    drawn = select(NUMBERS.next_value()).select_from(func.generate_series(1, count).table_valued("n"))
    return list(unit.session.scalars(drawn))


def _written(unit: Unit, new: NewCase, actor: Actor, serial: int) -> Case:
    at_once = new.channel in AT_ONCE and actor.role is not Role.CITIZEN
    return Case(
        id=serial,
        number=f"{time.local(unit.now):%Y%m%d}{serial:06d}",
        version=1,
        query_code=privacy.new_query_code(),
        state=State.ACCEPTED if at_once else State.RECEIVED,
        round=1,
        kind=new.kind,
        urgency=new.urgency,
        channel=new.channel,
        title=new.title,
        content=new.content,
        name=new.name,
        phone=new.phone,
        phone_index=privacy.blind(new.phone),
        area=new.area,
        address=new.address,
        occurred_at=new.occurred_at,
        confidential=new.confidential,
        anonymous=new.anonymous,
        received_at=unit.now,
        accepted_at=unit.now if at_once else None,
        suggestion=new.suggestion,
        category=new.suggestion.get("category", ""),
        call=new.call,
        created_by=actor.name,
        places=[],
        clocks=[],
    )


def _start_first_clocks(case: Case, changes: ClockChanges) -> None:
    if case.state == State.ACCEPTED:
        changes.start(Clock.FORWARD)
        return
    changes.start(Clock.ACCEPT)
    if case.channel in changes.timing.policy.automatic_forward_channels:
        changes.start(Clock.AUTO_FORWARD)


def create(new: NewCase, actor: Actor, key: str = "", now: dt.datetime | None = None) -> tuple[Case, bool]:
    """Take a matter in: (case, whether it is new). Durable when it returns; the same key twice makes one case."""
    with transaction(now, by_keys=True) as unit:
        before = _same_before(unit.session, key, new)
        if before is not None:
            return before, False
        return take_in(unit, new, actor, key), True


def take_in(
    unit: Unit, new: NewCase, actor: Actor, key: str = "", serial: int | None = None, rules: Timing | None = None
) -> Case:
    """The same inside an open transaction. The case is there to be read; a later step loads it.

    `serial` is one of `serials`, `rules` what is in force, where they were asked for once for many.
    """
    case = _begun(unit, new, actor, serial, rules)
    unit.keep(case)
    for row in case.clocks:
        row.case_id = case.id
        unit.keep(row)
    _once(unit, case, new, key)
    return case


def create_in(unit: Unit, new: NewCase, actor: Actor, key: str = "") -> Case:
    """The same for whoever goes on with the case in this transaction: the session holds it."""
    case = _begun(unit, new, actor)
    unit.session.add(case)
    _once(unit, case, new, key)
    return case


def _once(unit: Unit, case: Case, new: NewCase, key: str) -> None:
    if key:
        unit.write(SameRequest, key=key, digest=new.digest(), case_id=case.id, at=unit.now)


def _begun(unit: Unit, new: NewCase, actor: Actor, serial: int | None = None, rules: Timing | None = None) -> Case:
    """The case with its first clocks, its first row of history and its event."""
    case = _written(unit, new, actor, serial or serials(unit, 1)[0])
    changes = ClockChanges(case, rules or timing(), unit.now)
    _start_first_clocks(case, changes)
    told: dict[str, Any] = {"clocks": changes.told, "channel": case.channel, "kind": case.kind, "version": 1}
    if case.accepted_at:
        told["accepted"] = True
    unit.tails[case.id] = history.NOTHING
    _note(unit, case, "create", actor, "", told, "")
    unit.record(CaseCreated(case.id, case.number, case.version))
    return case


def _note(
    unit: Unit,
    case: Case,
    action: str,
    actor: Actor,
    before: str,
    told: dict[str, Any],
    words: str,
) -> None:
    history.append(
        unit,
        case.id,
        at=unit.now,
        action=action,
        actor=actor.name,
        role=actor.role.value,
        department=actor.department,
        before=before,
        after=case.state,
        facts=told | {"round": case.round, "lead": case.lead},
        words=words,
    )


def act(
    number: str,
    action: Action,
    actor: Actor,
    given: dict[str, Any],
    version: int | None = None,
    now: dt.datetime | None = None,
) -> Case:
    """One step of a case. Raises Missing, BadInput, Forbidden, or Conflict when `version` is old."""
    form = parse(GIVEN[action], given).model_dump(mode="json")
    with transaction(now, by_keys=True) as unit:
        case = facts.load(unit.session, number, lock=True)
        return step(unit, case, action, actor, form, version)


def step(
    unit: Unit, case: Case, action: Action, actor: Actor, form: dict[str, Any], version: int | None = None
) -> Case:  # fmt: skip
    """The same on a locked case inside an open transaction; `form` is already checked."""
    apply(decided(unit, case, action, actor, form, version))
    return case


def decided(
    unit: Unit,
    case: Case,
    action: Action,
    actor: Actor,
    form: dict[str, Any],
    version: int | None,
    rules: Timing | None = None,
) -> Work:
    """The step that may be done; nothing is written yet. Raises what refuses it.

    `rules`: what is in force, where it was asked for once for many steps.
    """
    check_role(action, actor)
    check_version(unit.session, case, action, actor, version)
    rules = rules or timing()
    known = facts.gather(unit.session, case, rules)
    found = decide(known, action, actor, form, unit.now)
    if isinstance(found, Refused):
        raise _REFUSALS[found.status](found.code, found.message)
    return Work(unit, case, known, found, actor, form, ClockChanges(case, rules, unit.now))


def check_role(action: Action, actor: Actor) -> None:
    """Raise Forbidden where this role never does this, whatever the case and the form."""
    if not ever(action, actor.role):
        raise Forbidden("not_allowed", f"{actor.role.label}不能做“{action.label}”。")


def check_version(session: Session, case: Case, action: Action, actor: Actor, version: int | None) -> None:
    """Raise unless the actor has seen the case as it is. The system holds the lock instead."""
    if actor.role is Role.SYSTEM or (version is None and action in WORDS_ONLY):
        return
    if version is None:
        raise BadInput("version_missing", "缺少版本号 version。", {"version": "缺少此项"})
    if version != case.version:
        raise _overtaken(session, case, actor)


def _overtaken(session: Session, case: Case, actor: Actor) -> Conflict:
    last = history.last_step(session, case.id)
    untold = actor.role is Role.CITIZEN or (actor.role in DEPARTMENT and last is not None and last.action in OF_REVIEW)
    if last is None or untold:  # nobody was quicker, or who it was is not his to know
        return Conflict("version_conflict", "这件诉求刚刚有变动，请刷新后再决定。", {"version": str(case.version)})
    who, what = last.actor, last.action
    said, role = Action(what).label, Role(last.role).label
    text = f"{role}刚刚对这件诉求做了“{said}”，请看过最新情况再决定。"
    name = reading.people(session, [who]).get(who, who)
    return Conflict(
        "version_conflict", text, {"version": str(case.version), "by": who, "by_name": name, "action": what}
    )


def apply(work: Work) -> None:
    """Do a step that was decided: effects, clocks, state, history, event."""
    case, before = work.case, work.case.state
    EFFECTS[work.step.action](work)
    _run_clocks(work)
    case.state = work.step.target or case.state
    if case.state == State.CLOSED and before != State.CLOSED:
        case.closed_at = work.unit.now
        work.told["closed"] = True
    case.version += 1
    told = work.told | {"clocks": work.clocks.told, "version": case.version}
    _note(work.unit, case, work.step.action, work.actor, before, told, _said(work.given))
    _tell(work)


def _said(given: dict[str, Any]) -> str:
    """The words of a step, sealed in the history; they may name people."""
    parts = (given.get(name) for name in _SAID)
    return "\n".join("；".join(map(_line, p)) if isinstance(p, list) else str(p) for p in parts if p)


def _line(said: Any) -> str:
    """One reason of several; that of a checklist names its point."""
    return str(Fault(**said)) if isinstance(said, dict) else str(said)


def _run_clocks(work: Work) -> None:
    for name in work.step.stops:
        fulfilled = name in FULFILS.get(work.step.action, ())
        if name is Clock.FORWARD and fulfilled and any(p.delivered_at is None for p in work.live()):
            continue  # forwarded means: receipts from all its departments (rules.md §4)
        for department in _stopped_of(work, name):
            work.clocks.stop(name, Outcome.DONE if fulfilled else _unfulfilled(work, name), department)
    for name in work.step.starts:
        for department in _departments(work, name):
            work.clocks.start(name, department)


def _unfulfilled(work: Work, name: Clock) -> Outcome:
    """A reply to a citizen whom the department could have spoken to leaves the first contact undone."""
    skipped = work.step.action is Action.REPLY and name is Clock.FIRST_CONTACT
    return Outcome.SKIPPED if skipped and persons.may_look(work.case, work.actor) else Outcome.CANCELLED


def _stopped_of(work: Work, name: Clock) -> list[str]:
    """Whose clocks of this name the step stops; empty: everybody's."""
    if name in AT_DEPARTMENT and work.step.own:
        return [work.actor.department]
    return work.concerned if name is Clock.EXTENSION and work.concerned else [""]


def _departments(work: Work, name: Clock) -> list[str]:
    if name in AT_DEPARTMENT:
        return work.concerned
    return [work.case.lead] if name in OF_LEAD else [""]


def _tell(work: Work) -> None:
    case, action = work.case, work.step.action
    work.unit.record(CaseChanged(case.id, case.number, case.version, action.value, case.state))


SYSTEM = Actor("system", Role.SYSTEM)


def note(unit: Unit, case: Case, action: str, told: dict[str, Any], actor: Actor = SYSTEM) -> None:
    """Write what happened beside the life cycle (a rung fired, a photo came) into the history of a locked case."""
    _note(unit, case, action, actor, case.state, told, "")
