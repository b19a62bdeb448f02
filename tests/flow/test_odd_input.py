"""What should not come and comes all the same: a clear answer by a stable code, and everything else goes on."""

import threading

import pytest
from staff_story import AGENT, CITIZEN, CLERK, do, forwarded, new

from dispatch import service
from hotline import cases, db, facts, windows
from hotline.errors import Conflict
from hotline.models import Rating
from hotline.words import Action, Channel

pytestmark = pytest.mark.usefixtures("city")
MATTER = {"content": "楼下噪音扰民", "anonymous": True}


def code(answer):
    return answer.status_code, answer.json["error"]["code"]


@pytest.fixture
def stranger(app):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "application/json"
    return client


@pytest.mark.parametrize(
    "at", ["0001-01-01", "0001-01-01T00:00:00+14:00", "1899-12-31T23:59:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_matter_of_another_age_is_refused_and_stops_nobody(stranger, ask, drill, at):
    drill("2026-11-02T09:30:00+08:00")
    assert code(stranger.post("/api/v1/cases", json=MATTER | {"occurred_at": at})) == (422, "bad_time")
    case = new()
    drill("2026-11-03T09:20:00+08:00")
    service.sweep()
    with db.session() as session:
        assert facts.load(session, case.number).state == "forwarded"
    assert ask("agent1").get("/api/v1/cases").status_code == 200


@pytest.mark.parametrize("action", [[], {}, 7, None])
def test_an_action_that_is_no_word_is_unknown(ask, action):
    case = new()
    answer = ask("agent1").post(f"/api/v1/cases/{case.number}/actions", json={"action": action, "version": 1})
    assert code(answer) == (422, "unknown_action")


@pytest.mark.parametrize("due", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_an_inner_deadline_outside_of_the_calendar_is_refused(ask, due):
    case = forwarded()
    do(case, Action.SIGN, CLERK)
    body = {"action": "hand_down", "unit": "一中队", "due": due, "version": 3}
    assert code(ask("csglj1").post(f"/api/v1/cases/{case.number}/actions", json=body)) == (422, "due_passed")


@pytest.mark.parametrize("field", ["content", "title"])
def test_a_letter_that_no_database_keeps_is_named_with_its_field(stranger, field):
    answer = stranger.post("/api/v1/cases", json=MATTER | {field: "噪音\x00扰民"})
    assert code(answer) == (422, "invalid_fields")
    assert answer.json["error"]["fields"] == {field: "有无法保存的字符"}


def test_whoever_may_never_do_it_is_told_so_before_his_form_and_version_are_looked_at(ask):
    case = new()
    for user, action in (("auditor1", "register_stuck"), ("revisitor1", "forward"), ("agent1", "sign")):
        answer = ask(user).post(f"/api/v1/cases/{case.number}/actions", json={"action": action, "version": 99})
        assert code(answer) == (403, "not_allowed")


def test_the_same_key_with_other_wishes_is_not_the_same_request(ask):
    client, headers = ask("agent1"), {"Idempotency-Key": "k"}
    body = {"content": "楼下噪音扰民", "citizen": {"phone": "13800000001"}}
    assert client.post("/api/v1/cases", json=body, headers=headers).status_code == 201
    assert client.post("/api/v1/cases", json=body, headers=headers).status_code == 200
    for more in ({"confidential": True}, {"urgency": "特急"}, {"occurred_at": "2026-01-02"}):
        assert code(client.post("/api/v1/cases", json=body | more, headers=headers)) == (409, "key_reused")
    assert code(client.post("/api/v1/cases", json=body, headers={"Idempotency-Key": "k" * 201})) == (422, "bad_key")


def test_a_second_press_at_a_window_waits_for_the_first_and_changes_nothing():
    window = windows.open_window(
        windows.NewWindow(department="csglj", name="办事大厅", item="占道许可"), "supervisor1"
    ).code
    said = windows.Said(level=5, nonce="n" * 22)
    fallen = []

    def press():
        try:
            windows.review(window, said, Channel.KIOSK)
        except Exception as error:  # noqa: BLE001 - whatever it was
            fallen.append(error)

    presses = [threading.Thread(target=press) for _ in range(6)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join(60)
    assert fallen == []
    with db.session() as session:
        assert session.query(windows.WindowReview).count() == 1
        assert session.query(Rating).count() == 0


def overtaken(case, actor):
    with pytest.raises(Conflict) as late:
        cases.act(case.number, Action.SUPPLEMENT, actor, {"text": "补充"}, version=1)
    return late.value


def test_who_was_quicker_is_a_person_and_not_the_machines_rung(drill):
    drill("2026-11-02T09:30:00+08:00")
    case = forwarded()
    drill("2026-11-05T09:30:00+08:00")
    assert service.sweep() > 0
    told = overtaken(case, AGENT)
    assert (told.fields["action"], told.fields["by"]) == ("forward", "dispatcher1")
    assert "派单" in told.message or "转办" in told.message


def test_a_citizen_is_not_told_who_of_the_staff_was_quicker():
    told = overtaken(forwarded(), CITIZEN)
    assert told.fields == {"version": "2"}
    assert "dispatcher1" not in told.message


def test_similar_matters_of_a_person_who_asked_not_to_be_known_name_him_to_nobody(ask):
    title = "张三举报13699990001楼下烧烤油烟扰民"
    new(title=title, name="张三", phone="13699990001", confidential=True, content="楼下烧烤油烟扰民，每天到凌晨")
    from hotline import outbox
    from web import worker

    worker.react(*[message.id for message in outbox.claim(200)])
    said = {"text": "楼下烧烤油烟扰民，每天到凌晨", "phone": "13699990001"}
    for user, knows in (("agent1", True), ("auditor1", False)):
        (near,) = ask(user).post("/api/v1/triage", json=said).json["similar"]
        assert "张三" not in near["title"]
        assert "13699990001" not in near["title"]
        assert near["same_citizen"] is knows


@pytest.mark.parametrize("result", [None, ["x"], 7])
def test_the_result_of_a_call_back_is_words(ask, result):
    answer = ask("agent1").post("/api/v1/callbacks/1/done", json={"result": result})
    assert code(answer) == (422, "invalid_fields")


def test_a_list_reads_like_the_case_itself(ask):
    case = forwarded()
    (row,) = ask("dispatcher1").get("/api/v1/cases").json["items"]
    whole = ask("dispatcher1").get(f"/api/v1/cases/{case.number}").json
    assert row.keys() <= whole.keys()
    assert {name: whole[name] for name in row if name != "clocks"} == {n: v for n, v in row.items() if n != "clocks"}
    assert row["clocks"] == [one for one in whole["clocks"] if one["stopped_at"] is None]
    assert {"content", "departments", "actions", "clocks"} <= row.keys()


def test_the_address_of_who_asked_not_to_be_known_is_masked_in_his_words_as_well(ask):
    home = "隐秘小巷99号"
    case = forwarded(content=f"我住{home}，楼下烧烤", address=home, name="张三", confidential=True)
    for user in ("csglj1", "auditor1"):
        told = ask(user).get(f"/api/v1/cases/{case.number}").json
        assert home not in told["content"]
        assert home not in told["place"]["address"]
