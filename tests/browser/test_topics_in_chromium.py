"""The page of hot topics as a supervisor sees it on the smallest desk screen."""

import pytest

from hotline import cases
from hotline.lifecycle import Actor
from hotline.words import Role
from web import topics

pytestmark = pytest.mark.browser
MATTERS = (
    ("搅拌站粉尘噪音", "金凤阁小区东侧的搅拌站日夜施工，粉尘和噪音让人睡不着", "湖滨区", 5),
    ("车位捆绑销售", "滨河苑开发商买房必须同时买车位，捆绑销售不合理", "陕州区", 3),
)


def taken(title, content, area, number):
    new = cases.NewCase(
        kind="投诉", title=title, content=content, channel="phone", phone=f"1380001{number:04}", area=area
    )
    cases.create(new, Actor("agent1", Role.AGENT))


def test_a_supervisor_sees_alarms_areas_and_examples(open_page, parts):
    for at, (title, content, area, count) in enumerate(MATTERS):
        for number in range(count):
            taken(title, content, area, at * 100 + number)
    topics.reckon()
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())
    page = open_page("/login")
    page.fill("#name", "supervisor1")
    page.fill("#password", passwords["supervisor1"])
    page.click("button[type=submit]")
    page.click("nav a[href='/topics']")
    assert page.locator("tbody tr").count() == 2
    assert "■ 预警" in page.locator("tbody tr").first.inner_text()
    tiles = page.locator(".topic-tiles li")
    assert [tile.split("\n")[0].split()[0] for tile in tiles.all_inner_texts()][:2] == ["湖滨区", "陕州区"]
    west, east = (page.locator(".topic-tiles li", has_text=name).bounding_box() for name in ("灵宝市", "义马市"))
    assert west["x"] < east["x"], "the tiles stand as on a map"
    heights = [box.bounding_box()["height"] for box in page.locator(".topic-days i").all()]
    assert all(height > 5 for height in heights), "the bars have no height"
    page.click("tbody tr:first-child a >> nth=0")
    page.wait_for_selector("#door .said")
    assert "搅拌站" in page.inner_text("#door")
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
