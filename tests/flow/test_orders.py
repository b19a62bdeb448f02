"""Numbered documents: each written once at its moment, numbered without gaps, seen by whom it concerns."""

import threading
import time

import pytest
from sqlalchemy import select, text
from staff_story import CITIZEN, CLERK, REVISITOR, SUPERVISOR, do, forwarded, passed, signed

from dispatch import papers
from dispatch.models import Letter, Paper
from dispatch.service import sweep
from hotline import db, history
from hotline.message_models import Notice, OutboxRow
from hotline.models import HistoryRow, RungRow
from hotline.unit import transaction
from hotline.words import Action
from web import live, worker

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(live, "_say", lambda _said: None)


def written(**wanted):
    with db.session() as session:
        return list(session.scalars(select(Paper).filter_by(**wanted).order_by(Paper.id)))


def react():
    with db.session() as session:
        waiting = list(session.scalars(select(OutboxRow.id).where(OutboxRow.done_at.is_(None)).order_by(OutboxRow.id)))
    worker.react(*waiting)


def test_a_late_reply_has_its_yellow_card_its_order_its_notice_and_its_place_on_the_list(drill):
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    sweep()
    about_reply = [
        paper for paper in written(case_number=case.number) if "答复时限" in paper.text or "完成答复" in paper.text
    ]
    assert [paper.kind for paper in about_reply] == ["yellow", "red", "notice", "listed"]
    order = about_reply[1]
    assert papers.number(order).startswith("督办〔2026〕")
    assert "2026 年 11 月 16 日 18:00" in order.text
    assert order.reached
    with db.session() as session:
        rungs = [row.facts for row in session.scalars(select(HistoryRow).where(HistoryRow.action == "rung"))]
    assert papers.number(order) in {told.get("paper") for told in rungs}


@pytest.mark.parametrize(
    ("moment", "kinds", "said"),
    [
        ("2026-11-16T17:00:00+08:00", ["yellow", "red", "notice", "listed"], "列入通报"),
        ("2026-11-18T09:00:00+08:00", ["yellow", "red", "notice"], "超期已说明理由，不列入通报"),
    ],
    ids=["before-the-deadline", "after-it"],
)
def test_a_house_that_gives_its_reason_after_the_deadline_is_not_listed_and_the_notice_says_so(
    drill, monkeypatch, moment, kinds, said
):
    monkeypatch.setenv("HOTLINE_SMS_URL", "console:")
    drill("2026-11-02T09:00:00+08:00")
    case = signed()
    do(case, Action.CONTACT, CLERK, how="电话", result="已联系")
    drill(moment)
    sweep()
    do(case, Action.INTERIM, CLERK, text="检测机构尚未出具报告，预计本周五答复。")
    drill("2026-12-20T09:00:00+08:00")
    sweep()
    react()
    assert [paper.kind for paper in written(case_number=case.number)] == kinds
    assert told()[-1][1] == f"{case.number} 答复：{said}"
    with db.session() as session:
        assert session.scalars(select(RungRow.rung).order_by(RungRow.id.desc())).first() == "listed"
        letters = [letter.text for letter in session.scalars(select(Letter))]
    assert any("已列入通报" in text for text in letters) == ("listed" in kinds)


def test_numbers_of_a_series_have_no_gaps_even_when_many_are_written_at_once(drill):
    drill("2026-11-02T09:00:00+08:00")
    for _ in range(12):
        signed()
    drill("2026-12-20T09:00:00+08:00")
    threads = [threading.Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for series in ("黄牌", "督办", "催办", "通报"):
        serials = sorted(paper.serial for paper in written(series=series))
        assert serials == list(range(1, len(serials) + 1))
        assert len(serials) >= 12


def _wait_until_somebody_waits_for_a_lock():
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(200):
        with db.engine().connect() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.05)
    pytest.fail("nobody waits")


def test_two_who_number_documents_of_several_series_in_opposite_order_wait_one_after_the_other():
    told = []

    def other_way_round():
        with transaction() as unit:
            told.extend(papers.next_number(unit, series, 2026) for series in ("督办", "黄牌"))

    other = threading.Thread(target=other_way_round)
    with transaction() as unit:
        told.append(papers.next_number(unit, "黄牌", 2026))
        other.start()
        _wait_until_somebody_waits_for_a_lock()
        told.append(papers.next_number(unit, "督办", 2026))
    other.join()
    assert told == [1, 1, 2, 2]


def test_an_unhappy_citizen_at_the_revisit_means_an_order_to_the_lead_department():
    case = passed()
    said = {"reached": True, "contacted_by_department": True, "solved": False, "satisfaction": 2}
    do(case, Action.REVISIT, REVISITOR, **said)
    react()
    react()
    [order] = written(case_number=case.number)
    assert (order.kind, order.department) == ("discontent", "csglj")
    assert "表示问题没有解决，对办理结果不满意" in order.text


UNHAPPY = {"reached": True, "contacted_by_department": True, "solved": False, "satisfaction": 2}
COMMANDED = ["csglj2", "szfbgs2", "supervisor1", "supervisor2"]  # the head, the leader above him, the centre


def told():
    with db.session() as session:
        return [(row.user, row.text) for row in session.scalars(select(Notice).order_by(Notice.id))]


