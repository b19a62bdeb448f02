"""Calendars and policies in versions: written, previewed, approved by a second person, judged again, with the proof."""

import threading

import pytest
import tomli_w
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from staff_story import SUPERVISOR, passed, signed

from hotline import clock, db, facts, profiles
from hotline.errors import BadInput, Conflict, Forbidden
from hotline.lifecycle import Actor
from hotline.message_models import Notice
from hotline.models import ClockRow, HistoryRow
from hotline.rulebook import drafts, jobs, present, versions
from hotline.rulebook.drafts import Change
from hotline.rulebook.models import RuleJob, RuleVersion
from hotline.timing import timing
from hotline.unit import transaction
from hotline.words import Clock, Role, Rule

pytestmark = pytest.mark.usefixtures("city")
ADMIN = Actor("admin1", Role.ADMIN)
SECOND = Actor("supervisor2", Role.SUPERVISOR)
NOVEMBER_HOLIDAY = '[[festival]]\nname = "测试节"\noff = [2026-11-10]\nwork = [2026-11-08]\n'


@pytest.fixture(autouse=True)
def first(city, drill):
    drill("2026-11-02T09:00:00+08:00")
    versions.take_up_files()


def henan(weekdays=None, **limits):
    """The profile in force with other amounts: henan(reply=12) changes the row of complaints."""
    with db.session() as session:
        table = profiles.parsed(versions.content(session, "policy", "henan", clock.now()), "henan")
    for row in table["limit"]:
        if row["clock"] in limits and row.get("kind", ["投诉"])[0] == "投诉":
            row["amount"] = limits[row["clock"]]
    table["office"] |= {} if weekdays is None else {"weekdays": weekdays}
    return profiles.written(table)


def calendar_2026():
    with db.session() as session:
        return versions.content(session, "calendar", "2026", clock.now()) + "\n" + NOVEMBER_HOLIDAY


def work_off():
    while jobs.work(60):
        pass


def proposed(what=Rule.POLICY, name="henan", content=None, **more):
    content = content or henan(reply=12)
    draft = drafts.write(Change(what, name, content, "市政府办公会决定", **more), ADMIN)
    work_off()
    return drafts.propose(draft.id, draft.version, ADMIN)


def in_force(**more):
    draft = proposed(**more)
    return drafts.approve(draft.id, draft.version, SUPERVISOR)


def reply_of(case):
    with db.session() as session:
        return next(row for row in facts.load(session, case.number).clocks if row.clock == Clock.REPLY)


def due(case):
    return clock.iso(reply_of(case).due_at)


def preview(draft):
    with db.session() as session:
        return drafts.preview_of(session, draft.id)


def test_the_files_are_the_first_version_and_a_second_start_writes_nothing():
    with db.session() as session:
        first = versions.of(session, "policy", "henan")
        assert [(row.number, row.by) for row in first] == [(1, "system")]
        assert {row.name for row in session.query(RuleVersion).filter_by(what="calendar")} >= {"2025", "2026"}
    before = timing().policy.stamp
    assert versions.take_up_files() == 0
    assert timing().policy.stamp == before == present.assembled({}).stamp


def test_a_changed_file_is_a_next_version_until_a_person_changed_the_rules(monkeypatch):
    changed = profiles.written(profiles.table("henan") | {"title": "河南（更新）"})
    monkeypatch.setattr(versions, "_of_files", lambda: iter([(("policy", "henan"), changed)]))
    assert versions.take_up_files() == 1
    assert timing().policy.title == "河南（更新）"
    in_force()
    monkeypatch.setattr(versions, "_of_files", lambda: iter([(("policy", "henan"), henan(reply=3))]))
    assert versions.take_up_files() == 0


