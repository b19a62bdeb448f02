"""The agent's desk and the dispatch list in a real Chromium: by keyboard, as they are worked with."""

import datetime as dt
import json
import re
import threading
import time

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from hotline import cases, chat, clock, db, facts, privacy
from hotline.events import CaseCreated
from hotline.lifecycle import Actor
from hotline.unit import transaction
from hotline.words import Action, Role
from telephony import agents
from telephony.models import AgentSeat, Call
from telephony.words import SeatState
from tests.sip.peers import until
from web import similar

pytestmark = pytest.mark.browser
TEXT = "湖滨区黄河路锦绣小区楼下烧烤摊油烟很大，呛得睡不着，希望管一管"
SIZE = {"width": 1366, "height": 768}
PRESSED_WHEN_THE_NEXT_OPENS = """() => new MutationObserver((_, seen) => {
  if (!document.querySelector("#done")) return;
  seen.disconnect();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
  document.body.dataset.pressedAgain = "yes";
}).observe(document.body, { childList: true })"""


@pytest.fixture(scope="module")
def address(loaded_city, bundle):
    """The real application with its sockets and bridge, served by threads, on a free port."""
    from web import bridge
    from web.app import create_app

    app = create_app()
    bridge.start(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def log_in(city, address, chromium, parts):
    """log_in("agent1") → a page where that user is logged in; an error in the page fails the test."""
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())
    contexts, broken = [], []

    def of(user):
        context = chromium.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(f"{address}/login")
        page.fill("#name", user)
        page.fill("#password", passwords[user])
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)  # and loaded: its keys are there
        return page

    yield of
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # one that waits for a held answer would wait for ever
        context.close()
    assert broken == []


def case(minutes=0, **more):
    suggestion = {"category": "0102", "department": "csglj", "confidence": 0.6}
    said = {"kind": "投诉", "title": "烧烤摊油烟", "content": TEXT, "channel": "phone", "phone": "13800000001"}
    new = cases.NewCase(**(said | {"area": "湖滨区", "suggestion": suggestion} | more))
    return cases.create(new, Actor("agent1", Role.AGENT))[0]


def test_what_is_said_becomes_a_forwarded_case_by_keyboard_alone(log_in):
    page = log_in("agent1")
    content = page.locator("#content")
    expect(content).to_be_focused()
    page.keyboard.type(TEXT)
    expect(page.locator(".chip")).to_have_count(3, timeout=30_000)  # the first suggestion of a run loads the models
    expect(page.locator("#department-reason")).not_to_be_empty()
    expect(page.locator("#area")).to_have_value("湖滨区")
    expect(content).to_be_focused()
    page.keyboard.press("Alt+z")
    expect(page.locator(".chip.confirmed")).to_have_count(1)
    department = page.input_value("#department")
    page.keyboard.press("Control+Enter")
    made = page.locator("#made")
    expect(made).to_contain_text(f"已转 {department} 办理")
    expect(made).to_contain_text(re.compile("[0-9]{2}:[0-9]{2} 前答复您"))
    expect(page.locator("#made-number")).to_have_text(re.compile("^[0-9]{14}$"))
    expect(page.locator("#made-code")).not_to_be_empty()
    expect(content).to_have_value("")


def test_another_citizens_same_matter_is_joined_with_one_key_and_his_own_case_stands_first(log_in):
    other, own = case(phone="13800000002"), case(phone="13800000003", content=TEXT[:30])
    for made in (other, own):
        with transaction() as unit:
            similar.mark(unit, [CaseCreated(made.id, made.number, made.version)])
    page = log_in("agent1")
    page.keyboard.type(TEXT)
    page.fill("#phone", "13800000003")
    rows = page.locator("#similar .likeness")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("同一市民")
    expect(page.locator("#citizen .case-card")).to_contain_text(own.number)
    page.keyboard.press("Alt+g")
    number = page.locator("#made-number")
    expect(number).not_to_be_empty()
    expect(page.locator("#made")).to_contain_text("和别的市民反映的同一件事一起办理")
    with db.session() as session:
        assert facts.load(session, number.text_content()).parent == other.number


