"""The whole loop through the use cases, on real tables, driven by the test's own clock."""

import datetime as dt

import pytest

from dispatch.service import sweep
from hotline import cases, clock, db, facts, history, queries
from hotline.errors import Conflict
from hotline.lifecycle import Actor
from hotline.models import Case, ClockRow, RungRow
from hotline.rates import Period, rates
from hotline.unit import transaction
from hotline.words import Action, Role

ANSWER = {
    "facts": "属实",
    "solved": True,
    "reason": "",
    "internal": "已约谈",
    "public": "经现场核实，已责令整改，请您监督。",
}
AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
CLERK = Actor("csglj1", Role.CLERK, "csglj")
REVIEWER = Actor("reviewer1", Role.REVIEWER)
REVISITOR = Actor("revisitor1", Role.REVISITOR)
CITIZEN = Actor("citizen", Role.CITIZEN)


def new(**more):
    suggestion = {"category": "0102", "department": "csglj", "confidence": 0.9}
    said = {
        "kind": "投诉",
        "title": "烧烤摊油烟",
        "content": "烧烤摊油烟扰民",
        "channel": "phone",
        "phone": "13800000001",
    }
    return cases.NewCase(**(said | {"area": "湖滨区", "suggestion": suggestion} | more))


def do(case, action, actor, **given):
    return cases.act(case.number, action, actor, given, version=read(case).version)


def read(case):
    with db.session() as session:
        return facts.load(session, case.number)


def running(case):
    return {row.clock: clock.iso(row.due_at) for row in read(case).clocks if row.stopped_at is None}


def forward(case, code="csglj"):
    return do(case, Action.FORWARD, DISPATCHER, departments=[{"code": code, "role": "lead"}])


@pytest.mark.usefixtures("city")
def test_a_complaint_is_forwarded_answered_revisited_redone_and_closed(drill):
    drill("2026-11-02T09:00:00+08:00")
    case, fresh = cases.create(new(), AGENT)
    assert fresh
    assert set(running(case)) == {"forward"}
    forward(case)
    assert running(case)["reply"] == "2026-11-16T18:00:00+08:00"
    drill("2026-11-02T15:00:00+08:00")
    do(case, Action.SIGN, CLERK)
    do(case, Action.CONTACT, CLERK, how="phone", result="已联系")
    drill("2026-11-06T10:00:00+08:00")
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.PASS, REVIEWER)
    assert "revisit" in running(case)
    do(case, Action.RATE, CITIZEN, level=2, words="没解决")
    assert "bad_review" in running(case)
    do(case, Action.REVISIT, REVISITOR, reached=True, contacted_by_department=True, solved=False, satisfaction=2)
    do(case, Action.JUDGE, REVISITOR, verdict="justified", reason="现场仍超时营业")
    assert running(case)["rectification"] == "2026-11-13T18:00:00+08:00"
    do(case, Action.REDO, DISPATCHER, opinion="请重新办理")
    do(case, Action.SIGN, CLERK)
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.PASS, REVIEWER)
    assert "second_revisit" in running(case)
    done = do(case, Action.REVISIT, REVISITOR, reached=True, contacted_by_department=True, solved=True, satisfaction=4)
    assert done.state == "closed"
    assert running(case) == {}
    with db.session() as session:
        assert history.verify(session) == ""
    drill("2026-11-30T10:00:00+08:00")
    both = counted("2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00")
    assert both[0] == both[1]
    values = {rate.code: (rate.numerator, rate.denominator) for rate in both[0]}
    assert values["forward_in_time"] == (1, 1)
    assert values["on_time_reply"] == (1, 1)
    assert values["bad_review_revisited"] == (1, 1)
    assert values["rectified_in_time"] == (1, 1)
    assert values["satisfaction"] == (1, 2)


def counted(begin, end, department=""):
    period = Period(dt.datetime.fromisoformat(begin), dt.datetime.fromisoformat(end), clock.now(), department)
    with db.session() as session:
        tables = queries.rates(session, period)
        return tables, rates(queries.ledger_from_history(session, period, []), period)


@pytest.mark.usefixtures("city")
def test_nobody_forwards_so_the_system_does_before_the_clock_runs_out(drill):
    drill("2026-11-02T09:00:00+08:00")
    case, _ = cases.create(new(), AGENT)
    drill("2026-11-03T08:31:00+08:00")
    assert sweep() > 0
    assert read(case).state == "forwarded"
    assert read(case).lead == "hbqzf"
    assert sweep() == 0


@pytest.mark.usefixtures("city")
def test_a_web_case_is_forwarded_by_the_machine_when_it_is_sure(drill):
    drill("2026-11-02T09:00:00+08:00")
    sure, _ = cases.create(new(channel="web"), CITIZEN)
    unsure, _ = cases.create(new(channel="web", suggestion={"category": "0102", "confidence": 0.4}), CITIZEN)
    assert sweep() == 0
    drill("2026-11-02T09:11:00+08:00")
    sweep()
    assert (read(sure).state, read(sure).lead) == ("forwarded", "csglj")
    assert read(unsure).state == "accepted"


@pytest.mark.usefixtures("city")
def test_each_rung_fires_once_and_in_order_after_an_outage(drill):
    drill("2026-11-02T09:00:00+08:00")
    case, _ = cases.create(new(), AGENT)
    forward(case)
    do(case, Action.SIGN, CLERK)
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    assert sweep() == 0
    with db.session() as session:
        rows = session.query(RungRow).join(ClockRow, ClockRow.id == RungRow.clock_id)
        fired = [row.rung for row in rows.filter(ClockRow.clock == "reply").order_by(RungRow.id)]
    assert fired == ["half", "yellow", "due_morning", "overdue", "red", "notice", "listed"]


