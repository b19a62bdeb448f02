"""The pictures of the staff's pages: one function per picture, each a page as its people see it."""

from album import DESK, PHONE, WALL, WIDE, Album, Shot
from palette import small
from playwright.sync_api import Page

MATTER = "湖滨区黄河路锦绣小区北门，夜里十一点以后烧烤摊又摆出来了，油烟很大，老人咳嗽睡不着，希望彻底解决。"
DANGER = "义马市千秋路一栋居民楼三楼窗户在冒烟，楼上还有人没有下来，好像是厨房着火了。"
QUESTION = "我在外地交过养老保险，现在回来上班了，怎么转回来？"


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


def beside(user: str, path: str, title: str, step: str = "", size: tuple[int, int] = DESK) -> Shot:
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


def wall(key: str) -> Shot:
    """One of the four pages of the wall."""

    def shot(album: Album, name: str) -> None:
        page = album.page("/board/wall", "supervisor1", WALL)
        page.wait_for_timeout(2500)
        page.keyboard.press(key)
        page.wait_for_timeout(600)
        album.take(page, name)

    return shot


SHOTS: dict[str, Shot] = {
    "login": login,
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
