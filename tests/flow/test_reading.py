"""What each reader learns of a case: a citizen his progress, a department its result; nobody who rated too early."""

import pytest
from staff_story import ANSWER, CITIZEN, CLERK, DISPATCHER, REVIEWER, REVISITOR, SPOKEN, SUPERVISOR, do, passed, signed

from hotline import cases
from hotline.words import Action

RATED, HEARD, FOUND = "味道还是很大，根本没人管", "他说没有解决，很生气", "现场复查仍超时营业"


def read(client, case):
    return client.get(f"/api/v1/cases/{case.number}").json


def steps(client, case, **headers):
    answer = client.get(f"/api/v1/cases/{case.number}/history", headers=headers)
    assert answer.status_code == 200
    return answer.json["items"]


def words_of(client, case):
    return {row["action"]: row["words"] for row in steps(client, case)}


def seen_by(client, case):
    """All that the interface tells this reader of a case, and what it says when he acts."""
    lists = [client.get(f"/api/v1/cases?{asked}").text for asked in ("state=passed", "state=closed", "open=1")]
    refused = client.post(f"/api/v1/cases/{case.number}/actions", json={"action": "contact", "version": 1, "how": "电话", "result": "x"})  # fmt: skip  # noqa: E501
    return "\n".join([str(read(client, case)), str(steps(client, case)), *lists, refused.text])


def judged(**more):
    """A case rated badly, heard and found to be the department's doing."""
    case = passed(**more)
    cases.act(case.number, Action.RATE, CITIZEN, {"level": 1, "words": RATED})
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1, words=HEARD)
    do(case, Action.JUDGE, REVISITOR, verdict="justified", reason=FOUND)
    return case


# --- the citizen ----------------------------------------------------------------------------------------------------


def test_an_interim_reply_reaches_the_citizen(app, ask):
    case = signed()
    do(case, Action.INTERIM, CLERK, text="已约谈摊主，本周内安装油烟净化设备。")
    cases.act(case.number, Action.SUPPLEMENT, CITIZEN, {"text": "周末最严重"})
    do(case, Action.CONTACT, CLERK, how="电话", result="市民态度激动，内部注意")
    browser = app.test_client()
    told = {row["action"]: row["words"] for row in steps(browser, case, **{"X-Query-Code": case.query_code})}
    assert told["interim"] == "已约谈摊主，本周内安装油烟净化设备。"
    assert told["supplement"] == "周末最严重"
    assert told["contact"] == told["sign"] == told["forward"] == ""
    page = browser.post("/track", data={"number": case.number, "query_code": case.query_code}).text
    assert "已约谈摊主" in page
    assert "承办部门告知了办理进展" in page
    assert "周末最严重" in page
    assert "内部注意" not in page


def test_what_staff_adds_is_not_shown_as_said_to_the_citizen(app, ask):
    case = signed()
    do(case, Action.SUPPLEMENT, SUPERVISOR, text="市民有多次投诉记录")
    shown = steps(app.test_client(), case, **{"X-Query-Code": case.query_code})
    assert "投诉记录" not in str(shown)


def test_the_citizen_sees_nothing_of_the_house(app, ask):
    case = signed(call="call-7")
    do(case, Action.INTERIM, CLERK, text="正在办理，请您稍候。")
    client = app.test_client()
    told = client.get(f"/api/v1/cases/{case.number}", headers={"X-Query-Code": case.query_code}).json
    assert told["call"] == told["verdict"] == ""
    assert told["revisits"] == []
    assert {row["opinion"] for row in told["departments"]} == {""}
    seen = str(told) + str(steps(client, case, **{"X-Query-Code": case.query_code}))
    assert all(name not in seen for name in ("csglj1", "agent1", "dispatcher1"))


# --- the department -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["csglj1", "csglj2"])
def test_a_department_reads_the_review_only_when_it_has_to_do_it_again(ask, user):
    case = judged()
    client = ask(user)
    assert not {"rate", "revisit", "judge"} & set(words_of(client, case))
    assert all(said not in seen_by(client, case) for said in (RATED, HEARD, FOUND))
    do(case, Action.REDO, DISPATCHER, opinion="请现场整改")
    told = words_of(client, case)
    assert (told["revisit"], told["judge"]) == (HEARD, FOUND)
    assert RATED not in seen_by(client, case)  # what he wrote with his rating never
    do(case, Action.SIGN, CLERK)
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.PASS, REVIEWER)
    cases.act(case.number, Action.RATE, CITIZEN, {"level": 4, "words": "这次好了"})
    assert "这次好了" not in str(steps(client, case))  # of the second round it learns nothing again


