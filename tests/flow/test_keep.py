"""What was backed up comes back, also into a system whose tables are newer than the backup."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from hotline import attachments, cases, facts, history
from hotline.lifecycle import Actor
from hotline.unit import transaction
from hotline.vault import Vault
from hotline.words import Attached, Role
from tests import files

HOTLINE = str(Path(sys.executable).with_name("hotline"))
NEW = cases.NewCase("投诉", "路灯不亮", "湖滨区崤山路的路灯不亮。", "phone", phone="13800000001")
PARTS = """
from hotline.settings import Settings
from web.embedded import start_postgres
from web.schema import upgrade
server = start_postgres(Settings())
"""
NEWER = (
    PARTS
    + """
import psycopg
upgrade()
with psycopg.connect(server.get_uri("hotline")) as connection:
    connection.execute("CREATE TABLE of_tomorrow (id int)")
server.stop()
"""
)


@pytest.fixture
def hotline():
    """hotline(data, words…): the finished command; `data` None is the system of the tests."""

    def run(data, *words, program=(HOTLINE,)):
        env = os.environ | ({"HOTLINE_DATA": str(data)} if data else {})
        return subprocess.run([*program, *words], env=env, capture_output=True, text=True, timeout=300, check=False)

    return run


@pytest.fixture
def running(hotline):
    """running(data): starts the embedded database of that folder, says its address, and stops it after the test."""
    started = []

    def start(data):
        told = hotline(data, program=(sys.executable, "-c", PARTS + 'print(server.get_uri("hotline"))'))
        assert told.returncode == 0, told.stderr
        started.append(data)
        return told.stdout.split()[-1]

    yield start
    for data in started:
        hotline(data, program=(sys.executable, "-c", PARTS + "server.stop()"))


@pytest.mark.usefixtures("city")
def test_a_backup_comes_back_into_an_empty_system_that_is_newer(hotline, running, tmp_path):
    agent = Actor("agent1", Role.AGENT)
    case, _ = cases.create(NEW, agent)
    photo = attachments.Upload("现场.jpg", files.jpeg(), Attached.MATTER)
    with transaction() as unit:
        row = attachments.keep(unit, facts.load(unit.session, case.number, lock=True), photo, agent)
        history.seal(unit)
    kept, data = tmp_path / "kept", tmp_path / "data"
    data.mkdir()
    tmp_path.chmod(0o755)
    made = hotline(None, "backup", str(kept))
    assert made.returncode == 0, made.stderr
    assert {name: (kept / name).stat().st_mode & 0o777 for name in ("hotline.dump", "secret")} == {
        "hotline.dump": 0o600,
        "secret": 0o600,
    }

    newer = hotline(data, program=(sys.executable, "-c", NEWER))
    assert newer.returncode == 0, newer.stderr
    back = hotline(data, "restore", str(kept))
    assert back.returncode == 0, back.stderr
    with psycopg.connect(running(data)) as connection:
        assert connection.execute("SELECT to_regclass('of_tomorrow')").fetchone() == (None,)
        assert connection.execute("SELECT number FROM cases").fetchall() == [(case.number,)]
    assert hotline(data, "history", "verify").returncode == 0
    secret = bytes.fromhex((data / "secret").read_text(encoding="ascii"))
    assert Vault(secret, b"attachments").read(data / row.file).startswith(b"\xff\xd8\xff")
    again = hotline(data, "restore", str(kept))
    assert again.returncode != 0
    assert "已有诉求" in again.stderr


def test_the_migrations_make_the_tables_the_code_speaks_of(database):
    from web import schema

    schema.check()