def test_what_is_recognised_is_named_and_marked_where_it_stands_in_the_words(log_in):
    page = log_in("agent1")
    page.fill("#content", "  😡" + TEXT + "，已经找过三门峡鑫源物业服务有限公司")
    found = page.locator("#found button")
    expect(found.filter(has_text="小区")).to_contain_text("锦绣小区", timeout=30_000)
    marked = "(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd))"
    for sort, words in (("单位", "鑫源物业服务有限公司"), ("街道", "黄河路")):
        found.filter(has_text=sort).click()
        assert words in page.locator("#content").evaluate(marked)
    expect(page.locator("#address")).to_have_value(re.compile("黄河路"))
    expect(found.filter(has_text="锦绣小区")).to_have_count(1)
    expect(found.filter(has_text="区域")).to_have_text(["区域 湖滨区"])
    page.fill("#content", "没有什么可认的话")
    expect(page.locator("#found")).to_be_hidden()


def test_the_suggested_kind_is_marked_until_it_is_confirmed(log_in):
    page = log_in("agent1")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.type("我要投诉楼下烧烤摊，油烟很大，请查处")
    kind = page.locator("#kind")
    expect(kind).to_have_value("投诉")
    expect(kind).to_have_class(re.compile("suggested"))
    page.keyboard.press("Alt+t")
    expect(kind).not_to_have_class(re.compile("suggested"))
    expect(page.locator("#kind-says")).to_be_hidden()


def test_a_double_press_makes_one_case(log_in):
    page = log_in("agent1")
    page.fill("#content", TEXT)
    expect(page.locator(".chip")).to_have_count(3)
    page.fill("#department", "csgl")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#made")).to_contain_text("已转 市城市管理局")
    told = page.evaluate("fetch('/api/v1/cases').then((answer) => answer.json())")
    assert [row["lead"] for row in told["items"]] == ["csglj"]


def test_without_a_department_nothing_is_written_and_nothing_is_lost(log_in):
    page = log_in("agent1")
    page.fill("#content", TEXT)
    expect(page.locator(".chip")).to_have_count(3)
    page.fill("#department", "")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#foot-says")).to_contain_text("还没有转办部门")
    expect(page.locator("#content")).to_have_value(TEXT)


def test_what_was_typed_is_offered_again_after_a_reload(log_in):
    page = log_in("agent1")
    page.fill("#content", TEXT)
    page.fill("#name", "王先生")
    until(
        lambda: page.evaluate("localStorage.getItem('draft:agent1:desk')?.includes('王先生')"), 30, "no draft is kept"
    )
    page.reload()
    page.get_by_role("button", name="接着填").click()
    expect(page.locator("#content")).to_have_value(TEXT)
    expect(page.locator("#name")).to_have_value("王先生")


def test_a_direct_answer_closes_at_first_contact(log_in):
    page = log_in("agent1")
    page.fill("#content", "请问市民卡在哪里补办")
    page.keyboard.press("F4")
    expect(page.locator("#foot-says")).to_contain_text("先写下告诉市民的答复")
    page.fill("#answer", "请带身份证到政务服务大厅一楼办理。")
    page.keyboard.press("F4")
    expect(page.locator("#made")).to_contain_text("已当场答复并结案")


def test_enter_while_composing_is_no_command(log_in):
    page = log_in("agent1")
    page.fill("#content", "请问市民卡在哪里补办")
    page.fill("#answer", "请到大厅办理。")
    composed = "new KeyboardEvent('keydown', {key: 'F4', isComposing: true, bubbles: true})"
    page.evaluate(f"document.querySelector('#answer').dispatchEvent({composed})")
    page.wait_for_timeout(300)
    expect(page.locator("#made")).to_be_hidden()


