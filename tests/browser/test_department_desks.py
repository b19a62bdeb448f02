"""A department, the revisit group and the supervisors at work in a real Chromium."""

import json
import re

import pytest
from playwright.sync_api import expect

from dispatch.models import Alarm
from hotline import cases, clock, db, facts
from hotline.lifecycle import Actor
from hotline.unit import transaction
from hotline.words import Action, Role

pytestmark = pytest.mark.browser
AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
CLERK = Actor("csglj1", Role.CLERK, "csglj")
REVIEWER = Actor("reviewer1", Role.REVIEWER)
REVISITOR = Actor("revisitor1", Role.REVISITOR)
PUBLIC = "经现场核实，锦绣小区楼下的烧烤摊确有油烟扰民，已责令安装净化设备，晚上十点前收摊，请您监督。"
ANSWER = {"facts": "属实", "solved": True, "public": PUBLIC}
WALL = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
SMALLEST = """() => Math.min(...[...document.querySelectorAll("main *, footer *")]
  .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
  .filter((node) => node.getClientRects().length && !node.closest(".unseen, svg"))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""
SMALLEST_SVG = """() => Math.min(99, ...[...document.querySelectorAll(".shown svg text")]
  .filter((node) => node.textContent && node.getClientRects().length)
  .map((node) => parseFloat(getComputedStyle(node).fontSize) * node.getScreenCTM().a))"""


@pytest.fixture
def log_in(open_page, live_server, parts):
    """log_in("csglj1", "/department") → that user's page; a style or script the policy refuses fails the test."""
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())
    refused = []

    def of(user, path, size=None):
        page = open_page("/login", **({"viewport": size} if size else {}))
        page.on("console", lambda said: refused.append(said.text) if "Security Policy" in said.text else None)
        page.fill("#name", user)
        page.fill("#password", passwords[user])
        page.click("button[type=submit]")
        page.goto(live_server + path)
        return page

    yield of
    assert refused == []


