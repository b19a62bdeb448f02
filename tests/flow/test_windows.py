"""Reviews at a hall's window: QR code, kiosk; one service one review; nobody in the house learns who it was."""

import io
import re
import struct

import pytest
from sqlalchemy import select
from staff_story import AGENT, CLERK, DISPATCHER, REVIEWER, do, new

from hotline import db, facts, windows
from hotline.models import Case, Rating
from hotline.window_models import WindowReview
from hotline.words import Action
from web.app import limiter

NONCE = "n" * 22
PHONE = "13800000009"


@pytest.fixture
def window(city):
    limiter.reset()
    said = windows.NewWindow(name="市政务大厅3号窗口", department="csglj", item="户外广告许可")
    return windows.open_window(said, "supervisor1").code


def rows(table):
    with db.session() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def rate(app, window, path="w", **said):
    return app.test_client().post(f"/{path}/{window}", data={"nonce": NONCE, "level": "5"} | said)


def at_the_window(phone=PHONE):
    """A case that came in at a window and is answered."""
    case = new(channel="window", phone=phone)
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    do(case, Action.SIGN, CLERK)
    do(case, Action.REPLY, CLERK, facts="属实", solved=True, public="许可证已经办好，请您来取。")
    do(case, Action.PASS, REVIEWER)
    return case


@pytest.mark.parametrize(("path", "channel"), [("w", "window"), ("kiosk", "kiosk")])
def test_an_anonymous_review_is_counted_and_listed_apart(app, ask, window, path, channel):
    answer = rate(app, window, path, level="2", words="等了两个小时")
    assert (answer.status_code, "谢谢您的评价" in answer.text) == (200, True)
    [row] = rows(WindowReview)
    assert (row.level, row.channel, row.anonymous, row.case_number) == (2, channel, True, "")
    assert rows(Case) == []
    page = ask("supervisor1").get("/special/reviews?kind=windows").text
    assert "等了两个小时" in page
    assert "匿名" in page


def test_a_bad_review_with_a_number_has_the_full_loop_and_the_house_does_not_learn_who(app, ask, window):
    assert rate(app, window, level="1", words="态度很差", phone="138 0000 0009").status_code == 200
    [case] = rows(Case)
    assert (case.state, case.channel, case.confidential, case.suggestion["department"]) == (
        "accepted",
        "window",
        True,
        "csglj",
    )
    assert rows(WindowReview)[0].case_number == case.number
    with db.session() as session:
        clocks = facts.load(session, case.number).clocks
        assert [row.clock for row in clocks if row.stopped_at is None] == ["forward"]
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    told = ask("csglj2").get(f"/api/v1/cases/{case.number}").text
    assert PHONE not in told
    assert "(保密)" in told or "（保密）" in told


def test_with_the_number_of_a_case_from_the_window_it_is_the_review_of_that_case(app, window):
    other, case = at_the_window("13800000010"), at_the_window()
    assert rate(app, window, level="4", phone=PHONE).status_code == 200
    [rating] = rows(Rating)
    assert (rating.case_id, rating.level, rating.channel) == (case.id, 4, "window")
    assert rows(WindowReview) == []
    assert rating.case_id != other.id
    again = rate(app, window, level="1", phone=PHONE, nonce="m" * 22)
    assert again.status_code == 200  # the next service of the same person: a review of its own
    assert len(rows(Rating)) == 1


def test_nobody_rates_a_strangers_case_of_another_house_or_channel(app, window):
    case = new(phone=PHONE)  # by telephone
    do(case, Action.ANSWER, AGENT, text="请到三号窗口办理，带好身份证。")
    rate(app, window, level="1", phone=PHONE)
    assert rows(Rating) == []


def test_a_double_click_is_one_review(app, window):
    for _ in range(2):
        assert rate(app, window, level="2", phone=PHONE).status_code == 200
    assert (len(rows(WindowReview)), len(rows(Case))) == (1, 1)


@pytest.mark.parametrize(
    "said", [{"level": "6"}, {"level": ""}, {"phone": "12"}, {"nonce": "x"}, {"words": "很" * 2001}]
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(app, window, said):
    answer = rate(app, window, **({"words": "写了<很久>"} | said))
    assert answer.status_code == 422
    assert "words" in said or "写了&lt;很久&gt;" in answer.text
    assert rows(WindowReview) == []


def test_a_closed_window_or_a_wrong_code_leads_nowhere(app, ask, window):
    assert ask("supervisor1").post(f"/special/windows/{window}/close").status_code == 303
    for path in (f"/w/{window}", f"/kiosk/{window}", "/w/aaaaaaaa"):
        assert app.test_client().get(path).status_code == 404, path


def test_the_code_is_a_large_png_and_leads_to_the_window(app, ask, window, monkeypatch):
    import segno

    monkeypatch.setenv("HOTLINE_URL", "https://12345.example.gov.cn/")
    client = ask("supervisor1")
    png = client.get(f"/special/windows/{window}.png")
    assert png.mimetype == "image/png"
    width, height = struct.unpack(">II", png.data[16:24])
    assert width == height >= 300
    expected = io.BytesIO()
    told = f"https://12345.example.gov.cn/w/{window}"
    segno.make(told, error="q", micro=False).save(expected, kind="png", scale=12, border=4)
    assert png.data == expected.getvalue()
    sheet = client.get(f"/special/windows/{window}/sheet").text
    assert told in sheet
    assert f'src="/special/windows/{window}.png"' in sheet


def test_a_supervisor_opens_windows_and_others_do_not(ask, city):
    said = {"name": "二楼8号窗口", "department": "csglj", "item": "渣土运输许可"}
    assert ask("supervisor1").post("/special/windows", data=said).status_code == 303
    page = ask("supervisor1").get("/special/windows").text
    assert "二楼8号窗口" in page
    refused = ask("supervisor1").post("/special/windows", data=said | {"department": "nobody"})
    assert refused.status_code == 422
    assert "渣土运输许可" in refused.text
    for user in ("csglj2", "agent1", "revisitor1"):
        assert ask(user).get("/special/windows").status_code == 403
        assert ask(user).post("/special/windows", data=said).status_code == 403


@pytest.mark.parametrize("user", ["csglj1", "csglj2", "agent1", "dispatcher1", "keeper1"])
def test_the_reviews_are_not_for_departments(ask, window, user):
    assert ask(user).get("/special/reviews").status_code == 403
    assert ask(user).get("/special/reviews.csv").status_code == 403


def test_the_export_holds_no_formula(app, ask, window):
    rate(app, window, level="2", words='=HYPERLINK("http://x")')
    rate(app, window, level="2", words=" +1+1", nonce="p" * 22)
    told = ask("auditor1").get("/special/reviews.csv?kind=windows")
    assert told.mimetype == "text/csv"
    text = told.data.decode("utf-8-sig")
    assert not re.search(r'(^|,|")\s*[=+\-@]', text, re.MULTILINE)
    assert "'=HYPERLINK" in text


def test_words_and_numbers_are_sealed(app, window):
    rate(app, window, level="2", words="等了两个小时", phone=PHONE)
    with db.engine().connect() as connection:
        row = str(connection.exec_driver_sql("SELECT * FROM window_reviews").mappings().one())
    assert "等了" not in row
    assert PHONE not in row