def test_a_waiting_talk_is_taken_answered_and_becomes_a_case(log_in):
    key = "k" * 40
    with transaction() as unit:
        chat.citizen_says(unit, key, "m1", "楼下烧烤摊油烟很大")
    with transaction() as unit:
        chat.want_person(unit, key)
    page = log_in("agent1")
    page.locator("#chat-cards .case-card").click()
    expect(page.locator("#chat-talk")).to_contain_text("楼下烧烤摊油烟很大")
    page.fill("#chat-say", "请问在哪里")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-talk li.mine")).to_contain_text("请问在哪里")
    page.fill("#content", TEXT)
    expect(page.locator(".chip")).to_have_count(3)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#made")).to_contain_text("前答复您")
    expect(page.locator("#chat-talk")).to_contain_text(page.locator("#made-number").inner_text())


def test_a_ringing_call_paints_the_bar_and_brings_the_open_cases(log_in, parts):
    import redis

    made = case()
    page = log_in("agent1")
    page.click("button[data-status=ready]")
    expect(page.locator("#callbar")).to_have_attribute("data-status", "ready")
    page.fill("#content", "正在记录")
    ring("agent1")
    with redis.Redis.from_url(parts.redis()) as client:
        client.publish("desk:events", json.dumps({"user": "agent1", "event": "pop", "call": "c-1"}))
    expect(page.locator("#call-words")).to_contain_text("来电 13800000001")
    expect(page.locator("#citizen")).to_contain_text(made.number)
    expect(page.locator("#phone")).to_have_value("13800000001")
    expect(page.locator("#content")).to_have_value("正在记录")
    page.keyboard.press("Alt+1")
    expect(page.locator("#about")).to_contain_text("转办")
    page.keyboard.press("Alt+u")
    expect(page.locator("#made")).to_contain_text("已记为催办")


def ring(user):
    """As the distribution leaves the tables when a call rings at this user."""
    now = clock.now()
    with transaction() as unit:
        seat = unit.session.get(AgentSeat, user)
        seat.state, seat.call, seat.since = "ringing", "c-1", now
        unit.session.add(
            Call(
                id="c-1", state="offered", caller="13800000001", caller_index=privacy.blind("13800000001"),
                connector="k", agent=user, invite_at=now, queue_at=now, offer_at=now,
            )
        )  # fmt: skip


def speak(page, parts, **more):
    """agent1 speaks with the caller; the desk hears of it."""
    import redis

    page.click("button[data-status=ready]")
    expect(page.locator("#callbar")).to_have_attribute("data-status", "ready")
    ring("agent1")
    with transaction() as unit:
        unit.session.get(AgentSeat, "agent1").state = "talking"
        call = unit.session.get(Call, "c-1")
        call.state, call.talk = "talking", more
    with redis.Redis.from_url(parts.redis()) as client:
        client.delete("tel:commands")
        client.publish("desk:events", json.dumps({"user": "agent1", "event": "call", "call": "c-1"}))
    expect(page.locator("#call-control")).to_be_visible()


def commanded(parts, count):
    """What the connector was told, once there are so many."""
    import redis

    with redis.Redis.from_url(parts.redis(), decode_responses=True) as client:
        for _ in range(100):
            told = [json.loads(fields["json"]) for _, fields in client.xrange("tel:commands")]
            if len(told) >= count:
                return told
            time.sleep(0.05)
    raise AssertionError(told)


def now_is(parts, **talk):
    """The connector's word about the talk, as the distribution writes it and tells the desk."""
    import redis

    with transaction() as unit:
        unit.session.get(Call, "c-1").talk = talk
    with redis.Redis.from_url(parts.redis()) as client:
        client.publish("desk:events", json.dumps({"user": "agent1", "event": "call", "call": "c-1"}))


def test_hold_and_mute_are_keys_also_while_typing(log_in, parts):
    page = log_in("agent1")
    speak(page, parts)
    page.locator("#content").press("F9")
    assert commanded(parts, 1)[-1] == {"type": "hold", "call": "c-1"}
    now_is(parts, held=True)
    expect(page.locator("#call-control .on")).to_contain_text("取消保持")
    page.locator("#content").press("F9")
    assert commanded(parts, 2)[-1]["type"] == "unhold"
    page.locator("#content").press("F10")
    assert commanded(parts, 3)[-1]["type"] == "mute"
    now_is(parts, muted=True)
    expect(page.locator("#call-control .on")).to_contain_text("取消静音")


