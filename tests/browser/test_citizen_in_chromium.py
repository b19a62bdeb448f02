"""A citizen in a real Chromium: submits, tracks, speaks again, rates, chats with bot and agent."""

import pytest
from playwright.sync_api import expect

from hotline import cases, chat, db, facts, windows
from hotline.chat_models import Chat, ChatMessage
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.unit import transaction
from hotline.words import Action, Channel, Role
from kb import articles
from kb.reading import Draft

pytestmark = pytest.mark.browser
AGENT = Actor("agent1", Role.AGENT)
CLERK = Actor("csglj1", Role.CLERK, "csglj")
TEXT = "楼下烧烤摊油烟很大，呛得睡不着，希望管一管"
PUBLIC = "经现场核实，已责令摊主安装油烟净化设备，请您监督。"


def fill(page):
    page.fill("#content", TEXT)
    page.check("input[value=投诉]")
    page.select_option("#area", "湖滨区")
    page.fill("#phone", "13800000001")


def submitted(page):
    fill(page)
    page.dblclick("#send")
    page.wait_for_selector("#done:not([hidden])")
    return page.text_content("#number"), page.text_content("#code")


def count(table):
    with db.session() as session:
        return session.query(table).count()


def step(number, action, actor, **given):
    with db.session() as session:
        version = facts.load(session, number).version
    cases.act(number, action, actor, given, version=version)


def answer(number):
    step(number, Action.FORWARD, Actor("dispatcher1", Role.DISPATCHER), departments=[{"code": "csglj", "role": "lead"}])
    step(number, Action.SIGN, CLERK)
    step(number, Action.REPLY, CLERK, facts="属实", solved=True, public=PUBLIC)
    step(number, Action.PASS, Actor("reviewer1", Role.REVIEWER))


def test_a_double_click_makes_one_case_and_tells_number_code_and_dates(open_page):
    page = open_page("/submit")
    number, code = submitted(page)
    assert count(Case) == 1
    assert (len(number), len(code)) == (14, 8)
    expect(page.locator("#next")).to_contain_text("前热线受理")
    expect(page.locator("#next")).to_contain_text("10 个工作日内书面答复您")


def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(open_page):
    page = open_page("/submit")
    page.click("#send")
    expect(page.locator("#content-wrong")).to_be_visible()
    expect(page.locator("#content")).to_be_focused()
    fill(page)
    page.fill("#phone", "138")
    page.click("#send")
    expect(page.locator("#phone-wrong")).to_have_text("号码不对")
    expect(page.locator("#content")).to_have_value(TEXT)
    assert count(Case) == 0


def test_what_was_typed_is_offered_again_after_a_reload(open_page):
    page = open_page("/submit")
    fill(page)
    page.reload()
    page.click("text=接着填")
    expect(page.locator("#content")).to_have_value(TEXT)
    expect(page.locator("input[value=投诉]")).to_be_checked()
    page.click("#send")
    page.wait_for_selector("#done:not([hidden])")
    page.goto(page.url)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".offer")).to_have_count(0)


def test_an_answer_that_got_lost_on_the_way_does_not_make_a_second_case(open_page):
    page = open_page("/submit")
    fill(page)

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/api/v1/cases", lose)
    page.click("#send")
    expect(page.locator("#refused")).to_contain_text("网络不通")
    page.unroute("**/api/v1/cases")
    page.fill("#content", TEXT + "。补充一句")
    page.click("#send")
    expect(page.locator("#later")).to_be_visible()
    assert count(Case) == 1


def test_a_citizen_follows_his_case_to_the_reply_and_rates_it(open_page):
    page = open_page("/submit")
    number, code = submitted(page)
    page.click("#follow")
    expect(page.locator("#story h2")).to_have_text("已收到，正在受理")
    assert code not in page.url
    page.fill("#speak-text", "今晚又来了")
    page.click("text=补充给部门")
    expect(page.locator("#acted")).to_contain_text("已转给承办部门")
    answer(number)
    page.reload()
    expect(page.locator(".reply .said")).to_have_text(PUBLIC)
    page.fill("#rate-words", "还有烟")
    page.click("[data-level='2']")
    expect(page.locator("#acted")).to_contain_text("谢谢您的评价")
    expect(page.locator("#story")).to_contain_text("您的评价：不满意")
    expect(page.locator("#speak")).to_be_visible()
    with db.session() as session:
        assert facts.load(session, number).state == "checking"


def test_a_wrong_code_shows_nothing(open_page):
    page = open_page("/track")
    page.fill("#number", "20260101000001")
    page.fill("#code", "AAAAAAAA")
    page.click("button:has-text('查询')")
    expect(page.locator("#result")).to_contain_text("没有查到")


