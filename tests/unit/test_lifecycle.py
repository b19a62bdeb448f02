"""What the table lists works, everything else is refused; both read from the table itself."""

import datetime as dt
from itertools import product

import pytest

from hotline.clock import SHANGHAI
from hotline.conditions import CONDITIONS, GUARDS
from hotline.effects import EFFECTS
from hotline.given import GIVEN
from hotline.lifecycle import STEPS, Actor, Facts, Place, Refused, Step, decide, possible, table
from hotline.words import DEPARTMENT, Action, Clock, Delivery, Role, State

pytestmark = pytest.mark.fast
NOW = dt.datetime(2026, 11, 2, 1, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=5)
HOUSE = "csglj"
IN_THREE_HALF_DAYS = tuple(NOW + dt.timedelta(hours=hours) for hours in (1, 6, 25))  # 10:00, 15:00, 10:00 local

GIVEN_FOR = {
    Action.FORWARD: {"departments": [{"code": "sthjj", "role": "co"}], "opinion": ""},
    Action.RECEIVE: {"department": HOUSE},
    Action.REQUEST_EXTENSION: {"days": 3, "reason": "取证"},
    Action.REPLY: {"facts": "属实", "solved": True, "public": "已经整改到位，请您监督。"},
    Action.ARBITRATE: {"verdict": "reassign", "department": "sthjj"},
    Action.APPEAL: {"claim": "mistaken", "reason": "评错了对象", "evidence": "现场照片"},
    Action.APPROVE_APPEAL: {"granted": True},
    Action.SETTLE_STUCK: {"result": "done", "text": "已经办成"},
}
FOR_CONDITION = {
    "granted": {"granted": True},
    "not_granted": {"granted": False},
    "content": {"reached": True, "solved": True, "satisfaction": 4},
    "discontent": {"reached": True, "solved": False, "satisfaction": 2},
    "reached": {"reached": True, "solved": False, "satisfaction": 2},
    "not_reached": {"reached": False},
    "bad_level": {"level": 1},
    "good_level": {"level": 5},
    "remaining_level": {"level": 5},
    "justified": {"verdict": "justified"},
    "complex": {"verdict": "complex"},
    "not_justified": {"verdict": "no_ground"},
    "reassigned": {"verdict": "reassign", "department": "sthjj"},
    "redo_reassigned": {"verdict": "reassign", "department": "sthjj"},
    "kept_signed": {"verdict": "keep"},
    "kept_unsigned": {"verdict": "keep"},
    "upheld": {"upheld": True},
    "not_upheld": {"upheld": False},
    "stuck_general": {"grade": "general"},
    "stuck_cannot": {"grade": "cannot"},
    "stuck_hard": {"grade": "hard"},
    "stuck_refusal": {"grade": "refusal"},
}
APPEALS = {Action.DECIDE_APPEAL: "open", Action.APPROVE_APPEAL: "upheld"}
STATUS = {
    "awaits_receipt": Delivery.SENT,
    "awaits_signature": Delivery.DELIVERED,
    "still_here": Delivery.DELIVERED,
    "signed": Delivery.SIGNED,
}


def given_for(step: Step) -> dict[str, object]:
    if step.action is Action.FORWARD and "one_lead" in step.guards:
        return {"departments": [{"code": HOUSE, "role": "lead"}], "opinion": ""}
    return FOR_CONDITION.get(step.when) or GIVEN_FOR.get(step.action, {})


def places_for(step: Step) -> tuple[Place, ...]:
    if step.when == "answered_by_centre":
        return ()
    status = next((STATUS[g] for g in step.guards if g in STATUS), Delivery.SIGNED)
    if step.action is Action.ARBITRATE:
        status = Delivery.RETURNING
    mine = Place(
        HOUSE,
        "lead",
        status,
        1,
        signed=step.when == "kept_signed",
        reply_due=LATER,
        return_due=LATER,
        rectifies=step.when == "redo_reassigned",
    )
    other = Place("gaj", "co", Delivery.DELIVERED, 1)
    return (mine, other) if step.when in {"others_to_sign", "others_to_reply"} else (mine,)


def facts_for(step: Step, state: State) -> Facts:
    """Facts under which the row's guards have nothing against it."""
    return Facts(
        state=state,
        round=2 if step.when in {"later_round", "rectifying"} else 1,
        places=places_for(step),
        spoken=step.action is Action.JUDGE,
        tries=IN_THREE_HALF_DAYS if step.action is Action.CLOSE else (),
        pending_extensions=frozenset({HOUSE} if "pending_extension" in step.guards else ()),
        pending_suspension=HOUSE if "pending_suspension" in step.guards else "",
        pending_suspension_by="somebody",
        suspended_for=HOUSE,
        verdict_by="somebody",
        closed_at=NOW,
        parent_answered=True,
        drawn=step.when != "not_drawn",
        appeal=APPEALS.get(step.action, ""),
        appeal_by="somebody",
        appeal_until=LATER,
        stuck="general",
    )


def actor_for(role: Role) -> Actor:
    return Actor("me", role, HOUSE if role in DEPARTMENT else "")


