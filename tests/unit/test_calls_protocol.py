"""The page of the protocol names every command and every event, and no other."""

import re

import pytest

from hotline.settings import ROOT
from telephony.commands import COMMANDS, DRAIN, UNDRAIN
from telephony.record import TAKES
from telephony.signals import Event

pytestmark = pytest.mark.fast
PAGE = (ROOT / "docs" / "telephony.md").read_text(encoding="utf-8")


def rows(heading):
    """The names in the first column of a heading's table."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    firsts = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return [name for first in firsts for name in re.findall(r"`(\w+)`", first)]


def test_every_command_is_explained_once():
    assert sorted(rows("Commands")) == sorted([*COMMANDS, DRAIN, UNDRAIN])


def test_every_event_is_explained_once():
    assert sorted(rows("Events")) == sorted(Event)


def test_the_distribution_takes_every_event():
    assert set(Event) <= set(TAKES)
