"""What the steps of the small loops do: appeals against reviews, reviews that leave the rates, 办不成事."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from hotline import facts
from hotline.loop_models import Appeal, Exclusion, StuckMatter
from hotline.words import Clock, Stuck

if TYPE_CHECKING:
    from hotline.effects import Work

CLOCK_OF = {
    Stuck.GENERAL: Clock.STUCK,
    Stuck.CANNOT: Clock.STUCK_EXPLAIN,
    Stuck.HARD: Clock.STUCK_HARD,
    Stuck.REFUSAL: Clock.STUCK_REFUSAL,
}


# --- appeals -------------------------------------------------------------------------------------------------------


def appeal(work: "Work") -> None:
    """The department's word stands beside the review; nothing else moves."""
    said = {name: work.given[name] for name in ("claim", "reason", "evidence")}
    who = {"department": work.actor.department, "by": work.actor.name, "at": work.unit.now}
    facts.keep(work.unit.session, work.case, "appeals", Appeal(round=work.case.round - 1, **who, **said))
    work.told["appeal"] = {"round": work.case.round - 1, "claim": work.given["claim"]}


def _pending(work: "Work") -> Appeal:
    asked = facts.pending_appeal(work.unit.session, work.case)
    if asked is None:
        raise LookupError("the guards let through an appeal that is not there")
    return asked


def decide_appeal(work: "Work") -> None:
    """Not upheld: it ends. Upheld: a second person is asked."""
    asked = _pending(work)
    asked.decided_at, asked.decided_by = work.unit.now, work.actor.name
    asked.upheld, asked.verdict_reason = work.given["upheld"], work.given["reason"]
    if not asked.upheld:
        asked.ended_at = work.unit.now
    work.told["appeal"] = {"round": asked.round, "upheld": asked.upheld}


def approve_appeal(work: "Work") -> None:
    """The second person; with his yes the review leaves the rates."""
    asked = _pending(work)
    asked.ended_at, asked.approved_by, asked.granted = work.unit.now, work.actor.name, work.given["granted"]
    work.told["appeal"] = {"round": asked.round, "granted": asked.granted}
    if asked.granted:
        exclude(work, asked.round, asked.claim, asked.decided_by, department=asked.department)


def exclude(work: "Work", round_: int, why: str, found_by: str, department: str = "") -> None:
    """The review of a round leaves the rates and is listed with them; `department` where its appeal led to it."""
    session, case = work.unit.session, work.case
    work.told |= {"excluded": True, "review_round": round_}
    if session.scalar(select(Exclusion.id).filter_by(case_id=case.id, round=round_)) is None:
        who = {"department": department or case.lead, "found_by": found_by, "approved_by": work.actor.name}
        session.add(
            Exclusion(case_id=case.id, round=round_, why=why, at=work.unit.now, appealed=bool(department), **who)
        )


# --- what could not be got done --------------------------------------------------------------------------------------


def _open_matter(work: "Work") -> StuckMatter | None:
    rows = select(StuckMatter).where(StuckMatter.case_id == work.case.id, StuckMatter.settled_at.is_(None))
    return work.unit.session.scalars(rows.order_by(StuckMatter.id.desc())).first()


def register_stuck(work: "Work") -> None:
    """Into the register; another grade of the same matter reckons on from its first registration."""
    before = _open_matter(work)
    given, grade = work.given, Stuck(work.given["grade"])
    if before is None:
        told = {"item": given["item"], "story": given["story"], "by": work.actor.name, "at": work.unit.now}
        work.unit.session.add(StuckMatter(case_id=work.case.id, grade=grade.value, **told))
    else:
        before.grade, before.item, before.story = grade.value, given["item"], given["story"]
        work.clocks.start(CLOCK_OF[grade], since=before.at)
    work.case.stuck = grade.value
    work.told["stuck"] = grade.value


def settle_stuck(work: "Work") -> None:
    """Done, explained, or referred to discipline inspection; what was written stays in the register."""
    matter = _open_matter(work)
    if matter is None:
        raise LookupError("the guards let through a matter that is not in the register")
    matter.settled_at, matter.settled_by = work.unit.now, work.actor.name
    matter.result, matter.explanation = work.given["result"], work.given["text"]
    matter.referred_to = work.given["referred_to"]
    work.told["stuck"] = matter.grade
    work.told["settled"] = matter.result
    work.case.stuck = ""