LISTED = [(step, state, role) for step in STEPS for state in sorted(step.sources) for role in sorted(step.roles)]
NAMED = {(step.action, state, role) for step, state, role in LISTED}
REFUSED = [case for case in product(Action, State, Role) if case not in NAMED]


@pytest.mark.parametrize(("step", "state", "role"), LISTED, ids=lambda v: getattr(v, "value", None) or v.action.value)
def test_what_the_table_lists_works(step, state, role):
    found = decide(facts_for(step, state), step.action, actor_for(role), given_for(step), NOW)
    assert isinstance(found, Step), found
    assert (found.action, found.target) == (step.action, step.target)


def test_everything_else_is_refused_with_a_code_and_a_chinese_sentence():
    for action, state, role in REFUSED:
        refused = decide(Facts(state), action, actor_for(role), {}, NOW)
        assert isinstance(refused, Refused), (action, state, role)
        assert refused.status in {403, 422}
        assert refused.code
        assert any("一" <= letter <= "鿿" for letter in refused.message)


def test_every_action_has_a_row_a_form_and_an_effect():
    assert {step.action for step in STEPS} == set(Action) == set(GIVEN) == set(EFFECTS)


def test_every_name_in_the_table_is_known_and_used():
    assert {step.when for step in STEPS if step.when} == set(CONDITIONS)
    assert {guard for step in STEPS for guard in step.guards} == set(GUARDS)


def test_every_state_can_be_reached_and_left():
    targets = {step.target for step in STEPS if step.target}
    left = {state for step in STEPS if step.target and step.target not in step.sources for state in step.sources}
    assert set(State) - targets == {State.RECEIVED}
    assert set(State) == left


def test_every_clock_that_is_started_is_stopped_somewhere():
    started = {clock for step in STEPS for clock in step.starts}
    stopped = {clock for step in STEPS for clock in step.stops}
    assert started <= stopped
    assert set(Clock) - started == {Clock.ACCEPT, Clock.AUTO_FORWARD}  # these two start when a matter is written


def test_a_department_never_touches_ratings_revisits_verdicts_or_the_review():
    barred = {Action.RATE, Action.REVISIT, Action.JUDGE, Action.APPROVE_VERDICT, Action.PASS, Action.SEND_BACK}
    barred |= {Action.DECIDE_EXTENSION, Action.APPROVE_SUSPENSION, Action.ARBITRATE, Action.CLOSE}
    barred |= {Action.DECIDE_APPEAL, Action.APPROVE_APPEAL, Action.REGISTER_STUCK, Action.SETTLE_STUCK}
    assert not [step for step in STEPS if step.action in barred and step.roles & DEPARTMENT]


def test_words_move_no_clock():
    silent = {Action.SUPPLEMENT, Action.URGE, Action.LINK, Action.SUPERVISE, Action.INTERIM, Action.HAND_DOWN}
    assert not [step for step in STEPS if step.action in silent and (step.starts or step.stops or step.target)]


def test_another_departments_case_is_not_mine():
    facts = Facts(State.FORWARDED, places=(Place("gaj", "lead", Delivery.DELIVERED, 1),))
    refused = decide(facts, Action.SIGN, actor_for(Role.CLERK), {}, NOW)
    assert isinstance(refused, Refused)
    assert refused.code == "not_yours"
    assert Action.SIGN not in possible(facts, actor_for(Role.CLERK), NOW)


