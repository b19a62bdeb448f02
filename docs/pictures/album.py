"""Browsers at the demo system, logged in where wanted, that take the pictures of the manuals."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from calls import Calls
from palette import small
from playwright.sync_api import BrowserContext, Page, Playwright
from town import PRESENT, Town

WIDE = 1280
DESK = (1366, 768)
WALL = (1920, 1080)
PHONE = (390, 780)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none", "--lang=zh-CN"]


class Album:
    """Browsers at the demo system, logged in where wanted; `take` writes a picture."""

    def __init__(self, player: Playwright, town: Town, data: Path, images: Path) -> None:
        self.town, self.images, self.data = town, images, data
        self.browser = player.chromium.launch(
            executable_path="/usr/bin/chromium-headless-shell",
            args=_FLAGS,
            env={"LANGUAGE": "zh_CN", "LANG": "zh_CN.UTF-8"},
        )
        lines = (data / "demo-accounts.txt").read_text(encoding="utf-8").splitlines()
        self.passwords = dict(line.split("\t")[:2] for line in lines)
        self.contexts: dict[str, BrowserContext] = {}
        self.calls = Calls(data / "calls", town)

    def page(self, path: str, user: str = "", size: tuple[int, int] = DESK) -> Page:
        """A page of that user, drawn so that its picture is WIDE; without a user a citizen's."""
        key = f"{user or len(self.contexts)}{size}"  # every citizen is another one
        if key not in self.contexts:
            width, height = size
            look = {"viewport": {"width": width, "height": height}, "device_scale_factor": WIDE / width}
            self.contexts[key] = self.browser.new_context(**look, locale="zh-CN", timezone_id="Asia/Shanghai")
            if user:
                self._log_in(self.contexts[key], user)
        page = self.contexts[key].new_page()
        page.goto(self.town.address + path)
        page.wait_for_timeout(1200)
        for offer in page.get_by_role("button", name="不要了").all():
            offer.click()  # what an earlier picture left behind
        return page

    def _log_in(self, context: BrowserContext, user: str) -> None:
        page = context.new_page()
        page.goto(self.town.address + "/login")
        page.fill("#name, [name=name]", user)
        page.fill("[name=password]", self.passwords[user])
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        page.close()

    def take(self, page: Page, name: str, height: int = 0) -> None:
        """The picture of what stands on the screen, or of its upper `height` pixels."""
        size = page.viewport_size or {"width": WIDE, "height": 0}
        clip: Any = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"]}
        shot = page.screenshot(clip=clip, animations="disabled", full_page=bool(height))
        (self.images / f"{name}.png").write_bytes(small(self.browser, shot))
        page.close()

    def number(self, title: str) -> str:
        """The number of the case with that title."""
        found = self.town.ask("supervisor1", "GET", f"/api/v1/cases?q={title}")["items"]
        return str(found[-1]["number"])

    def make(self, shots: Mapping[str, "Shot"], wanted: tuple[str, ...] = ()) -> None:
        """All pictures, or those named."""
        try:
            for name, shot in shots.items():
                if not wanted or name in wanted:
                    self.town.now_is(PRESENT)
                    shot(self, name)
        finally:
            self.calls.stop()
            self.browser.close()


Shot = Callable[[Album, str], None]
