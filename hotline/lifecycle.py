"""The life of a case as one table, and the one function that reads it (rules.md §1).

`decide` is pure: facts, action, actor and now go in; the row that applies or a refusal comes out.
`docs/lifecycle.md` and `GET /api/v1/lifecycle` are printed from `STEPS`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from hotline.conditions import BY_FORM, CONDITIONS, GUARDS, OF_THE_PART
from hotline.given import needs
from hotline.tries import Hours
from hotline.words import DEPARTMENT, ENDED, OF_SMALL_LOOPS, Action, Clock, Delivery, Role, State


@dataclass(frozen=True)
class Actor:
    """Who acts. `department` is empty for the centre, citizens and the system."""

    name: str
    role: Role
    department: str = ""


@dataclass(frozen=True)
class Place:
    """One department's part in a case, as far as decisions need it."""

    department: str
    part: str
    status: Delivery
    round: int
    signed: bool = False
    reply_due: dt.datetime | None = None
    return_due: dt.datetime | None = None
    extensions: int = 0
    rectifies: bool = False  # a rectification runs here


@dataclass(frozen=True)
class Facts:
    """All that a decision may look at."""

    state: State
    round: int = 1
    places: tuple[Place, ...] = ()
    returns: int = 0
    tries: tuple[dt.datetime, ...] = ()  # when nobody answered, since the citizen last rated
    spoken: bool = False
    rated: bool = False
    pending_extensions: frozenset[str] = frozenset()  # the departments that asked
    pending_suspension: str = ""
    pending_suspension_by: str = ""
    suspended_for: str = ""  # the department that waits for the citizen
    verdict_by: str = ""
    parent_answered: bool = False  # of a merged case: whether the event it belongs to has an answer
    closed_at: dt.datetime | None = None
    drawn: bool = True  # a small matter that was not drawn is not revisited
    appeal: str = ""  # "open" waits for its decision, "upheld" for the second person
    appeal_by: str = ""
    appealed: bool = False  # the review that this round answers for
    appeal_until: dt.datetime | None = None
    stuck: str = ""
    limits: Mapping[str, int] = field(default_factory=lambda: {"reopen_days": 30, "revisit_tries": 3})
    revisit_hours: Hours = (dt.time(8, 30), dt.time(20, 30))

    def own(self, department: str) -> Place | None:
        """The department's live part in this round, or None."""
        live = [p for p in self.places if p.department == department and p.status is not Delivery.RETURNED]
        return live[-1] if live else None


