"""Documentation is tested: made pages are fresh, every setting and command has its place."""

import re

import pytest

from hotline.settings import ROOT
from web.cli import COMMANDS
from web.cli.papers import PAPERS

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("name", PAPERS)
def test_a_made_page_says_what_the_code_says(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAPERS[name](), "run: python -m web.cli.papers"


def test_every_environment_variable_is_explained():
    told = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    sources = [
        p for room in ("hotline", "web", "telephony", "kb", "triage", "dispatch") for p in (ROOT / room).rglob("*.py")
    ]
    pattern = r'environ(?:\.get\(|\[)"([A-Z_]+)"'
    used = {name for source in sources for name in re.findall(pattern, source.read_text(encoding="utf-8"))}
    assert not {name for name in used if f"`{name}`" not in told}


def test_every_command_is_explained():
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert not [name for name in COMMANDS if f"hotline {name}" not in told]
