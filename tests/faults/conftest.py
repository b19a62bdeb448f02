"""A town to break, built once for these tests and emptied before each."""

import tempfile
from pathlib import Path

import pytest

pytest.register_assert_rewrite("town")

from town import Town  # noqa: E402 - its asserts explain themselves only when rewritten first


@pytest.fixture(scope="session")
def built_town():
    with tempfile.TemporaryDirectory(prefix="hotline-faults-") as name:
        Path(name).chmod(0o755)
        made = Town(Path(name))
        try:
            made.build()
            yield made
        finally:
            made.pull_down()


@pytest.fixture
def town(built_town, monkeypatch):
    """The town without any matter; only the stores run. What its processes said is shown when a test fails."""
    for name, value in built_town.environment.items():
        monkeypatch.setenv(name, value)
    for log in built_town.log.glob("*.log"):
        log.unlink()
    built_town.clear()
    yield built_town
    built_town.end()
    for log in sorted(built_town.log.glob("*.log")):
        print(f"--- {log.name}", *log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:], sep="\n")
