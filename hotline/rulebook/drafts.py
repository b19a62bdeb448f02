"""A change of the rulebook: written, previewed over the open cases, proposed, decided by a second person.

Nothing here takes force by one person alone: an administrator writes and proposes, a supervisor other than him decides
(four eyes), and only what was previewed against the rules then in force.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock, profiles, rejudge
from hotline.errors import BadInput, Conflict, Forbidden, Missing
from hotline.lifecycle import Actor
from hotline.message_models import Notice
from hotline.policy import Policy
from hotline.rulebook import present
from hotline.rulebook.models import RuleDraft, RuleJob, RuleVersion
from hotline.timing import timing
from hotline.unit import Unit, transaction
from hotline.words import DraftState, Role, Rule
from hotline.workcalendar import relabelled, year_of

WRITERS = (Role.ADMIN,)
DECIDERS = (Role.SUPERVISOR,)
OPEN = (DraftState.DRAFT.value, DraftState.PROPOSED.value)
LONGEST_REASON = 500


@dataclass(frozen=True)
class Change:
    """What somebody wants to be in force: TOML text, why, and from when (None: as soon as it is approved)."""

    what: Rule
    name: str
    content: str
    reason: str
    valid_from: dt.datetime | None = None


def latest(session: Session, what: str, name: str) -> int:
    """The highest version number, in force or still to come; 0 where only the file speaks."""
    mine = select(func.max(RuleVersion.number)).where(RuleVersion.what == what, RuleVersion.name == name)
    return session.scalar(mine) or 0


def would_be(session: Session, draft: RuleDraft, now: dt.datetime) -> Policy:
    """The city's policy as it would be with the draft in force. Raises BadInput where it cannot be used."""
    versions, _ = present.numbers(session, now)
    return present.assembled(present.texts(session, versions) | {(draft.what, draft.name): draft.content})


def _checked(unit: Unit, change: Change) -> str:
    """The content under its new label. Raises BadInput naming what is wrong with it or with what it makes."""
    fields = {"reason": "请写明修改的理由"} if not change.reason.strip() else {}
    if len(change.reason) > LONGEST_REASON:
        fields = {"reason": f"理由不超过{LONGEST_REASON}字"}
    if fields:
        raise BadInput("bad_rule", "；".join(fields.values()) + "。", fields)
    number = latest(unit.session, change.what, change.name) + 1
    content = _labelled(change, f"{clock.local(unit.now).year}.{number}", number)
    versions, _ = present.numbers(unit.session, unit.now)
    said = present.texts(unit.session, versions) | {(str(change.what), change.name): content}
    present.assembled(said)
    if change.what is Rule.POLICY and change.name != present.profile():
        present.assembled(said, change.name)
    return content


def _labelled(change: Change, policy_label: str, number: int) -> str:
    """The text with the name of its version in it: deadlines are explained by it."""
    if change.what is Rule.POLICY:
        return profiles.written(profiles.parsed(change.content, change.name) | {"version": policy_label})
    if str(year_of(change.content, f"{change.name}年日历").year) != change.name:
        raise BadInput("calendar_invalid", f"内容不是{change.name}年的日历。", {"year": "年份不符"})
    return relabelled(change.content, f"{change.name}.{number}")


def write(change: Change, actor: Actor, draft_id: int | None = None, version: int | None = None) -> RuleDraft:
    """Keep the change as a draft (a new one, or in place of what the open draft said) and have it previewed.

    Raises Forbidden, BadInput (`bad_rule`, `policy_invalid`, `policy_no_calendar`, `calendar_invalid`), Conflict.
    """
    check_role(actor, WRITERS, "修改时限方案和日历")
    with transaction() as unit:
        content = _checked(unit, change)
        draft = _opened(unit, draft_id, version, (DraftState.DRAFT,)) if draft_id else _new(change)
        draft.base = latest(unit.session, change.what, change.name)
        draft.content, draft.reason, draft.valid_from = content, change.reason.strip(), change.valid_from
        draft.by, draft.at = actor.name, unit.now
        unit.session.add(draft)
        unit.session.flush()
        _have_previewed(unit, draft)
        return draft


def _new(change: Change) -> RuleDraft:
    return RuleDraft(what=change.what.value, name=change.name, state=DraftState.DRAFT.value, version=1)


def _opened(unit: Unit, draft_id: int, version: int | None, states: tuple[DraftState, ...]) -> RuleDraft:
    """The locked draft in one of these states, one version further. Raises Missing or Conflict."""
    draft = unit.session.get(RuleDraft, draft_id, with_for_update=True)
    if draft is None:
        raise Missing("no_such_draft", "没有这份草稿。")
    if draft.state not in states or (version is not None and version != draft.version):
        said = f"这份草稿已经变了：现在是“{DraftState(draft.state).label}”，请看过再决定。"
        raise Conflict("draft_changed", said, {"version": str(draft.version), "by": draft.decided_by or draft.by})
    draft.version += 1
    return draft


def check_role(actor: Actor, roles: tuple[Role, ...], what: str) -> None:
    """Raise Forbidden unless the actor has one of the roles."""
    if actor.role not in roles:
        raise Forbidden("not_allowed", f"{actor.role.label}不能{what}。")


# --- the preview ---


