"""What stands around the pages in a real Chromium: errors in the reader's own frame, the knowledge base, notices."""

import pytest
from playwright.sync_api import expect

from kb import articles
from kb.reading import Draft
from tests.browser.test_department_desks import log_in

pytestmark = pytest.mark.browser
__all__ = ["log_in"]


def published(code="K-1", department="csglj"):
    """An article the centre has brought with it."""
    said = Draft(
        code=code, title="烧烤摊归谁管", body="占道经营由城市管理局查处。", kind="answer", department=department
    )
    made = articles.write(said, "system")
    for step in ("submit", "publish"):
        made = articles.step(code, step, made.version, "system")


def test_a_page_that_does_not_exist_keeps_the_readers_own_frame(open_page, log_in):
    page = open_page("/nowhere")
    expect(page.locator("h1")).to_have_text("没有这个页面。")
    expect(page.get_by_role("button", name="大字版")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("错误代码")
    page = log_in("dispatcher1", "/nowhere")
    expect(page.locator(".topline nav")).to_contain_text("派单")
    expect(page.get_by_role("link", name="回到首页")).to_have_attribute("href", "/dispatch")


def test_the_knowledge_base_opens_where_something_is_and_names_houses_and_people(log_in):
    published()
    page = log_in("keeper1", "/kb")
    expect(page.locator('[data-state="published"]')).to_have_attribute("aria-pressed", "true")
    line = page.locator("#found .kb-line")
    expect(line).to_contain_text("系统")
    line.click()
    expect(page.locator("#article")).to_contain_text("市城市管理局")
    expect(page.locator("#article")).not_to_contain_text("csglj")


def test_the_bell_hangs_on_every_page_of_who_is_told_of_deadlines(log_in, live_server):
    pages = {
        "dispatcher1": ("/dispatch", "/topics"),
        "supervisor1": ("/calls", "/looks", "/models", "/reports", "/papers"),
    }
    for user, paths in pages.items():
        page = log_in(user, paths[0])
        for path in paths:
            page.goto(live_server + path)
            expect(page.locator(".topline .bell summary")).to_contain_text("通知")
