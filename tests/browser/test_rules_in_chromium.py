"""Changing the rules in a real Chromium: the administrator writes, sees what it does, the supervisor approves."""

import pytest
from playwright.sync_api import expect

from hotline import clock, db, facts
from hotline.rulebook import jobs, versions
from hotline.words import Clock

pytestmark = pytest.mark.browser


@pytest.fixture
def enter(open_page, live_server, parts, drill):
    """enter("admin1", "/admin/rules") → the page as that user sees it."""
    drill("2026-11-02T09:00:00+08:00")
    versions.take_up_files()
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())

    def at(user, path):
        page = open_page("/login")
        page.fill("#name", user)
        page.fill("#password", passwords[user])
        page.click("button[type=submit]")
        page.goto(live_server + path)
        return page

    return at


@pytest.fixture
def complaint(city):
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flow"))
    from staff_story import signed

    return signed


def work_off():
    while jobs.work(60):
        pass


def reply_due(case):
    with db.session() as session:
        row = next(row for row in facts.load(session, case.number).clocks if row.clock == Clock.REPLY)
        return clock.iso(row.due_at)


def test_a_limit_is_changed_previewed_and_approved_by_the_supervisor(enter, complaint):
    page = enter("admin1", "/admin/rules")
    case = complaint()
    page.locator("tr", has_text="时限方案 henan").get_by_role("link", name="修改").click()
    field = page.get_by_label("答复（投诉、举报）", exact=True)
    field.fill("十")
    page.fill("#reason", "市政府办公会决定")
    page.get_by_role("button", name="保存并预览").click()
    expect(page.get_by_role("alert")).to_contain_text("有的格子填得不对")
    expect(field).to_have_value("十")
    expect(page.locator("#reason")).to_have_value("市政府办公会决定")
    field.fill("12")
    page.get_by_role("button", name="保存并预览").click()
    expect(page.locator("[data-job=preview]")).to_have_attribute("data-running", "yes")
    work_off()
    expect(page.locator("[data-job=preview]")).to_have_attribute("data-running", "no")
    expect(page.locator(".changes")).to_contain_text("数值改了，依据仍写")
    expect(page.locator("tbody", has_text=case.number)).to_contain_text("2026-11-18 18:00")
    page.get_by_role("button", name="提交审批").click()
    expect(page.get_by_text("等待值班长批准")).to_be_visible()
    decider = enter("supervisor1", page.url.removeprefix(page.url.split("/admin")[0]))
    decider.get_by_role("button", name="批准生效").click()
    expect(decider.locator("h1 .tag")).to_have_text("已批准")
    work_off()
    assert reply_due(case) == "2026-11-18T18:00:00+08:00"
    decider.reload()
    expect(decider.locator("[data-job=judging]")).to_contain_text("已完成")


def test_a_year_is_painted_by_mouse_and_keys_and_nothing_is_lost_on_reload(enter):
    page = enter("admin1", "/admin/rules/calendar/2027/edit")
    page.fill("#title", "2027年安排")
    page.fill("#festival", "元旦")
    page.locator("[data-day='2027-01-01']").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.fill("#reason", "国务院通知")
    sorts = {day: page.locator(f"[data-day='2027-01-{day}']").get_attribute("data-sort") for day in ("01", "02", "09")}
    assert sorts == {"01": "off", "02": "off", "09": "work"}
    expect(page.locator("[data-day='2027-01-09']")).to_have_attribute("aria-label", "1月9日 星期六 调休上班 元旦")
    page.reload()
    page.get_by_role("button", name="接着填").click()
    expect(page.locator("[data-day='2027-01-02']")).to_have_attribute("data-sort", "off")
    page.get_by_role("button", name="保存并预览").click()
    expect(page.locator(".changes")).to_contain_text("2027-01-09 星期六")
    expect(page.locator(".changes")).to_contain_text("调休上班 元旦")
