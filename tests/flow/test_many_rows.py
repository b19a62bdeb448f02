"""Rows that a step adds are written in one statement: what is read back is what the mapper would have written."""

import datetime as dt

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from staff_story import AGENT, DISPATCHER

from hotline import cases, db, facts
from hotline.cases import NewCase
from hotline.message_models import Notice, OutboxRow, SameRequest
from hotline.models import ClockRow, HistoryRow
from hotline.rows import put
from hotline.unit import transaction
from hotline.words import Action

pytestmark = pytest.mark.usefixtures("database")
MANY = 300
AT = dt.datetime(2026, 11, 26, 1, 2, 3, 456_789, tzinfo=dt.UTC)
ODD = "反斜线\\t、制表\t、换行\n、引号\"'、NULL、\\N、逗号,"


def read(table, *without):
    kept = [column for column in table.__table__.columns if column.name not in {"id", *without}]
    with db.session() as session:
        return [tuple(row) for row in session.execute(select(*kept).order_by(table.id))]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (OutboxRow, {"kind": "CaseCreated", "payload": {"words": ODD, "none": None}, "created_at": AT, "ready_at": AT}),
        (Notice, {"at": AT, "user": "clerk1", "case_number": "1", "rung": "red", "text": ODD}),
    ],
)
def test_a_line_is_written_as_the_mapper_would_write_it(table, values):
    with transaction() as unit:
        unit.session.add(table(**values))
        unit.session.flush()  # by the mapper
    (mapped,) = read(table)
    with transaction() as unit:
        for _ in range(MANY):
            unit.write(table, **values)
        unit.keep(table(**values))
        unit.session.add(table(**values))
    assert read(table) == [mapped] * (MANY + 3)


def test_a_new_row_is_held_afterwards_as_after_a_flush():
    with transaction() as unit:
        rows = [Notice(at=AT, text=str(number)) for number in range(3)]
        unit.session.add_all(rows)
        unit.put_down()
        assert [(row.role, row.read_at) for row in rows] == [("", None)] * 3
        assert [unit.session.get(Notice, row.id) is row for row in rows] == [True] * 3
        rows[1].text = "别的"
    with db.session() as session:
        told = {row.id: row.text for row in session.scalars(select(Notice))}
    assert told == {row.id: row.text for row in rows}
    assert [row.text for row in rows] == ["0", "别的", "2"]


def breaks_down():
    with transaction() as unit:
        unit.session.add(Notice(at=AT, text="一"))
        unit.put_down()
        raise ZeroDivisionError


def test_what_a_transaction_that_failed_has_added_is_gone():
    with pytest.raises(ZeroDivisionError):
        breaks_down()
    with transaction() as unit:
        unit.session.add(Notice(at=AT, text="二"))
        with unit.session.begin_nested() as inner:
            unit.session.add(Notice(at=AT, text="三"))
            unit.put_down()
            inner.rollback()
    with db.session() as session:
        assert list(session.scalars(select(Notice.text))) == ["二"]


def test_a_new_case_and_what_hangs_on_it_are_written_together(city):
    with transaction() as unit:
        case = cases.create_in(unit, NewCase("咨询", "题", "内容", "phone"), AGENT)
        (clock,) = case.clocks
        unit.put_down()
        assert unit.session.get(ClockRow, clock.id) is clock
        form = {"departments": [{"code": "csglj", "role": "lead"}], "opinion": ""}
        cases.step(unit, case, Action.FORWARD, DISPATCHER, form, case.version)
    with db.session() as session:
        kept = facts.load(session, case.number)
        assert [(row.clock, row.outcome) for row in kept.clocks] == [(row.clock, row.outcome) for row in case.clocks]
        assert [row.department for row in kept.places] == ["csglj"]
        assert {row.id for row in case.clocks} == {row.id for row in kept.clocks}


def test_rows_that_do_not_name_the_same_columns_have_defaults_where_they_name_none():
    with transaction() as unit:
        unit.write(Notice, at=AT, text="一", role="agent")
        unit.write(Notice, at=AT, text="二", user="clerk1")
    with db.session() as session:
        told = [(row.text, row.role, row.user) for row in session.scalars(select(Notice).order_by(Notice.id))]
    assert told == [("一", "agent", ""), ("二", "", "clerk1")]


def test_what_is_there_already_stays_as_it_is_where_it_is_asked_for():
    line = {"key": "k", "digest": "first", "case_id": 1, "at": AT}
    with transaction() as unit:
        unit.write(SameRequest, **line)
    with transaction() as unit:
        put(unit.session, {SameRequest: [line | {"digest": "second"}, line | {"key": "k2"}]}, unless_there=True)
        assert list(unit.session.scalars(select(SameRequest.digest).order_by(SameRequest.key))) == ["first", "first"]
    with pytest.raises(IntegrityError), transaction() as unit:
        unit.write(SameRequest, **line)


