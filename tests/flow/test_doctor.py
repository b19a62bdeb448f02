"""The doctor: every part and every check says how it is, and what to do where something is to be done."""

import json
import shutil

import pytest
from click.testing import CliRunner

from hotline import db
from hotline.message_models import OutboxRow
from hotline.rulebook import versions
from hotline.unit import transaction
from web import checks
from web.parts import DOWN, OFF, UP

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def looked(drill):
    drill("2026-11-02T09:00:00+08:00")
    versions.take_up_files()
    return lambda: {part.name: part for part in checks.look()}


def test_every_check_that_is_not_fine_says_what_to_do(looked):
    seen = looked()
    assert seen.keys() == checks.CHECKS.keys()
    assert all(part.advice for part in seen.values() if part.state != UP)
    assert (seen["schema"].state, seen["secret"].state) == (UP, UP)
    assert seen["clock"].version.startswith("演练时间 2026-11-02")


def test_in_november_the_next_year_s_table_is_asked_for(looked):
    assert (looked()["rules"].state, "2027年" in looked()["rules"].advice) == (OFF, True)


def test_a_secret_others_may_read_and_a_full_disk_are_told(looked, parts, monkeypatch):
    parts.secret_file.chmod(0o644)
    try:
        assert "chmod 600" in looked()["secret"].advice
    finally:
        parts.secret_file.chmod(0o600)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    assert looked()["disk"].state == DOWN


def test_events_that_nobody_delivers_are_told(looked):
    from hotline import clock

    long_ago = clock.machine() - clock.dt.timedelta(hours=1)
    with transaction() as unit:
        unit.session.add(OutboxRow(kind="x", payload={}, created_at=long_ago, ready_at=long_ago))
    assert "relay.log" in looked()["backlog"].advice


def test_without_a_database_the_doctor_still_speaks(looked, monkeypatch):
    def gone():
        raise RuntimeError("no database")

    monkeypatch.setattr(db, "session", gone)
    monkeypatch.setattr(db, "engine", gone)
    seen = looked()
    assert {seen[name].state for name in ("schema", "clock", "backlog")} == {DOWN}
    assert "database" in seen["backlog"].advice


def test_the_command_prints_them_all(looked):
    from web.cli.doctor import doctor

    told = json.loads(CliRunner().invoke(doctor, ["--json"]).output)
    names = {part["name"] for part in told["parts"]}
    assert names >= {"database", "redis", "sweep", "relay", "search", "telephone", "schema", "rules", "disk"}
    assert all({"part", "up", "version", "address", "advice"} <= part.keys() | {"part"} for part in told["parts"])


def test_a_drilled_clock_shows_on_every_page(looked, ask):
    quiet, pages = [], 0
    for user in ("supervisor1", "admin1", "csglj1", "csglj2", "keeper1", ""):
        client = ask(user) if user else ask("x").application.test_client()
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        for rule in client.application.url_map.iter_rules():
            if rule.arguments or "GET" not in rule.methods or rule.rule == "/logout":
                continue
            answer = client.get(rule.rule)
            if answer.status_code < 300 and answer.mimetype == "text/html":
                pages += 1
                quiet += [] if "演练" in answer.text else [(user, rule.rule)]
    assert quiet == []
    assert pages > 40
