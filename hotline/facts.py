"""What decisions look at, gathered from the rows of a case."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.attributes import set_committed_value

from hotline.city_models import Department
from hotline.db import among_these
from hotline.errors import Missing
from hotline.lifecycle import Facts, Place
from hotline.loop_models import Appeal
from hotline.models import Assignment, Case, ClockRow, Rating, ReplyRow, Request, RevisitRow
from hotline.privacy import lot
from hotline.timing import Timing, by_name
from hotline.words import TO_RECTIFY, Clock, Delivery, State, Urgency
from hotline.worktime import Limit, Unit

_FOLLOWS = frozenset({State.MERGED, State.ARCHIVED})
_RETURNABLE = frozenset({State.FORWARDED, State.HANDLING, State.RETURNING})
_AFTER_REPLY = frozenset(
    {State.PASSED, State.CHECKING, State.CLOSED, State.GUIDED, State.VERDICT, State.ARCHIVED, State.MERGED}
)
_ANSWERED = select(ReplyRow).options(defer(ReplyRow.internal), defer(ReplyRow.public))
_SPOKEN = select(RevisitRow).options(defer(RevisitRow.words))
_RATED = select(Rating).options(defer(Rating.words))
_APPEALED = select(Appeal).options(defer(Appeal.reason), defer(Appeal.evidence), defer(Appeal.verdict_reason))


def _of_cases(rows: Select[Any], model: Any) -> Select[Any]:
    return rows.where(among_these(model.case_id)).order_by(model.id)


_BESIDE: dict[str, tuple[Select[Any], Callable[[Case], bool]]] = {  # what hangs on cases, and on which it matters
    "places": (_of_cases(select(Assignment), Assignment), lambda _case: True),
    "clocks": (_of_cases(select(ClockRow), ClockRow), lambda _case: True),
    "requests": (_of_cases(select(Request), Request), lambda case: bool(case.places)),
    "replies": (_of_cases(_ANSWERED, ReplyRow), lambda case: case.state == State.REPLIED),
    "revisits": (_of_cases(_SPOKEN, RevisitRow), lambda case: case.state in _AFTER_REPLY),
    "ratings": (_of_cases(_RATED, Rating), lambda case: case.state in _AFTER_REPLY),
    "appeals": (_of_cases(_APPEALED, Appeal), lambda case: case.round > 1),
}
_WORDLESS = {"places": _BESIDE["places"][0].options(defer(Assignment.opinion))}  # where nobody reads the words
_RECTIFY = (Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX)
EXTENSION, SUSPENSION, RETURN = "extension", "suspension", "return"


def missing() -> Missing:
    """What is said where no case has the number, or none this reader may see."""
    return Missing("no_such_case", "没有这个编号的诉求。")


def load(session: Session, number: str, *, lock: bool = False) -> Case:
    """The case with its places and clocks. Raises Missing. `lock` holds the row until the commit."""
    found = load_many(session, "number", [number], lock=lock)
    if not found:
        raise missing()
    return found[0]


_OF_THE_CITIZEN = (Case.title, Case.content, Case.name, Case.phone, Case.address, Case.query_code, Case.direct_answer)
_WORDS = [defer(one) for one in _OF_THE_CITIZEN]
_NAMED = ("title", "name", "phone", "address")
_WHO = select(Case.id, *(getattr(Case, name) for name in _NAMED)).where(among_these(Case.id))


def load_many(
    session: Session, key: str, values: Collection[Any], *, lock: bool = False, words: bool = True
) -> list[Case]:
    """The cases whose `key` (id, number) is one of these, with their places and clocks, in the order in which everybody
    locks them.

    Without `words` what the citizen and the dispatcher said is opened only where it is asked for.
    """
    found = bare(session, key, values, lock=lock, words=words)
    look_beside(session, found, words=words)
    return found


def bare(session: Session, key: str, values: Collection[Any], *, lock: bool = False, words: bool = False) -> list[Case]:
    """The cases alone, enough to tell of a rung; `complete` makes one ready for a step."""
    return list(session.scalars(_cases(key, lock, words), {"these": list(values)}))


@lru_cache
def _cases(key: str, lock: bool, words: bool) -> Select[Case]:
    rows = select(Case).where(among_these(getattr(Case, key))).order_by(Case.id).options(*([] if words else _WORDS))
    return rows.with_for_update(of=Case) if lock else rows


def with_clocks(session: Session, ids: Collection[int], *, lock: bool = False) -> list[Case]:
    """The cases with their clocks alone, all of them, which name each other."""
    found = bare(session, "id", ids, lock=lock)
    look_beside(session, found, ("clocks",))
    return found


def open_words(session: Session, cases: Collection[Case]) -> None:
    """Read at once who the citizen is and what he calls his matter, of cases that were loaded without words."""
    here = {case.id: case for case in cases if _unread(case, "title")}
    if not here:
        return
    for row in session.execute(_WHO, {"these": list(here)}).mappings():
        for name in _NAMED:
            set_committed_value(here[row["id"]], name, row[name])


_REACHED = (Department.contact, Department.contact_phone, Department.head_phone, Department.mail)
_HOUSES = select(Department).where(among_these(Department.code)).options(*(defer(one) for one in _REACHED))


def houses(session: Session, codes: Collection[str]) -> list[Department]:
    """Those of these departments that there are; while they are held, whoever gets one by its code asks nobody.

    How their people are reached is opened only where it is asked for.
    """
    return list(session.scalars(_HOUSES, {"these": list(codes)}))


def complete(session: Session, case: Case) -> None:
    """Read what a step needs of a case that was loaded bare."""
    look_beside(session, [case], words=False)


def look_beside(
    session: Session, cases: Collection[Case], names: Collection[str] = tuple(_BESIDE), *, words: bool = True
) -> None:
    """Read what hangs on these cases and was not read yet, one query for all of a sort."""
    for name in names:
        rows, wanted = _BESIDE[name]
        rows = rows if words else _WORDLESS.get(name, rows)
        here = {case.id: case for case in cases if wanted(case) and _unread(case, name)}
        if not here:
            continue
        beside: dict[int, list[Any]] = {id_: [] for id_ in here}
        for row in session.scalars(rows, {"these": list(here)}):
            beside[row.case_id].append(row)
        for id_, case in here.items():
            set_committed_value(case, name, beside[id_])


def _unread(case: Case, name: str) -> bool:
    return name not in case.__dict__


def _beside(session: Session, case: Case, name: str) -> list[Any]:
    """A list of `_BESIDE`, read now where the case came into its state after it was loaded."""
    if _unread(case, name):
        rows, _ = _BESIDE[name]
        set_committed_value(case, name, list(session.scalars(rows, {"these": [case.id]})))
    return list(getattr(case, name))


def _running(clocks: Iterable[ClockRow], department: str) -> ClockRow | None:
    return next((row for row in clocks if row.stopped_at is None and row.department == department), None)


def _place(row: Assignment, clocks: dict[str, list[ClockRow]]) -> Place:
    reply = _running(clocks[Clock.REPLY], row.department)
    back = [one for one in clocks[Clock.RETURN] if (one.department, one.round) == (row.department, row.round)]
    return Place(
        department=row.department,
        part=row.part,
        status=Delivery(row.status),
        round=row.round,
        signed=row.signed_at is not None,
        reply_due=reply.due_at if reply else None,
        return_due=back[-1].due_at if back else None,  # a window stays shut, also where its clock was stopped
        extensions=row.extensions,
        rectifies=any(_running(clocks[name], row.department) for name in _RECTIFY),
    )


def live_places(case: Case) -> list[Assignment]:
    """The parts of the present round."""
    return [row for row in case.places if row.round == case.round]


def keep(session: Session, case: Case, name: str, row: Any) -> None:
    """Add a row to a list of `_BESIDE`; a list that was not read finds it when it is."""
    row.case_id = case.id
    if _unread(case, name):
        session.add(row)
    else:
        getattr(case, name).append(row)


def pending(session: Session, case: Case, what: str, department: str = "") -> Request | None:
    """The oldest request of this sort, or of a department, that waits for a decision; or None."""
    asked = (row for row in _waiting(session, case, what) if not department or row.department == department)
    return next(asked, None)


def _waiting(session: Session, case: Case, what: str) -> list[Request]:
    asked = _beside(session, case, "requests") if case.places else []  # only departments ask
    return [row for row in asked if row.what == what and row.decided_at is None]


def pending_appeal(session: Session, case: Case) -> Appeal | None:
    """The appeal of this case that has not ended, or None."""
    return next((row for row in _beside(session, case, "appeals") if row.ended_at is None), None)


def _appealed(session: Session, case: Case) -> bool:
    """Whether the review that the present round answers for was appealed against."""
    return any(row.round == case.round - 1 for row in _beside(session, case, "appeals"))


def _suspended_for(session: Session, case: Case) -> str:
    """The department whose request suspended the case; empty where nothing is suspended."""
    asked = _beside(session, case, "requests") if case.state == State.SUSPENDED else []
    granted = [row.department for row in asked if row.what == SUSPENSION and row.verdict == "granted"]
    return granted[-1] if granted else ""


def replies(session: Session, case: Case) -> list[ReplyRow]:
    """The answers of this round that were not sent back; their texts are read only when asked for."""
    return [row for row in _beside(session, case, "replies") if row.round == case.round and not row.sent_back]


def _tries(session: Session, case: Case) -> tuple[tuple[dt.datetime, ...], bool]:
    """When nobody answered in this round since the citizen rated, and whether somebody spoke to him."""
    since = [row.at for row in _beside(session, case, "ratings") if row.round == case.round]
    tries = [row for row in _beside(session, case, "revisits") if row.round == case.round]
    counted = [row for row in tries if not since or row.at >= max(since)]
    return tuple(row.at for row in counted if not row.reached), any(row.reached for row in counted)


def _rated(session: Session, case: Case) -> bool:
    return any(row.round == case.round for row in _beside(session, case, "ratings"))


def _returns(session: Session, case: Case) -> int:
    """How often this case was asked to be taken back, the pending request included."""
    return sum(row.what == RETURN for row in _beside(session, case, "requests"))


def merged(session: Session, case: Case) -> list[str]:
    """Numbers of the cases that are one event with this one and follow it, oldest first."""
    return list(session.scalars(select(Case.number).where(Case.parent == case.number).order_by(Case.id)))


def parent(session: Session, case: Case) -> Case | None:
    """The case this one was merged into, while it follows it."""
    return load(session, case.parent) if case.parent and case.state in _FOLLOWS else None


def _parent_answered(session: Session, case: Case) -> bool:
    """Whether there is something for the citizen of a merged case to read and rate."""
    into = parent(session, case)
    if into is None:
        return False
    passed = select(ReplyRow.id).where(ReplyRow.case_id == into.id, ReplyRow.passed_at.is_not(None)).limit(1)
    return bool(into.direct_answer or into.guidance or session.scalar(passed))


def _drawn(session: Session, case: Case, timing: Timing) -> bool:
    """Whether the answer to this case is followed by a revisit: always, but for small matters that were not drawn.

    Small: of a kind the policy names, not urgent, in its first round, and solved as every department says. The lot
    follows from the case's number under the system's own key: nobody foresees it, an auditor reckons it again.
    """
    policy = timing.policy
    if case.round > 1 or case.kind not in policy.revisit_sample_kinds or case.urgency != Urgency.NORMAL:
        return True
    solved = all(row.solved for row in replies(session, case))
    return not solved or lot(f"revisit:{case.number}") < policy.revisit_sample


def _may_appeal_until(case: Case, timing: Timing) -> dt.datetime | None:
    """Until when the house that has to do it again may appeal; None where it is not told of a review (rules.md §5)."""
    redone = [row.sent_at for row in live_places(case) if row.again]
    if not redone or case.verdict not in TO_RECTIFY:
        return None
    return timing.due(min(redone), Limit(timing.policy.appeal_working_days, Unit.WORKING_DAYS)).at


def gather(session: Session, case: Case, timing: Timing) -> Facts:
    """All facts of a loaded case."""
    after_reply = case.state in _AFTER_REPLY
    tries, spoken = _tries(session, case) if after_reply else ((), False)
    suspension = pending(session, case, SUSPENSION)
    redone = case.round > 1
    appeal = pending_appeal(session, case) if redone else None
    clocks = by_name(case.clocks)
    return Facts(
        state=State(case.state),
        round=case.round,
        places=tuple(_place(row, clocks) for row in live_places(case)),
        returns=_returns(session, case) if case.state in _RETURNABLE else 0,
        tries=tries,
        spoken=spoken,
        rated=after_reply and _rated(session, case),
        pending_extensions=frozenset(row.department for row in _waiting(session, case, EXTENSION)),
        pending_suspension=suspension.department if suspension else "",
        pending_suspension_by=suspension.by if suspension else "",
        suspended_for=_suspended_for(session, case),
        parent_answered=case.state == State.MERGED and _parent_answered(session, case),
        verdict_by=case.verdict_by,
        closed_at=case.closed_at,
        drawn=case.state != State.REPLIED or _drawn(session, case, timing),
        appeal=("upheld" if appeal.upheld else "open") if appeal else "",
        appeal_by=appeal.decided_by if appeal else "",
        appealed=redone and _appealed(session, case),
        appeal_until=_may_appeal_until(case, timing) if redone else None,
        stuck=case.stuck,
        limits=limits(timing),
        revisit_hours=timing.policy.revisit_hours,
    )


def limits(timing: Timing) -> dict[str, int]:
    """The numbers guards need, from the profile."""
    policy = timing.policy
    return {
        "reopen_days": policy.reopen_days,
        "revisit_tries": policy.revisit_tries,
        "extensions_allowed": policy.extensions_allowed,
        "extension_max_days": policy.extension_max_days,
        "extension_complex_days": policy.extension_complex_days,
    }
