"""Reviews at windows and kiosks, appeals, registers and reports in a real Chromium."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from hotline import db, windows
from hotline.lifecycle import Actor
from hotline.loop_models import Appeal, StuckMatter
from hotline.window_models import WindowReview
from hotline.words import Action, Role
from tests.browser.test_department_desks import CLERK, DISPATCHER, PHONE, do, forwarded, log_in, passed

pytestmark = pytest.mark.browser
REVISITOR = Actor("revisitor1", Role.REVISITOR)
__all__ = ["log_in"]


@pytest.fixture
def window(city):
    said = windows.NewWindow(name="市政务大厅3号窗口", department="csglj", item="户外广告许可")
    return windows.open_window(said, "supervisor1").code


def said_at_windows():
    with db.session() as session:
        return [(row.level, row.channel, row.phone) for row in session.scalars(select(WindowReview))]


def test_a_kiosk_takes_a_review_by_touch_and_goes_back_to_its_start_by_itself(open_page, window):
    page = open_page(f"/kiosk/{window}")
    page.clock.install()
    page.reload()
    page.click('[data-level="4"]')
    expect(page.locator("h1")).to_have_text("您选的是：满意")
    for key in "1380000000":
        page.locator(f'[data-key="{key}"]').click()
    page.locator('[data-key="back"]').click()
    for key in "09":
        page.locator(f'[data-key="{key}"]').click()
    expect(page.locator("#phone")).to_have_value("13800000009")
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("h1")).to_contain_text("谢谢您的评价")
    page.clock.run_for(9_000)
    expect(page.locator("h1")).to_have_text("这次办事，您满意吗？")
    assert said_at_windows() == [(4, "kiosk", "13800000009")]
    page.click('[data-level="1"]')
    expect(page.locator("#phone")).to_be_visible()
    page.clock.run_for(61_000)
    expect(page.locator("h1")).to_have_text("这次办事，您满意吗？")
    assert len(said_at_windows()) == 1


def test_behind_the_code_of_a_window_one_touch_is_enough_on_a_phone(open_page, window):
    page = open_page(f"/w/{window}", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.click('[data-level="5"]')
    expect(page.locator("h1")).to_contain_text("谢谢您的评价")
    assert said_at_windows() == [(5, "window", "")]


def test_the_head_of_a_department_appeals_at_his_desk(log_in):
    made = passed()
    do(made, Action.REVISIT, REVISITOR, reached=True, contacted_by_department=True, solved=False, satisfaction=1)
    do(made, Action.JUDGE, REVISITOR, verdict="justified", reason="现场仍超时营业")
    do(made, Action.REDO, DISPATCHER, opinion="请重新办理")
    do(made, Action.SIGN, CLERK)
    page = log_in("csglj2", f"/department?tab=working&open={made.number}")
    page.locator("#steps summary").click()
    page.get_by_role("button", name="申诉").click()
    page.fill("#f-reason", "评的是另一家店")
    page.fill("#f-evidence", "照片两张，存于案卷")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case")).to_contain_text("申诉")
    with db.session() as session:
        assert session.scalars(select(Appeal)).one().by == "csglj2"


def test_a_half_written_registration_is_offered_again_and_goes_once_it_is_taken(log_in):
    made = forwarded()
    page = log_in("agent1", "/special/stuck")
    page.click(".special summary")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/drafts/" in answer.url):
        page.fill("#s-story", "跑了三趟窗口")
    page.reload()
    page.click(".special summary")
    page.get_by_role("button", name="接着填").click()
    expect(page.locator("#s-story")).to_have_value("跑了三趟窗口")
    page.fill("#s-number", made.number)
    page.select_option("#s-grade", "general")
    page.fill("#s-item", "食品经营许可证")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".notice.good")).to_contain_text("已记录")
    expect(page.locator(".card h2")).to_contain_text("食品经营许可证")
    page.goto(page.url.split("?")[0])
    page.wait_for_load_state("networkidle")
    expect(page.locator(".offer")).to_have_count(0)
    with db.session() as session:
        assert len(session.scalars(select(StuckMatter)).all()) == 1
