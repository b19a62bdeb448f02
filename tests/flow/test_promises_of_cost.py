"""The rest of the promises to every citizen: calendars, queues, many cases, repeats (acceptance: cases and clocks).

No time is taken: what a reading costs is counted in rows, inside its own transaction.
"""

import datetime as dt
from collections import Counter

import pytest
from sqlalchemy import func, select, text
from staff_story import AGENT, DISPATCHER, SUPERVISOR, do, new, signed

from bench.sweep import fill
from dispatch import catalogue, service
from hotline import cases, clock, db, facts, outbox, queries, reading
from hotline.city_models import Department, User
from hotline.clock import SHANGHAI
from hotline.errors import BadInput
from hotline.message_models import OutboxRow
from hotline.models import Case, ClockRow, HistoryRow
from hotline.policy import Policy
from hotline.rates import Period
from hotline.timing import timing
from hotline.unit import transaction
from hotline.words import Action, Clock
from hotline.workcalendar import Calendar
from hotline.worktime import Limit, Unit, due
from telephony import house
from telephony.models import AgentSeat, Call
from telephony.queueing import Group, Rules
from telephony.words import Strategy
from triage.models import Example
from web import worker
from web.api import cases as listed

pytestmark = pytest.mark.usefixtures("city")
QUEUED = 100_000
FEW, MANY = 2_000, 8_000
OPEN = {"start": "2026-11-02T09:00+08:00", "due": "2026-11-16T18:00+08:00", "next": "2026-11-09T10:00+08:00"}


def at(iso):
    return dt.datetime.fromisoformat(iso).replace(tzinfo=SHANGHAI)


def rows_read(session):
    """Table → rows this connection has read and not yet reported; what matters is how it grows."""
    stats = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS n FROM pg_stat_xact_user_tables"
    return Counter({row.relname: row.n for row in session.execute(text(stats)) if row.n})


# --- calendars -----------------------------------------------------------------------------------------------------


def test_three_holidays_inside_a_five_day_limit_move_the_due_date_three_days_later_never_earlier():
    five, begin = Limit(5, Unit.WORKING_DAYS), at("2026-04-27T10:00")
    plain = due(begin, five, Calendar()).at
    assert (plain, due(begin, five, timing().calendar).at) == (at("2026-05-04T18:00"), at("2026-05-07T18:00"))


def test_a_make_up_sunday_is_a_working_day_and_the_national_day_week_is_not():
    calendar = timing().calendar
    assert calendar.is_working(dt.date(2026, 9, 20))
    assert not any(calendar.is_working(dt.date(2026, 10, day)) for day in range(1, 8))
    assert due(at("2026-09-18T10:00"), Limit(1, Unit.WORKING_DAYS), calendar).at == at("2026-09-20T18:00")


def test_a_policy_without_working_days_is_refused_when_it_is_loaded():
    with pytest.raises(BadInput) as refused:
        Policy.load("henan", Calendar())
    assert refused.value.code == "policy_no_calendar"


# --- forwarding ----------------------------------------------------------------------------------------------------


def test_a_case_with_two_departments_is_not_forwarded_until_both_have_it(ask):
    with transaction() as unit:
        unit.session.get(Department, "gaj").system_url = "https://system.invalid/cases"
    try:
        case = new()
        do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj"}, {"code": "gaj", "role": "co"}])
        assert forward_clock(case).stopped_at is None
        body = {"action": "receive", "version": 2, "reference": "A-17"}
        assert ask("gaj1").post(f"/api/v1/cases/{case.number}/actions", json=body).status_code == 200
        assert forward_clock(case).outcome == "done"
    finally:
        with transaction() as unit:
            unit.session.get(Department, "gaj").system_url = ""
        catalogue.forget()


def forward_clock(case):
    with db.session() as session:
        [row] = [row for row in facts.load(session, case.number).clocks if row.clock == Clock.FORWARD]
        return row


# --- queues and many cases -------------------------------------------------------------------------------------------


@pytest.fixture
def queued(city):
    """A hundred thousand events that nobody has taken yet."""
    with db.engine().begin() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (kind, payload, created_at, ready_at) SELECT 'CaseChanged', '{}', now(),"
                " now() - interval '1 hour' FROM generate_series(1, :many)"
            ),
            {"many": QUEUED},
        )
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE outbox"))


@pytest.mark.usefixtures("queued")
def test_a_hundred_thousand_queued_jobs_do_not_slow_intake():
    """Taking in and moving a case reads nothing of the queue; the relay reads what it takes."""
    asked = cases.NewCase("投诉", "油烟", "油烟扰民", "phone", phone="13800000001")
    with transaction() as unit:
        before = rows_read(unit.session)
        case = cases.create_in(unit, asked, AGENT)
        unit.put_down()
        cases.step(unit, case, Action.ANSWER, AGENT, {"text": "已答复"}, 1)
        unit.put_down()
        assert rows_read(unit.session)["outbox"] == before["outbox"]
    assert len(outbox.claim(50)) == 50
    with db.session() as session:
        taken = session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.attempts > 0))
        assert taken == 50


def test_one_case_a_list_a_board_and_the_sweep_cost_the_same_among_few_cases_as_among_many(drill, app):
    drill("2026-11-02T08:00:00+08:00")
    case = signed()
    costs = []
    for first, count in ((1_000, FEW), (1_000 + FEW, MANY - FEW)):
        fill(first, count, rung="half", spread="0.5", **OPEN)
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        costs.append({name: cost_of(read, case, app) for name, read in READINGS.items()})
    few, many = costs
    assert all(many[name] <= few[name] + 40 for name in READINGS), (few, many)


