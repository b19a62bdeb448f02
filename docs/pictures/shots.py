"""Takes the pictures: one function per picture, each a page as its people see it, 1280 px wide."""

from collections.abc import Callable
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
MATTER = "湖滨区黄河路锦绣小区北门，夜里十一点以后烧烤摊又摆出来了，油烟很大，老人咳嗽睡不着，希望彻底解决。"
DANGER = "义马市千秋路一栋居民楼三楼窗户在冒烟，楼上还有人没有下来，好像是厨房着火了。"
QUESTION = "我在外地交过养老保险，现在回来上班了，怎么转回来？"
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

    def make(self, wanted: tuple[str, ...] = ()) -> None:
        """All pictures, or those named."""
        try:
            for name, shot in SHOTS.items():
                if not wanted or name in wanted:
                    self.town.now_is(PRESENT)
                    shot(self, name)
        finally:
            self.calls.stop()
            self.browser.close()


# --- the agent's desk ------------------------------------------------------------------------------------------------


def login(album: Album, name: str) -> None:
    page = album.page("/login")
    page.fill("[name=name]", "agent1")
    album.take(page, name, 420)


def desk_idle(album: Album, name: str) -> None:
    album.take(album.page("/desk", "agent7"), name)


def desk_ringing(album: Album, name: str) -> None:
    album.calls.day()
    page = album.page("/desk", "agent1")
    page.click("button[data-status=ready]")
    with album.calls.ringing("13800002002"):
        page.wait_for_selector("#call-words:not([hidden])", timeout=20_000)
        page.wait_for_selector("#citizen .case-card")
        page.wait_for_timeout(800)
        album.take(page, name)


def desk_case(album: Album, name: str) -> None:
    page = album.page("/desk", "agent1")
    with album.calls.talking("13800002002"):
        page.wait_for_selector("#citizen .case-card", timeout=20_000)
        page.click("#content")
        page.keyboard.type(MATTER, delay=5)
        page.wait_for_selector("#chips .chip")
        page.wait_for_timeout(2500)
        page.fill("#name", "喻先生")
        page.keyboard.press("Alt+z")
        page.wait_for_timeout(500)
        album.take(page, name)
    _clear(album, "agent1")


def desk_transfer(album: Album, name: str) -> None:
    page = album.page("/desk", "agent1")
    with album.calls.talking("13800002002"):
        page.wait_for_selector("#call-control:not([hidden])", timeout=20_000)
        page.keyboard.press("F7")
        page.wait_for_selector("#call-control .targets li")
        page.wait_for_timeout(500)
        album.take(page, name)


def desk_about(album: Album, name: str) -> None:
    page = album.page("/desk", "agent7")
    page.fill("#phone", "13800002002")
    page.wait_for_selector("#citizen .case-card")
    page.keyboard.press("Alt+1")
    page.wait_for_selector("#about .case")
    page.fill("#content", "昨天夜里又摆到一点钟，油烟更大了。")
    page.wait_for_timeout(1200)
    album.take(page, name)
    _clear(album, "agent7")


def desk_danger(album: Album, name: str) -> None:
    page = album.page("/desk", "agent7")
    page.click("#content")
    page.keyboard.type(DANGER, delay=5)
    page.wait_for_selector("#danger:not([hidden])")
    page.wait_for_timeout(1500)
    album.take(page, name)
    _clear(album, "agent7")


def desk_made(album: Album, name: str) -> None:
    page = album.page("/desk", "agent7")
    page.click("#content")
    page.keyboard.type(QUESTION, delay=5)
    page.wait_for_selector("#answers .answer")
    page.wait_for_timeout(1500)
    page.fill("#phone", "13800002070")
    page.keyboard.press("F2")
    page.wait_for_timeout(1200)
    page.keyboard.press("F4")
    page.wait_for_selector("#made-number")
    page.wait_for_timeout(600)
    album.take(page, name)


def desk_keys(album: Album, name: str) -> None:
    page = album.page("/desk", "agent7")
    page.click("#show-keys")
    page.wait_for_timeout(400)
    album.take(page, name)


def desk_chat(album: Album, name: str) -> None:
    citizen = album.page("/chat", size=(1024, 768))
    for said in ("你好，我家楼道的灯坏了一个星期，该找谁修？", "是和平路三号院二单元，物业说不归他们管。"):
        citizen.fill("#text", said)
        citizen.keyboard.press("Enter")
        citizen.wait_for_timeout(1200)
    citizen.click("#human")
    citizen.wait_for_timeout(1500)
    page = album.page("/desk", "agent7")
    page.wait_for_selector("#chat-cards .case-card")
    page.click("#chat-cards .case-card >> nth=0")
    page.wait_for_timeout(1200)
    page.fill("#chat-say", "您好，我是热线工作人员。楼道灯属于公共照明，我帮您登记转给物业主管部门，请问怎么称呼您？")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1200)
    page.click("text=填入诉求")
    page.wait_for_selector("#chips .chip")
    page.wait_for_timeout(1500)
    album.take(page, name)
    _clear(album, "agent7")
    citizen.wait_for_timeout(500)
    album.take(citizen, "citizen-chat")


