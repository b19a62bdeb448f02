"""Links and pictures of the documentation exist; the manuals name the keys the desks really have, and no others."""

import re
import struct
from urllib.parse import unquote

import pytest

from hotline.settings import ROOT

pytestmark = pytest.mark.fast
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MANUALS = ROOT / "docs" / "manual"
SOURCES = ROOT / "web" / "frontend" / "src"
WIDE, MOST_BYTES = 1280, 200_000
LINK = re.compile(r"\]\(([^)\s]+)\)")
KEY = re.compile(r"`((?:(?:Ctrl|Alt|Shift)\+)?(?:F\d{1,2}|Enter|Esc|\?|[A-Za-z0-9](?:…\d)?))`")
FIELD_KEYS = {"Shift+Enter", "Enter"}  # of the chat's own field, not of the page
DESKS = {  # manual → the pages it tells of, with the tables their keys stand in
    "坐席.md": ["pages/desk.js", "desk/suggesting.js", "desk/callbar.js", "desk/control.js"],
    "承办单位.md": ["pages/department.js", "department/steps.js"],
    "值班长.md": ["pages/dispatch.js", "pages/revisit.js", "revisit/script.js"],
}


def name_of(page):
    return str(page.relative_to(ROOT))


def keys_in(text):
    """Keys a front-end source gives to `keys([…])`: written out, shown for several at once, or in a list of its own."""
    lists = "".join(re.findall(r"(?:\bkeys:|_KEYS =) \[([^\]]*)\]", text))
    alone = re.findall(r"\[\"([a-z])\", \"", text)
    return {*re.findall(r"\b(?:key|shown): \"([^\"]+)\"", text), *re.findall(r"\"([^\"]+)\"", lists), *alone}


def keys_of(manual):
    return set().union(*(keys_in((SOURCES / source).read_text(encoding="utf-8")) for source in DESKS[manual])) | {"?"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_and_picture_of_a_page_exists(page):
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in links if not (page.parent / unquote(link.split("#")[0])).exists()]
    assert missing == []


@pytest.mark.parametrize("manual", DESKS)
def test_a_manual_names_every_key_of_its_desks_and_no_other(manual):
    named = set(KEY.findall((MANUALS / manual).read_text(encoding="utf-8")))
    real = keys_of(manual)
    assert {key for key in real if len(key) > 1}, "no keys were found: the sources are written otherwise now"
    assert real - named == set(), "keys that the manual does not name"
    assert named - real - FIELD_KEYS == set(), "keys that the desk does not have"


def test_every_picture_is_used_light_and_as_wide_as_the_page():
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in sorted((MANUALS / "images").glob("*.png")):
        head = picture.read_bytes()
        assert picture.name in told, f"{picture.name} stands nowhere"
        assert struct.unpack(">I", head[16:20]) == (WIDE,), picture.name
        assert len(head) < MOST_BYTES, picture.name


@pytest.mark.parametrize("page", sorted(MANUALS.glob("*.md")), ids=name_of)
def test_a_manual_is_plain_and_names_nobody_real(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search("[\U0001f000-\U0001faff☀-⚿]", text), "no emoji"
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text), "no telephone numbers of people"