def test_cases_that_changed_differently_are_written_together_each_as_it_was_changed(city):
    made = [cases.create(NewCase("咨询", f"题{n}", "内容", "phone"), AGENT)[0].number for n in range(3)]
    said = []
    with transaction() as unit:
        event.listen(unit.session.connection(), "before_cursor_execute", lambda *told: said.append(told[2]))
        first, second, third = facts.load_many(unit.session, "number", made, lock=True, words=False)
        first.lead, first.version = "csglj", 2
        second.category, second.version = "0307", 2
        third.direct_answer, third.version = "答", 2
    (told,) = (statement for statement in said if "UPDATE cases" in statement)
    assert told.count("UPDATE cases") == 2  # nobody read what the others were answered
    with db.session() as session:
        kept = facts.load_many(session, "number", made)
    assert [(row.lead, row.category, row.direct_answer, row.version) for row in kept] == [
        ("csglj", "", "", 2),
        ("", "0307", "", 2),
        ("", "", "答", 2),
    ]


def test_sealed_words_are_sealed():
    from hotline import privacy

    assert privacy.decrypt(sealed(1)) == privacy.decrypt(sealed(MANY)) == ODD


def sealed(count):
    """What stands in the table of one of so many rows."""
    from sqlalchemy import text

    who = {"actor": "x", "role": "system", "department": "", "before": "", "after": "", "previous": "", "hash": ""}
    with transaction() as unit:
        unit.session.execute(text("SET LOCAL session_replication_role = replica"))  # no case belongs to these rows
        for number in range(count):
            unit.write(HistoryRow, case_id=count, seq=number, at=AT, action="x", facts={}, words=ODD, **who)
    with db.session() as session:
        kept = text("SELECT words FROM history WHERE case_id = :case LIMIT 1")
        return session.scalar(kept, {"case": count})


def test_nothing_of_many_is_there_where_the_step_fails():
    def half_done():
        with transaction() as unit:
            for _ in range(MANY):
                unit.write(Notice, at=AT, user="clerk1", case_number="1", rung="red", text=ODD)
            unit.put_down()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert read(Notice) == []


def notices(count):
    with transaction() as unit:
        for number in range(count):
            unit.write(Notice, at=AT, text=f"第{number}条", role="agent")


def statements(work):
    """The statements by which a transaction with this work in it changed the database."""
    asked = []

    def heard(_connection, _cursor, statement, *_rest):
        if not statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(db.engine(), "before_cursor_execute", heard)
    try:
        with transaction() as unit:
            work(unit)
    finally:
        event.remove(db.engine(), "before_cursor_execute", heard)
    return asked


def test_changed_rows_are_written_together_and_nothing_else_of_them():
    notices(6)

    def change(unit):
        *first, _, last = unit.session.scalars(select(Notice).order_by(Notice.id))
        for row in first:
            row.read_at = AT
        last.text, last.user = ODD, "clerk1"

    (told,) = statements(change)
    assert told.count("UPDATE notices") == 2, "two sorts of change"
    assert [(row[-1], row[-2]) for row in read(Notice)] == [(AT, f"第{n}条") for n in range(4)] + [
        (None, "第4条"),
        (None, ODD),
    ]


def test_a_row_that_was_set_to_what_it_was_is_not_written():
    notices(2)

    def change(unit):
        for row in unit.session.scalars(select(Notice)):
            row.read_at, row.text = None, row.text

    assert statements(change) == []


def test_what_changed_and_what_is_new_go_in_one_statement(city):
    made = [cases.create(NewCase("咨询", f"题{n}", "内容", "phone"), AGENT)[0].number for n in range(3)]

    def forward(unit):
        form = {"departments": [{"code": "csglj", "role": "lead"}], "opinion": ""}
        with unit.session.no_autoflush:
            for case in facts.load_many(unit.session, "number", made, lock=True, words=False):
                cases.step(unit, case, Action.FORWARD, DISPATCHER, form, case.version)

    (told,) = statements(forward)
    changed, added = ("cases", "clocks"), ("assignments", "clocks", "history", "outbox")
    assert all(f"UPDATE {table} " in told for table in changed)
    assert all(f"INSERT INTO {table} " in told for table in added)


def test_what_is_written_together_is_written_as_it_was_read_and_keeps_what_others_changed(city):
    case, _ = cases.create(NewCase("咨询", "题", "内容", "phone"), AGENT)
    with transaction() as unit:
        (clock,) = facts.load(unit.session, case.number, lock=True).clocks
        due, clock.outcome = clock.next_at, "done"
        with transaction() as other:  # what is not written together needs no lock of the case
            other.session.get_one(ClockRow, clock.id).explain = "别人写的"
    with db.session() as session:
        kept = session.get_one(ClockRow, clock.id)
        assert (kept.outcome, kept.next_at, kept.stopped_at, kept.explain) == ("done", due, None, "别人写的")


@pytest.mark.usefixtures("city")
def test_who_wrote_a_versioned_row_second_is_told_so():
    from staff_story import AGENT

    from hotline import cases, facts
    from hotline.errors import Conflict

    new = cases.NewCase("投诉", "路灯", "路灯不亮", "phone", phone="13800000001")
    case, _ = cases.create(new, AGENT)

    def second():
        with transaction() as late:
            old = facts.load(late.session, case.number)
            with transaction() as early:
                first = facts.load(early.session, case.number)
                first.title, first.version = "先到", first.version + 1
            old.title, old.version = "后到", old.version + 1

    with pytest.raises(Conflict, match="changed_meanwhile"):
        second()
    with db.session() as session:
        now = facts.load(session, case.number)
        assert (now.title, now.version) == ("先到", 2)
