"""The supervisor's page of calls in a real Chromium: recordings are heard and seen, sheets filled, seats forced."""

import math

import pytest
from playwright.sync_api import expect

from hotline import clock, privacy
from hotline.lifecycle import Actor
from hotline.settings import Settings
from hotline.unit import transaction
from hotline.words import Role
from telephony import agents, checks, marks, wav
from telephony.models import Call, CallAct, QualityCheck
from telephony.vault import Vault
from tests.sip.peers import until

pytestmark = pytest.mark.browser
CALL = "00000000-0000-4000-8000-0000000000bb"


@pytest.fixture
def boss(open_page, parts):
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())

    def at(path):
        page = open_page("/login")
        page.fill("#name", "supervisor1")
        page.fill("#password", passwords["supervisor1"])
        page.click("button[type=submit]")
        page.wait_for_load_state()
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + path)
        return page

    return at


def recorded():
    """Two seconds: a loud one, a silent one."""
    name = f"recordings/2026/09/29/{CALL}.wav"
    file = Settings().data / name
    file.parent.mkdir(parents=True, exist_ok=True)
    tone = [int(16000 * math.sin(2 * math.pi * 440 * n / wav.RATE)) for n in range(wav.RATE)]
    wav.write(file, tone + [0] * wav.RATE)
    Vault(Settings().secret()).seal(file)
    now = clock.now()
    with transaction() as unit:
        known = {"caller": "13800000001", "caller_index": privacy.blind("13800000001"), "connector": "c1"}
        stamps = {"invite_at": now, "agent_answer_at": now, "hangup_at": now}
        unit.session.add(
            Call(id=CALL, state="ended", exit="answered", agent="agent1", recording=name, **known, **stamps)
        )
        unit.session.add(QualityCheck(call=CALL, agent="agent1", drawn_at=now))


def test_a_drawn_call_is_heard_seen_and_scored(city, boss):
    recorded()
    page = boss("/calls?tab=quality")
    page.get_by_role("button", name="听录音").click()
    canvas = page.locator(".player canvas")
    expect(canvas).to_be_visible()
    until(lambda: page.evaluate("document.querySelector('.player audio').readyState >= 1"), 30, "the sound is not read")
    length = page.evaluate("document.querySelector('.player audio').duration")
    assert math.isclose(length, 2, abs_tol=0.05)
    tall = """(at) => { const c = document.querySelector('.player canvas'), p = c.getContext('2d');
        const column = p.getImageData(Math.floor(c.width * at), 0, 3, c.height).data;
        return column.filter((value, index) => index % 4 === 3 && value > 0).length; }"""
    assert page.evaluate(tall, 0.25) > 5 * page.evaluate(tall, 0.75)
    for field in page.locator(".sheet-form input[type=number]").all():
        field.fill(field.get_attribute("max"))
    expect(page.locator("output[name=sum]")).to_have_text("100")
    page.get_by_role("button", name="提交质检").click()
    expect(page.locator("#said")).to_contain_text("质检已提交")
    expect(page.locator("#calls")).to_contain_text("没有等待质检的通话")
    with transaction() as unit:
        assert [row.what for row in unit.session.query(CallAct)] == ["play"]
        assert [row.score for row in unit.session.query(QualityCheck)] == [100]


def test_a_seat_is_forced_with_a_reason_and_a_mark_decided(city, boss):
    agents.sign_in("agent1")
    with transaction() as unit:
        marks.nuisance(unit, "13800000001", "反复辱骂", Actor("agent1", Role.AGENT))
    page = boss("/calls")
    row = page.locator("tr[data-user=agent1]")
    expect(row.get_by_role("button", name="旁听", exact=True)).to_be_disabled()
    row.locator("select").select_option("break")
    row.locator("input[name=reason]").fill("离席未报")
    row.get_by_role("button", name="更改").click()
    expect(page.locator("#said")).to_contain_text("坐席已看到")
    expect(row).to_contain_text("小休（supervisor1：离席未报）")
    page.locator("[data-tab=marks]").click()
    expect(page.locator("#calls")).to_contain_text("反复辱骂")
    page.get_by_role("button", name="确认").click()
    expect(page.locator("#calls")).to_contain_text("没有等待复核的标记")
    page.locator("[data-tab=acts]").click()
    expect(page.locator("#calls")).to_contain_text("更改坐席状态")


def test_a_bad_rating_is_checked_and_a_word_sent_to_the_desks(city, boss):
    recorded()
    with transaction() as unit:
        call = unit.session.get(Call, CALL)
        call.rating = 1
        checks.open_for(unit, call)
    agents.sign_in("agent1")
    page = boss("/calls?tab=checks")
    expect(page.locator("#open-checks")).to_have_text("1")
    item = page.locator("[data-check]")
    expect(item).to_contain_text("非常不满意")
    expect(item).to_contain_text("到期")
    item.locator("select").select_option("justified")
    item.locator("input[name=words]").fill("坐席打断市民，已致歉")
    item.get_by_role("button", name="核查完毕").click()
    expect(page.locator("#said")).to_contain_text("已核查")
    expect(page.locator("#calls")).to_contain_text("没有等待核查的来电差评")
    expect(page.locator("#open-checks")).to_have_text("")
    page.locator("[data-tab=notes]").click()
    page.locator("input[name=text]").fill("供热投诉增多，先问楼号")
    page.get_by_role("button", name="发出").click()
    expect(page.locator("#said")).to_contain_text("已发出")
    expect(page.locator("#calls tbody")).to_contain_text("0 人已读")
    page.get_by_role("button", name="撤回").click()
    expect(page.locator("#calls tbody")).to_contain_text("已过期")


def test_a_confirmed_nuisance_shows_that_his_calls_are_still_answered(city, boss):
    with transaction() as unit:
        mark = marks.nuisance(unit, "13800000001", "反复辱骂", Actor("agent1", Role.AGENT))
    marks.decide(mark.id, Actor("supervisor2", Role.SUPERVISOR), confirmed=True)
    recorded()
    page = boss("/calls?tab=marks")
    row = page.locator("[data-mark]")
    expect(row).to_contain_text("1 次，接听 1 次")
    expect(row).to_contain_text("supervisor2")
    row.get_by_role("button", name="撤销").click()
    expect(page.locator("#calls")).to_contain_text("没有生效的标记")
