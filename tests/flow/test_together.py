"""Many steps by one request, and departments that were dissolved, renamed or never were, through the API."""

import pytest
from sqlalchemy import func, select
from staff_story import ANSWER, forwarded, new, signed

from dispatch import catalogue
from hotline import cases, db, facts
from hotline.city_models import Department
from hotline.message_models import OutboxRow
from hotline.models import Case, HistoryRow
from hotline.together import Order, act_many
from hotline.unit import transaction
from hotline.words import Action

pytestmark = pytest.mark.usefixtures("city")
LEAD = {"departments": [{"code": "csglj", "role": "lead"}], "opinion": "请办理"}


def together(ask, user, *items):
    answer = ask(user).post("/api/v1/actions", json={"items": list(items)})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json["items"]


def step(case, action, **given):
    with db.session() as session:
        there = facts.load(session, case.number)
    return {"number": case.number, "action": action, "version": there.version} | given


def states(*made):
    with db.session() as session:
        return [facts.load(session, case.number).state for case in made]


def test_a_batch_is_forwarded_signed_and_answered_in_one_request_each(ask):
    made = [new() for _ in range(5)]
    for user, action, given in (
        ("dispatcher1", "forward", LEAD),
        ("csglj1", "sign", {}),
        ("csglj1", "reply", ANSWER),
        ("reviewer1", "pass", {}),
    ):
        told = together(ask, user, *[step(case, action, **given) for case in made])
        assert [one["status"] for one in told] == [200] * 5, told
        assert [one["number"] for one in told] == [case.number for case in made]
    assert states(*made) == ["passed"] * 5
    with db.session() as session:
        steps = select(HistoryRow.action, func.count()).group_by(HistoryRow.action)
        assert dict(session.execute(steps).all()) == dict.fromkeys(("create", "forward", "sign", "reply", "pass"), 5)
        events = select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "CaseChanged")
        assert session.scalar(events) == 20


def test_a_refused_step_leaves_the_others_alone_and_says_why(ask):
    good, old, other = new(), new(), forwarded("gaj")
    told = together(
        ask,
        "dispatcher1",
        step(good, "forward", **LEAD),
        step(old, "forward", **LEAD) | {"version": 7},
        step(other, "forward", **LEAD),
        {"number": "20260101999999", "action": "forward", "version": 1} | LEAD,
        step(old, "forward", departments=[]),
    )
    assert [one["status"] for one in told] == [200, 409, 422, 404, 422]
    assert [one["error"]["code"] for one in told[1:]] == [
        "version_conflict",
        "adds_co_handlers",
        "no_such_case",
        "invalid_fields",
    ]
    assert states(good, old, other) == ["forwarded", "accepted", "forwarded"]


@pytest.mark.parametrize("code", ["nobody", "sthjj"], ids=["unknown", "dissolved"])
def test_a_department_that_is_not_there_is_refused_and_the_rest_of_the_batch_is_done(ask, code):
    with transaction() as unit:
        unit.session.get(Department, "sthjj").dissolved = True
    try:
        one, two, three = new(), new(), new()
        bad = {"departments": [{"code": code, "role": "lead"}]}
        told = together(
            ask, "dispatcher1", *[step(c, "forward", **g) for c, g in ((one, LEAD), (two, bad), (three, LEAD))]
        )
        assert [part["status"] for part in told] == [200, 422, 200]
        assert told[1]["error"]["code"] == ("unknown_department" if code == "nobody" else "dissolved_department")
        assert states(one, two, three) == ["forwarded", "accepted", "forwarded"]
        with db.session() as session:
            rows = select(HistoryRow.case_id, func.count()).where(HistoryRow.action == "forward").group_by("case_id")
            assert dict(session.execute(rows).all()) == {one.id: 1, three.id: 1}
    finally:
        with transaction() as unit:
            unit.session.get(Department, "sthjj").dissolved = False
        catalogue.forget()


def test_a_department_that_was_renamed_keeps_its_cases_under_its_new_name(ask):
    case = signed()
    with transaction() as unit:
        house = unit.session.get(Department, "csglj")
        was, house.name = house.name, "市城市管理和综合执法局"
    try:
        there = ask("csglj1").get(f"/api/v1/cases/{case.number}").json
        assert [part["name"] for part in there["departments"]] == ["市城市管理和综合执法局"]
        assert together(ask, "csglj1", step(case, "reply", **ANSWER))[0]["status"] == 200
    finally:
        with transaction() as unit:
            unit.session.get(Department, "csglj").name = was


def test_several_steps_of_one_case_are_done_one_after_the_other(ask):
    case = forwarded()
    told = together(
        ask,
        "csglj1",
        step(case, "sign"),
        step(case, "contact", how="phone", result="已联系") | {"version": 3},
        step(case, "sign") | {"version": 4},
    )
    assert [one["status"] for one in told] == [200, 200, 422]
    assert told[2]["error"]["code"] == "awaits_signature"


def test_a_department_reaches_only_its_own_cases_and_a_stranger_none(ask, app):
    case = forwarded("gaj")
    assert together(ask, "csglj1", step(case, "sign"))[0]["status"] == 404
    answer = app.test_client().post("/api/v1/actions", json={"items": [step(case, "sign")]})
    assert answer.status_code == 401
    assert states(case) == ["forwarded"]


def test_an_empty_or_a_too_long_list_is_refused(ask):
    case = new()
    for items in ([], [step(case, "urge", text="请快些")] * 201):
        answer = ask("dispatcher1").post("/api/v1/actions", json={"items": items})
        assert (answer.status_code, answer.json["error"]["code"]) == (422, "invalid_fields")


def test_the_same_batch_twice_does_each_step_once(ask):
    made = [new() for _ in range(3)]
    items = [step(case, "forward", **LEAD) for case in made]
    assert [one["status"] for one in together(ask, "dispatcher1", *items)] == [200] * 3
    assert [one["status"] for one in together(ask, "dispatcher1", *items)] == [409] * 3
    with db.session() as session:
        assert [len(facts.load(session, case.number).places) for case in made] == [1] * 3


def test_a_batch_and_one_by_one_write_the_same_history():
    from staff_story import DISPATCHER

    one, many = new(), new()
    cases.act(one.number, Action.FORWARD, DISPATCHER, LEAD, version=1)
    [done] = act_many([Order(DISPATCHER, many.number, Action.FORWARD, LEAD, 1)])
    assert isinstance(done, Case)
    with db.session() as session:
        rows = select(HistoryRow).order_by(HistoryRow.seq)
        told = [[row.facts for row in session.scalars(rows.where(HistoryRow.case_id == c.id))] for c in (one, many)]

    def plain(facts_):
        return [{k: [c["key"] for c in v] if k == "clocks" else v for k, v in row.items()} for row in facts_]

    assert plain(told[0]) == plain(told[1])
