"""The red line for danger at the desk: with the word that shows it, without one where only the model hears it."""

import pytest

from hotline import clock
from hotline.settings import CITY
from triage.risk_model import read
from triage.training.risk import train
from web import suggest

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(open_page, live_server, parts, tmp_path, monkeypatch):
    """The desk of an agent, with a trained risk model."""
    train(CITY / "risks.csv", CITY / "corpus", tmp_path / "risk", clock.machine())
    model = read(tmp_path / "risk")
    monkeypatch.setattr(suggest, "risks", lambda: model)
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())
    page = open_page("/login")
    page.fill("#name", "agent1")
    page.fill("#password", passwords["agent1"])
    page.click("button[type=submit]")
    page.goto(live_server + "/desk")
    return page


def said(page, text):
    page.fill("[name=content]", text)
    page.wait_for_selector("#danger:visible", timeout=20_000)
    return page.inner_text("#danger")


def test_the_word_that_shows_danger_is_quoted(desk):
    line = said(desk, "三楼着火了，里面还有人，快来")
    assert "“着火”" in line
    assert "119" in line


def test_what_only_sounds_dangerous_is_asked_about_and_not_quoted(desk):
    line = said(desk, "隔壁饭店后厨油烟管道里有火，火从烟道往上走")
    assert "请先问清" in line
    assert "油烟管道" not in line
    assert all(number in line for number in ("110", "119", "120"))
