"""The pages on which rules are changed, over HTTP: who may what, what is shown, what is kept."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from staff_story import signed

from hotline import clock, db, profiles
from hotline.policy import NUMBERS, Policy
from hotline.rulebook import jobs, versions
from hotline.timing import timing
from hotline.workcalendar import Calendar, year_of
from web.staff import rule_diff, rule_forms, rule_years

START = "2026-11-02T09:00:00+08:00"
TABLE = profiles.table("henan")
POLICY = Policy.of(TABLE, Calendar.load())


@pytest.fixture
def rules(city, drill):
    drill(START)
    versions.take_up_files()


def form_of(**changes):
    """What the browser sends of the form of henan, with changes by field."""
    said = rule_forms.shown(TABLE, POLICY)
    sent = {"title": said["title"], "reason": "测试", "weekdays": sorted(said["weekdays"])}
    for i, (begin, end) in enumerate(said["office"]):
        sent |= {f"office-{i}-from": begin, f"office-{i}-to": end}
    for i, row in enumerate(said["limits"]):
        names = ("clock", "kind", "urgency", "channel", "amount", "unit", "source", "note")
        sent |= {f"limit-{i}-{name}": row[name] for name in names}
    for number in said["numbers"]:
        at, value = f"number-{number['key']}", number["value"]
        sent |= {f"{at}-source": number["source"]}
        sent |= {f"{at}-from": value[0], f"{at}-to": value[1]} if number["control"] == "hours" else {at: value}
    return sent | changes


def row_of(clock_name, kind=()):
    return next(
        i for i, r in enumerate(TABLE["limit"]) if r["clock"] == clock_name and set(kind) <= set(r.get("kind", ()))
    )


def at(answer):
    """Where a step leads to."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def work_off():
    while jobs.work(60):
        pass


def version_in(page):
    return re.search(r'name="version" value="(\d+)"', page.text)[1]


def test_the_form_sent_back_untouched_says_the_same_policy(rules, ask):
    draft = at(ask("admin1").post("/admin/rules/policy/henan/edit", data=form_of()))
    page = ask("admin1").get(draft).text
    assert "两个版本没有差别" in page