def test_f7_asks_a_colleague_who_is_joined_and_sees_the_listener(log_in, parts):
    page = log_in("agent1")
    speak(page, parts)
    page.locator("#content").press("F7")
    targets = page.locator("#call-control .targets")
    expect(targets.locator("li").first).to_contain_text("110")
    targets.locator("li", has_text="徐玉霞").get_by_role("button", name="先咨询").click()
    (said,) = commanded(parts, 1)
    assert (said["type"], said["agent"]) == ("consult", "agent2")
    expect(targets).to_be_hidden()
    guest = {"agent": "agent2", "role": "consult", "state": "answered"}
    boss = {"agent": "supervisor1", "role": "monitor", "state": "answered", "mode": "listen"}
    now_is(parts, held=True, guests={said["token"]: guest, "m1": boss})
    expect(page.locator("#call-control")).to_contain_text("supervisor1 旁听中")
    page.get_by_role("button", name="合为三方").hover()
    page.mouse.down()
    now_is(parts, held=True, muted=True, guests={said["token"]: guest, "m1": boss})  # while the button is pressed
    expect(page.locator("#call-control .on")).to_contain_text(["取消保持", "取消静音"])
    page.mouse.up()
    assert commanded(parts, 2)[-1] == {"type": "join", "call": "c-1", "token": said["token"]}


def test_a_colleague_sees_who_asks_him_in_answers_with_f8_and_keeps_what_he_was_writing(log_in, parts):
    import redis

    page = log_in("agent2")
    page.click("button[data-status=ready]")
    expect(page.locator("#callbar")).to_have_attribute("data-status", "ready")
    page.fill("#content", "正在记录另一件事")
    guest = {"agent": "agent2", "role": "consult", "state": "ringing"}
    with transaction() as unit:
        called = {"caller": "13800000001", "caller_index": privacy.blind("13800000001"), "connector": "k"}
        talk = {"held": True, "guests": {"g1": guest}}
        unit.session.add(Call(id="c-1", state="talking", agent="agent1", invite_at=clock.now(), talk=talk, **called))
        agents.ask_in(unit, unit.session.get(AgentSeat, "agent2"), "c-1", "g1", SeatState.RINGING)
    with redis.Redis.from_url(parts.redis()) as client:
        client.delete("tel:commands")
        client.publish("desk:events", json.dumps({"user": "agent2", "event": "seat", "call": "c-1"}))
    expect(page.locator("#call-now")).to_contain_text("林国敏 请您协商")
    page.locator("#content").press("F8")
    assert commanded(parts, 1) == [{"type": "pick_up", "call": "c-1", "token": "g1"}]
    with transaction() as unit:
        agents.ask_in(unit, unit.session.get(AgentSeat, "agent2"), "c-1", "g1", SeatState.TALKING)
    with redis.Redis.from_url(parts.redis()) as client:
        client.publish("desk:events", json.dumps({"user": "agent2", "event": "seat", "call": "c-1"}))
    expect(page.locator("#call-now")).to_contain_text("请您协商 · 通话中")
    expect(page.locator("#call-now")).to_contain_text("挂断")
    expect(page.locator("#call-control")).to_be_hidden()
    expect(page.locator("#content")).to_have_value("正在记录另一件事")
    expect(page.locator("#phone")).to_have_value("")
    page.locator("#content").press("F8")
    assert commanded(parts, 2)[-1] == {"type": "put_down", "call": "c-1", "token": "g1"}


def in_danger(page, *lines):
    """What is said from now on is heard as a danger to life."""

    def answered(route):
        told = route.fetch().json()
        told["risk"] = {"lines": list(lines), "signs": [{"word": "晕倒"}]}
        route.fulfill(json=told)

    page.route("**/api/v1/triage", answered)


