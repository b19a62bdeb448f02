"""Citizens who do not read Chinese, who read large letters, who would rather be called; and who goes on speaking."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from staff_story import ANSWER, CITIZEN, CLERK, REVIEWER, do, new, passed, signed

from hotline.words import Action, Level
from web import pace
from web.citizen import portal, story, tongue

HAN = re.compile(r"[\u4e00-\u9fff]")
SOURCES = [*Path("web/templates/citizen").glob("*.html"), *Path("web/frontend/src/pages").glob("citizen-*.js")]


@pytest.fixture
def client(app):
    pace.limiter.reset()
    return app.test_client()


def english(client):
    client.set_cookie("lang", "en")
    return client


class Shown(HTMLParser):
    """The words of a page by their language: what stands under `lang="zh-CN"` or in scripts is left out."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self):
        super().__init__()
        self.inside, self.words = [], []

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        if tag not in self.VOID:
            self.inside.append(known.get("lang") == "zh-CN" or tag in {"script", "option"})
        if not any(self.inside):
            self.words += [value for name, value in attrs if value and name in {"placeholder", "aria-label", "title"}]

    def handle_endtag(self, tag):
        if tag not in self.VOID and self.inside:
            self.inside.pop()

    def handle_data(self, data):
        if not any(self.inside):
            self.words.append(data.strip())


def han(page):
    shown = Shown()
    shown.feed(page)
    return [words for words in shown.words if HAN.search(words)]


def track(client, case):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/track").text)[1]
    return client.post("/track", data={"number": case.number, "query_code": case.query_code, "csrf_token": token}).text


@pytest.mark.parametrize("path", ["/", "/submit", "/track", "/call-me", "/chat"])
@pytest.mark.parametrize("elder", ["0", "1"])
def test_a_page_in_english_holds_no_chinese(client, path, elder):
    english(client).set_cookie("elder", elder)
    page = client.get(path).text
    assert '<html lang="en"' in page
    assert han(page) == []


def test_the_story_in_english_holds_only_the_chinese_that_people_wrote(client):
    case = signed()
    do(case, Action.SUPPLEMENT, CITIZEN, text="still broken")
    page = track(english(client), case)
    assert "is handling it" in page
    assert " by " in page
    allowed = ("烧烤", "城市管理局")
    assert [words for words in han(page) if not any(word in words for word in allowed)] == []


def test_chinese_stays_the_language_of_who_says_nothing(client):
    assert '<html lang="zh-CN"' in client.get("/").text
    assert "我要反映" in client.get("/").text
    assert client.post("/language", data={"to": "en", "next": "/submit"}).headers["Location"] == "/submit"
    assert "Report a matter" in client.get("/").text
    assert client.post("/language", data={"to": "zh", "next": "//evil.example"}).headers["Location"] == "/"
    assert "我要反映" in client.get("/").text


def test_every_sentence_of_the_pages_has_its_english():
    asked = {text for file in SOURCES for text in re.findall(r"""\b_?t?\((?:"|')([^"'\n]*[\u4e00-\u9fff][^"'\n]*)(?:"|')\)""", file.read_text(encoding="utf-8"))}  # fmt: skip  # noqa: E501
    asked |= (
        set(story.STANDS.values())
        | set(story.TOGETHER.values())
        | set(story.HAPPENED.values())
        | {what for _, what in story.WAITS}
    )
    asked |= {word for row in portal.CHOICES for word in row[1:]} | {told for _, told in portal.KINDS}
    asked |= {level.label for level in Level}
    assert len(asked) > 150
    assert sorted(asked - tongue.table().keys()) == []


def test_the_figures_that_everybody_may_see_are_told_in_english_too(client, city):
    client.set_cookie("lang", "en")
    page = client.get("/public?month=2026-10").text
    assert "October 2026: how the matters that people reported were handled" in page
    assert "Answered on time" in page
    told = re.sub(r"<!--.*?-->|<script.*?</script>|<header.*?</header>", "", page, flags=re.DOTALL)
    names = {"好差评"}
    assert [word for word in re.findall(r"[\u4e00-\u9fff]+", told) if word not in names] == []


