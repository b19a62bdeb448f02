"""The revisit group's list over HTTP: who is called next, tries by half days, quiet hours, what follows."""

import datetime as dt

import pytest
from staff_story import CITIZEN, REVISITOR, SPOKEN, do, numbers, passed

from dispatch.service import sweep
from hotline import db
from hotline.clock import SHANGHAI
from hotline.models import ClockRow, RungRow
from hotline.timing import timing
from hotline.tries import is_quiet
from hotline.words import Action
from web.staff.revisit import next_half_day

TUESDAY = "2026-11-03T09:30:00+08:00"


def listed(client, tab="call"):
    return client.get(f"/revisit/list?tab={tab}")


@pytest.mark.parametrize(
    ("tried", "again", "why"),
    [
        ("2026-11-03T08:30", "2026-11-03T14:30", "a morning is followed by its afternoon"),
        ("2026-11-03T11:59", "2026-11-03T14:30", "the last minute of the morning"),
        ("2026-11-03T12:00", "2026-11-04T08:30", "noon belongs to the afternoon"),
        ("2026-11-03T07:00", "2026-11-03T08:30", "before the hours nothing counted yet"),
        ("2026-11-03T20:29", "2026-11-04T08:30", "an evening is followed by the next morning"),
        ("2026-12-31T19:00", "2027-01-01T08:30", "over the end of a year"),
    ],
)
def test_the_next_try_is_another_half_day(tried, again, why):
    at = dt.datetime.fromisoformat(tried).replace(tzinfo=SHANGHAI)
    assert next_half_day(at, timing().policy) == dt.datetime.fromisoformat(again).replace(tzinfo=SHANGHAI), why


@pytest.mark.parametrize(("at", "quiet"), [("08:29", True), ("08:30", False), ("20:29", False), ("20:30", True)])
def test_nobody_is_called_in_quiet_hours(at, quiet):
    now = dt.datetime.fromisoformat(f"2026-11-03T{at}").replace(tzinfo=SHANGHAI)
    assert is_quiet(now, timing().policy.revisit_hours) is quiet


def test_a_passed_reply_and_a_bad_review_wait_with_their_clocks(ask, drill):
    drill(TUESDAY)
    calm, angry = passed(), passed()
    do(angry, Action.RATE, CITIZEN, level=1, words="没解决")
    told = listed(ask("revisitor1")).json
    clocks = {item["number"]: item["clock"]["clock"] for item in told["items"]}
    assert clocks == {calm.number: "revisit", angry.number: "bad_review"}
    assert told["counts"] == {"call": 2, "verdict": 0, "redo": 0}
    assert told["quiet"] is False
    assert all(item["citizen"]["phone"] == "13800000001" for item in told["items"])


def test_who_was_not_reached_comes_again_in_the_next_half_day(ask, drill):
    drill(TUESDAY)
    tried, fresh = passed(), passed()
    do(tried, Action.REVISIT, REVISITOR, reached=False)
    items = listed(ask("revisitor1")).json["items"]
    assert [item["number"] for item in items] == [fresh.number, tried.number]
    assert items[1]["tries"] | {"last_at": None} == {
        "count": 1,
        "needed": 3,
        "spoken": False,
        "last_result": "无人接听",
        "last_at": None,
        "next_at": "2026-11-03T14:30:00+08:00",
    }
    drill("2026-11-03T14:31:00+08:00")
    items = listed(ask("revisitor1")).json["items"]
    assert [item["tries"]["next_at"] for item in items] == [None, None]


def test_the_page_and_the_guard_count_the_same_tries(ask, drill):
    drill(TUESDAY)
    case, revisitor = passed(), ask("revisitor1")
    seen = []
    for moment in ("03T09:31", "03T10:30", "03T21:00", "04T08:31", "04T15:00"):
        drill(f"2026-11-{moment}:00+08:00")
        do(case, Action.REVISIT, REVISITOR, reached=False)
        [item] = listed(revisitor).json["items"]
        body = {"action": "close", "version": item["version"]}
        closed = revisitor.post(f"/api/v1/cases/{case.number}/actions", json=body)
        seen.append((item["tries"]["count"], closed.status_code))
    assert seen == [(1, 422), (1, 422), (1, 422), (2, 422), (3, 200)]