def test_a_policy_change_re_judges_open_cases_and_leaves_closed_ones_with_the_version_that_judged_them():
    open_case, answered = signed(), passed()
    kept, stamp = due(answered), reply_of(answered).judged_by
    draft = proposed()
    found = preview(draft).found
    assert (found["cases"], found["clocks"]["reply"]["later"]) == (1, 1)
    assert found["most"][0]["number"] == open_case.number
    assert found["earliest"] == found["latest"] == "2026-11-18T18:00:00+08:00"
    assert due(open_case) == "2026-11-16T18:00:00+08:00", "a preview moves nothing"
    made = drafts.approve(draft.id, draft.version, SUPERVISOR, "同意")
    assert (made.number, made.by, made.approved_by) == (2, "admin1", "supervisor1")
    work_off()
    assert due(open_case) == "2026-11-18T18:00:00+08:00"
    assert (due(answered), reply_of(answered).judged_by) == (kept, stamp), "ended clocks keep what judged them"
    with db.session() as session:
        row = session.query(HistoryRow).filter_by(action="rejudge").one()
        assert row.facts["judged_by"] == reply_of(open_case).judged_by == timing().policy.stamp
        job = session.query(RuleJob).filter_by(what="judge").one()
        assert (job.done, job.total, job.outcome) == (job.total, 2, "done")


def test_whoever_wrote_a_change_does_not_approve_it_and_nobody_else_but_a_supervisor_does():
    draft = proposed()
    for actor, code in ((ADMIN, "not_allowed"), (Actor("admin1", Role.SUPERVISOR), "second_person")):
        with pytest.raises(Forbidden) as refused:
            drafts.approve(draft.id, draft.version, actor)
        assert refused.value.code == code
    with pytest.raises(Forbidden):
        drafts.write(Change(Rule.POLICY, "henan", henan(), "理由"), SUPERVISOR)
    with db.session() as session:
        assert session.query(Notice).filter(Notice.role == "supervisor", Notice.text.contains("待批准")).count() == 1


def test_of_two_deciders_at_once_one_decides_and_the_other_is_told():
    draft = proposed()
    drafts.approve(draft.id, draft.version, SUPERVISOR)
    with pytest.raises(Conflict) as late:
        drafts.refuse(draft.id, draft.version, SECOND, "不同意")
    assert (late.value.code, late.value.fields["by"]) == ("draft_changed", "supervisor1")


def test_nothing_is_approved_without_a_preview_against_what_is_in_force():
    draft = drafts.write(Change(Rule.POLICY, "henan", henan(reply=12), "理由"), ADMIN)
    with pytest.raises(Conflict) as early:
        drafts.propose(draft.id, draft.version, ADMIN)
    assert early.value.code == "preview_needed"
    work_off()
    first = drafts.propose(draft.id, draft.version, ADMIN)
    other = proposed(content=henan(reply=8))
    drafts.approve(other.id, other.version, SUPERVISOR)
    with pytest.raises(Conflict) as overtaken:
        drafts.approve(first.id, first.version, SUPERVISOR)
    assert overtaken.value.code == "rule_changed"
    drafts.again(first.id, SUPERVISOR)
    work_off()
    assert drafts.approve(first.id, first.version, SUPERVISOR).number == 3


def test_a_new_year_s_table_makes_provisional_deadlines_firm():
    draft = None
    with db.session() as session:
        assert not present.policy().calendar.known(2027)
        assert session.query(RuleVersion).filter_by(name="2027").count() == 0
    case = signed()
    with transaction() as unit:  # begun late in the year
        row = unit.session.get(ClockRow, reply_of(case).id)
        row.started_at = clock.now().replace(month=12, day=28)
        row.due_at, row.provisional = clock.now().replace(year=2027, month=1, day=12), True
    festival = {"name": "元旦", "off": [clock.now().date().replace(year=2027, month=1, day=1)], "work": []}
    notice = {
        "year": 2027,
        "version": "x",
        "title": "2027年安排",
        "source": "国办发明电〔2026〕1号",
        "festival": [festival],
    }
    draft = proposed(what=Rule.CALENDAR, name="2027", content=tomli_w.dumps(notice))
    assert preview(draft).found["clocks"]["reply"]["firm"] == 1
    drafts.approve(draft.id, draft.version, SUPERVISOR)
    work_off()
    assert not reply_of(case).provisional
    assert "2027.1" in reply_of(case).explain