def cost_of(read, case, app):
    db.dispose()  # a connection that has read nothing yet
    with app.test_request_context("/api/v1/cases?limit=20"), db.session() as session:
        read(session, case)
        return rows_read(session).total()


def read_case(session, case):
    return reading.whole(session, facts.load(session, case.number), AGENT)


def read_list(session, _case):
    assert len(listed._listed(session, SUPERVISOR, 20)) == 21


def read_board(session, _case):
    begin = at("2026-11-01T00:00")
    return queries.rates(session, Period(begin, begin + dt.timedelta(days=1), clock.now()))


def look_for_due(session, _case):
    assert session.scalars(select(ClockRow.id).where(ClockRow.next_at <= at("2026-11-02T10:00"))).all() is not None


def look_whether_any_is_due(session, _case):
    assert session.execute(service.OLDEST).one()[0] > clock.now()


READINGS = {"case": read_case, "list": read_list, "board": read_board}
READINGS |= {"sweep": look_for_due, "sweep that finds nothing": look_whether_any_is_due}


# --- repeats ---------------------------------------------------------------------------------------------------------


def test_the_same_message_delivered_twice_makes_one_case_one_forward_one_notice(ask):
    said = {"kind": "投诉", "content": "烧烤摊油烟扰民", "channel": "phone", "category": "0307"}
    said["citizen"] = {"phone": "13800000001"}
    answers = [ask("agent1").post("/api/v1/cases", json=said, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    [number] = {answer.json["number"] for answer in answers}
    step = {"action": "forward", "version": 1, "departments": [{"code": "csglj", "role": "lead"}]}
    again = [ask("dispatcher1").post(f"/api/v1/cases/{number}/actions", json=step).status_code for _ in range(2)]
    assert again == [200, 409]
    with db.session() as session:
        messages = list(session.scalars(select(OutboxRow.id)))
    for _ in range(2):  # a redelivered task
        worker.react(*messages)
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
        forwards = select(func.count()).select_from(HistoryRow).where(HistoryRow.action == "forward")
        assert session.scalar(forwards) == 1
        assert session.scalar(select(func.count()).select_from(Example)) == 1
    assert service.sweep() == 0


# --- telephone -----------------------------------------------------------------------------------------------------


def test_giving_a_caller_to_a_seat_reads_that_seats_own_calls_of_today_not_everybodys():
    fill_house(FEW)
    few = read_for_one_caller()
    fill_calls(FEW, MANY)
    assert read_for_one_caller() <= few


def test_giving_a_caller_to_a_seat_reads_who_is_first_not_everybody_who_waits():
    fill_house(0)
    fill_waiting(FEW)
    few = read_with_the_plan_for_any_arguments()
    fill_waiting(MANY)
    assert read_with_the_plan_for_any_arguments() <= few


def fill_waiting(count):
    joined = """INSERT INTO calls (id, state, caller, caller_index, connector, invite_at, queue_at, rank_at, agent,
                                   skill_group, direction)
        SELECT 'w' || :count || '-' || n, 'waiting', '', '', 'c1', now(), now(), now(), '', 'general', 'in'
        FROM generate_series(1, :count) n"""
    with db.engine().begin() as connection:
        connection.execute(text(joined), {"count": count})
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE calls"))


def read_with_the_plan_for_any_arguments():
    """Rows of calls that one look reads once the statement is prepared, as in a process that looks all day."""
    db.dispose()
    with db.session() as session:
        session.execute(text("SET plan_cache_mode = force_generic_plan"))
        for _ in range(10):
            before = rows_read(session)["calls"]
            found = house.look(session, Rules(), clock.now(), ("c2",))
        assert (len(found.free), len(found.waiting)) == (1, 1)
        return rows_read(session)["calls"] - before


def fill_house(calls):
    """One agent of many is free, one caller waits, so many calls are over."""
    with transaction() as unit:
        agents = list(unit.session.scalars(select(User.name).filter_by(role="agent")))
        for name in agents:
            state = "idle" if name == agents[0] else "talking"
            unit.session.get(User, name).phone_uri = "sip:x@127.0.0.1:5999"
            seat = {"status": "ready", "state": state, "since": unit.now, "idle_since": unit.now, "call": ""}
            unit.session.add(AgentSeat(user=name, **seat))
        waiting = {"state": "waiting", "skill_group": "general", "rank_at": unit.now, "queue_at": unit.now}
        unit.session.add(Call(id="w", caller="", caller_index="", invite_at=unit.now, connector="c1", **waiting))
    fill_calls(0, calls)


def fill_calls(first, count):
    """Ended calls of this minute, of an agent who speaks now."""
    ended = text(
        """INSERT INTO calls (id, state, caller, caller_index, connector, invite_at, agent, skill_group, direction)
        SELECT 'e' || n, 'ended', '', '', 'c1', now(), 'agent2', 'general', 'in'
        FROM generate_series(:first + 1, :first + :count) n"""
    )
    with db.engine().begin() as connection:
        connection.execute(ended, {"first": first, "count": count})
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE calls"))


def read_for_one_caller():
    fewest = Rules(groups=(Group("general", strategy=Strategy.FEWEST_CALLS),), skills={"agent1": {"general": 1}})
    db.dispose()  # a connection that has read nothing yet
    with db.session() as session:
        found = house.look(session, fewest, clock.now(), ())
        assert (len(found.free), len(found.waiting)) == (1, 1)
        return rows_read(session)["calls"]
