"""What was kept long enough: the person goes, what happened stays and can still be proved; open cases lose nothing."""

import datetime as dt

import pytest
from sqlalchemy import Text, select, type_coerce
from staff_story import ANSWER, CITIZEN, CLERK, REVIEWER, do, new, passed, signed

from dispatch.models import Letter
from hotline import attachments, cases, clock, db, facts, history, privacy
from hotline.attachment_models import Attachment
from hotline.chat_models import Chat, ChatMessage
from hotline.models import Case, HistoryRow, ReplyRow
from hotline.privacy import Sealed, SealedJson
from hotline.settings import Settings
from hotline.unit import transaction
from hotline.words import Action, Attached
from telephony.models import Call, Callback
from telephony.vault import Vault, sealed
from tests import files
from web import retention
from web.tables import METADATA

PERSON = {"name": "欧阳明远", "phone": "13912345678", "address": "迎宾大道12号", "content": "欧阳明远家门口路灯不亮"}
KEPT = {  # sealed columns that outlive a case, and why
    "cases": {"title", "guidance"},  # the title says that it is gone
    "replies": {"sent_back"},  # that it was, without why
    "departments": {"contact", "contact_phone", "head", "head_phone", "mail"},  # people at work, no citizens
    "drafts": {"body"},  # gone after two weeks by their own rule
    "papers": {"text"},  # official papers: the title as everybody reads it, kept by the law on archives
    "looks": {"words"},  # the reader's reason, not the citizen
    "caller_marks": {"caller", "reason"},  # of a number, not of a case
    "call_acts": {"reason"},  # what people at work did
    "quality_checks": {"note"},  # of an agent's work
    "shift_notes": {"text"},  # gone from the desks by their own time
    "examples": {"text"},  # the whole row goes
    "call_checks": {"words"},  # by their call
    "officers": {"phone"},  # who volunteered to try services, no citizen of a case
    "experiences": {"story", "problem", "answer", "feedback"},  # what they found there
    "chat_messages": {"text"},  # by their chat
    "attachments": {"name"},  # with their files
}


def erased():
    """table → columns that retention empties."""
    found = {}
    for _, columns in (*retention.OF_CASE, *retention.OF_NUMBER, (None, retention.OWN)):
        for column in columns:
            found.setdefault(column.class_.__tablename__, set()).add(column.key)
    return found


def test_every_sealed_column_is_emptied_or_kept_for_a_reason():
    gone = erased()
    left = {
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, (Sealed, SealedJson))
        and column.name not in gone.get(table.name, set()) | KEPT.get(table.name, set())
    }
    assert left == set()


@pytest.fixture
def old(city):
    """A closed case with everything that can hang on one."""
    case = signed(**PERSON)
    with transaction() as unit:
        row = facts.load(unit.session, case.number, lock=True)
        photo = attachments.keep(
            unit, row, attachments.Upload("我家.jpg", files.jpeg((60, 40)), Attached.MATTER), CITIZEN
        )
        known = {"caller": PERSON["phone"], "caller_index": privacy.blind(PERSON["phone"]), "case_number": case.number}
        unit.session.add(Call(id="c1", state="ended", connector="c", invite_at=unit.now, **known))
        unit.session.add(Callback(call="c1", reason="abandoned", created_at=unit.now, words="请找欧阳", **known))
        unit.session.add(Letter(key="k", way="sms", address=PERSON["phone"], text="欧阳您好", case_number=case.number, at=unit.now))  # fmt: skip  # noqa: E501
        chat = Chat(key="k", state="closed", name="欧阳", phone=PERSON["phone"], case_number=case.number, created_at=unit.now)  # fmt: skip  # noqa: E501
        unit.session.add(chat)
        unit.session.flush()
        unit.session.add(ChatMessage(chat_id=chat.id, at=unit.now, by="citizen", client_id="1", text="我是欧阳"))
    do(case, Action.SUPPLEMENT, CITIZEN, text="我是欧阳明远")
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.SEND_BACK, REVIEWER, reasons=["欧阳没有接到电话"])
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.PASS, REVIEWER)
    do(case, Action.RATE, CITIZEN, level=5, words="谢谢,我是欧阳")
    return case, photo


def in_months(months):
    """So many months from now, and a little more."""
    return clock.now() + dt.timedelta(days=30.44 * months + 2)


def whole_database():
    """Every sealed value of every table, opened."""
    with db.session() as session:
        for table in METADATA.sorted_tables:
            for column in (c for c in table.columns if isinstance(c.type, (Sealed, SealedJson))):
                yield from ((table.name, str(value)) for (value,) in session.execute(select(column)) if value)


