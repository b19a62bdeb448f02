"""An auditor replays any past day: what the boards showed at a moment comes out of the history again, to the digit."""

import pytest
from staff_story import ANSWER, CLERK, REVIEWER, REVISITOR, SPOKEN, SUPERVISOR, do, forwarded, new, signed

from dispatch.service import sweep
from hotline.words import Action

pytestmark = pytest.mark.usefixtures("city")
PERIOD = {"from": "2026-11-02", "to": "2026-11-30"}
THEN = "2026-11-16T17:00:00+08:00"


def rates(ask, user, **more):
    return ask(user).get("/api/v1/rates", query_string=PERIOD | more)


@pytest.fixture
def past(ask, drill):
    """What the board showed at THEN; afterwards one case is answered late and another one is closed."""
    drill("2026-11-02T09:00:00+08:00")
    late, good, _ = signed(), signed(), forwarded()
    new()
    do(good, Action.REPLY, CLERK, **ANSWER)
    drill(THEN)
    sweep()
    shown = rates(ask, "supervisor1").json
    drill("2026-11-18T10:00:00+08:00")
    sweep()
    do(late, Action.REPLY, CLERK, **ANSWER)
    do(good, Action.PASS, REVIEWER)
    do(good, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=5)
    return shown


def test_a_past_day_comes_out_of_the_history_as_the_board_showed_it(ask, past):
    now = rates(ask, "supervisor1").json["rates"]
    again = rates(ask, "auditor1", as_of=past["as_of"]).json
    assert again == past
    assert now != past["rates"]


def figure(told, code="on_time_reply"):
    return next((rate["numerator"], rate["denominator"]) for rate in told["rates"] if rate["code"] == code)


def test_a_pause_is_no_missed_deadline_neither_while_it_lasts_nor_in_what_is_replayed_of_that_day(ask, drill):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    do(case, Action.SUSPEND, CLERK, reason="等市民材料")
    do(case, Action.APPROVE_SUSPENSION, SUPERVISOR, granted=True)
    drill("2026-11-17T09:00:00+08:00")
    shown = rates(ask, "supervisor1").json
    assert figure(shown) == (0, 0)
    do(case, Action.RESUME, CLERK)
    drill("2026-12-02T09:00:00+08:00")
    assert rates(ask, "auditor1", as_of=shown["as_of"]).json == shown
    later = rates(ask, "supervisor1", to="2026-12-31").json
    assert figure(later) == (0, 1)
    assert rates(ask, "auditor1", to="2026-12-31", as_of="2026-12-02").json["rates"] == later["rates"]


@pytest.mark.parametrize(
    ("contacted", "known", "response"),
    [
        (False, {}, (0, 1)),
        (True, {}, (1, 1)),
        (False, {"anonymous": True, "phone": ""}, (0, 0)),
        (False, {"confidential": True}, (0, 0)),
    ],
)
def test_a_reply_without_speaking_to_a_citizen_who_could_be_spoken_to_is_no_response(
    ask, drill, contacted, known, response
):
    drill("2026-11-02T09:00:00+08:00")
    case = signed(**known)
    if contacted:
        do(case, Action.CONTACT, CLERK, how="phone", result="已说明")
    do(case, Action.REPLY, CLERK, **ANSWER)
    assert figure(rates(ask, "supervisor1").json, "response")[1] == int(contacted)
    drill("2026-11-18T09:00:00+08:00")
    shown = rates(ask, "supervisor1").json
    assert figure(shown, "response") == response
    assert rates(ask, "auditor1", as_of="2026-11-18").json["rates"] == shown["rates"]


def test_the_present_replayed_is_what_the_board_shows(ask, past):
    shown = rates(ask, "supervisor1").json["rates"]
    assert rates(ask, "auditor1", as_of="2026-11-18").json["rates"] == shown


@pytest.mark.parametrize(
    ("user", "moment", "status", "code"),
    [
        ("csglj1", THEN, 403, "not_allowed"),
        ("auditor1", "2026-12-24T10:00", 422, "future_moment"),
        ("auditor1", "gestern", 422, "bad_time"),
    ],
)
def test_only_auditors_and_supervisors_replay_and_only_the_past(ask, past, user, moment, status, code):
    answer = rates(ask, user, as_of=moment)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
