"""What the pages of the rulebook show: versions, drafts, previews and the progress of what runs."""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock
from hotline.rulebook import drafts, present, versions
from hotline.rulebook.models import RuleDraft, RuleJob, RuleVersion
from hotline.words import Clock, DraftState, Rule
from web.staff import rule_diff
from web.staff.frame import shown_name
from web.staff.houses import House, houses

LISTED = 30
KINDS = {"later": "推后", "earlier": "提前", "firm": "暂定转为确定", "loose": "确定转为暂定", "overdue": "立即超期"}


def moment(at: dt.datetime | None) -> str:
    """As people read it, Asia/Shanghai."""
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else ""


def called(what: str, name: str) -> str:
    """The profile or the year, in words."""
    return f"{name}年日历" if what == Rule.CALENDAR else f"时限方案 {name}"


def overview(session: Session, now: dt.datetime) -> dict[str, Any]:
    """Everything in versions, what waits for somebody, what runs."""
    numbers = versions.in_force(session, now)
    open_ = select(RuleDraft).where(RuleDraft.state.in_(drafts.OPEN)).order_by(RuleDraft.id)
    ended = select(RuleDraft).where(RuleDraft.state.not_in(drafts.OPEN)).order_by(RuleDraft.id.desc()).limit(LISTED)
    coming = select(RuleVersion).where(RuleVersion.valid_from > now).order_by(RuleVersion.valid_from)
    return {
        "profile": present.profile(),
        "rules": [
            {"what": what, "name": name, "called": called(what, name), "number": number}
            for (what, name), number in sorted(numbers.items(), key=lambda item: (item[0][0] == "calendar", item[0]))
        ],
        "open": [draft_told(draft) for draft in session.scalars(open_)],
        "ended": [draft_told(draft) for draft in session.scalars(ended)],
        "coming": [version_told(row) for row in session.scalars(coming)],
        "job": job_told(last_judging(session)),
    }


def last_judging(session: Session) -> RuleJob | None:
    """The newest re-judgement of the open cases."""
    return session.scalar(select(RuleJob).where(RuleJob.what == "judge").order_by(RuleJob.id.desc()).limit(1))


def version_told(row: RuleVersion) -> dict[str, Any]:
    """A version without its text."""
    names = {"by": _who(row.by), "approved_by": _who(row.approved_by)}
    when = {"at": moment(row.at), "valid_from": moment(row.valid_from)}
    about = {"what": row.what, "name": row.name, "called": called(row.what, row.name), "number": row.number}
    return about | names | when | {"reason": row.reason}


def _who(user: str) -> str:
    return "系统" if user == versions.SYSTEM else shown_name(user)


def draft_told(row: RuleDraft) -> dict[str, Any]:
    """A draft without its text."""
    state = DraftState(row.state)
    about = {"id": row.id, "what": row.what, "name": row.name, "called": called(row.what, row.name), "base": row.base}
    who = {"by": shown_name(row.by), "decided_by": shown_name(row.decided_by) if row.decided_by else ""}
    when = {"at": moment(row.at), "valid_from": moment(row.valid_from), "decided_at": moment(row.decided_at)}
    more = {"reason": row.reason, "decision": row.decision, "state": state.value, "label": state.label}
    return about | who | when | more | {"version": row.version, "writer": row.by}


def draft_page(session: Session, draft: RuleDraft, now: dt.datetime) -> dict[str, Any]:
    """A draft with what it changes, what that does to the open cases, and what still waits to take force."""
    text = _now(session, draft, now)
    later = drafts.latest(session, draft.what, draft.name)
    waits = later if later > versions.in_force(session, now).get((draft.what, draft.name), 0) else 0
    job = job_told(drafts.preview_of(session, draft.id))
    changes = rule_diff.differences(draft.what, draft.name, text, draft.content)
    return {"draft": draft_told(draft), "changes": changes, "job": job, "waits": waits}


def _now(session: Session, draft: RuleDraft, now: dt.datetime) -> str:
    number = versions.in_force(session, now).get((draft.what, draft.name))
    if draft.state == DraftState.APPROVED:  # shown beside what it replaced
        number = draft.base or None
    return versions.one(session, draft.what, draft.name, number).content if number else ""


def job_told(job: RuleJob | None) -> dict[str, Any] | None:
    """Progress and what was found so far, with the names of clocks and departments."""
    if job is None:
        return None
    found, names = job.found or {}, houses()
    clocks = [{"label": Clock(name).label} | counts for name, counts in found.get("clocks", {}).items()]
    most = [_mover(one, names) for one in found.get("most", [])]
    return {
        "total": max(job.total, job.done),
        "done": job.done,
        "running": job.ended_at is None,
        "outcome": job.outcome,
        "moved": found.get("moved", 0),
        "cases": found.get("cases", 0),
        "sums": {label: sum(counts[kind] for counts in clocks) for kind, label in KINDS.items()},
        "clocks": clocks,
        "widest": max((counts["later"] + counts["earlier"] for counts in clocks), default=0),
        "earliest": moment(dt.datetime.fromisoformat(found["earliest"])) if found.get("earliest") else "",
        "latest": moment(dt.datetime.fromisoformat(found["latest"])) if found.get("latest") else "",
        "most": most,
    }


def _mover(one: dict[str, Any], names: dict[str, House]) -> dict[str, Any]:
    ends = {end: moment(dt.datetime.fromisoformat(one[end])) for end in ("before", "after")}
    house = names[one["department"]].name if one["department"] in names else ""
    return one | ends | {"label": Clock(one["clock"]).label, "house": house, "far": _far(one["minutes"])}


def _far(minutes: int) -> str:
    """How far a deadline moves."""
    if not minutes:
        return "时刻不变"
    days, rest = divmod(abs(minutes), 24 * 60)
    size = (
        f"{days}天" if days and not rest else f"{days}天{rest // 60}小时" if days else f"{rest // 60}小时{rest % 60}分"
    )
    return f"{'推后' if minutes > 0 else '提前'} {size}"