@pytest.mark.parametrize(
    ("title", "cause"),
    [
        ("督办单（回访不满意）", lambda: do(passed(), Action.REVISIT, REVISITOR, **UNHAPPY)),
        ("督办单", lambda: do(signed(), Action.SUPERVISE, SUPERVISOR, opinion="三日内到现场")),
    ],
    ids=["discontent", "ordered"],
)
def test_an_order_reaches_the_head_the_leader_and_the_supervisors_by_name_and_the_history_says_so(title, cause):
    case = cause()
    react()
    react()
    [order] = written(case_number=case.number)
    assert order.reached == COMMANDED
    assert told() == [(name, f"{case.number} {title}：{papers.number(order)}") for name in COMMANDED]
    with db.session() as session:
        [row] = session.scalars(select(HistoryRow).where(HistoryRow.action == "order"))
        assert (row.facts["paper"], row.facts["reached"]) == (papers.number(order), COMMANDED)
        assert history.verify(session) == ""


def test_an_order_for_discontent_tells_the_house_neither_what_the_citizen_said_nor_how_he_rated(ask):
    case = passed()
    do(case, Action.RATE, CITIZEN, level=1, words="敷衍了事")
    do(case, Action.REVISIT, REVISITOR, **UNHAPPY, words="摊主和队长是亲戚")
    react()
    [order] = written(case_number=case.number)
    head = ask("csglj2")
    steps = head.get(f"/api/v1/cases/{case.number}/history").json["items"]
    assert [step["facts"]["paper"] for step in steps if step["action"] == "order"] == [papers.number(order)]
    read = f"{steps}{order.text}{told()}{head.get('/notices').json}"
    untold = ("敷衍", "亲戚", "非常不满意", "'rate'", "'action': 'revisit'", "level")
    assert not [word for word in untold if word in read]


def test_orders_and_steps_of_one_case_at_once_leave_its_history_whole():
    made = [passed() for _ in range(4)]
    for case in made:
        do(case, Action.REVISIT, REVISITOR, **UNHAPPY)
    speak = [lambda case=case: do(case, Action.SUPPLEMENT, CITIZEN, text="快些") for case in made]
    threads = [threading.Thread(target=work) for work in (*speak, react, react)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    react()
    assert len(written()) == len(made)
    with db.session() as session:
        assert history.verify(session) == ""
        assert session.query(HistoryRow).filter_by(action="order").count() == len(made)


def test_a_happy_citizen_means_no_order():
    case = passed()
    said = {"reached": True, "contacted_by_department": True, "solved": True, "satisfaction": 5}
    do(case, Action.REVISIT, REVISITOR, **said)
    react()
    assert written() == []


def test_a_supervisors_word_becomes_an_order_with_his_opinion():
    case = signed()
    do(case, Action.SUPERVISE, SUPERVISOR, opinion="三日内到现场")
    react()
    [order] = written(case_number=case.number)
    assert "三日内到现场" in order.text


def test_a_department_reads_its_own_documents_only(ask):
    do(signed(), Action.SUPERVISE, SUPERVISOR, opinion="请尽快办理")
    do(forwarded("sthjj"), Action.SUPERVISE, SUPERVISOR, opinion="请尽快办理")
    react()
    mine, others = ask("csglj1").get("/api/v1/papers").json["items"], ask("sthjj2").get("/api/v1/papers").json["items"]
    assert ([paper["department"] for paper in mine], [paper["department"] for paper in others]) == (
        ["csglj"],
        ["sthjj"],
    )
    assert len(ask("supervisor1").get("/api/v1/papers").json["items"]) == 2
    assert ask("csglj1").get(f"/papers/{others[0]['id']}").status_code == 404
    assert ask("csglj1").get(f"/papers/{others[0]['id']}.pdf").status_code == 404
    assert ask("csglj1").get("/api/v1/papers?kind=nonsense").json["error"]["code"] == "unknown_kind"


def test_a_document_can_be_read_and_printed(ask):
    do(signed(), Action.SUPERVISE, SUPERVISOR, opinion="<b>请尽快</b> & 办理")
    react()
    [paper] = ask("csglj1").get("/api/v1/papers").json["items"]
    client = ask("csglj1")
    page = client.get(f"/papers/{paper['id']}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert paper["number"] in page
    assert "&lt;b&gt;请尽快&lt;/b&gt;" in page
    assert paper["number"] in client.get("/papers", headers={"Accept": "text/html"}).get_data(as_text=True)
    pdf = client.get(f"/papers/{paper['id']}.pdf")
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert len(pdf.data) > 1500


def test_the_text_of_a_document_is_sealed_in_the_table():
    case = signed(title="张三家门口的烧烤摊")
    do(case, Action.SUPERVISE, SUPERVISOR, opinion="请尽快办理")
    react()
    with db.engine().connect() as connection:
        assert "张三" not in str(connection.exec_driver_sql("SELECT * FROM papers").mappings().one())


def test_the_same_step_never_writes_two_documents():
    case = signed()
    do(case, Action.SUPERVISE, SUPERVISOR, opinion="请尽快办理")
    with db.session() as session:
        row = session.scalars(select(HistoryRow).order_by(HistoryRow.id.desc())).first()
    for _ in range(2):
        with transaction() as unit:
            papers.of_steps(unit, {(row.case_id, row.facts["version"])})
    assert len(written()) == 1
    do(case, Action.CONTACT, CLERK, how="电话", result="已联系")
    do(case, Action.URGE, CITIZEN, text="快些")
    react()
    assert len(written()) == 1