@pytest.mark.parametrize("wish", [{"anonymous": True}, {"confidential": True}])
def test_the_words_of_one_who_stays_unknown_never_reach_the_department(ask, wish):
    case = judged(name="欧阳明远", **wish)
    do(case, Action.REDO, DISPATCHER, opinion="请现场整改")
    told = words_of(ask("csglj1"), case)
    assert "rate" not in told
    assert (told["revisit"], told["judge"]) == ("", FOUND)


@pytest.mark.parametrize("closed", [False, True])
def test_the_rated_house_does_not_learn_of_a_rating_before_the_centre_has_judged_it(ask, closed):
    quiet, rated = passed(), passed()
    for case in (quiet, rated):
        if closed:
            do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=4, words="")
    client = ask("csglj2")
    cases.act(rated.number, Action.RATE, CITIZEN, {"level": 1, "words": RATED})
    before, after = (seen_by(client, case) for case in (quiet, rated))
    versions = {quiet.number: read(client, quiet)["version"], rated.number: read(client, rated)["version"]}
    assert versions[rated.number] == versions[quiet.number] + 1  # that something changed is all it may tell
    for trace in ("checking", "差评", "bad_review", "level", "评价", RATED):
        assert trace not in after, trace
    for asked in ("state=passed", "state=closed", "open=1", "due_before=2036-01-01"):
        listed = client.get(f"/api/v1/cases?{asked}").json["items"]
        states = {row["number"]: row["state"] for row in listed}
        assert states.get(quiet.number) == states.get(rated.number), asked
    assert client.get("/api/v1/cases?state=checking").json["items"] == []
    assert "回访" in before or closed


def test_what_was_found_without_ground_or_mistaken_stays_with_the_centre(ask):
    case = passed()
    cases.act(case.number, Action.RATE, CITIZEN, {"level": 1, "words": RATED})
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1, words=HEARD)
    do(case, Action.JUDGE, REVISITOR, verdict="mistaken", reason=FOUND)
    do(case, Action.APPROVE_VERDICT, SUPERVISOR, granted=True)
    told = seen_by(ask("csglj2"), case)
    assert all(said not in told for said in (RATED, HEARD, FOUND, "mistaken"))


@pytest.mark.parametrize("user", ["supervisor1", "revisitor1", "auditor1"])
def test_the_centre_reads_the_review_at_once(ask, user):
    told = words_of(ask(user), judged())
    assert (told["rate"], told["revisit"], told["judge"]) == (RATED, HEARD, FOUND)


# --- the supervisor -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("user", "shown"), [("supervisor1", True), ("admin1", True), ("agent1", False)])
def test_the_menu_leads_to_the_settings_who_may_see_them(ask, user, shown):
    client = ask(user)
    page = client.get("/kb").text
    assert ('href="/admin"' in page) is shown
    assert client.get("/admin").status_code == (200 if shown else 403)


# --- readiness ------------------------------------------------------------------------------------------------------


def parts_of(client):
    return {row["name"]: row for row in client.get("/readyz").json["parts"]}


def test_readiness_tells_of_the_distribution(app, monkeypatch):
    from redis import Redis

    from telephony.acd import OWN_SIGN
    from web import pulse

    pulse.client.cache_clear()
    client, line = app.test_client(), Redis.from_url(app.config["HOTLINE"].redis())
    monkeypatch.delenv("HOTLINE_TELEPHONE_OFF", raising=False)
    line.delete(OWN_SIGN)
    down = parts_of(client)["distribution"]
    assert (down["state"], down["needed"]) == ("down", True)
    assert "acd.log" in down["advice"]
    line.set(OWN_SIGN, "1", ex=5)
    assert parts_of(client)["distribution"]["state"] == "up"
    assert 'hotline_part_up{part="distribution"} 1.0' in client.get("/metrics").text
    line.delete(OWN_SIGN)
    monkeypatch.setenv("HOTLINE_TELEPHONE_OFF", "电话不可用")
    off = parts_of(client)["distribution"]
    assert (off["state"], off["needed"]) == ("off", False)


def test_the_description_names_the_header(app):
    told = app.test_client().get("/api/v1/openapi.json").json["paths"]
    for path, method in (
        ("/cases/{number}", "get"),
        ("/cases/{number}/history", "get"),
        ("/cases/{number}/actions", "post"),
    ):
        assert "X-Query-Code" in {row["name"] for row in told[path][method]["parameters"]}
