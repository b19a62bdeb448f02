"""Work over all open clocks in small pieces: the re-judgement by what is in force, and the previews of drafts.

Every batch is one transaction with its own progress; whoever is stopped in the middle goes on where it was. One process
works at a time. The re-judgement begins wherever a running clock was judged by other rules than those in force: after
an approval, at a version's own hour, after a restart with other files, and for a clock started just before all that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import clock, db, rejudge
from hotline.rejudge import Moved
from hotline.rulebook import drafts
from hotline.rulebook.models import RuleDraft, RuleJob
from hotline.timing import Timing, timing
from hotline.unit import Unit, transaction

PREVIEW, JUDGE = "preview", "judge"
DONE, OVERTAKEN = "done", "overtaken"
SHOWN = 20
_ONE_AT_A_TIME = 12345_001  # number of the advisory lock
_Step = Callable[[int], object]


def work(seconds: float, step: _Step = lambda _: None) -> bool:
    """Go on for about so long (at least one batch) with what waits; `step` hears how many cases each batch had.

    Returns whether there is more; False also where another process is at it.
    """
    with _alone() as mine:
        end = monotonic() + seconds
        while mine:
            count = _batch()
            if count is None:
                return False
            step(count)
            if monotonic() > end:
                break
        return mine


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else is at it; the database ends the claim of a process that is gone."""
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as held:
        mine = bool(held.scalar(select(func.pg_try_advisory_lock(_ONE_AT_A_TIME))))
        try:
            yield mine
        finally:
            if mine:
                held.execute(select(func.pg_advisory_unlock(_ONE_AT_A_TIME)))


def _batch() -> int | None:
    """One batch of the oldest job; None where nothing waits."""
    with transaction() as unit:
        by = timing()
        job = _running(unit.session, JUDGE) or _begun(unit, by)
        if job is not None:
            return _judge(unit, job, by)
        job = _running(unit.session, PREVIEW)
        return None if job is None else _preview(unit, job, by)


def _running(session: Session, what: str) -> RuleJob | None:
    rows = select(RuleJob).where(RuleJob.ended_at.is_(None), RuleJob.what == what).order_by(RuleJob.id).limit(1)
    return session.scalar(rows)


def _begun(unit: Unit, by: Timing) -> RuleJob | None:
    """A new re-judgement, where a running clock was judged by other rules."""
    stamp = by.policy.stamp
    if not rejudge.stale(unit.session, stamp):
        return None
    job = RuleJob(what=JUDGE, stamp=stamp, total=rejudge.waiting(unit.session, stamp), done=0, found={}, after=[])
    job.started_at = clock.machine()
    unit.session.add(job)
    return job


def _judge(unit: Unit, job: RuleJob, by: Timing) -> int:
    if job.stamp != by.policy.stamp:
        _end(job, OVERTAKEN)
        return 0
    moved, count = rejudge.judge_some(unit, by)
    _count(job, moved, count, unit)
    return count


def _preview(unit: Unit, job: RuleJob, by: Timing) -> int:
    draft = unit.session.get_one(RuleDraft, job.draft_id)
    would = drafts.would_be(unit.session, draft, unit.now)
    if (job.stamp, job.against) != (would.stamp, by.policy.stamp):
        _end(job, OVERTAKEN)
        return 0
    judging = Timing(would.calendar, would)
    moved, count, after = rejudge.reckon(unit.session, (job.after[0], job.after[1]), judging)
    job.after = list(after)
    _count(job, moved, count, unit)
    return count


def _count(job: RuleJob, moved: list[Moved], count: int, unit: Unit) -> None:
    job.done += count
    job.found = added(job.found, moved, unit)
    if not count:
        _end(job, DONE)


def _end(job: RuleJob, outcome: str) -> None:
    job.ended_at, job.outcome = clock.machine(), outcome


# --- what was found, so far ---


def added(found: dict[str, Any], moved: list[Moved], unit: Unit) -> dict[str, Any]:
    """The account of a job with these deadlines taken in: counts, the earliest and latest, those that move most."""
    clocks = {name: dict(counts) for name, counts in found.get("clocks", {}).items()}
    for one in moved:
        counts = clocks.setdefault(one.clock, {"later": 0, "earlier": 0, "firm": 0, "loose": 0, "overdue": 0})
        for name, holds in _kinds(one, unit):
            counts[name] += holds
    told = [_told(one) for one in moved]
    most = sorted([*found.get("most", []), *told], key=lambda one: (-abs(one["minutes"]), one["number"]))[:SHOWN]
    ends = [*(one["after"] for one in told), *filter(None, (found.get("earliest"), found.get("latest")))]
    numbers = {one.number for one in moved}
    return {
        "moved": found.get("moved", 0) + len(moved),
        "cases": found.get("cases", 0) + len(numbers),
        "clocks": clocks,
        "most": most,
        "earliest": min(ends, default=None),
        "latest": max(ends, default=None),
    }


def _kinds(one: Moved, unit: Unit) -> tuple[tuple[str, bool], ...]:
    return (
        ("later", one.after > one.before),
        ("earlier", one.after < one.before),
        ("firm", one.was_provisional and not one.provisional),
        ("loose", one.provisional and not one.was_provisional),
        ("overdue", one.after <= unit.now < one.before),
    )


def _told(one: Moved) -> dict[str, Any]:
    minutes = int((one.after - one.before).total_seconds() // 60)
    ends = {"before": clock.iso(one.before), "after": clock.iso(one.after)}
    return {"number": one.number, "clock": one.clock, "department": one.department, "minutes": minutes} | ends
