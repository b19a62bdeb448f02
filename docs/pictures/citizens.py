"""The pictures of the citizens' pages."""

from album import Album, Shot
from playwright.sync_api import Page


def citizen_home(album: Album, name: str) -> None:
    album.take(album.page("/", size=(1024, 800)), name)


def citizen_elder(album: Album, name: str) -> None:
    page = album.page("/", size=(1024, 1000))
    page.click("text=大字版")
    page.wait_for_timeout(600)
    album.take(page, name)


def _written(page: Page, kind: str, content: str, phone: str) -> None:
    """The form of the citizens, filled."""
    page.fill("#content", content)
    page.check(f"input[name=kind][value={kind}]", force=True)
    page.select_option("#area", "湖滨区")
    page.fill("#phone", phone)


def citizen_submit(album: Album, name: str) -> None:
    page = album.page("/submit", size=(1024, 768))
    _written(page, "求助", "和平路三号院门口的路灯坏了一个星期，晚上看不见路，希望早点修好。", "13800002071")
    page.wait_for_timeout(1800)
    album.take(page, name, 1340)


def citizen_done(album: Album, name: str) -> None:
    page = album.page("/submit", size=(1024, 800))
    _written(page, "建议", "文明路人行道上的座椅断了一条腿，老人坐上去会摔，请换一把。", "13800002072")
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


SHOTS: dict[str, Shot] = {
    "citizen-home": citizen_home,
    "citizen-elder": citizen_elder,
    "citizen-submit": citizen_submit,
    "citizen-done": citizen_done,
    "citizen-track": citizen_track,
    "citizen-public": citizen_public,
}
