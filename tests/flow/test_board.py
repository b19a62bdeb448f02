"""The boards over HTTP: the same ledger as the history, what breaks the promises, what burns, the loop, alarms."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from staff_story import (
    ANSWER,
    CITIZEN,
    CLERK,
    DISPATCHER,
    REVIEWER,
    REVISITOR,
    SPOKEN,
    SUPERVISOR,
    do,
    new,
    passed,
    signed,
)

from dispatch.models import Alarm
from hotline import clock, db
from hotline.chat_models import Chat
from hotline.rates import Period
from hotline.unit import transaction
from hotline.words import Action
from telephony.models import AgentSeat, Call
from web import figures
from web.staff import doors, kept, loop
from web.staff.board import period_of
from web.staff.loop import Said, ways

READERS = ["supervisor1", "auditor1", "agent1", "dispatcher1", "reviewer1", "revisitor1"]
OTHERS = ["csglj1", "csglj2", "keeper1", "admin1"]
PARTS = ["/board", "/board/wall", "/board/now", "/board/promise", "/board/burning", "/board/loop", "/board/alarms"]


def read(client, path):
    kept.forget()
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def a_month(drill):
    """One answered and redone, one never forwarded in time, one answered late, one still unanswered and overdue."""
    drill("2026-11-02T09:00:00+08:00")
    loop_case, silent, late = passed(), new(title="没有转办"), signed(kind="咨询")
    signed(kind="咨询", title="一直没答复")
    do(loop_case, Action.RATE, CITIZEN, level=1, words="没解决")
    do(loop_case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=2)
    do(loop_case, Action.JUDGE, REVISITOR, verdict="justified", reason="属实")
    do(loop_case, Action.REDO, DISPATCHER, opinion="重办")
    drill("2026-11-04T09:00:00+08:00")
    do(silent, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    do(loop_case, Action.SIGN, CLERK)
    do(loop_case, Action.REPLY, CLERK, **ANSWER)
    do(loop_case, Action.PASS, REVIEWER)
    drill("2026-11-10T09:00:00+08:00")
    do(late, Action.REPLY, CLERK, **ANSWER)
    drill("2026-11-12T09:00:00+08:00")
    do(loop_case, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=5)


@pytest.mark.parametrize("period", ["day", "month", "year"])
def test_the_board_says_what_the_history_alone_says(ask, drill, period):
    a_month(drill)
    told = read(ask("supervisor1"), f"/board/promise?period={period}")
    with db.session() as session:
        again = figures.told(session, period_of(period, clock.now()), from_history=True)
    assert told["rates"] == again["rates"]
    assert (told["from"], told["to"]) == (again["from"], again["to"])


def test_the_promises_name_exactly_what_breaks_them(ask, drill):
    a_month(drill)
    told = read(ask("supervisor1"), "/board/promise?period=month")
    rate = {row["code"]: (row["numerator"], row["denominator"]) for row in told["rates"]}
    assert rate["forward_in_time"] == (3, 4)
    assert rate["on_time_reply"] == (1, 3)
    missed = {code: [row["title"] for row in rows] for code, rows in told["missed"].items()}
    assert missed == {"forward_in_time": ["没有转办"], "on_time_reply": ["烧烤摊油烟", "一直没答复"]}
    assert all(row["leader"] and row["department"] for rows in told["missed"].values() for row in rows)


@pytest.mark.parametrize("code", doors.DOORS)
def test_behind_each_door_stand_as_many_cases_as_the_figure_counts(ask, drill, code):
    a_month(drill)
    boss = ask("supervisor1")
    rates = {row["code"]: row for row in read(boss, "/board/promise?period=month")["rates"]}
    told = read(boss, f"/board/door/{code}?period=month")
    counted = rates[code]
    assert (told["good_count"], told["good_count"] + told["bad_count"]) == (
        counted["numerator"],
        counted["denominator"],
    )
    assert counted["denominator"] > 0
    assert len(told["good"]) + len(told["bad"]) == counted["denominator"]
    assert told["formula"]


def test_a_figure_without_cases_has_no_door(ask):
    assert ask("supervisor1").get("/board/door/connect").status_code == 404
    assert ask("supervisor1").get("/board/promise?period=week").json["error"]["code"] == "unknown_period"


def test_what_runs_out_next_stands_first_and_names_who_answers_for_it(ask, drill):
    drill("2026-11-02T09:00:00+08:00")
    urgent, plain = new(urgency="紧急"), new()
    signed(title="待答复")
    told = read(ask("supervisor1"), "/board/burning")
    assert [row["number"] for row in told["next"]][:1] == [urgent.number]
    assert {row["clock"] for row in told["next"]} == {"forward", "first_contact", "reply"}
    assert all(row["leader"] for row in told["next"])
    drill("2026-11-02T11:30:00+08:00")
    told = read(ask("supervisor1"), "/board/burning")
    assert [row["number"] for row in told["overdue"]] == [urgent.number]
    assert told["overdue_count"] == 1
    assert plain.number in {row["number"] for row in told["next"]}


def test_a_telephone_number_in_a_title_does_not_reach_the_wall(ask, drill):
    drill("2026-11-02T09:00:00+08:00")
    new(title="请回电13812345678")
    assert "13812345678" not in str(read(ask("auditor1"), "/board/burning"))


def test_now_counts_who_waits_who_answers_and_the_last_hour(ask, drill):
    drill("2026-11-02T09:00:00+08:00")
    new()
    new(channel="web")
    now = clock.now()

    def ago(seconds):
        return now - dt.timedelta(seconds=seconds)

    calls = [
        Call(id="a", state="ended", exit="answered", invite_at=ago(600), agent_answer_at=ago(590)),
        Call(id="b", state="ended", exit="abandoned", invite_at=ago(500)),
        Call(id="c", state="waiting", invite_at=ago(45)),
    ]
    seat = AgentSeat(user="agent1", status="ready", since=ago(30), state="talking", idle_since=ago(90))
    with transaction() as unit:
        for call in calls:
            call.caller, call.caller_index = "13900000000", "x"
            call.queue_at = call.notice_end_at = call.invite_at + dt.timedelta(seconds=5)
        unit.session.add_all([*calls, seat, Chat(key="k", state="waiting", created_at=now, waiting_since=ago(20))])
    told = read(ask("supervisor1"), "/board/now")
    assert told["calls"]["count"] == 1
    assert told["calls"]["longest_seconds"] in range(40, 60)
    assert (told["chats"]["waiting"], told["chats"]["longest_seconds"] in range(20, 40)) == (1, True)
    assert [(row["user"], row["state"]) for row in told["seats"]] == [("agent1", "talking")]
    assert {row["channel"]: row["count"] for row in told["channels"] if row["count"]} == {"phone": 1, "web": 1}
    with db.session() as session:
        now = clock.now()
        day = figures.told(session, Period(now - dt.timedelta(days=1), now, now), from_history=True)
    again = {row["code"]: row for row in day["rates"]}
    assert {row["code"]: row for row in told["rates"]} == {row["code"]: again[row["code"]] for row in told["rates"]}
    assert again["connect"]["denominator"] > 0


def test_the_loop_follows_a_bad_review_to_the_second_revisit(ask, drill):
    a_month(drill)
    stuck = passed()
    do(stuck, Action.RATE, CITIZEN, level=2, words="不行")
    drill("2026-11-13T09:00:00+08:00")
    told = read(ask("supervisor1"), "/board/loop?period=month")
    assert [(row["stage"], row["count"]) for row in told["funnel"]] == [
        ("bad", 2), ("heard", 1), ("judged", 1), ("rectified", 1), ("again", 1),
    ]  # fmt: skip
    assert [(row["number"], row["waits"]) for row in told["waiting"]] == [(stuck.number, "heard")]
    assert told["funnel"][0]["waiting"] == 1
    assert round(told["funnel"][0]["oldest"] / 3600) == 24


def test_the_map_counts_open_and_overdue_cases_of_every_area(ask, drill):
    drill("2026-11-02T09:00:00+08:00")
    new(urgency="紧急")
    new(area="灵宝市")
    closed = new(area="灵宝市")
    do(closed, Action.ANSWER, SUPERVISOR, text="已答复您")
    drill("2026-11-02T11:30:00+08:00")
    areas = {row["area"]: (row["open"], row["overdue"]) for row in read(ask("supervisor1"), "/board/loop")["areas"]}
    assert len(areas) == 8
    assert (areas["湖滨区"], areas["灵宝市"], areas["卢氏县"]) == ((1, 1), (1, 0), (0, 0))


AT = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
RATED = ("rate", {"level": 1})
BAD_CALL = ("revisit", {"revisit": {"reached": True, "solved": False, "satisfaction": 2}})
GOOD_CALL = ("revisit", {"revisit": {"reached": True, "solved": True, "satisfaction": 5}})
MISSED = ("revisit", {"revisit": {"reached": False, "solved": None, "satisfaction": None}})
TRUE = ("judge", {"verdict": "justified"})
NO_GROUND = ("judge", {"verdict": "no_ground"})
RELEASED = ("approve_verdict", {"excluded": True})
REFUSED = ("approve_verdict", {"excluded": False})
REPLIED = ("reply", {})
LOOPS = [
    ([("rate", {"level": 5})], [], "a good review begins nothing"),
    ([RATED], ["heard"], "a bad one waits to be heard"),
    ([RATED, MISSED], ["heard"], "a try is not a talk"),
    ([BAD_CALL], ["judged"], "a bad answer at the revisit is heard at once"),
    ([RATED, BAD_CALL], ["judged"], "the talk about it is the same way"),
    ([BAD_CALL, TRUE], ["rectified"], "justified: to be rectified"),
    ([BAD_CALL, NO_GROUND, RELEASED], [""], "released by a second person"),
    ([BAD_CALL, NO_GROUND, REFUSED], ["judged"], "not released: judged again"),
    ([BAD_CALL, TRUE, REPLIED], ["again"], "rectified, not yet asked again"),
    ([BAD_CALL, TRUE, REPLIED, GOOD_CALL], [""], "content at last"),
    ([RATED, MISSED, TRUE], ["rectified"], "not to be reached, judged unheard: to be rectified"),
    ([RATED, MISSED, TRUE, REPLIED, GOOD_CALL], [""], "unheard at first, content at last"),
    ([BAD_CALL, TRUE, REPLIED, BAD_CALL], ["", "judged"], "bad again: the next way"),
]


@pytest.mark.fast
@pytest.mark.parametrize(("steps", "waits", "why"), LOOPS)
def test_a_bad_review_goes_its_way(steps, waits, why):
    rows = [Said(1, AT + dt.timedelta(hours=n), action, told) for n, (action, told) in enumerate(steps)]
    assert [way.waits for way in ways(rows)] == waits, why


@pytest.mark.fast
def test_two_cases_are_two_ways():
    rows = [Said(case, AT, "rate", {"level": 1}) for case in (1, 2)]
    assert [row["count"] for row in loop.funnel(ways(rows), AT)] == [2, 0, 0, 0, 0]


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize("path", PARTS)
def test_the_centre_reads_the_boards(ask, user, path):
    assert ask(user).get(path).status_code == 200


@pytest.mark.parametrize("user", OTHERS)
@pytest.mark.parametrize("path", PARTS)
def test_departments_and_others_do_not(ask, user, path):
    assert ask(user).get(path).status_code == 403


def test_an_alarm_is_taken_once_by_name(ask):
    with transaction() as unit:
        unit.session.add(Alarm(at=clock.now(), code="fallback", text="没有人转办", case_number=""))
    first, second = ask("supervisor1"), ask("supervisor2")
    [alarm] = first.get("/board/alarms").json["items"]
    assert ask("auditor1").post(f"/board/alarms/{alarm['id']}/take").status_code == 403
    assert first.post(f"/board/alarms/{alarm['id']}/take").json["taken_by"] == "supervisor1"
    assert first.post(f"/board/alarms/{alarm['id']}/take").status_code == 200
    refused = second.post(f"/board/alarms/{alarm['id']}/take")
    assert (refused.status_code, refused.json["error"]["fields"]) == (409, {"by": "supervisor1"})
    assert numbers_of(second) == []
    assert first.post("/board/alarms/999999/take").status_code == 404


def test_an_alarm_says_what_its_matter_is_about_without_naming_anybody(ask):
    case = new(title="欧阳明远家门口路灯不亮", name="欧阳明远", phone="13912345678")
    with transaction() as unit:
        unit.session.add(Alarm(at=clock.now(), code="fallback", text="没有人转办", case_number=case.number))
    [alarm] = ask("supervisor1").get("/board/alarms").json["items"]
    assert (alarm["text"], alarm["title"]) == ("没有人转办", "某某家门口路灯不亮")


def test_an_alarm_about_a_case_that_cannot_be_read_is_told_all_the_same(ask):
    case = new()
    with transaction() as unit:
        unit.session.add(Alarm(at=clock.now(), code="unreadable", text="读不出来", case_number=case.number))
        unit.session.execute(text("UPDATE cases SET title = 'AAAA' WHERE id = :id"), {"id": case.id})
    [alarm] = ask("supervisor1").get("/board/alarms").json["items"]
    assert (alarm["text"], alarm["title"]) == ("读不出来", "")
    other = new(title="路灯不亮")
    with transaction() as unit:
        unit.session.add(Alarm(at=clock.now(), code="fallback", text="没有人转办", case_number=other.number))
    told = ask("supervisor1").get("/board/alarms").json["items"]
    assert [alarm["title"] for alarm in told] == ["路灯不亮", ""]


def numbers_of(client):
    return [row["id"] for row in client.get("/board/alarms").json["items"]]


def test_a_figure_is_counted_again_when_something_happened(ask, drill):
    """Kept figures must not hide a step longer than a moment."""
    drill("2026-11-02T09:00:00+08:00")
    boss = ask("supervisor1")
    kept.forget()
    assert boss.get("/board/burning").json["next"] == []
    new()
    deadline = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20)
    while not boss.get("/board/burning").json["next"]:
        assert dt.datetime.now(dt.UTC) < deadline


@pytest.mark.fast
def test_a_kept_figure_is_counted_once_for_one_mark():
    counted = []
    kept.forget()
    for mark in (1, 1, 1):
        kept.counted("figure", mark, lambda: counted.append(1) or len(counted))
    assert len(counted) == 1


@pytest.mark.fast
def test_many_readers_wait_for_one_that_counts():
    kept.forget()
    counted, go_on = [], threading.Event()

    def slow():
        counted.append(1)
        assert go_on.wait(10)
        return "figure"

    with ThreadPoolExecutor(4) as readers:
        asked = [readers.submit(kept.counted, "figure", mark, slow) for mark in (1, 1, 1, 1)]
        go_on.set()
        assert [one.result(10) for one in asked] == ["figure"] * 4
    assert len(counted) == 1


@pytest.mark.fast
def test_what_could_not_be_counted_is_counted_by_the_next_reader():
    kept.forget()
    with pytest.raises(ZeroDivisionError):
        kept.counted("figure", 1, lambda: 1 / 0)
    assert kept.counted("figure", 1, lambda: "counted") == "counted"


def test_the_settings_say_which_numbers_are_assumptions(ask):
    page = ask("admin1").get("/admin")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "我们的设定，没有公开依据" in text
    assert "暂定" in text
    assert "河南省12345热线管理规定" in text
    assert ask("supervisor1").get("/admin").status_code == 200
    assert [ask(user).get("/admin").status_code for user in ("agent1", "csglj1", "keeper1")] == [403, 403, 403]


def test_the_keeper_writes_and_publishes_and_others_read(ask):
    keeper, agent = ask("keeper1"), ask("agent1")
    said = {"code": "k-1", "title": "社保卡挂失", "body": "带身份证到网点办理。"}
    assert agent.put("/kb/articles", json=said).status_code == 403
    made = keeper.put("/kb/articles", json=said)
    assert (made.status_code, made.json["state"], made.json["steps"]) == (200, "draft", ["submit"])
    assert keeper.put("/kb/articles", json=said).status_code == 409
    for step in ("submit", "publish"):
        version = keeper.get("/kb/articles/k-1").json["version"]
        assert keeper.post(f"/kb/articles/k-1/{step}", json={"version": version}).status_code == 200
    assert keeper.post("/kb/articles/k-1/retire", json={"version": 1}).status_code == 409
    assert keeper.get("/kb/articles?state=published").json["counts"]["published"] == 1
    assert agent.get("/api/v1/kb/articles/k-1").json["title"] == "社保卡挂失"
    assert agent.get("/kb").status_code == 200
    assert agent.get("/kb/articles").status_code == 403
    bad = keeper.put("/kb/articles", json=said | {"code": "k-2", "expires": "next week"})
    assert (bad.status_code, list(bad.json["error"]["fields"])) == (422, ["expires"])
