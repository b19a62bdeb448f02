"""WCAG 2.2 AA, as far as a machine can tell: axe over every page of citizens and staff, in the states people see."""

from pathlib import Path

import pytest
from test_citizen_in_chromium import answer, submitted
from test_department_desks import CLERK, PHONE, do, forwarded

from hotline import attachments, facts, windows
from hotline.lifecycle import Actor
from hotline.looks import LookGiven, look
from hotline.unit import transaction
from hotline.words import Action, Attached, Look, Role
from tests import files

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK = {"width": 1366, "height": 768}
RUN = """async (tags) => (await axe.run(document, { runOnly: { type: "tag", values: tags } })).violations
  .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} | ${node.html.slice(0, 120)}
    | ${node.any.concat(node.all).map((one) => one.message).join("; ").slice(0, 160)}`))"""
CITIZEN = [
    "/",
    "/submit",
    "/track",
    "/chat",
    "/call-me",
    "/public",
    "/w/{window}",
    "/kiosk/{window}",
    "/login",
    "/nowhere",
]
SPECIAL = [f"/special/{name}" for name in ("appeals", "items", "officers", "reviews", "stuck", "windows")]
STAFF = [
    ("agent1", ["/desk", "/kb", "/special/stuck"]),
    ("dispatcher1", ["/dispatch?open={number}"]),
    ("revisitor1", ["/revisit"]),
    ("reviewer1", ["/dispatch?tab=review&open={number}", "/special/appeals", "/special/reviews", "/special/officers"]),
    (
        "supervisor1",
        ["/board", "/board/wall", "/calls", "/topics", "/looks", "/papers", "/models", "/admin"],
    ),
    ("supervisor1", ["/reports", "/special", *SPECIAL, "/special/windows/{window}/sheet", "/admin/rules"]),
    ("admin1", ["/admin", "/admin/rules", "/admin/rules/calendar/2026/edit", "/admin/rules/policy/henan/edit"]),
    ("keeper1", ["/kb", "/special/items"]),
    ("csglj1", ["/department?tab=working&open={number}", "/papers"]),
    ("csglj2", ["/department?tab=working&open={number}"]),
]


@pytest.fixture
def window(live_server):
    """The code of a window in the hall."""
    said = windows.NewWindow(name="市政务大厅3号窗口", department="csglj", item="户外广告许可")
    return windows.open_window(said, "supervisor1").code


def faults(page):
    """What axe finds on the page as it stands; its script comes in beside the page's own policy."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(RUN, RULES)


def settled(page):
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("elder", ["0", "1"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_citizens_pages(open_page, live_server, window, lang, elder):
    page = open_page("/", viewport=PHONE)
    page.context.add_cookies([{"name": name, "value": value, "url": live_server} for name, value in (("lang", lang), ("elder", elder))])  # fmt: skip  # noqa: E501
    found = {}
    for path in CITIZEN:
        page.goto(live_server + path.format(window=window))
        found[path] = faults(page)
        if elder == "0":
            page.emulate_media(color_scheme="dark")
            found[f"{path} at night"] = faults(page)
            page.emulate_media(color_scheme="light")
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_a_matter_from_sending_to_rating(open_page, live_server):
    page = open_page("/submit", viewport=PHONE)
    number, code = submitted(page)
    wrong = faults(page)
    answer(number)
    page.goto(f"{live_server}/track#{number}.{code}")
    page.wait_for_selector("#rating")
    assert wrong + faults(settled(page)) == []


@pytest.mark.parametrize(("user", "paths"), STAFF, ids=[f"{user} {paths[0]}" for user, paths in STAFF])
def test_the_staffs_pages(open_page, live_server, parts, window, user, paths):
    made = forwarded()
    do(made, Action.SIGN, CLERK)
    hidden = forwarded(confidential=True)
    with transaction() as unit:
        boss = Actor("supervisor1", Role.SUPERVISOR)
        look(unit, facts.load(unit.session, hidden.number), boss, LookGiven(reason=Look.OTHER, words="核对地址"))
        photo = attachments.Upload("现场.jpg", files.jpeg(), Attached.MATTER)
        attachments.keep(unit, facts.load(unit.session, made.number, lock=True), photo, boss)
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())
    page = open_page("/login", viewport=DESK)
    page.fill("#name", user)
    page.fill("#password", passwords[user])
    page.click("button[type=submit]")
    found = {}
    for path in paths:
        answer = page.goto(live_server + path.format(number=made.number, window=window))
        assert answer.status == 200, path
        page.wait_for_timeout(700)
        found[path] = faults(page)
        page.emulate_media(color_scheme="dark")
        found[f"{path} at night"] = faults(page)
        page.emulate_media(color_scheme="light")
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