def test_the_chat_goes_from_bot_to_agent_to_case(open_page):
    page = open_page("/chat")
    expect(page.locator("#log")).to_contain_text("不是真人")
    page.fill("#text", TEXT)
    page.press("#text", "Enter")
    expect(page.locator("li.bot")).to_have_count(2)
    page.click("#human")
    expect(page.locator("#stands")).to_have_text("正在排队，您排在第 1 位")
    with db.session() as session:
        held = session.query(Chat).one().id
    chat.take(held, AGENT)
    with transaction() as unit:
        chat.agent_says(unit, held, AGENT, "1", "您好，请问在哪个小区？")
    page.reload()
    expect(page.locator("li.agent")).to_contain_text("请问在哪个小区")
    expect(page.locator("#stands")).to_have_text("工作人员正在为您服务")
    page.click("#make")
    expect(page.locator("#case #content")).to_have_value(TEXT)
    page.check("#case input[value=投诉]")
    page.fill("#case #phone", "13800000001")
    page.click("#case button[type=submit]")
    expect(page.locator("#case .ticket")).to_be_visible()
    expect(page.locator("li.system").last).to_contain_text("已登记您的诉求")
    assert count(Case) == 1


def test_a_title_that_the_bot_names_is_pressed_and_told_and_is_no_word_of_the_matter(open_page):
    title, body = "住房公积金提取条件和材料", "购房、租房、退休可以提取，带身份证和相应证明到窗口办理。"
    made = articles.write(Draft("KB9", title, body), "keeper1", 0)
    for step, who in (("submit", "keeper1"), ("publish", "supervisor1")):
        made = articles.step("KB9", step, made.version, who)
    asked = "我在外地上班，公积金这边能不能给我弄出来用"
    page = open_page("/chat")
    page.fill("#text", asked)
    page.press("#text", "Enter")
    page.get_by_role("button", name=title).click()
    expect(page.locator("li.bot .said").last).to_contain_text(body)
    expect(page.locator("li.citizen .said")).to_have_text([asked, title])
    page.click("#human")
    expect(page.get_by_role("button", name=title)).to_be_disabled()
    page.click("#make")
    expect(page.locator("#case #content")).to_have_value(asked)


def test_what_is_written_while_the_line_is_down_arrives_once(open_page):
    page = open_page("/chat")
    page.fill("#text", "第一句")
    page.press("#text", "Enter")
    expect(page.locator("li.pending")).to_have_count(0)
    page.context.set_offline(True)
    page.fill("#text", "断线时写的")
    page.press("#text", "Enter")
    expect(page.locator("li.pending")).to_have_count(1)
    page.context.set_offline(False)
    expect(page.locator("li.pending")).to_have_count(0, timeout=40_000)
    with db.session() as session:
        said = [row.text for row in session.query(ChatMessage).filter(ChatMessage.by == "citizen")]
    assert said == ["第一句", "断线时写的"]


def test_an_ended_chat_leaves_nothing_for_the_next_person_at_the_computer(open_page):
    page = open_page("/chat")
    page.fill("#text", "我的秘密")
    page.press("#text", "Enter")
    expect(page.locator("li.bot")).to_have_count(2)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#end")
    expect(page.locator("li.citizen")).to_have_count(0)
    page.reload()
    expect(page.locator("#end")).to_be_hidden()
    assert "我的秘密" not in page.text_content("body")
    with db.session() as session:
        assert session.query(Chat).one().state == "closed"


def test_enter_while_an_input_method_composes_sends_nothing(open_page):
    page = open_page("/chat")
    page.fill("#text", "shaokao")
    page.evaluate("""() => document.querySelector('#text').dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }))""")
    expect(page.locator("#text")).to_have_value("shaokao")
    expect(page.locator("li.citizen")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/submit", "/track", "/chat", "/public", "/login"])
def test_a_phone_shows_every_page_without_scrolling_sideways(open_page, path):
    page = open_page(path, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.add_cookies([{"name": "elder", "value": "1", "url": page.url}])
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_form_asks_where_and_then_when(open_page):
    page = open_page("/submit")
    asked = page.locator("#submit :is(input, select, textarea)").evaluate_all("all => all.map(({ name }) => name)")
    place = asked.index("area")
    assert asked[place : place + 3] == ["area", "address", "occurred_at"]


def test_the_answers_come_first_and_the_reviews_are_cards_on_a_phone(open_page):
    said = windows.NewWindow(name="市政务大厅3号窗口", department="csglj", item="户外广告许可")
    window = windows.open_window(said, "supervisor1").code
    for number in range(5):
        windows.review(window, windows.Said(level=5, nonce=f"{number:016}"), Channel.WINDOW)
    page = open_page("/public", viewport={"width": 390, "height": 844})
    expect(page.locator("h2").first).to_have_text("最近的答复")
    card = page.locator(".graded tbody tr").first
    expect(card).to_contain_text("市城市管理局")
    for cell in card.locator("td").all():
        box = cell.bounding_box()
        assert box["x"] + box["width"] <= 390


def test_no_text_is_smaller_than_twenty_pixels_in_elder_mode(open_page):
    page = open_page("/")
    page.click("text=大字版")
    expect(page.locator("text=标准版")).to_be_visible()
    page.wait_for_load_state("load")
    sizes = page.evaluate("""() => [...document.querySelectorAll('body *')]
        .filter((node) => node.innerText && node.children.length === 0)
        .map((node) => parseFloat(getComputedStyle(node).fontSize))""")
    assert min(sizes) >= 20