def test_what_sounds_like_danger_is_asked_into_the_call_with_one_press(log_in, parts):
    page = log_in("agent1")
    in_danger(page, "120")
    page.fill("#content", "老人在楼道里晕倒了，叫不醒")
    line = page.locator("#danger")
    expect(line).to_contain_text("请市民拨打 120", timeout=30_000)
    expect(line.locator("button")).to_have_count(0)
    speak(page, parts)
    with page.expect_request("**/control") as asked:
        line.get_by_role("button", name="三方 120").click()
    assert asked.value.post_data_json == {"do": "conference", "to": {"number": "120"}}
    page.locator("#content").press("F7")
    targets = page.locator("#call-control .targets")
    expect(targets.locator("li").first).to_contain_text("120")
    expect(targets.locator("li").first.get_by_role("button", name="三方")).to_be_focused()


def test_the_focus_is_never_lost_while_a_call_is_spoken(log_in, parts):
    page = log_in("agent1")
    content = page.locator("#content")
    content.blur()
    speak(page, parts)
    expect(content).to_be_focused()
    page.locator("#name").press("F7")
    expect(page.locator("#call-control .targets button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#name")).to_be_focused()


def test_what_the_telephone_refuses_is_said_and_the_reason_for_a_pause_is_asked(log_in, parts):
    page = log_in("agent1")
    speak(page, parts)
    now_is(parts, refused="guest_busy")
    expect(page.locator("#call-control")).to_contain_text("对方占线，通话继续")
    page.get_by_role("button", name="暂停录音").click()
    page.fill("#control-reason", "市民报银行卡号")
    page.keyboard.press("Enter")
    assert commanded(parts, 1) == [{"type": "pause_recording", "call": "c-1", "reason": "市民报银行卡号"}]


def test_the_keys_of_the_page_are_listed_outside_fields_only(log_in):
    page = log_in("agent1")
    page.locator("#content").press("?")
    expect(page.locator("dialog.keys")).to_have_count(0)
    page.locator("body").click(position={"x": 600, "y": 20})
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_contain_text("Ctrl+Enter")


def test_the_dispatcher_forwards_and_the_next_opens(log_in):
    first, second = case(), case(title="第二件")
    page = log_in("dispatcher1")
    expect(page.locator("#rows li[data-number]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".case")).to_have_attribute("data-number", first.number)
    expect(page.locator(".choice-card").first).to_contain_text("市城市管理局")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_contain_text(f"{first.number} 已转 市城市管理局")
    expect(page.locator(".case")).to_have_attribute("data-number", second.number)
    expect(page.locator("#rows li[data-number]")).to_have_count(1)


def hold(page, key, times=8):
    """A key that is held down repeats until it is let go."""
    for _ in range(times):
        page.keyboard.down(key)
        page.wait_for_timeout(30)
    page.keyboard.up(key)


def test_a_held_key_forwards_one_case_and_moves_through_the_list(log_in):
    made = [case(title=f"第{number}件") for number in range(4)]
    page = log_in("dispatcher1")
    expect(page.locator("#rows li[data-number]")).to_have_count(4)
    hold(page, "j", 4)
    expect(page.locator("#rows li.at")).to_have_attribute("data-number", made[3].number)
    hold(page, "k", 4)
    page.keyboard.press("Enter")
    expect(page.locator(".choice-card").first).to_contain_text("市城市管理局")
    page.keyboard.down("Control")
    hold(page, "Enter")
    page.keyboard.up("Control")
    expect(page.locator(".case")).to_have_attribute("data-number", made[1].number)
    expect(page.locator("#rows li[data-number]")).to_have_count(3)


def test_a_press_meant_for_the_case_before_does_not_forward_the_one_that_opened_by_itself(log_in):
    first, second, _third = case(), case(title="第二件"), case(title="第三件")
    page = log_in("dispatcher1")
    page.goto(f"{page.url}?open={first.number}")
    expect(page.locator(".choice-card").first).to_contain_text("市城市管理局")
    page.evaluate(PRESSED_WHEN_THE_NEXT_OPENS)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".case")).to_have_attribute("data-number", second.number)
    expect(page.locator("body")).to_have_attribute("data-pressed-again", "yes")
    page.wait_for_timeout(700)
    expect(page.locator("#rows li[data-number]")).to_have_count(2)
    expect(page.locator(".case")).to_have_attribute("data-number", second.number)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rows li[data-number]")).to_have_count(1)


