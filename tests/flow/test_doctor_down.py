"""The doctor while stores are down: as a command of its own, as people run it then."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from triage import spacy_model
from web import checks, parts
from web.parts import DOWN, UP

HOTLINE = str(Path(sys.executable).with_name("hotline"))
OF_THE_DATABASE = ("database", "classifier", "schema", "rules", "clock", "backlog")
DEAD = {
    "stores that do not run": {},
    "a database that does not answer": {"DATABASE_URL": "postgresql://hotline@127.0.0.1:1/hotline"},
    "an address that is none": {"DATABASE_URL": "postgresql://hotline@127.0.0.1:port/hotline", "REDIS_URL": "6379"},
}


def doctor(*words, **environment):
    known = os.environ | {"DATABASE_URL": "", "REDIS_URL": "", "HOTLINE_TELEPHONE_OFF": "", "HOTLINE_CLOCK": ""}
    command = [HOTLINE, "doctor", *words]
    return subprocess.run(command, env=known | environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path):
    """A data folder with a classifier: then the doctor asks the database for the catalogue's words."""
    (tmp_path / "model").mkdir()
    card = {"date": "2026-11-01", "rows": 10}
    (tmp_path / "model" / spacy_model.CARD).write_text(json.dumps(card), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("environment", DEAD.values(), ids=DEAD)
def test_without_stores_every_part_and_check_is_told_with_what_to_do(folder, environment):
    done = doctor("--json", HOTLINE_DATA=str(folder), **environment)
    seen = {part["name"]: part for part in json.loads(done.stdout)["parts"]}
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert seen.keys() == {*parts.LOOKS, *checks.CHECKS}
    assert {seen[name]["state"] for name in (*OF_THE_DATABASE, "redis")} == {DOWN}
    assert all(part["advice"] for part in seen.values() if part["state"] != UP)


def test_a_part_that_breaks_the_look_is_down_and_does_not_hide_the_others(monkeypatch):
    def broken():
        raise KeyError("x")

    monkeypatch.setitem(parts.LOOKS, "search", broken)
    seen = {part.name: part for part in parts.look()}
    assert seen.keys() == parts.LOOKS.keys()
    assert (seen["search"].state, seen["search"].needed) == (DOWN, False)
    assert "KeyError" in seen["search"].advice