def test_the_whole_way_from_the_form_to_the_re_judged_case(rules, ask):
    admin, supervisor, case = ask("admin1"), ask("supervisor1"), signed()
    changed = {f"limit-{row_of('reply', ['投诉'])}-amount": "12", "number-quality_sample": "10"}
    draft = at(admin.post("/admin/rules/policy/henan/edit", data=form_of(**changed)))
    work_off()
    page = admin.get(draft)
    assert all(
        said in page.text for said in ("12个工作日 [H]", "数值改了，依据仍写", "10% [A]", case.number, "推后 2天")
    )
    assert admin.get(f"{draft}/progress").json["preview"]["running"] is False
    at(admin.post(f"{draft}/propose", data={"version": version_in(page)}))
    waiting = supervisor.get(draft)
    assert "批准生效" in waiting.text
    assert "批准生效" not in admin.get(draft).text
    at(supervisor.post(f"{draft}/approve", data={"version": version_in(waiting), "decision": "同意"}))
    assert (timing().policy.limit("reply", "投诉").amount, timing().policy.quality_sample) == (12, 0.1)
    work_off()
    assert "移动了 <b>1</b> 个时限" in supervisor.get(draft).text
    listed = supervisor.get("/admin/rules/policy/henan").text
    assert "第2版" in listed
    assert "答复（举报、投诉）" in listed, "what the newest version changed"
    file = supervisor.get("/admin/rules/policy/henan/2.toml")
    assert profiles.parsed(file.text, "henan")["limit"][row_of("reply", ["投诉"])]["amount"] == 12


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit-0-amount": "三"}, "请填整数"),
        ({"number-revisit_tries": "99"}, "须为1至20的整数"),
        ({"number-quality_sample": "多"}, "请填百分数"),
        ({"weekdays": []}, "没有可用的日历：缺少工作日"),
        ({"office-0-from": "", "office-0-to": "", "office-1-from": "", "office-1-to": ""}, "缺少办公时间"),
        ({"reason": " "}, "请写明修改的理由"),
        ({"valid_from": "明天"}, "生效时间要像"),
        (
            {"limit-new-clock": "reply", "limit-new-amount": "7", "limit-new-unit": "days", "limit-new-source": "S"},
            "有误",
        ),
    ],
)
def test_what_cannot_be_taken_comes_back_as_it_was_typed(rules, ask, changes, said):
    answer = ask("admin1").post("/admin/rules/policy/henan/edit", data=form_of(title="我改的名称", **changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert "我改的名称" in answer.text


def test_a_limit_of_its_own_stands_before_the_one_for_all(rules, ask):
    own = {
        "limit-new-clock": "reply",
        "limit-new-kind": "求助",
        "limit-new-amount": "4",
        "limit-new-unit": "working_days",
    }
    draft = at(ask("admin1").post("/admin/rules/policy/henan/edit", data=form_of(**own, **{"limit-new-source": "S"})))
    text = ask("admin1").get(draft).text
    assert "答复（求助）" in text
    assert "4个工作日 [S]" in text


def test_a_table_of_a_year_is_imported_and_what_is_wrong_is_named_by_its_line(rules, ask):
    admin = ask("admin1")
    rows = "日期,类型,节日\n2027-01-01,放假,元旦\n2027-01-03,上班,元旦\n"
    said = {"what": "calendar", "name": "2027", "reason": "国务院通知"}
    draft = at(admin.post("/admin/rules/import", data=said | {"table": rows}))
    assert "2027-01-03 星期日" in admin.get(draft).text
    for table, wrong in (
        ("2027-01-01,放假\n昨天,放假", "第2行"),
        ("2026-05-01,放假,劳动节", "不属于2027年"),
        ("", "请选择文件"),
    ):
        answer = admin.post("/admin/rules/import", data=said | {"table": table})
        assert (answer.status_code, wrong in answer.json["error"]["message"]) == (422, True), answer.json


def test_an_older_version_is_brought_back_by_the_same_way(rules, ask):
    admin = ask("admin1")
    assert "内容取自第1版" in admin.get("/admin/rules/policy/henan/edit?from=1").text
    assert admin.get("/admin/rules/policy/henan/edit?from=7").status_code == 404
    assert "内容取自第1版" in admin.get("/admin/rules/calendar/2026/edit?from=1").text


@pytest.mark.parametrize("user", ["agent1", "csglj1", "keeper1", "dispatcher1"])
def test_the_rules_are_changed_by_those_who_may(rules, ask, user):
    client = ask(user)
    assert client.get("/admin/rules").status_code == 403
    assert client.post("/admin/rules/policy/henan/edit", data=form_of()).status_code == 403
    assert client.post("/admin/rules/drafts/1/approve").status_code == 403


def test_supervisors_and_auditors_read_and_do_not_write(rules, ask):
    for user in ("supervisor1", "auditor1"):
        assert ask(user).get("/admin/rules").status_code == 200
        assert ask(user).get("/admin/rules/policy/henan/edit").status_code == 403
    draft = at(ask("admin1").post("/admin/rules/policy/henan/edit", data=form_of()))
    assert ask("auditor1").post(f"{draft}/approve", data={"version": "1"}).status_code == 403
    assert ask("admin1").post(f"{draft}/nonsense").status_code == 404


# --- the form and the picture hold whatever a profile or a year says ---


@pytest.mark.fast
@pytest.mark.parametrize("name", ["henan", "beijing", "shandong", "sichuan"])
def test_a_profile_survives_its_form(name):
    table = profiles.table(name)
    policy = Policy.of(table, Calendar.load())
    back = rule_forms.table_of(rule_forms.shown(table, policy)) | {"version": policy.version}
    text = profiles.written(back)
    assert Policy.of(profiles.parsed(text, name), Calendar.load()).stamp == policy.stamp
    assert rule_diff.differences("policy", name, profiles.written(table), text) == []
    assert {number["key"] for number in rule_forms.shown(table, policy)["numbers"]} == set(NUMBERS)


DAYS = st.dates(min_value=clock.dt.date(2027, 1, 1), max_value=clock.dt.date(2027, 12, 31))
NAMED = st.dictionaries(
    DAYS, st.tuples(st.sampled_from(["off", "work"]), st.sampled_from(rule_years.FESTIVALS)), max_size=40
)


@pytest.mark.fast
@settings(max_examples=60, deadline=None)
@given(NAMED)
def test_a_year_survives_its_picture(named):
    days = sorted(rule_years.Day(day, sort, name) for day, (sort, name) in named.items())
    text = rule_years.text_of(2027, "通知", "文号", days)
    year = year_of(text, "2027年日历")
    assert rule_years.days_of(year, text) == days
    cells = [
        cell
        for month in rule_years.picture(2027, days, frozenset(range(5)))
        for week in month["weeks"]
        for cell in week
    ]
    shown = {cell["day"]: (cell["sort"], cell["name"]) for cell in cells if cell and cell["sort"]}
    assert shown == {one.day.isoformat(): (one.sort, one.name) for one in days}
    assert sum(cell is not None for cell in cells) == 365
    calendar = Calendar((year,))
    assert all(calendar.is_working(one.day) is (one.sort == "work") for one in days)


def test_a_page_of_the_rules_says_what_is_in_force(rules, ask):
    page = ask("admin1").get("/admin/rules").text
    assert "时限方案 henan" in page
    assert "本市在用" in page
    with db.session() as session:
        assert versions.in_force(session, clock.now())["policy", "henan"] == 1


def test_programs_read_the_versions_and_a_file_comes_in_as_a_draft_only(rules, ask, tmp_path):
    from click.testing import CliRunner

    from hotline.due_command import due
    from web.cli.policy import policy

    told = ask("agent1").get("/api/v1/rules").json
    assert (told["profile"], told["stamp"]) == ("henan", timing().policy.stamp)
    [version] = ask("agent1").get("/api/v1/rules/policy/henan").json["items"]
    assert (version["number"], "[[limit]]" in version["content"]) == (1, True)
    assert ask("keeper1").get("/api/v1/rules").status_code == 403
    run = CliRunner().invoke
    file = tmp_path / "henan.toml"
    file.write_text(run(policy, ["show", "henan"]).output.replace("amount = 10", "amount = 12"), encoding="utf-8")
    made = run(policy, ["import", str(file), "--user", "admin1", "--reason", "试行", "--json"])
    assert made.exit_code == 0, made.output
    assert '"in_force": true' in run(policy, ["list", "henan", "--json"]).output
    asked = ["--clock", "reply", "--kind", "投诉", "--start", START, "--json"]
    assert "2026-11-16T18:00" in run(due, asked).output, "a draft is not in force"
    work_off()
    admin, supervisor = ask("admin1"), ask("supervisor1")
    at(admin.post("/admin/rules/drafts/1/propose", data={"version": "1"}))
    at(supervisor.post("/admin/rules/drafts/1/approve", data={"version": "2"}))
    assert "2026-11-18T18:00" in run(due, asked).output