def test_equal_cases_are_forwarded_together_by_keyboard(log_in):
    alike, other = [case(minutes=0) for _ in range(3)], case(area="陕州区", title="另一处")
    page = log_in("dispatcher1")
    expect(page.locator("#rows li[data-number]")).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("#batch")).to_contain_text("已选 3 件")
    page.keyboard.press("b")
    expect(page.get_by_role("button", name="转给 市城市管理局")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("已转 市城市管理局 3 件")
    expect(page.locator("#rows li[data-number]")).to_have_count(1)
    expect(page.locator("#batch")).to_be_hidden()
    with db.session() as session:
        assert {facts.load(session, made.number).lead for made in alike} == {"csglj"}
        assert facts.load(session, other.number).lead == ""


def test_cases_with_different_suggestions_have_no_department_until_one_is_picked(log_in):
    case()
    case(title="公交改线", suggestion={"category": "0301", "department": "jtysj", "confidence": 0.6})
    page = log_in("dispatcher1")
    expect(page.locator("#rows li[data-number]")).to_have_count(2)
    for key in ("j", "x"):
        page.keyboard.press(key)
    expect(page.locator("#batch-department")).to_have_value("市城市管理局")
    for key in ("j", "x"):
        page.keyboard.press(key)
    expect(page.locator("#batch")).to_contain_text("建议部门不同，请自己选")
    expect(page.locator("#batch-department")).to_have_value("")
    expect(page.get_by_role("button", name="并成一件")).to_be_hidden()
    page.fill("#batch-department", "csgl")
    page.keyboard.press("Enter")
    expect(page.locator("#batch")).not_to_contain_text("建议部门不同")
    page.locator("#rows input").last.uncheck()
    expect(page.locator("#batch-department")).to_have_value("市城市管理局")


def test_equal_cases_become_one_event(log_in):
    first, second = case(), case(phone="13800000002")
    page = log_in("dispatcher1")
    expect(page.locator("#rows li[data-number]")).to_have_count(2)
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    page.get_by_role("button", name=f"并成一件（{first.number}）").click()
    expect(page.locator("#done")).to_contain_text(f"已并入 {first.number} 1 件")
    with db.session() as session:
        assert facts.load(session, second.number).parent == first.number


def test_a_reply_goes_back_with_the_reason_of_each_line_by_keyboard(log_in):
    made = case()
    clerk = Actor("csglj1", Role.CLERK, "csglj")
    said = {"facts": "属实", "solved": True, "public": "您好，您反映的问题已收悉，我们会认真处理，感谢您的理解。"}
    for action, actor, given in (
        (Action.FORWARD, Actor("dispatcher1", Role.DISPATCHER), {"departments": [{"code": "csglj", "role": "lead"}]}),
        (Action.SIGN, clerk, {}),
        (Action.REPLY, clerk, said),
    ):
        with db.session() as session:
            version = facts.load(session, made.number).version
        cases.act(made.number, action, actor, given, version=version)
    page = log_in("reviewer1")
    page.goto(f"{page.url.split('/dispatch')[0]}/dispatch?tab=review&open={made.number}")
    lines = page.locator(".checklist li")
    expect(lines).to_have_count(6)
    expect(lines.nth(1)).to_have_attribute("data-state", "open")
    expect(lines.nth(4)).to_have_attribute("data-state", "yes")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#decide")).to_contain_text("标 ◆ 的几条请逐条看过")
    page.keyboard.press("Alt+2")
    page.keyboard.press("Alt+2")
    expect(lines.nth(1)).to_have_attribute("data-state", "no")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_contain_text("答复已退回部门")
    told = page.evaluate(f"fetch('/api/v1/cases/{made.number}').then((answer) => answer.json())")
    assert [row["point"] for row in told["replies"][0]["sent_back"]] == ["facts"]


def test_who_was_second_is_told_who_was_first_and_keeps_what_he_typed(log_in):
    made = case()
    page = log_in("dispatcher1")
    page.goto(f"{page.url}?open={made.number}")
    page.get_by_label("转办意见").fill("请尽快处理")
    cases.act(made.number, Action.SUPPLEMENT, Actor("agent2", Role.AGENT), {"text": "市民补充"})
    page.keyboard.press("Control+Enter")
    told = page.locator(".told")
    expect(told).to_contain_text("徐玉霞")
    expect(told.locator(".grid > div").first).to_contain_text("市民补充")
    expect(told.locator(".grid > div").last).to_contain_text("请尽快处理")
    expect(page.get_by_label("转办意见")).to_have_value("请尽快处理")
    expect(page.locator("#case")).to_contain_text("市民补充")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_contain_text("已转")


def test_a_late_answer_of_before_does_not_undo_what_he_said_of_himself(log_in, parts):
    import redis

    page = log_in("agent1")
    expect(page.locator("#callbar")).to_have_attribute("data-status", "off")
    asked, late = [], []

    def hold(route):
        if route.request.method == "GET" and not asked:
            asked.append(route)  # said before the answer is waited for: another may be asked for meanwhile
            late.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/desk/seat", hold)
    with redis.Redis.from_url(parts.redis()) as client:
        client.publish("desk:events", json.dumps({"user": "agent1", "event": "seat", "call": ""}))
    for _ in range(100):
        if late:
            break
        page.wait_for_timeout(100)
    page.click("button[data-status=ready]")
    expect(page.locator("#callbar")).to_have_attribute("data-status", "ready")
    ((route, answer),) = late
    route.fulfill(response=answer)
    page.wait_for_timeout(500)
    expect(page.locator("#callbar")).to_have_attribute("data-status", "ready")


def test_f8_takes_the_phone_and_puts_it_down_and_says_what_a_phone_cannot(log_in, parts):
    import redis

    page = log_in("agent1")
    page.click("button[data-status=ready]")
    expect(page.locator("#callbar")).to_have_attribute("data-status", "ready")
    ring("agent1")
    with transaction() as unit:
        unit.session.get(AgentSeat, "agent1").token = "t1"
    with redis.Redis.from_url(parts.redis()) as client:
        client.delete("tel:commands")
        client.publish("desk:events", json.dumps({"user": "agent1", "event": "pop", "call": "c-1"}))
    expect(page.locator("#do-phone")).to_be_visible()
    expect(page.locator("#do-phone")).to_contain_text("接听 F8")
    page.locator("#content").focus()
    hold(page, "F8")
    assert commanded(parts, 1) == [{"type": "pick_up", "call": "c-1", "token": "t1"}]
    now_is(parts, refused="pick_up")
    expect(page.locator("#call-words")).to_contain_text("请拿起话机")
    with transaction() as unit:
        unit.session.get(AgentSeat, "agent1").state = "talking"
        unit.session.get(Call, "c-1").state = "talking"
    now_is(parts)
    expect(page.locator("#do-phone")).to_contain_text("挂断 F8")
    expect(page.locator("#callbar")).to_have_attribute("data-state", "talking")
    page.keyboard.press("F8")
    assert commanded(parts, 2)[-1] == {"type": "put_down", "call": "c-1", "token": "t1"}
    page.locator("#call-tags").get_by_role("button", name="沉默来电").click()
    expect(page.locator("#call-tags .on")).to_have_text("沉默来电")
    until(lambda: tags("c-1") == ["沉默来电"], 30, "the tag is not kept")


def tags(call):
    with transaction() as unit:
        return unit.session.get(Call, call).tags


def test_after_missed_offers_the_desk_says_that_he_is_on_break_and_why(log_in, parts):
    import redis

    page = log_in("agent1")
    page.click("button[data-status=ready]")
    expect(page.locator("#callbar")).to_have_attribute("data-status", "ready")
    with transaction() as unit:
        seat = unit.session.get(AgentSeat, "agent1")
        seat.status, seat.reason, seat.missed = "break", "连续3次未接听，系统转为小休", 3
    with redis.Redis.from_url(parts.redis()) as client:
        client.publish("desk:events", json.dumps({"user": "agent1", "event": "seat", "call": ""}))
    expect(page.locator("#seat-alert")).to_contain_text("您连续3次未接听")
    page.click("button[data-status=ready]")
    expect(page.locator("#seat-alert")).to_be_hidden()


def test_the_shift_leaders_word_stands_on_the_desk_until_it_is_seen_and_my_day_is_one_click(log_in):
    from hotline.lifecycle import Actor
    from hotline.words import Role
    from telephony import agents, notes

    boss = Actor("supervisor1", Role.SUPERVISOR)
    notes.write("", "供热投诉增多，先问清小区和楼号", 8, boss)
    agents.force("agent1", "break", "离席未报", boss)
    now = clock.now()
    with transaction() as unit:
        known = {"caller": "13800000001", "caller_index": "x", "connector": "k", "agent": "agent1", "state": "ended"}
        for number, level in enumerate((5, 4, 2, None)):
            stamps = {"invite_at": now, "agent_answer_at": now, "hangup_at": now + dt.timedelta(seconds=100)}
            unit.session.add(Call(id=f"d-{number}", rating=level, **known, **stamps))
    page = log_in("agent1")
    expect(page.locator("#note-strip")).to_contain_text("先问清小区")
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("#note-strip")).to_be_hidden()
    page.locator("#my-day summary").click()
    expect(page.locator("#my-day .drop")).to_contain_text("1 分 40 秒")
    expect(page.locator("#my-day .drop")).to_contain_text("更改坐席状态 · supervisor1")
    expect(page.locator("#seat-words")).to_contain_text("supervisor1：离席未报")
    expect(page.locator("#my-day .day-ratings meter").first).to_have_attribute("value", "1")