@dataclass(frozen=True)
class Step:
    """A row of the table. `target` None: the state stays. `when` and `guards` are names in conditions.py.

    Clocks named here start or stop for each department concerned where they are a department's clocks.
    """

    action: Action
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]
    starts: tuple[Clock, ...] = ()
    stops: tuple[Clock, ...] = ()
    when: str = ""
    own: bool = False
    guards: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Fields the action must be given."""
        return needs(self.action)


@dataclass(frozen=True)
class Refused:
    """Why not: HTTP status, stable code, Chinese sentence."""

    status: int
    code: str
    message: str


UNTOLD = frozenset({State.CHECKING, State.VERDICT})  # a bad review under check: no news for the house that was rated


def known_as(state: State, closed_at: dt.datetime | None, role: Role) -> State:
    """Where the case stands, as this role may know it: a department learns nothing of a review before the centre has
    judged it (rules.md §5, §7)."""
    if role not in DEPARTMENT or state not in UNTOLD:
        return state
    return State.CLOSED if closed_at else State.PASSED


S, A, R, C = State, Action, Role, Clock
_OPEN = frozenset(State) - ENDED
_WORK = frozenset({S.FORWARDED, S.HANDLING, S.RETURNING})
_NEW = frozenset({S.RECEIVED, S.ACCEPTED})
_INTAKE = frozenset({R.AGENT, R.DISPATCHER, R.SUPERVISOR})
_SENDERS = _INTAKE | {R.SYSTEM}
_CALLERS = frozenset({R.REVISITOR, R.REVIEWER, R.SUPERVISOR})
_BOSS = frozenset({R.SUPERVISOR})
_STAFF = frozenset({R.AGENT, R.DISPATCHER, R.REVIEWER, R.REVISITOR, R.SUPERVISOR})
_VOICES = _STAFF | {R.CITIZEN}
_RECTIFY = (C.RECTIFICATION, C.RECTIFICATION_COMPLEX)
_AT_DEPARTMENT = (C.SIGN, C.REPLY, C.RETURN)
_CALLING = (C.REVISIT, C.SECOND_REVISIT, C.BAD_REVIEW)
_JUDGING = (*_CALLING, C.VERDICT)
_DECIDERS = frozenset({R.REVIEWER, R.SUPERVISOR})
_STUCK = (C.STUCK, C.STUCK_EXPLAIN, C.STUCK_HARD, C.STUCK_REFUSAL)
_CASE = tuple(clock for clock in Clock if clock not in OF_SMALL_LOOPS)


def _in(*states: State) -> frozenset[State]:
    return frozenset(states)


STEPS: tuple[Step, ...] = (
    # intake
    Step(A.ACCEPT, _in(S.RECEIVED), S.ACCEPTED, _SENDERS, (C.FORWARD,), (C.ACCEPT,)),
    Step(A.GUIDE, _NEW, S.GUIDED, _INTAKE, (), _CASE),
    Step(A.ANSWER, _NEW, S.CLOSED, _INTAKE, (), _CASE, "not_rectifying"),
    Step(A.ANSWER, _in(S.ACCEPTED), S.PASSED, _INTAKE, (C.SECOND_REVISIT,), _CASE, "rectifying"),
    Step(A.MERGE, _NEW | {S.FORWARDED, S.HANDLING}, S.MERGED, _STAFF, (), _CASE, guards=("owes_no_rectification",)),
    # dispatch
    Step(A.FORWARD, _NEW, S.FORWARDED, _SENDERS, _AT_DEPARTMENT, (C.ACCEPT, C.FORWARD, C.AUTO_FORWARD), guards=("one_lead",)),
    Step(A.FORWARD, _in(S.FORWARDED, S.HANDLING), None, frozenset({R.DISPATCHER, R.SUPERVISOR}), _AT_DEPARTMENT, (), guards=("adds_co_handlers",)),
    Step(A.RECEIVE, _WORK | {S.SUSPENDED}, None, DEPARTMENT | {R.SYSTEM}, _AT_DEPARTMENT, (C.FORWARD,), own=True, guards=("awaits_receipt",)),
    # department
    Step(A.SIGN, _in(S.FORWARDED), S.HANDLING, DEPARTMENT, (C.FIRST_CONTACT,), (C.SIGN,), "last_to_sign", own=True, guards=("awaits_signature",)),
    Step(A.SIGN, _WORK | {S.SUSPENDED}, None, DEPARTMENT, (C.FIRST_CONTACT,), (C.SIGN,), "others_to_sign", own=True, guards=("awaits_signature",)),
    Step(A.RETURN, _in(S.FORWARDED, S.HANDLING), S.RETURNING, DEPARTMENT, (C.ARBITRATION,), (C.RETURN,), own=True, guards=("still_here", "return_in_time", "verdict_not_final")),
    Step(A.ARBITRATE, _in(S.RETURNING), S.FORWARDED, frozenset({R.DISPATCHER, R.SUPERVISOR}), _AT_DEPARTMENT, (C.ARBITRATION,), "reassigned", guards=("final_by_supervisor", "names_department")),
    Step(A.ARBITRATE, _in(S.RETURNING), S.FORWARDED, frozenset({R.DISPATCHER, R.SUPERVISOR}), (C.SIGN, C.RETURN), (C.ARBITRATION,), "redo_reassigned", guards=("final_by_supervisor", "names_department")),
    Step(A.ARBITRATE, _in(S.RETURNING), S.HANDLING, frozenset({R.DISPATCHER, R.SUPERVISOR}), (), (C.ARBITRATION,), "kept_signed", guards=("final_by_supervisor",)),
    Step(A.ARBITRATE, _in(S.RETURNING), S.FORWARDED, frozenset({R.DISPATCHER, R.SUPERVISOR}), (), (C.ARBITRATION,), "kept_unsigned", guards=("final_by_supervisor",)),
    Step(A.HAND_DOWN, _WORK, None, DEPARTMENT, own=True, guards=("signed",)),
    Step(A.CONTACT, _WORK, None, DEPARTMENT, (), (C.FIRST_CONTACT,), own=True, guards=("signed",)),
    Step(A.INTERIM, _WORK, None, DEPARTMENT, own=True, guards=("signed",)),
    Step(A.REQUEST_EXTENSION, _WORK, None, DEPARTMENT, (C.EXTENSION,), (), own=True, guards=("still_here", "no_pending_extension", "before_reply_due", "extension_allowed")),
    Step(A.DECIDE_EXTENSION, _OPEN, None, _BOSS, (), (C.EXTENSION,), guards=("pending_extension",)),
    Step(A.SUSPEND, _in(S.HANDLING), None, DEPARTMENT, own=True, guards=("signed", "no_pending_suspension")),
    Step(A.APPROVE_SUSPENSION, _in(S.HANDLING), S.SUSPENDED, _BOSS, when="granted", guards=("pending_suspension", "second_person_suspends")),
    Step(A.APPROVE_SUSPENSION, _in(S.HANDLING), None, _BOSS, when="not_granted", guards=("pending_suspension", "second_person_suspends")),
    Step(A.RESUME, _in(S.SUSPENDED), S.HANDLING, DEPARTMENT | _BOSS | {R.SYSTEM}, own=True, guards=("who_suspended",)),
    Step(A.REPLY, _in(S.HANDLING), S.REPLIED, DEPARTMENT, (C.REVIEW,), (C.REPLY, C.FIRST_CONTACT, C.RETURN, *_RECTIFY), "last_to_reply", own=True, guards=("signed", "reason_if_unsolved")),
    Step(A.REPLY, _WORK, None, DEPARTMENT, (), (C.REPLY, C.FIRST_CONTACT, C.RETURN), "others_to_reply", own=True, guards=("signed", "reason_if_unsolved")),
    # the centre checks
    Step(A.PASS, _in(S.REPLIED), S.PASSED, frozenset({R.REVIEWER, R.SUPERVISOR}), (C.REVISIT,), (C.REVIEW,), "first_round"),
    Step(A.PASS, _in(S.REPLIED), S.PASSED, frozenset({R.REVIEWER, R.SUPERVISOR}), (C.SECOND_REVISIT,), (C.REVIEW,), "later_round"),
    Step(A.PASS, _in(S.REPLIED), S.CLOSED, frozenset({R.REVIEWER, R.SUPERVISOR}), (), _CASE, "not_drawn"),
    Step(A.SEND_BACK, _in(S.REPLIED), S.HANDLING, frozenset({R.REVIEWER, R.SUPERVISOR}), (), (C.REVIEW,)),
    Step(A.REVISIT, _in(S.PASSED), S.CLOSED, _CALLERS, (), _CASE, "content", guards=("whole_answer",)),
    Step(A.REVISIT, _in(S.PASSED), S.CHECKING, _CALLERS, (C.VERDICT,), _CALLING, "discontent", guards=("whole_answer",)),
    Step(A.REVISIT, _in(S.CHECKING), None, _CALLERS, (C.VERDICT,), _CALLING, "reached", guards=("whole_answer",)),
    Step(A.REVISIT, _in(S.PASSED, S.CHECKING), None, _CALLERS, when="not_reached"),
    Step(A.RATE, _in(S.PASSED, S.CLOSED, S.GUIDED, S.ARCHIVED), S.CHECKING, frozenset({R.CITIZEN, R.SYSTEM}), (C.BAD_REVIEW,), (), "bad_level", guards=("not_rated",)),
    Step(A.RATE, _in(S.PASSED), S.CLOSED, frozenset({R.CITIZEN, R.SYSTEM}), (), _CASE, "good_level", guards=("not_rated",)),
    Step(A.RATE, _in(S.CLOSED, S.GUIDED, S.CHECKING, S.ARCHIVED), None, frozenset({R.CITIZEN, R.SYSTEM}), when="remaining_level", guards=("not_rated",)),
    Step(A.RATE, _in(S.MERGED), S.CHECKING, frozenset({R.CITIZEN, R.SYSTEM}), (C.BAD_REVIEW,), (), "bad_level", guards=("not_rated", "event_answered")),
    Step(A.RATE, _in(S.MERGED), None, frozenset({R.CITIZEN, R.SYSTEM}), when="good_level", guards=("not_rated", "event_answered")),
    Step(A.JUDGE, _in(S.CHECKING), S.RECTIFYING, _CALLERS, (C.RECTIFICATION,), _JUDGING, "justified", guards=("heard",)),
    Step(A.JUDGE, _in(S.CHECKING), S.RECTIFYING, _CALLERS, (C.RECTIFICATION_COMPLEX,), _JUDGING, "complex", guards=("heard",)),
    Step(A.JUDGE, _in(S.CHECKING), S.VERDICT, _CALLERS, (C.VERDICT,), _CALLING, "not_justified", guards=("heard",)),
    Step(A.APPROVE_VERDICT, _in(S.VERDICT), S.CLOSED, _BOSS, (), _CASE, "granted", guards=("second_person_judges",)),
    Step(A.APPROVE_VERDICT, _in(S.VERDICT), S.CHECKING, _BOSS, (C.VERDICT,), (C.VERDICT,), "not_granted", guards=("second_person_judges",)),
    Step(A.REDO, _in(S.RECTIFYING), S.FORWARDED, frozenset({R.DISPATCHER, R.REVISITOR, R.SUPERVISOR, R.SYSTEM}), (C.SIGN, C.RETURN), guards=("had_department",)),
    Step(A.REDO, _in(S.RECTIFYING), S.ACCEPTED, frozenset({R.DISPATCHER, R.REVISITOR, R.SUPERVISOR, R.SYSTEM}), (C.FORWARD,), when="answered_by_centre"),
    Step(A.CLOSE, _in(S.PASSED), S.CLOSED, _CALLERS, (), _CASE, guards=("tried_enough",)),
    Step(A.REOPEN, _in(S.CLOSED), S.ACCEPTED, _STAFF, (C.FORWARD,), guards=("within_reopen_window",)),
    Step(A.ARCHIVE, _in(S.CLOSED, S.GUIDED, S.MERGED), S.ARCHIVED, frozenset({R.SUPERVISOR, R.AUDITOR, R.SYSTEM}), (), _CASE),
    # a department against a review that was mistaken or malicious; its matter goes on meanwhile
    Step(A.APPEAL, _OPEN - _in(S.RECEIVED, S.ACCEPTED, S.RECTIFYING) | {S.CLOSED}, None, frozenset({R.HEAD}), (C.APPEAL,), own=True, guards=("appeal_in_time", "not_appealed")),
    Step(A.DECIDE_APPEAL, frozenset(State), None, _DECIDERS, (), (C.APPEAL,), "not_upheld", guards=("open_appeal",)),
    Step(A.DECIDE_APPEAL, frozenset(State), None, _DECIDERS, when="upheld", guards=("open_appeal",)),
    Step(A.APPROVE_APPEAL, frozenset(State), None, _DECIDERS, (), (C.APPEAL,), guards=("upheld_appeal", "second_person_appeals")),
    # what could not be got done at a window
    Step(A.REGISTER_STUCK, _OPEN, None, _INTAKE, (C.STUCK,), _STUCK[1:], "stuck_general"),
    Step(A.REGISTER_STUCK, _OPEN, None, _INTAKE, (C.STUCK_EXPLAIN,), (C.STUCK, C.STUCK_HARD, C.STUCK_REFUSAL), "stuck_cannot"),
    Step(A.REGISTER_STUCK, _OPEN, None, _INTAKE, (C.STUCK_HARD,), (C.STUCK, C.STUCK_EXPLAIN, C.STUCK_REFUSAL), "stuck_hard"),
    Step(A.REGISTER_STUCK, _OPEN, None, _INTAKE, (C.STUCK_REFUSAL,), _STUCK[:-1], "stuck_refusal"),
    Step(A.SETTLE_STUCK, frozenset(State), None, _INTAKE, (), _STUCK, guards=("is_stuck", "names_discipline")),
    # words that never move a deadline
    Step(A.LINK, frozenset(State), None, _STAFF),
    Step(A.SUPPLEMENT, frozenset(State), None, _VOICES),
    Step(A.URGE, _OPEN, None, _VOICES),
    Step(A.SUPERVISE, _OPEN, None, _BOSS),
)  # fmt: skip


def _unfit(step: Step, facts: Facts, actor: Actor, given: Mapping[str, Any], now: dt.datetime) -> Refused | None:
    """The first guard of the row that says no."""
    if step.own and actor.role in DEPARTMENT and facts.own(actor.department) is None:
        return Refused(403, "not_yours", "这件诉求不在您的部门名下。")
    for name in step.guards:
        saying = GUARDS[name](facts, actor, given, now)
        if saying:
            return Refused(422, name, saying)
    return None


@lru_cache
def ever(action: Action, role: Role) -> bool:
    """Whether there is any row in which this role does this."""
    return any(row.action is action and role in row.roles for row in STEPS)


def decide(facts: Facts, action: Action, actor: Actor, given: Mapping[str, Any], now: dt.datetime) -> Step | Refused:
    """The row of `STEPS` that applies, or the refusal: 403 wrong person, 422 wrong moment."""
    rows = [row for row in STEPS if row.action is action and actor.role in row.roles]
    if not rows:
        return Refused(403, "not_allowed", f"{actor.role.label}不能做“{action.label}”。")
    here = [row for row in rows if facts.state in row.sources]
    if not here:
        known = known_as(facts.state, facts.closed_at, actor.role)
        return Refused(422, "wrong_state", f"诉求现在是“{known.label}”，不能“{action.label}”。")
    fitting = [row for row in here if not row.when or CONDITIONS[row.when](facts, actor, given)]
    if not fitting:
        return Refused(422, "not_applicable", f"按现在的情况不能“{action.label}”。")
    refusals = [_unfit(row, facts, actor, given, now) for row in fitting]
    return fitting[refusals.index(None)] if None in refusals else refusals[0]  # type: ignore[return-value]


def possible(facts: Facts, actor: Actor, now: dt.datetime) -> tuple[Action, ...]:
    """What this actor may do now, in table order, each action once: refused is then only what he writes in the form."""
    fitting = (row.action for row in STEPS if actor.role in row.roles and facts.state in row.sources)
    return tuple(dict.fromkeys(action for action in fitting if _open_to(action, facts, actor, now)))


def _open_to(action: Action, facts: Facts, actor: Actor, now: dt.datetime) -> bool:
    """Whether a row of this action has nothing against the actor but what depends on the form."""
    rows = (row for row in STEPS if row.action is action and actor.role in row.roles and facts.state in row.sources)
    return any(_unfit(_before_the_form(row, actor), facts, actor, {}, now) is None for row in rows)


def _before_the_form(row: Step, actor: Actor) -> Step:
    """The row with the guards that can be asked before anything is given; a part is named there by its own house."""
    later = BY_FORM if actor.role in DEPARTMENT else BY_FORM | OF_THE_PART
    return replace(row, guards=tuple(name for name in row.guards if name not in later))


def _stated(row: Step) -> dict[str, Any]:
    return {
        "action": row.action,
        "label": row.action.label,
        "sources": [state for state in State if state in row.sources],
        "target": row.target,
        "roles": [role for role in Role if role in row.roles],
        "needs": list(row.needs),
        "starts": list(row.starts),
        "stops": list(row.stops),
        "when": row.when,
        "guards": list(row.guards),
        "own_department": row.own,
    }


def table() -> list[dict[str, Any]]:
    """`STEPS` as JSON for programs and the generated page."""
    return [_stated(row) for row in STEPS]