def forwarded(**more):
    said = {
        "kind": "投诉",
        "title": "烧烤摊油烟扰民",
        "content": "锦绣小区楼下烧烤摊油烟很大，希望管一管",
        "channel": "phone",
        "name": "李芳华",
        "phone": "13800000001",
        "area": "湖滨区",
        "suggestion": {"category": "0102", "department": "csglj", "confidence": 0.6},
    }
    made = cases.create(cases.NewCase(**(said | more)), AGENT)[0]
    do(made, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    return made


def do(made, action, actor, **given):
    return cases.act(made.number, action, actor, given, version=read(made).version)


def read(made):
    with db.session() as session:
        return facts.load(session, made.number)


def passed():
    made = forwarded()
    do(made, Action.SIGN, CLERK)
    do(made, Action.REPLY, CLERK, **ANSWER)
    do(made, Action.PASS, REVIEWER)
    return made


def test_a_department_signs_contacts_and_replies_by_keyboard(log_in):
    made = forwarded()
    page = log_in("csglj1", "/department")
    expect(page.locator("#rows li[data-number]")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#case .said").first).to_contain_text("锦绣小区楼下烧烤摊油烟很大")
    expect(page.locator("#bars .clock-bar")).to_have_count(2)
    page.keyboard.press("Alt+1")
    expect(page.locator("#case .tag.state")).to_have_text("办理中")
    page.keyboard.press("Alt+2")
    page.fill("#f-result", "约定今晚现场查看")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#steps .main")).to_contain_text("答复")
    page.keyboard.press("Alt+4")
    page.fill("#f-public", "已处理，李芳华请联系13812345678")
    looked = page.locator('[data-of="public"]')
    expect(looked.locator(".warn", has_text="公开内容里有个人信息：姓名、手机号")).to_have_count(1)
    page.fill("#f-public", PUBLIC)
    expect(looked.locator(".good", has_text="没有个人信息")).to_have_count(1)
    expect(looked.locator(".good", has_text="回应了诉求")).to_have_count(1)
    page.check('input[name="solved"][value="true"]')
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case .tag.state")).to_have_text("待审核")
    assert read(made).state == "replied"
    expect(page.locator("#case .reply .said").first).to_have_text(PUBLIC)
    expect(page.locator("#case")).not_to_contain_text("[object")
    expect(page.locator('[data-tab="replied"] .count')).to_have_text("1")
    expect(page.locator("#steps")).to_contain_text("现在没有要本部门做的事")


def test_a_morning_is_signed_at_once_and_what_cannot_be_signed_stays_marked_with_the_reason(log_in):
    made = [forwarded(title=f"烧烤摊油烟扰民{n}") for n in range(4)]
    page = log_in("csglj1", "/department?tab=sign")
    expect(page.locator("#rows li[data-number]")).to_have_count(4)
    expect(page.locator("#batch")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#batch")).to_contain_text("已选 1 件")
    page.keyboard.press("e")
    expect(page.locator("#rows input:checked")).to_have_count(4)
    page.locator("#rows input").nth(3).uncheck()
    page.keyboard.press("j")  # a ticked box takes no letters from the list
    gone = read(made[0])
    do(gone, Action.SUPPLEMENT, AGENT, text="又是半夜")
    page.keyboard.press("b")
    expect(page.locator(".toast")).to_contain_text("签收 2 件，1 件没有签成，还选着")
    expect(page.locator("#batch .bad")).to_contain_text(made[0].number)
    expect(page.locator("#rows li[data-number]")).to_have_count(2)
    page.keyboard.press("b")
    expect(page.locator(".toast")).to_contain_text("签收 1 件")
    expect(page.locator("#rows li[data-number]")).to_have_count(1)
    expect(page.locator("#batch")).to_be_hidden()
    assert [read(one).state for one in made] == ["handling", "handling", "handling", "forwarded"]


def test_an_open_form_stands_alone_with_its_check_in_sight_and_gives_the_focus_back(log_in):
    made = forwarded()
    page = log_in("csglj1", f"/department?tab=sign&open={made.number}")
    page.locator('#steps [data-step="sign"]').click()
    expect(page.locator("#done")).to_contain_text("已签收")
    expect(page.locator('#steps [data-step="reply"]')).to_be_visible()
    for button in page.locator("#steps > .button").all():
        button.click(trial=True)  # nothing lies over it
    page.keyboard.press("Alt+4")
    page.fill("#f-public", "已处理，李芳华请联系13812345678")
    last = page.locator('[data-of="public"] li').last
    expect(last).to_be_in_viewport()
    expect(page.get_by_role("button", name="提交审核")).to_be_in_viewport()
    expect(page.locator("#steps")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator('#steps [data-step="reply"]')).to_be_focused()


def test_the_tab_of_what_is_due_soon_says_how_many_are_overdue(log_in, drill):
    drill("2026-11-03T09:30:00+08:00")
    forwarded()
    drill("2026-11-30T09:30:00+08:00")
    forwarded()
    page = log_in("csglj1", "/department?tab=tomorrow")
    expect(page.locator("#rows li[data-number]")).to_have_count(2)
    expect(page.locator('[data-tab="tomorrow"]')).to_have_text(re.compile("临期/超期 2 ■ 1"))


def test_an_unfinished_reply_is_offered_again_after_a_reload(log_in):
    made = forwarded()
    do(made, Action.SIGN, CLERK)
    page = log_in("csglj1", f"/department?tab=working&open={made.number}")
    page.click('#steps [data-step="reply"]')
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/drafts/" in answer.url):
        page.fill("#f-public", PUBLIC)
    page.evaluate("localStorage.clear()")
    page.reload()
    page.click('#steps [data-step="reply"]')
    page.get_by_role("button", name="接着填").click()
    expect(page.locator("#f-public")).to_have_value(PUBLIC)


def test_the_second_of_two_clerks_is_told_and_keeps_his_words(log_in):
    made = forwarded()
    do(made, Action.SIGN, CLERK)
    page = log_in("csglj1", f"/department?tab=working&open={made.number}")
    page.click('#steps [data-step="contact"]')
    page.fill("#f-result", "我写的联系结果")
    do(made, Action.CONTACT, Actor("csglj2", Role.HEAD, "csglj"), how="电话", result="负责人已联系")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".told")).to_contain_text("陈秀杰")
    expect(page.locator("#f-result")).to_have_value("我写的联系结果")


def test_on_a_phone_a_clerk_signs_without_scrolling_sideways(log_in):
    made = forwarded()
    page = log_in("csglj1", "/department", PHONE)
    page.click("#rows li button")
    page.click('#steps [data-step="sign"]')
    expect(page.locator("#case .tag.state")).to_have_text("办理中")
    assert read(made).state == "handling"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_bad_answer_opens_the_verdict_and_then_the_redo(log_in):
    made = passed()
    page = log_in("revisitor1", f"/revisit?open={made.number}")
    expect(page.locator("#script")).to_contain_text("13800000001")
    expect(page.locator("#script .reply")).to_contain_text(PUBLIC)
    for key in ("q", "s", "2"):
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    form = page.locator('form[data-step="judge"]')
    expect(form).to_be_visible()
    form.locator("#f-reason").fill("现场仍超时营业")
    page.keyboard.press("Control+Enter")
    redo = page.locator('form[data-step="redo"]')
    expect(redo).to_be_visible()
    redo.locator("#f-opinion").fill("请重新办理")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_contain_text("已发回重办")
    now = read(made)
    assert (now.state, now.round, now.verdict) == ("forwarded", 2, "justified")


def test_one_key_calls_the_citizen_who_is_to_be_asked(log_in):
    made = passed()
    page = log_in("revisitor1", f"/revisit?open={made.number}")
    expect(page.locator("#script [data-dial]")).to_contain_text("F8")
    with page.expect_request("**/api/v1/calls") as asked:
        page.keyboard.press("F8")
    assert asked.value.post_data_json == {"case": made.number}
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_contain_text("拨打市民的电话")


def test_nobody_answered_is_counted_once_in_a_half_day(log_in, drill):
    drill("2026-11-03T09:30:00+08:00")
    made = passed()
    page = log_in("revisitor1", f"/revisit?open={made.number}")
    page.locator("#not-reached").click()
    expect(page.locator("#rows li")).to_contain_text("第 1/3 次未接通")
    page.click("#rows li button")
    expect(page.locator("#not-reached")).to_be_disabled()


def test_the_boards_figures_are_those_of_the_interface_and_open_their_cases(log_in, live_server):
    made = passed()
    page = log_in("supervisor1", "/board?period=year")
    figure = page.locator('#promise [data-figure="on_time_reply"]')
    expect(figure).to_contain_text("100 %")
    told = json.loads(page.request.get(f"{live_server}/board/promise?period=year").text())
    for rate in told["rates"]:
        if rate["denominator"]:
            shown = page.locator(f'#rates [data-figure="{rate["code"]}"] .note')
            expect(shown).to_have_text(f"{rate['numerator']} / {rate['denominator']}")
    figure.click()
    expect(page.locator("#door .formula")).to_contain_text("÷")
    page.click("#door .door-lists .case-door")
    expect(page.locator("#door .case")).to_have_attribute("data-number", made.number)


def test_a_bad_review_that_waits_is_named_by_its_matter(log_in):
    made = passed()
    do(made, Action.REVISIT, REVISITOR, reached=True, contacted_by_department=True, solved=False, satisfaction=1)
    page = log_in("supervisor1", "/board?period=year")
    door = page.locator("#loop .rows .case-door")
    expect(door).to_have_text("烧烤摊油烟扰民")
    expect(door).to_have_attribute("title", made.number)


def test_an_alarm_is_taken_on_the_board(log_in):
    with transaction() as unit:
        unit.session.add(Alarm(at=clock.now(), code="fallback", text="没有人转办，已转兜底单位", case_number=""))
    page = log_in("supervisor1", "/board")
    expect(page.locator("#alarms")).to_contain_text("没有人转办")
    page.click("#alarms button")
    expect(page.locator("#alarms")).to_be_hidden()
    with db.session() as session:
        assert session.get(Alarm, 1).taken_by == "supervisor1"


def test_the_wall_turns_stops_on_a_key_and_has_no_small_print(log_in):
    passed()
    forwarded(urgency="特急", title="很长的标题" * 12)
    page = log_in("supervisor1", "/board/wall")
    page.set_viewport_size(WALL)
    shown = page.locator(".panel.shown")
    expect(shown).to_have_attribute("id", "now")
    expect(page.locator("#now .figs")).to_be_visible()
    for key, panel in (("2", "promise"), ("3", "burning"), ("4", "loop"), ("1", "now")):
        page.keyboard.press(key)
        expect(shown).to_have_attribute("id", panel)
        assert page.evaluate(SMALLEST) >= 28, panel
        assert page.evaluate(SMALLEST_SVG) >= 27.9, panel
        assert page.evaluate("document.documentElement.scrollWidth") <= 1920, panel
        assert page.evaluate("document.documentElement.scrollHeight") <= 1080, panel
    expect(page.locator("#turning")).to_contain_text("已停住")


def test_the_wall_turns_by_itself(log_in):
    page = log_in("supervisor1", "/board/wall")
    page.clock.install()
    page.reload()
    expect(page.locator("#now .figs")).to_be_visible()
    page.clock.run_for(20_500)
    expect(page.locator(".panel.shown")).to_have_attribute("id", "promise")
    page.keyboard.press("x")
    page.clock.run_for(60_000)
    expect(page.locator(".panel.shown")).to_have_attribute("id", "promise")


STUCK = """() => [...document.querySelectorAll("body *")]
  .filter((node) => ["sticky", "fixed"].includes(getComputedStyle(node).position) && node.getClientRects().length)
  .map((node) => node.id || node.className)"""
LOW = {"width": 683, "height": 384}  # the smallest desk screen at 200 %


@pytest.mark.parametrize(("user", "path"), [("agent1", "/desk"), ("csglj1", "/department"), ("revisitor1", "/revisit")])
def test_at_twice_the_size_nothing_stands_before_what_is_read(log_in, user, path):
    made = forwarded()
    page = log_in(user, path if user != "csglj1" else f"/department?tab=sign&open={made.number}", LOW)
    expect(page.locator("main")).to_be_visible()
    if user == "csglj1":
        expect(page.locator("#steps .main")).to_be_visible()
    assert page.evaluate(STUCK) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= LOW["width"]