def test_a_holiday_declared_late_moves_open_deadlines_and_the_make_up_day_is_worked():
    case = signed()
    in_force(what=Rule.CALENDAR, name="2026", content=calendar_2026())
    work_off()
    assert due(case) == "2026-11-16T18:00:00+08:00", "the holiday and the make-up Sunday outweigh each other"
    assert timing().calendar.is_working(clock.now().date().replace(day=8))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            lambda: henan(weekdays=[]),
            "policy_no_calendar",
        ),
        (lambda: henan().replace("reply", "nonsense", 1), "policy_invalid"),
        (lambda: henan(forward=0), "policy_invalid"),
        (lambda: "title = ", "policy_invalid"),
    ],
)
def test_a_policy_without_working_days_or_otherwise_unusable_is_refused_before_it_is_kept(content, code):
    with pytest.raises(BadInput) as refused:
        drafts.write(Change(Rule.POLICY, "henan", content(), "理由"), ADMIN)
    assert refused.value.code == code


def test_a_change_needs_a_reason():
    with pytest.raises(BadInput) as refused:
        drafts.write(Change(Rule.POLICY, "henan", henan(), " "), ADMIN)
    assert "reason" in refused.value.fields


def test_a_version_takes_force_at_its_own_hour_in_every_process(drill):
    case = signed()
    in_force(valid_from=clock.now().replace(month=11, day=5))
    work_off()
    assert due(case) == "2026-11-16T18:00:00+08:00"
    drill("2026-11-05T09:00:01+08:00")
    assert timing().policy.version == "2026.2"
    work_off()
    assert due(case) == "2026-11-18T18:00:00+08:00"


def test_another_process_takes_a_version_up_without_a_restart(monkeypatch):
    monkeypatch.setattr(present, "LOOK_SECONDS", 0.0)  # the look is due
    before = timing().policy.version
    monkeypatch.setattr(present, "forget", lambda: None)  # what the other process does not hear
    in_force()
    assert (before, timing().policy.version) == ("2026.1", "2026.2")


def test_a_clock_started_by_a_process_that_had_not_looked_yet_is_judged_again():
    old = timing()
    in_force()
    case = signed()
    with transaction() as unit:  # as a process would have written it that judged by the old rules
        unit.session.get(ClockRow, reply_of(case).id).judged_by = old.policy.stamp
    with db.session() as session:
        assert session.query(RuleJob).filter_by(what="judge").count() == 0
    work_off()
    assert reply_of(case).judged_by == timing().policy.stamp


def test_a_return_to_an_older_version_is_a_new_version_with_its_words():
    in_force()
    with db.session() as session:
        old = versions.one(session, "policy", "henan", 1).content
    made = in_force(content=old)
    assert made.number == 3
    assert timing().policy.limit("reply", "投诉").amount == 10


def test_a_version_is_never_changed_nor_removed():
    for statement in ("UPDATE rule_versions SET content = ''", "DELETE FROM rule_versions"):
        with pytest.raises(DBAPIError, match="never changed"), db.engine().begin() as connection:
            connection.execute(text(statement))


def test_a_job_stopped_in_the_middle_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr("hotline.rejudge.BATCH", 2)
    numbers = [signed().number for _ in range(5)]
    in_force()
    assert jobs.work(0.0001) is True, "one piece, and there is more"
    with db.session() as session:
        assert session.query(HistoryRow).filter_by(action="rejudge").count() == 2
    work_off()
    with db.session() as session:
        assert session.query(HistoryRow).filter_by(action="rejudge").count() == len(numbers)
        [job] = session.query(RuleJob).filter_by(what="judge")
        assert (job.done, job.found["cases"], job.outcome) == (5, 5, "done")


def test_two_processes_do_not_work_at_once():
    inside, go = threading.Event(), threading.Event()
    signed()
    in_force()

    def held(_count):
        inside.set()
        go.wait(20)

    other = threading.Thread(target=jobs.work, args=(60, held))
    other.start()
    assert inside.wait(20)
    assert jobs.work(60) is False
    go.set()
    other.join(20)


def test_without_a_database_what_was_known_goes_on(monkeypatch):
    in_force()
    known = timing().policy.stamp

    def gone():
        raise RuntimeError("no database")

    monkeypatch.setattr(present.db, "session", gone)
    monkeypatch.setattr(present, "LOOK_SECONDS", 0.0)
    assert timing().policy.stamp == known
    present.forget()
    assert timing().policy.version == "2026.1", "a process that knows nothing yet goes by the files"
    present.forget()
