"""The real application on a free port, and Debian's Chromium, for every browser test."""

import fcntl
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

PATIENCE = 30_000  # milliseconds on a busy machine
FRONTEND = Path(__file__).resolve().parents[2] / "web" / "frontend"


@pytest.fixture(scope="session")
def bundle():
    """The front end as it stands, bundled; by one process at a time, others may serve it meanwhile."""
    with (Path(tempfile.gettempdir()) / "hotline-bundle.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if _newest(FRONTEND / "src") > _newest(FRONTEND.parent / "static" / "dist"):
            subprocess.run(["node", "build.mjs"], cwd=FRONTEND, check=True, timeout=60)


def _newest(folder):
    """When the youngest file below it was written; 0.0 without any."""
    return max((file.stat().st_mtime for file in folder.rglob("*") if file.is_file()), default=0.0)


@pytest.fixture(scope="session")
def live_server(loaded_city, bundle):
    """Address of the application with its sockets, served by threads until the end of the run."""
    from werkzeug.serving import make_server

    from web.app import create_app

    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium-headless-shell", args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(city, live_server, chromium):
    """open_page("/submit") → a page of a fresh browser; an error in any page's script fails the test."""
    from web.app import limiter
    from web.citizen import published

    limiter.reset()
    published.forget()
    contexts, broken = [], []

    def opened(path, **look):
        looked = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | look
        contexts.append(chromium.new_context(**looked))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(live_server + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert broken == []


def pytest_collection_modifyitems(items):
    """A page that is left while a file is on its way leaves that file to the collector: no fault of the page."""
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
