"""An installed package works without its checkout: the wheel holds every file that the rooms read while they run."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from hotline.settings import ROOT

ROOMS = ("hotline", "telephony", "triage", "dispatch", "kb", "web")
LEFT = shutil.ignore_patterns("__pycache__", "node_modules", "frontend", ".ready")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / "tree" / room, ignore=LEFT)
    (folder / "tree/web/static/dist").mkdir(parents=True, exist_ok=True)
    (folder / "tree/web/static/dist/staff.css").touch()  # made by node before the wheel is built
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, folder / "tree")
    build = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(folder / "tree")]
    subprocess.run(
        [sys.executable, *build], check=True, timeout=120, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_rooms(wheel):
    with zipfile.ZipFile(wheel) as packed:
        inside = set(packed.namelist())
    tree = wheel.parent / "tree"
    wanted = {str(file.relative_to(tree)) for room in ROOMS for file in (tree / room).rglob("*") if file.is_file()}
    assert {name for name in wanted - inside if ".egg-info" not in name} == set()
    assert not [
        name for name in inside if "node_modules" in name or name.startswith(("tests", "bench", "web/frontend"))
    ]


def test_an_installed_package_answers_from_its_own_files(wheel, tmp_path):
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    ask = "import hotline.settings as s, web.schema as w; print(s.HOME, w.config().get_main_option('script_location'))"
    env = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE")} | {
        "PYTHONPATH": str(site)
    }

    def run(*words):
        told = subprocess.run(
            [sys.executable, *words], env=env, cwd=tmp_path, check=True, capture_output=True, timeout=60
        )
        return told.stdout.decode()

    home, migrations = run("-c", ask).split()
    assert (home, migrations) == (str(tmp_path), str(site / "web" / "migrations"))
    words = ["due", "--clock", "reply", "--kind", "投诉", "--start", "2026-09-29T16:20+08:00", "--json"]
    told = json.loads(run("-m", "web.cli", *words))
    assert told["due_at"] == "2026-10-19T18:00:00+08:00"