@pytest.mark.usefixtures("city")
def test_the_second_of_two_writers_is_told_who_was_first():
    case, _ = cases.create(new(), AGENT)
    forward(case)
    with pytest.raises(Conflict) as told:
        cases.act(case.number, Action.SIGN, CLERK, {}, version=1)
    assert told.value.fields["by"] == "dispatcher1"


@pytest.mark.usefixtures("city")
def test_the_same_key_twice_makes_one_case():
    first, fresh = cases.create(new(), AGENT, key="k1")
    again, twice = cases.create(new(), AGENT, key="k1")
    assert (fresh, twice) == (True, False)
    assert first.number == again.number
    with pytest.raises(Conflict):
        cases.create(new(content="另一件事"), AGENT, key="k1")


@pytest.mark.usefixtures("city")
def test_a_return_does_not_restart_the_citizens_clock(drill):
    drill("2026-11-02T09:00:00+08:00")
    case, _ = cases.create(new(), AGENT)
    forward(case)
    before = running(case)["reply"]
    drill("2026-11-03T09:00:00+08:00")
    do(case, Action.RETURN, CLERK, reason="不属我局职责", suggest="sthjj")
    do(case, Action.ARBITRATE, DISPATCHER, verdict="reassign", department="sthjj")
    assert running(case)["reply"] == before
    assert read(case).lead == "sthjj"
    period = ("2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00")
    tables, replayed = counted(*period)
    assert tables == replayed


@pytest.mark.usefixtures("city")
def test_an_approved_pause_moves_the_deadline_and_a_comment_does_not(drill):
    drill("2026-11-02T09:00:00+08:00")
    case, _ = cases.create(new(), AGENT)
    forward(case)
    do(case, Action.SIGN, CLERK)
    due = running(case)["reply"]
    do(case, Action.SUPPLEMENT, CITIZEN, text="又来了")
    do(case, Action.URGE, CITIZEN, text="请快些")
    assert running(case)["reply"] == due
    do(case, Action.SUSPEND, CLERK, reason="等市民提供材料")
    do(case, Action.APPROVE_SUSPENSION, Actor("supervisor1", Role.SUPERVISOR), granted=True)
    drill("2026-11-04T09:00:00+08:00")
    do(case, Action.RESUME, CLERK)
    assert running(case)["reply"] == "2026-11-18T18:00:00+08:00"


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("change", ["actor = 'x'", "words = '改过的话'", "words = 'QUJD'", "facts = '{}'"])
def test_a_changed_history_row_is_found(change):
    case, _ = cases.create(new(), AGENT)
    forward(case)
    with transaction() as unit:
        assert history.seal(unit) == 2
    with db.engine().begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(f"UPDATE history SET {change} WHERE seq = 2")
    with db.session() as session:
        assert "第 2 步" in history.verify(session)


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE history SET seal = NULL WHERE seq = 2", "第 1 号封存"),
        ("UPDATE history SET seal = 1 WHERE seq = 3", "已封存的历史记录有 3 行，各号封存共 2 行"),
        ("UPDATE seals SET hash = 'x'", "第 1 号封存"),
    ],
)
def test_a_row_that_left_its_seal_or_joined_it_later_is_found(change, found):
    case, _ = cases.create(new(), AGENT)
    forward(case)
    with transaction() as unit:
        assert history.seal(unit) == 2
    cases.act(case.number, Action.SIGN, CLERK, {}, version=2)
    with db.engine().begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(change)
    with db.session() as session:
        assert found in history.verify(session)


@pytest.mark.usefixtures("city")
def test_rows_that_are_sealed_while_the_seals_are_verified_are_no_fault(monkeypatch):
    cases.create(new(), AGENT)
    with transaction() as unit:
        assert history.seal(unit) == 1
    cases.create(new(), AGENT)
    told = history._sealed_hash

    def sealed_meanwhile(*given):
        monkeypatch.setattr(history, "_sealed_hash", told)
        with transaction() as unit:
            assert history.seal(unit) == 1
        return told(*given)

    monkeypatch.setattr(history, "_sealed_hash", sealed_meanwhile)
    with db.session() as session:
        assert history.verify(session) == ""
        assert history._sealed_hash is told


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    "rewriting",
    [
        "DELETE FROM history",
        "UPDATE history SET actor = 'x'",
        "UPDATE history SET seal = 1, actor = 'x'",
        "UPDATE history SET seal = 1, words = 'x'",
        "UPDATE history SET seal = 1, facts = '{}'",
        "UPDATE history SET seal = 1, at = at + interval '1 microsecond'",
        "UPDATE history SET seal = 1; UPDATE history SET seal = 2",
        "UPDATE history SET seal = 1; UPDATE history SET seal = NULL",
    ],
)
def test_history_refuses_to_be_rewritten(rewriting):
    cases.create(new(), AGENT)
    with db.engine().connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.exec_driver_sql(rewriting)


@pytest.mark.usefixtures("city")
def test_personal_data_is_not_readable_in_the_tables():
    cases.create(new(name="张三", address="崤山路12号"), AGENT)
    with db.engine().connect() as connection:
        row = str(connection.exec_driver_sql("SELECT * FROM cases").mappings().one())
    assert "13800000001" not in row
    assert "张三" not in row
    assert "崤山路12号" not in row
    with db.session() as session:
        assert session.query(Case).one().phone == "13800000001"