def test_the_table_keeps_the_places_of_what_is_put_in():
    for chinese, words in json.loads(tongue.TABLE.read_text(encoding="utf-8")).items():
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", words)), chinese


# --- call me ----------------------------------------------------------------------------------------------------------


def wish(client, phone="13800000001", words="楼道灯坏了", **more):
    return client.post("/call-me", data={"phone": phone, "words": words} | more)


def owed(ask, user="agent1"):
    return ask(user).get("/api/v1/callbacks?state=open").json["items"]


def test_large_print_offers_four_ways_and_to_be_called_first(client):
    client.set_cookie("elder", "1")
    picks = re.findall(r'<a class="pick[^"]*" href="([^"]+)"', client.get("/").text)
    assert picks == ["/call-me", "/submit", "/track", "/chat"]


def test_who_wants_to_be_called_is_owed_a_call_once(client, ask):
    answer = wish(client)
    assert answer.status_code == 200
    assert "138****0001" in answer.text
    (row,) = owed(ask)
    assert (row["caller"], row["reason"], row["words"], row["state"]) == ("13800000001", "web", "楼道灯坏了", "open")
    assert "正在等候回电" in wish(client).text
    assert len(owed(ask)) == 1
    (masked,) = owed(ask, "auditor1")
    assert masked["caller"] == "138****0001"
    done = ask("agent1").post(f"/api/v1/callbacks/{row['id']}/done", json={"result": "已联系"})
    assert done.status_code == 200
    assert owed(ask) == []


def test_one_number_is_not_called_all_day_and_one_address_not_for_everybody(client, ask):
    for _ in range(3):
        assert wish(client).status_code == 200
        ask("agent1").post(f"/api/v1/callbacks/{owed(ask)[0]['id']}/done", json={"result": "已联系"})
    refused = wish(client)
    assert refused.status_code == 422
    assert "今天已多次要求回电" in refused.text
    answers = [wish(client, f"1390000{n:04}").status_code for n in range(12)]
    assert (answers[0], answers[-1]) == (200, 429)
    assert len(owed(ask)) <= 10


@pytest.mark.parametrize("phone", ["", "abc", "123", "=cmd()", "<script>"])
def test_what_is_no_number_is_told_so_and_nothing_typed_is_lost(client, ask, phone):
    answer = wish(client, phone, "<b>灯</b>")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "&lt;b&gt;灯&lt;/b&gt;</textarea>" in answer.text
    assert owed(ask) == []


# --- speaking again ---------------------------------------------------------------------------------------------------


def test_a_citizen_speaks_again_after_rating_and_after_closing(client):
    case = passed()
    do(case, Action.RATE, CITIZEN, level=5, words="")
    page = track(client, case)
    assert "已办结" in page
    assert "您的评价：非常满意" in page
    assert 'id="speak"' in page
    assert 'id="rating"' not in page
    answer = client.post(f"/api/v1/cases/{case.number}/actions", json={"action": "supplement", "text": "又坏了", "query_code": case.query_code})  # fmt: skip  # noqa: E501
    assert answer.status_code == 200
    assert "又坏了" in track(client, case)


def test_the_story_says_who_has_it_until_when_and_what_was_replied(client):
    case = signed()
    page = track(client, case)
    assert "城市管理局" in re.sub(r"\s", "", page)
    assert "前答复" in page
    do(case, Action.REPLY, CLERK, **ANSWER)
    assert ANSWER["public"] not in track(client, case)
    do(case, Action.PASS, REVIEWER)
    page = track(client, case)
    assert ANSWER["public"] in page
    assert page.count('data-level="') == 5
    assert new().number not in page