def _clear(album: Album, user: str) -> None:
    """Empties the desk's draft, so that the next picture begins anew."""
    page = album.page("/desk", user)
    page.evaluate("localStorage.clear()")
    page.fill("#content", "")
    page.fill("#phone", "")
    page.fill("#name", "")
    page.wait_for_timeout(2600)
    page.close()


# --- dispatch and departments ----------------------------------------------------------------------------------------


def beside(
    user: str, path: str, title: str, step: str = "", size: tuple[int, int] = DESK
) -> Callable[[Album, str], None]:
    """A picture of a list with one case opened, and perhaps one of its steps."""

    def shot(album: Album, name: str) -> None:
        page = album.page(f"{path}&open={album.number(title)}", user, size)
        page.wait_for_selector("#case .case")
        page.wait_for_timeout(1200)
        if step:
            if not page.locator(f"[data-step={step}]").first.is_visible():
                page.click("#steps details summary")
            page.click(f"[data-step={step}]")
            page.wait_for_timeout(1000)
        album.take(page, name)

    return shot


def department_reply(album: Album, name: str) -> None:
    page = album.page(f"/department?tab=working&open={album.number('湖滨广场地砖松动')}", "csglj1")
    page.wait_for_selector("[data-step=reply]")
    page.keyboard.press("Alt+4")
    page.wait_for_selector("[name=public]")
    page.select_option("[name=facts]", "属实")
    page.check("[name=solved][value=true]")
    page.fill("[name=public]", "已安排维修，请放心。")
    page.wait_for_timeout(800)
    page.evaluate("document.querySelector('[name=public]').scrollIntoView({block: 'center'})")
    album.take(page, name)


def department_phone(album: Album, name: str) -> None:
    first = album.page("/department?tab=working", "csglj1", PHONE)
    second = album.page(f"/department?tab=working&open={album.number('湖滨广场地砖松动')}", "csglj1", PHONE)
    second.wait_for_selector("[data-step=reply]")
    third = album.page(f"/department?tab=working&open={album.number('湖滨广场地砖松动')}", "csglj1", PHONE)
    third.wait_for_selector("[data-step=contact]")
    third.click("[data-step=contact]")
    third.wait_for_selector("[name=result]")
    third.fill("[name=result]", "已同市民核对地点，约定下午两点到现场。")
    _strip(album, name, [first, second, third])


def _strip(album: Album, name: str, pages: list[Page]) -> None:
    """Telephones side by side in one picture."""
    import base64  # noqa: PLC0415

    shots = [base64.b64encode(page.screenshot(scale="css")).decode() for page in pages]
    wide = (WIDE - 20 * (len(shots) + 1)) // len(shots)
    images = "".join(
        f'<img style="width:{wide}px;border:1px solid #999" src="data:image/png;base64,{s}">' for s in shots
    )
    board = album.browser.new_context(viewport={"width": WIDE, "height": wide * 2 + 40}).new_page()
    board.set_content(f'<body style="margin:20px;display:flex;gap:20px;background:#fff">{images}</body>')
    board.wait_for_timeout(300)
    shot = board.screenshot()
    (album.images / f"{name}.png").write_bytes(small(album.browser, shot))
    for page in pages:
        page.close()


def revisit_script(album: Album, name: str) -> None:
    page = album.page(f"/revisit?tab=call&open={album.number('小区门口渣土堆了半个月')}", "revisitor1")
    page.wait_for_selector("#decide form")
    page.keyboard.press("q")
    page.keyboard.press("s")
    page.keyboard.press("2")
    page.wait_for_timeout(800)
    album.take(page, name)


def callbacks(album: Album, name: str) -> None:
    page = album.page("/revisit", "revisitor1")
    page.click("#callbacks-door")
    page.wait_for_timeout(800)
    album.take(page, name)


def papers(album: Album, name: str) -> None:
    album.take(album.page("/papers", "supervisor1"), name)


def seats(album: Album, name: str) -> None:
    album.calls.day()
    album.take(album.page("/calls", "supervisor1"), name)


def quality(album: Album, name: str) -> None:
    page = album.page("/calls?tab=quality", "supervisor1")
    page.wait_for_timeout(1500)
    album.take(page, name)


# --- boards ----------------------------------------------------------------------------------------------------------


def board(album: Album, name: str) -> None:
    album.calls.day()
    page = album.page("/board", "supervisor1")
    page.wait_for_timeout(3000)
    album.take(page, name, 1300)


