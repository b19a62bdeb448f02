"""The main job from a web chat, on every page in a real Chromium: asked, taken over, a case, redone, closed.

`hotline up` serves the pages; times are those of the drill clock (a Monday before the National Day holidays).
"""

import re

import pytest
from playwright.sync_api import expect

from tests.flow.whole import Whole

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
SIZE = {"width": 1366, "height": 768}
TEXT = "湖滨区黄河路锦绣小区楼下烧烤摊油烟很大，呛得睡不着，希望管一管"
FIRST = "经现场核实，锦绣小区楼下的烧烤摊确有油烟扰民，已责令摊主晚上十点前收摊，请您监督。"
BETTER = "已为锦绣小区楼下的烧烤摊装上油烟净化设备并检测达标，连续三晚巡查未见油烟扰民，请您监督。"
LEAD, CO = "csglj1", "sthjj1"  # the catalogue's departments for smoke from barbecues
NUMBER, CODE = re.compile("^[0-9]{14}$"), re.compile("^[0-9A-Z]{8}$")


@pytest.fixture
def whole(bundle, tmp_path):
    with Whole(tmp_path, "2026-09-28T09:00+08:00") as running:
        yield running


@pytest.fixture
def people(whole, chromium, tmp_path):
    """people("agent1") → his page, logged in; people("") → the citizen's. Any error or refused style fails the test."""
    contexts, pages, broken = [], {}, []

    def of(user):
        if user in pages:
            return pages[user]
        contexts.append(chromium.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai"))
        contexts[-1].set_default_timeout(30_000)
        page = pages[user] = contexts[-1].new_page()
        page.on("pageerror", lambda error: broken.append(f"{user} {page.url} {error}"))
        page.on("console", lambda said: broken.append(said.text) if "Security Policy" in said.text else None)
        if user:
            page.goto(f"{whole.address}/login")
            page.fill("#name", user)
            page.fill("#password", whole.password(user))
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield of
    for user, page in pages.items():
        page.screenshot(path=tmp_path / f"{user or 'citizen'}.png")
    for context in contexts:
        context.close()
    assert broken == []


@pytest.fixture
def go(whole, people):
    """go("csglj1", "/department", at) → that person's page, opened anew at this instant."""

    def to(user, path, at=""):
        if at:
            whole.at(at)
        page = people(user)
        page.goto(whole.address + path)
        return page

    return to


def ask_and_wait(go):
    """The citizen asks the bot, is offered an article, and wants a person."""
    citizen = go("", "/chat")
    citizen.fill("#text", "烧烤摊油烟扰民怎么处理")
    citizen.press("#text", "Enter")
    expect(citizen.locator("li.bot").last).to_contain_text("烧烤摊、饭店油烟扰民怎么处理")
    expect(citizen.locator("li.bot").last).to_contain_text("KB0056")
    citizen.click("#human")
    expect(citizen.locator("#stands")).to_have_text("正在排队，您排在第 1 位")
    return citizen


def take_over(go, citizen):
    """The agent takes the talk at his desk; both read each other; it becomes a forwarded case: number and code."""
    desk = go("agent1", "/desk")
    desk.locator("#chat-cards .case-card").click()
    expect(desk.locator("#chat-talk")).to_contain_text("烧烤摊油烟扰民怎么处理")
    desk.fill("#chat-say", "您好，请问在哪个小区？")
    desk.keyboard.press("Enter")
    expect(citizen.locator("li.agent").last).to_contain_text("请问在哪个小区")
    citizen.fill("#text", TEXT)
    citizen.press("#text", "Enter")
    expect(desk.locator("#chat-talk")).to_contain_text("锦绣小区")
    desk.fill("#content", TEXT)
    expect(desk.locator(".chip")).to_have_count(3)
    expect(desk.locator("#department-reason")).not_to_be_empty()
    desk.fill("#phone", "13900001000")
    desk.select_option("#kind", "投诉")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#made")).to_contain_text("已转 市城市管理局 办理")
    expect(desk.locator("#made")).to_contain_text("10月16日")
    expect(desk.locator("#made-number")).to_have_text(NUMBER)
    expect(desk.locator("#made-code")).to_have_text(CODE)
    number, code = (desk.locator(where).inner_text() for where in ("#made-number", "#made-code"))
    expect(citizen.locator("li.system").last).to_contain_text(number)
    expect(citizen.locator("li.system").last).to_contain_text(code)
    desk.locator("#chat-talk").get_by_role("button", name="结束", exact=True).click()
    expect(citizen.locator("#stands")).to_have_text("对话已结束，您可以接着说")
    return number, code


def handle(go, number, public, at, clerks):
    """Each department signs, speaks to the citizen and replies at these instants; then the case waits for review."""
    sign, contact, reply = at
    for clerk in clerks:
        page = go(clerk, f"/department?tab=sign&open={number}", sign)
        page.click('#steps [data-step="sign"]')
        expect(page.locator("#done")).to_contain_text("签收")
    for clerk in clerks:
        page = go(clerk, f"/department?tab=working&open={number}", contact)
        expect(page.locator("#case .tag.state")).to_have_text("办理中")
        page.click('#steps [data-step="contact"]')
        page.fill("#f-result", "约定今晚现场查看")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_contain_text("已记下联系")
    for clerk in clerks:
        page = go(clerk, f"/department?tab=working&open={number}", reply)
        page.click('#steps [data-step="reply"]')
        page.fill("#f-public", public)
        page.check('input[name="solved"][value="true"]')
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_contain_text("答复")
    expect(page.locator("#case .tag.state")).to_have_text("待审核")


def review(go, number, at):
    """The reviewer goes through his list of checks and lets the reply pass."""
    page = go("reviewer1", f"/dispatch?tab=review&open={number}", at)
    expect(page.locator(".checklist li")).to_have_count(6)
    doubtful = page.locator('.checklist li[data-state="open"] .line-button')
    while doubtful.count():
        doubtful.first.click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_contain_text(f"{number} 答复已通过")


def rate_badly(go, number, code, at):
    """The citizen looks his case up by number and code, reads the reply, is not satisfied."""
    page = go("", "/track", at)
    page.fill("#number", number)
    page.fill("#code", code)
    page.click("button:has-text('查询')")
    expect(page.locator(".reply .said").first).to_have_text(FIRST)
    page.fill("#rate-words", "还有烟")
    page.click("[data-level='2']")
    expect(page.locator("#story")).to_contain_text("您的评价：不满意")
    expect(page.locator("#story h2")).to_have_text("您不满意，热线正在核实原因")


def judge_and_redo(go, number, at):
    """The bad review stands first with its clock; he is spoken to, it is justified, the department does it again."""
    page = go("revisitor1", f"/revisit?open={number}", at)
    row = page.locator(f'#rows li[data-number="{number}"]')
    expect(row).to_contain_text("差评核查")
    expect(row).to_contain_text("明天 18:00")
    expect(page.locator("#script")).to_contain_text("13900001000")
    expect(page.locator('form[data-step="revisit"] .answer')).to_have_count(9)
    for key in ("q", "s", "2"):
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    verdict = page.locator('form[data-step="judge"]')
    verdict.locator("#f-reason").fill("现场夜间仍在超时营业")
    page.keyboard.press("Control+Enter")
    redo = page.locator('form[data-step="redo"]')
    redo.locator("#f-opinion").fill("请安装净化设备后再答复")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_contain_text("已发回重办")


def content_at_last(go, number, at):
    """The second revisit: solved, very satisfied; the citizen reads that it is over."""
    page = go("revisitor1", f"/revisit?open={number}", at)
    expect(page.locator(f'#rows li[data-number="{number}"]')).to_contain_text("二次回访")
    expect(page.locator("#script .reply")).to_contain_text("净化设备")
    expect(page.locator('form[data-step="revisit"] .answer')).to_have_count(9)
    for key in ("q", "a", "5"):
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_contain_text("回访已记录")
    told = go("", "/track")
    expect(told.locator("#story h2")).to_have_text("已办结")
    expect(told.locator(".reply .said").first).to_have_text(BETTER)


def keeps_both_promises(go, whole):
    """100 % on the board's page, equal to the interface and to the history alone."""
    rates = whole.promises(whole.program("supervisor1"))
    page = go("supervisor1", "/board?period=year")
    for code, count in (("forward_in_time", 1), ("on_time_reply", 2)):  # one case, two departments that owe a reply
        rate = rates[code]
        assert (rate["numerator"], rate["denominator"], rate["value"]) == (count, count, 1.0), code
        expect(page.locator(f'#promise [data-figure="{code}"]')).to_contain_text("100 %")
        expect(page.locator(f'#promise [data-figure="{code}"] .note')).to_have_text(f"{count} / {count}")
    assert whole.command("history", "verify") == {"intact": True, "broken": None}


def test_a_chat_becomes_a_case_and_a_bad_review_is_put_right(whole, go):
    number, code = take_over(go, ask_and_wait(go))
    first = ("2026-09-28T15:00+08:00", "2026-09-28T16:00+08:00", "2026-09-30T10:00+08:00")
    handle(go, number, FIRST, first, [LEAD, CO])
    review(go, number, "2026-09-30T11:00+08:00")
    rate_badly(go, number, code, "2026-10-08T09:00+08:00")
    judge_and_redo(go, number, "2026-10-08T10:30+08:00")
    again = ("2026-10-09T09:00+08:00", "2026-10-09T10:00+08:00", "2026-10-12T10:00+08:00")
    handle(go, number, BETTER, again, [LEAD])
    review(go, number, "2026-10-12T15:00+08:00")
    content_at_last(go, number, "2026-10-13T09:30+08:00")
    keeps_both_promises(go, whole)