@pytest.mark.parametrize(
    ("code", "facts", "action", "actor", "given"),
    [
        ("return_in_time", Facts(State.FORWARDED, places=(Place(HOUSE, "lead", Delivery.DELIVERED, 1, return_due=NOW - dt.timedelta(1)),)), Action.RETURN, actor_for(Role.CLERK), {"reason": "x"}),
        ("before_reply_due", Facts(State.HANDLING, places=(Place(HOUSE, "lead", Delivery.SIGNED, 1, reply_due=NOW - dt.timedelta(1)),)), Action.REQUEST_EXTENSION, actor_for(Role.CLERK), {"days": 2}),
        ("extension_allowed", Facts(State.HANDLING, places=(Place(HOUSE, "lead", Delivery.SIGNED, 1, reply_due=LATER, extensions=1),)), Action.REQUEST_EXTENSION, actor_for(Role.CLERK), {"days": 2}),
        ("second_person_judges", Facts(State.VERDICT, verdict_by="me"), Action.APPROVE_VERDICT, actor_for(Role.SUPERVISOR), {"granted": True}),
        ("second_person_suspends", Facts(State.HANDLING, pending_suspension=HOUSE, pending_suspension_by="me"), Action.APPROVE_SUSPENSION, actor_for(Role.SUPERVISOR), {"granted": True}),
        ("heard", Facts(State.CHECKING), Action.JUDGE, actor_for(Role.REVISITOR), {"verdict": "justified"}),
        ("tried_enough", Facts(State.PASSED, tries=IN_THREE_HALF_DAYS[:2]), Action.CLOSE, actor_for(Role.REVISITOR), {}),
        ("not_rated", Facts(State.PASSED, rated=True), Action.RATE, Actor("c", Role.CITIZEN), {"level": 1}),
        ("within_reopen_window", Facts(State.CLOSED, closed_at=NOW - dt.timedelta(31)), Action.REOPEN, actor_for(Role.AGENT), {"reason": "x"}),
        ("final_by_supervisor", Facts(State.RETURNING, returns=2, places=(Place(HOUSE, "lead", Delivery.RETURNING, 1),)), Action.ARBITRATE, actor_for(Role.DISPATCHER), {"verdict": "keep"}),
        ("adds_co_handlers", Facts(State.HANDLING, places=(Place(HOUSE, "lead", Delivery.SIGNED, 1),)), Action.FORWARD, actor_for(Role.DISPATCHER), {"departments": [{"code": "gaj", "role": "co"}] * 2}),
        ("verdict_not_final", Facts(State.HANDLING, returns=2, places=(Place(HOUSE, "lead", Delivery.SIGNED, 1),)), Action.RETURN, actor_for(Role.CLERK), {"reason": "x"}),
        ("one_lead", Facts(State.ACCEPTED), Action.FORWARD, actor_for(Role.DISPATCHER), {"departments": [{"code": "a", "role": "co"}]}),
        ("appeal_in_time", Facts(State.HANDLING, round=2, places=(Place(HOUSE, "lead", Delivery.SIGNED, 2),), appeal_until=NOW - dt.timedelta(1)), Action.APPEAL, actor_for(Role.HEAD), {}),
        ("appeal_in_time", Facts(State.HANDLING, places=(Place(HOUSE, "lead", Delivery.SIGNED, 1),)), Action.APPEAL, actor_for(Role.HEAD), {}),
        ("not_appealed", Facts(State.HANDLING, round=2, places=(Place(HOUSE, "lead", Delivery.SIGNED, 2),), appeal_until=LATER, appealed=True), Action.APPEAL, actor_for(Role.HEAD), {}),
        ("open_appeal", Facts(State.HANDLING, appeal="upheld"), Action.DECIDE_APPEAL, actor_for(Role.REVIEWER), {"upheld": True}),
        ("upheld_appeal", Facts(State.HANDLING, appeal="open"), Action.APPROVE_APPEAL, actor_for(Role.SUPERVISOR), {"granted": True}),
        ("second_person_appeals", Facts(State.HANDLING, appeal="upheld", appeal_by="me"), Action.APPROVE_APPEAL, actor_for(Role.SUPERVISOR), {"granted": True}),
        ("is_stuck", Facts(State.HANDLING), Action.SETTLE_STUCK, actor_for(Role.AGENT), {"result": "done"}),
        ("names_discipline", Facts(State.HANDLING, stuck="refusal"), Action.SETTLE_STUCK, actor_for(Role.AGENT), {"result": "done"}),
        ("names_discipline", Facts(State.HANDLING, stuck="refusal"), Action.SETTLE_STUCK, actor_for(Role.AGENT), {"result": "referred", "referred_to": ""}),
        ("reason_if_unsolved", Facts(State.HANDLING, places=(Place(HOUSE, "lead", Delivery.SIGNED, 1),)), Action.REPLY, actor_for(Role.CLERK), {"solved": False}),
    ],
)  # fmt: skip
def test_a_guard_refuses(code, facts, action, actor, given):
    refused = decide(facts, action, actor, given, NOW)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.code) == (422, code)


TRIES = [
    ("three half days", ("02 10:00", "02 15:00", "03 10:00"), True),
    ("three calls in one morning are one try", ("02 09:00", "02 10:00", "02 11:59"), False),
    ("noon begins another half day", ("02 11:59", "02 12:00", "03 08:30"), True),
    ("a call at night does not count", ("02 10:00", "02 15:00", "02 23:00"), False),
    ("a call before the hours does not count", ("02 10:00", "02 15:00", "03 08:29"), False),
    ("the last minute counts, the end of the hours does not", ("02 10:00", "02 20:30", "03 20:29"), False),
    ("a fourth call makes good for one that did not count", ("02 10:00", "02 10:05", "02 20:29", "04 08:30"), True),
]


@pytest.mark.parametrize(("why", "tried", "enough"), TRIES, ids=[row[0] for row in TRIES])
def test_who_was_not_reached_was_tried_on_different_half_days_outside_quiet_hours(why, tried, enough):
    tries = tuple(dt.datetime.fromisoformat(f"2026-11-{at}").replace(tzinfo=SHANGHAI) for at in tried)
    closed = decide(Facts(State.PASSED, tries=tries), Action.CLOSE, actor_for(Role.REVISITOR), {}, NOW)
    judged = Facts(State.CHECKING, tries=tries)
    verdict = decide(judged, Action.JUDGE, actor_for(Role.REVISITOR), {"verdict": "justified"}, NOW)
    assert (isinstance(closed, Step), isinstance(verdict, Step)) == (enough, enough)


def test_the_table_reads_as_json():
    assert len(table()) == len(STEPS)
    assert {"action", "sources", "target", "roles", "needs", "starts", "stops"} <= set(table()[0])
