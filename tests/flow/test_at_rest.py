"""Nothing a citizen or a house says about him stands in the tables in clear (rules.md §7)."""

import pytest
from alembic import command
from sqlalchemy import select, text
from staff_story import AGENT, ANSWER, CLERK, DISPATCHER, REVIEWER, SUPERVISOR, do, new, signed

from hotline import db
from hotline.models import Case, ReplyRow
from hotline.unit import transaction
from hotline.words import Action
from telephony import acts, marks, notes
from telephony.models import QualityCheck
from telephony.words import Doing
from web import schema
from web.tables import METADATA

pytestmark = pytest.mark.usefixtures("city")
NAME, PHONE, HOME = "夏侯静态", "13577776666", "独特静态路88号"
SAID = f"我叫{NAME}，电话{PHONE}，家住{HOME}"


def in_clear():
    """(table, column) wherever one of the citizen's words stands as it was said."""
    found = set()
    with db.engine().connect() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"')).mappings():
                found |= {
                    (table.name, name) for name, kept in row.items() if any(w in str(kept) for w in (NAME, PHONE, HOME))
                }
    return found


def test_what_is_said_about_a_citizen_is_sealed_in_every_table():
    case = new(content=SAID, title=SAID, name=NAME, phone=PHONE, address=HOME)
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}], opinion=SAID)
    do(case, Action.RETURN, CLERK, reason=SAID)
    do(case, Action.ARBITRATE, DISPATCHER, verdict="keep", reason=SAID)
    do(case, Action.SIGN, CLERK)
    do(case, Action.CONTACT, CLERK, how="电话", result=SAID)
    do(case, Action.REQUEST_EXTENSION, CLERK, days=2, reason=SAID)
    do(case, Action.REPLY, CLERK, **(ANSWER | {"facts": SAID, "reason": SAID, "internal": SAID}))
    do(case, Action.SEND_BACK, REVIEWER, reasons=["没有答复诉求"])
    assert in_clear() == set()


def test_what_was_not_said_stays_empty_and_is_read_as_that():
    case = new(content=SAID)
    with db.engine().connect() as connection:
        kept = connection.execute(text("SELECT name, address, direct_answer FROM cases")).one()
    with db.session() as session:
        read = session.scalars(select(Case).where(Case.id == case.id)).one()
        assert (tuple(kept), read.name, read.address, read.content) == (("", "", ""), "", "", SAID)


def test_what_is_said_where_a_matter_is_guided_elsewhere_is_sealed():
    case = new(content=SAID, title=SAID, name=NAME, phone=PHONE, address=HOME)
    do(case, Action.GUIDE, AGENT, channel="法院", text=SAID)
    assert in_clear() == set()


def test_what_people_at_work_write_about_a_call_is_sealed():
    with transaction() as unit:
        marks.nuisance(unit, PHONE, SAID, AGENT)
        acts.note(unit, AGENT.name, Doing.PAUSE_RECORDING, reason=SAID)
        drawn = {"call": "c1", "agent": "agent1", "drawn_at": unit.now}
        unit.session.add(QualityCheck(**drawn, by=SUPERVISOR.name, at=unit.now, score=80, note=SAID))
    notes.write("", SAID, 1, SUPERVISOR)
    assert in_clear() == set()
    with db.session() as session:
        assert session.scalars(select(QualityCheck.note)).one() == SAID
        assert notes.listed(session)[0]["text"] == SAID


def replied():
    case = signed()
    do(case, Action.REPLY, CLERK, **ANSWER)
    return case


def test_what_an_older_release_left_in_clear_is_sealed_and_can_be_read():
    case = new()
    do(case, Action.GUIDE, AGENT, channel="法院", text=SAID)
    answered = replied()
    do(answered, Action.SEND_BACK, REVIEWER, reasons=[SAID])
    notes.write("", SAID, 1, SUPERVISOR)
    plain = replied()
    try:
        command.downgrade(schema.config(), "0027")
        clear = in_clear()
    finally:
        schema.upgrade()
    assert clear == {("cases", "guidance"), ("replies", "sent_back"), ("shift_notes", "text")}
    assert in_clear() == set()
    with db.session() as session:
        assert session.get(Case, case.id).guidance == {"channel": "法院", "text": SAID}
        assert session.get(Case, answered.id).guidance == {}
        backs = select(ReplyRow.case_id, ReplyRow.sent_back)
        assert dict(session.execute(backs).all()) == {answered.id: [SAID], plain.id: []}
        assert notes.listed(session)[0]["text"] == SAID