def door(album: Album, name: str) -> None:
    page = album.page("/board", "supervisor1")
    page.wait_for_timeout(2000)
    page.click("[data-figure=on_time_reply]")
    page.wait_for_timeout(1500)
    album.take(page, name)


def wall(key: str) -> Callable[[Album, str], None]:
    """One of the four pages of the wall."""

    def shot(album: Album, name: str) -> None:
        page = album.page("/board/wall", "supervisor1", WALL)
        page.wait_for_timeout(2500)
        page.keyboard.press(key)
        page.wait_for_timeout(600)
        album.take(page, name)

    return shot


# --- citizens --------------------------------------------------------------------------------------------------------


def citizen_home(album: Album, name: str) -> None:
    album.take(album.page("/", size=(1024, 800)), name)


def citizen_elder(album: Album, name: str) -> None:
    page = album.page("/", size=(1024, 1000))
    page.click("text=大字版")
    page.wait_for_timeout(600)
    album.take(page, name)


def citizen_submit(album: Album, name: str) -> None:
    page = album.page("/submit", size=(1024, 768))
    page.fill("#content", "和平路三号院门口的路灯坏了一个星期，晚上看不见路，希望早点修好。")
    page.check("input[name=kind][value=求助]", force=True)
    page.select_option("#area", "湖滨区")
    page.fill("#phone", "13800002071")
    page.wait_for_timeout(1800)
    album.take(page, name, 1340)


def citizen_done(album: Album, name: str) -> None:
    page = album.page("/submit", size=(1024, 800))
    page.fill("#content", "文明路人行道上的座椅断了一条腿，老人坐上去会摔，请换一把。")
    page.check("input[name=kind][value=建议]", force=True)
    page.select_option("#area", "湖滨区")
    page.fill("#phone", "13800002072")
    page.click("#send")
    page.wait_for_selector("#done:not([hidden])")
    page.wait_for_timeout(500)
    album.take(page, name)


def citizen_track(album: Album, name: str) -> None:
    """Needs a number and its query code: a matter of this day, answered for the picture."""
    body = {"kind": "咨询", "title": "老年卡在哪里办", "content": "我今年六十五岁了，老年乘车卡在哪里办？"}
    made = album.town.ask("citizen", "POST", "/api/v1/cases", body | {"citizen": {"phone": "13800002073"}})
    text = "满六十五周岁的老人，带身份证和一张照片，到公交公司和平路服务点办理，当场领卡，不收费。"
    path = f"/api/v1/cases/{made['number']}/actions"
    album.town.ask("agent7", "POST", path, {"action": "answer", "version": made["version"], "text": text})
    page = album.page(f"/track#{made['number']}.{made['query_code']}", size=(1024, 900))
    page.wait_for_selector("#story")
    page.wait_for_timeout(800)
    album.take(page, name, 1250)


def citizen_public(album: Album, name: str) -> None:
    album.take(album.page("/public", size=(1024, 900)), name)


SHOTS: dict[str, Callable[[Album, str], None]] = {
    "login": login,
    "citizen-home": citizen_home,
    "citizen-elder": citizen_elder,
    "citizen-submit": citizen_submit,
    "citizen-done": citizen_done,
    "citizen-track": citizen_track,
    "citizen-public": citizen_public,
    "desk-idle": desk_idle,
    "desk-ringing": desk_ringing,
    "desk-case": desk_case,
    "desk-transfer": desk_transfer,
    "desk-about": desk_about,
    "desk-danger": desk_danger,
    "desk-made": desk_made,
    "desk-keys": desk_keys,
    "desk-chat": desk_chat,
    "dispatch-forward": beside("dispatcher1", "/dispatch?", "楼顶私搭阳光房"),
    "dispatch-return": beside("supervisor1", "/dispatch?tab=returns", "物业不修单元门"),
    "dispatch-review": beside("reviewer1", "/dispatch?", "崤山路店铺高音喇叭叫卖"),
    "department": beside("csglj1", "/department?tab=sign", "早市超时不收摊"),
    "department-working": beside("csglj1", "/department?tab=working", "湖滨广场地砖松动"),
    "department-return": beside("csglj1", "/department?tab=sign", "早市超时不收摊", "return"),
    "department-reply": department_reply,
    "department-phone": department_phone,
    "revisit-script": revisit_script,
    "revisit-verdict": beside("supervisor1", "/revisit?tab=verdict", "要求取消小区门口便民摊点"),
    "callbacks": callbacks,
    "papers": papers,
    "calls-seats": seats,
    "calls-quality": quality,
    "board": board,
    "board-door": door,
    "wall-now": wall("1"),
    "wall-promise": wall("2"),
    "wall-burning": wall("3"),
    "wall-loop": wall("4"),
}