def test_a_try_that_reached_nobody_says_why_and_one_that_did_says_nothing(ask, drill):
    drill(TUESDAY)
    case, revisitor = passed(), ask("revisitor1")
    do(case, Action.REVISIT, REVISITOR, reached=False, result="busy")
    [item] = listed(revisitor).json["items"]
    assert item["tries"]["last_result"] == "占线"
    body = {"action": "revisit", "version": item["version"], "reached": False, "result": "asleep"}
    refused = revisitor.post(f"/api/v1/cases/{case.number}/actions", json=body)
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (422, ["result"])
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=5, result="busy")
    told = revisitor.get(f"/api/v1/cases/{case.number}").json["revisits"]
    assert [(row["result"], row["result_label"]) for row in told] == [("busy", "占线"), ("", None)]


def test_tries_before_a_bad_rating_do_not_count_towards_its_verdict(ask, drill):
    drill(TUESDAY)
    case, revisitor = passed(), ask("revisitor1")
    do(case, Action.REVISIT, REVISITOR, reached=False)
    drill("2026-11-03T15:00:00+08:00")
    do(case, Action.RATE, CITIZEN, level=1, words="没解决")
    do(case, Action.REVISIT, REVISITOR, reached=False)
    [item] = listed(revisitor).json["items"]
    assert item["tries"]["count"] == 1


def test_the_rungs_of_a_revisit_reach_the_revisit_group_never_the_house_that_is_checked(ask, drill):
    drill(TUESDAY)
    passed()
    drill("2026-11-20T09:30:00+08:00")
    sweep()
    with db.session() as session:
        rows = session.query(RungRow.rung, RungRow.reached).join(ClockRow, ClockRow.id == RungRow.clock_id)
        told = dict(rows.filter(ClockRow.clock == "revisit").all())
    assert told["half"] == ["revisitor1"]
    assert {name.rstrip("12") for names in told.values() for name in names} == {"revisitor", "supervisor"}


def test_a_heard_bad_review_stays_in_the_list_until_it_is_judged(ask, drill):
    drill(TUESDAY)
    case = passed()
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=2)
    [item] = listed(ask("revisitor1")).json["items"]
    assert item["tries"]["spoken"] is True
    assert item["clock"]["clock"] == "verdict"
    do(case, Action.JUDGE, REVISITOR, verdict="justified", reason="现场仍超时")
    assert numbers(listed(ask("revisitor1"))) == []
    assert numbers(listed(ask("revisitor1"), "redo")) == [case.number]


def test_a_verdict_without_ground_waits_for_the_supervisor(ask, drill):
    drill(TUESDAY)
    case = passed()
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1)
    do(case, Action.JUDGE, REVISITOR, verdict="no_ground", reason="诉求没有依据")
    boss = ask("supervisor1")
    [item] = listed(boss, "verdict").json["items"]
    assert (item["verdict"], item["verdict_by"]) == ("no_ground", "revisitor1")
    body = {"action": "approve_verdict", "version": item["version"], "granted": True}
    assert boss.post(f"/api/v1/cases/{case.number}/actions", json=body).json["state"] == "closed"


@pytest.mark.parametrize("user", ["agent1", "dispatcher1", "csglj1", "csglj2", "auditor1", "keeper1", "admin1"])
def test_the_call_list_is_for_the_revisit_group(ask, user):
    assert listed(ask(user)).status_code == 403
    assert ask(user).get("/revisit").status_code == 403


def test_an_unknown_tab_is_refused(ask):
    assert listed(ask("revisitor1"), "x").json["error"]["code"] == "unknown_tab"