def test_a_case_loses_its_person_and_keeps_its_proof(old):
    case, photo = old
    with transaction() as unit:
        history.seal(unit)
    file = Settings().data / photo.file
    assert sealed(file).exists()
    assert retention.anonymise(in_months(59)) == 0
    assert retention.anonymise(in_months(60)) == 1
    assert retention.anonymise(in_months(60)) == 0
    assert not sealed(file).exists()
    assert not sealed(file.with_name(file.name + attachments.THUMB)).exists()
    left = [(table, value) for table, value in whole_database() if any(word in value for word in ("欧阳", "13912345678", "迎宾大道12号", "家门口"))]  # fmt: skip  # noqa: E501
    assert left == []
    with db.session() as session:
        row = facts.load(session, case.number)
        assert (row.title, row.phone, row.phone_index, row.state) == (retention.GONE, "", "", "closed")
        back = select(ReplyRow.sent_back).where(ReplyRow.case_id == row.id).order_by(ReplyRow.id)
        assert session.scalars(back).all() == [[retention.GONE], []]
        assert session.get(Attachment, photo.id).file == ""
        assert session.get(Call, "c1").caller_index == ""
        assert history.verify(session) == ""
        assert (
            session.scalars(select(HistoryRow).where(HistoryRow.case_id == case.id).order_by(HistoryRow.seq.desc()))
            .first()
            .action
            == "anonymise"
        )


def test_only_a_case_that_is_marked_may_lose_its_words(old):
    case, _ = old
    retention.anonymise(in_months(60))
    other = signed()
    do(other, Action.SUPPLEMENT, CITIZEN, text="还在")
    with db.engine().begin() as connection:
        connection.exec_driver_sql("ALTER TABLE history DISABLE TRIGGER history_append_only")
        connection.exec_driver_sql(
            f"UPDATE history SET words = '' WHERE case_id = {other.id} AND action = 'supplement'"
        )
        connection.exec_driver_sql("ALTER TABLE history ENABLE TRIGGER history_append_only")
    with db.session() as session:
        assert f"诉求 {other.id} " in history.verify(session)
    with pytest.raises(Exception, match="append-only"), db.engine().begin() as connection:
        connection.exec_driver_sql(f"UPDATE history SET words = 'x' WHERE case_id = {case.id}")


def test_an_open_case_and_one_without_a_limit_lose_nothing(city, monkeypatch):
    passed(**PERSON)
    assert retention.anonymise(in_months(600)) == 0
    monkeypatch.setenv("HOTLINE_CASE_MONTHS", "0")
    done = passed(**PERSON)
    do(done, Action.RATE, CITIZEN, level=5, words="")
    assert retention.anonymise(in_months(600)) == 0


def test_a_merged_or_guided_case_counts_from_its_receipt(city):
    case = new(**PERSON)
    do(case, Action.GUIDE, REVIEWER_LIKE, channel="诉讼", text="请向法院提出")
    assert retention.anonymise(in_months(60)) == 1


def test_nobody_gets_in_with_the_code_that_is_gone(old):
    from web.app import create_app

    retention.anonymise(in_months(60))
    client = create_app().test_client()
    for code in (old[0].query_code, " ", "''"):
        assert client.get(f"/api/v1/cases/{old[0].number}", headers={"X-Query-Code": code}).status_code in {401, 404}


def recorded(name, case=""):
    file = Settings().data / "recordings" / f"{name}.wav"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"RIFF")
    Vault(Settings().secret()).seal(file)
    with transaction() as unit:
        known = {"caller": "", "caller_index": "", "connector": "c", "case_number": case}
        unit.session.add(Call(id=name, state="ended", invite_at=unit.now, recording=f"recordings/{name}.wav", **known))
    return sealed(file)


def test_recordings_go_after_six_months_unless_their_case_is_open(city):
    closed = passed()
    do(closed, Action.RATE, CITIZEN, level=5, words="")
    plain, of_closed, of_open = recorded("a"), recorded("b", closed.number), recorded("c", signed().number)
    assert retention.forget_recordings(in_months(5)) == 0
    assert retention.forget_recordings(in_months(6)) == 2
    assert [file.exists() for file in (plain, of_closed, of_open)] == [False, False, True]
    with db.session() as session:
        assert [session.get(Call, name).recording for name in "abc"] == ["", "", "recordings/c.wav"]


def test_the_night_does_it_all():
    from web.worker import app

    assert app.conf.beat_schedule["keep_no_longer"]["task"] in app.tasks


def test_what_is_gone_is_no_longer_sealed_either(old):
    retention.anonymise(in_months(60))
    with db.session() as session:
        assert session.scalars(select(type_coerce(Case.phone, Text))).all() == [""]


REVIEWER_LIKE = cases.Actor("dispatcher1", cases.Role.DISPATCHER)