def _have_previewed(unit: Unit, draft: RuleDraft) -> None:
    """A new preview; one that still runs is overtaken."""
    for old in unit.session.scalars(select(RuleJob).where(RuleJob.draft_id == draft.id, RuleJob.ended_at.is_(None))):
        old.ended_at, old.outcome = clock.machine(), "overtaken"
    job = RuleJob(what="preview", draft_id=draft.id, stamp=would_be(unit.session, draft, unit.now).stamp)
    job.total = rejudge.waiting(unit.session)
    job.against, job.after, job.found, job.started_at = timing().policy.stamp, ["", 0], {}, clock.machine()
    unit.session.add(job)


def preview_of(session: Session, draft_id: int) -> RuleJob | None:
    """The newest preview of a draft."""
    rows = select(RuleJob).where(RuleJob.draft_id == draft_id).order_by(RuleJob.id.desc()).limit(1)
    return session.scalar(rows)


def again(draft_id: int, actor: Actor) -> None:
    """Preview anew over what is in force and open now; the draft is laid over the newest version."""
    check_role(actor, (*WRITERS, *DECIDERS), "预览草稿")
    with transaction() as unit:
        draft = unit.session.get(RuleDraft, draft_id, with_for_update=True)
        if draft is None or draft.state not in OPEN:
            raise Missing("no_such_draft", "没有这份未决的草稿。")
        change = Change(Rule(draft.what), draft.name, draft.content, draft.reason)
        draft.content, draft.base = _checked(unit, change), latest(unit.session, draft.what, draft.name)
        _have_previewed(unit, draft)


def _check_previewed(unit: Unit, draft: RuleDraft) -> None:
    """Raise Conflict unless the draft was previewed to the end against what is in force now."""
    job = preview_of(unit.session, draft.id)
    if draft.base != latest(unit.session, draft.what, draft.name):
        raise Conflict("rule_changed", "别人的修改已先获批准，请重新预览后再决定。")
    stamps = (would_be(unit.session, draft, unit.now).stamp, timing().policy.stamp)
    if job is None or job.outcome != "done" or (job.stamp, job.against) != stamps:
        raise Conflict("preview_needed", "还没有按现行规则预览完，请等预览结束（或重新预览）后再决定。")


# --- proposing and deciding ---


def propose(draft_id: int, version: int | None, actor: Actor) -> RuleDraft:
    """Put a previewed draft before a second person; every supervisor is told."""
    check_role(actor, WRITERS, "提出修改")
    with transaction() as unit:
        draft = _opened(unit, draft_id, version, (DraftState.DRAFT,))
        _check_previewed(unit, draft)
        draft.state = DraftState.PROPOSED.value
        text = f"{Rule(draft.what).label} {draft.name} 的修改待批准：{draft.reason}"
        unit.session.add(Notice(at=unit.now, role=Role.SUPERVISOR.value, text=text[:200]))
        return draft


def withdraw(draft_id: int, version: int | None, actor: Actor) -> RuleDraft:
    """Give a draft up; what was written stays readable."""
    check_role(actor, WRITERS, "撤回草稿")
    with transaction() as unit:
        draft = _opened(unit, draft_id, version, (DraftState.DRAFT, DraftState.PROPOSED))
        return _decided(unit, draft, DraftState.WITHDRAWN, actor, "")


def refuse(draft_id: int, version: int | None, actor: Actor, words: str) -> RuleDraft:
    """Send a proposal back with a reason. Raises BadInput where there is none."""
    check_role(actor, DECIDERS, "审批修改")
    if not words.strip():
        raise BadInput("bad_rule", "请写明退回的理由。", {"decision": "请写明理由"})
    with transaction() as unit:
        draft = _opened(unit, draft_id, version, (DraftState.PROPOSED,))
        return _decided(unit, draft, DraftState.REFUSED, actor, words.strip()[:LONGEST_REASON])


def _decided(unit: Unit, draft: RuleDraft, state: DraftState, actor: Actor, words: str) -> RuleDraft:
    draft.state, draft.decided_by, draft.decided_at, draft.decision = state.value, actor.name, unit.now, words
    return draft


def approve(draft_id: int, version: int | None, actor: Actor, words: str = "") -> RuleVersion:
    """The proposal becomes a version; it takes force at its hour and the open cases are judged again then.

    Raises Forbidden (also for whoever wrote it), Conflict `preview_needed`, `rule_changed`, `draft_changed`.
    """
    check_role(actor, DECIDERS, "审批修改")
    with transaction() as unit:
        draft = _opened(unit, draft_id, version, (DraftState.PROPOSED,))
        if actor.name == draft.by:
            raise Forbidden("second_person", "修改须由另一人批准。")
        _check_previewed(unit, draft)
        _decided(unit, draft, DraftState.APPROVED, actor, words.strip()[:LONGEST_REASON])
        begins = max(unit.now, draft.valid_from or unit.now)
        made = _version(draft, draft.base + 1, unit.now, begins)
        unit.session.add(made)
    present.forget()
    return made


def _version(draft: RuleDraft, number: int, at: dt.datetime, valid_from: dt.datetime) -> RuleVersion:
    who = {"by": draft.by, "approved_by": draft.decided_by, "reason": draft.reason}
    kept = {"what": draft.what, "name": draft.name, "number": number, "content": draft.content}
    return RuleVersion(**kept, **who, at=at, valid_from=valid_from)