def test_one_menu_is_open_at_a_time_and_escape_closes_it(log_in):
    page = log_in("agent1")
    outward, day = page.locator("#outward"), page.locator("#my-day")
    outward.locator("summary").click()
    expect(outward.locator(".drop")).to_be_visible()
    day.locator("summary").click()
    expect(day.locator(".drop")).to_be_visible()
    expect(outward.locator(".drop")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(day.locator(".drop")).to_be_hidden()
    expect(day.locator("summary")).to_be_focused()


def test_what_lasts_long_is_told_in_hours_and_minutes(log_in):
    page = log_in("agent1")

    def six_hours(route):
        told = route.fetch().json()
        route.fulfill(json=told | {"status": "ready", "seconds": 21266})

    page.route("**/desk/seat", six_hours)
    page.reload()
    expect(page.locator("#seat-words")).to_contain_text("就绪 5 小时 54 分")


def test_a_missed_caller_is_rung_from_the_desk(log_in, parts):
    import redis

    from telephony.models import Callback

    with transaction() as unit:
        owed = {"caller": "13800000007", "caller_index": "x", "reason": "abandoned", "created_at": clock.now()}
        unit.session.add(Callback(call="lost-1", **owed))
        unit.session.add(Callback(call="lost-2", **owed | {"caller": "", "reason": "web"}))
    page = log_in("agent1")
    expect(page.locator("#outward .count")).to_have_text("2")
    page.locator("#outward summary").click()
    expect(page.locator("#outward li").first).to_contain_text("13800000007")
    expect(page.locator("#outward li").first).to_contain_text("等待中挂断")
    expect(page.locator("#outward li").last).to_contain_text("网上请求来电")
    with redis.Redis.from_url(parts.redis()) as client:
        client.delete("tel:alive:c1")
    page.locator("#outward li").get_by_role("button", name="拨打").click()
    expect(page.locator("#outward li").first).to_contain_text("不能外呼")
