"""The pictures of the pages under 专项, of reports, of hot topics and of the rules."""

from album import Album, Shot
from playwright.sync_api import Page

NOVEMBER = "2026-11"
HALL = "市政务大厅 3 号窗口"
A4 = (794, 1123)
WINDOWS = ((HALL, "shbxzx", "养老保险关系转移接续"), ("户政大厅 1 号窗口", "gaj", "居民身份证办理"))
GUIDE = "条件：在本市新参保。材料：身份证。流程：网上或窗口申请，两地自动交换，不用再跑原参保地。时限：十五个工作日。"


def _opened(page: Page, summary: str) -> None:
    """A form that stands folded."""
    page.locator("summary", has_text=summary).first.click()


def _sent(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).first.click()
    page.wait_for_load_state()
    page.wait_for_timeout(800)


def _window(album: Album) -> str:
    """The code of the window in the hall, opened once."""
    page = album.page("/special/windows", "supervisor1")
    if not page.locator("tbody tr").count():
        for title, house, item in WINDOWS:
            _opened(page, "新增窗口")
            page.fill("#w-name", title)
            page.select_option("#w-department", house)
            page.fill("#w-item", item)
            _sent(page, "新增")
    link = page.locator("tr", has_text=HALL).get_by_role("link", name="自助评价页").get_attribute("href") or ""
    page.close()
    return link.rsplit("/", 1)[-1]


def windows(album: Album, name: str) -> None:
    _window(album)
    album.take(album.page("/special/windows", "supervisor1"), name, 620)


def sheet(album: Album, name: str) -> None:
    album.take(album.page(f"/special/windows/{_window(album)}/sheet", "supervisor1", A4), name)


def kiosk(album: Album, name: str) -> None:
    code = _window(album)
    for level in (5, 4, 1):
        page = album.page(f"/kiosk/{code}", size=(1024, 768))
        page.click(f'[data-level="{level}"]')
        page.get_by_role("button", name="提交评价").click()
        page.wait_for_timeout(500)
        page.close()
    album.take(album.page(f"/kiosk/{code}", size=(1024, 768)), name)


def reviews(album: Album, name: str) -> None:
    album.take(album.page("/special/reviews?kind=bad", "supervisor1"), name, 620)


def appeals(album: Album, name: str) -> None:
    album.take(album.page("/special/appeals", "reviewer1"), name)


def stuck(album: Album, name: str) -> None:
    page = album.page("/special/stuck", "agent2")
    if not page.locator("section.card").count():
        _opened(page, "登记一件")
        page.fill("#s-number", album.number("湖滨广场地砖松动"))
        page.select_option("#s-grade", "general")
        page.fill("#s-item", "临时占道施工许可")
        page.fill("#s-story", "去了两趟大厅，窗口说系统升级办不了，没有说什么时候能办，也没有给书面材料。")
        _sent(page, "登记")
    page.close()
    album.take(album.page("/special/stuck", "supervisor1"), name, 620)


def officers(album: Album, name: str) -> None:
    page = album.page("/special/officers", "supervisor1")
    if not page.locator("section.card").count():
        _opened(page, "体验官名单")
        page.fill("#p-name", "薛老师")
        page.fill("#p-house", "市民代表")
        _sent(page, "登记体验官")
        _opened(page, "记一份体验评价")
        page.select_option("#o-officer", index=1)
        page.fill("#o-day", "2026-11-20")
        page.select_option("#o-department", "bdczx")
        page.fill("#o-item", "存量房转移登记")
        page.select_option("#o-level", index=4)
        page.fill("#o-story", "取号后等了五十分钟，三个窗口只开一个；材料一次说清，办理本身只用了十二分钟。")
        _sent(page, "记下")
    page.close()
    album.take(album.page("/special/officers", "supervisor1"), name)


def items(album: Album, name: str) -> None:
    page = album.page("/special/items", "shbxzx1")
    if not page.locator("section.card").count():
        _opened(page, "申请变更")
        page.select_option("#i-what", index=1)
        page.fill("#i-code", "shbx-zy-01")
        page.fill("#i-title", "养老保险关系转移接续")
        page.fill("#i-body", GUIDE)
        page.fill("#i-reason", "部里新规，原参保地凭证不再要市民提交。")
        _sent(page, "提出申请")
    page.close()
    album.take(album.page("/special/items", "keeper1"), name)


def month(album: Album, name: str) -> None:
    album.take(album.page(f"/reports?month={NOVEMBER}", "supervisor1"), name, 900)


def topics(album: Album, name: str) -> None:
    page = album.page("/topics", "supervisor1")
    _sent(page, "现在重新归并")
    page.close()
    album.take(album.page("/topics", "supervisor1"), name, 900)


def rules(album: Album, name: str) -> None:
    album.take(album.page("/admin/rules", "admin1"), name, 900)


def rules_form(album: Album, name: str) -> None:
    page = album.page("/admin/rules", "admin1")
    page.locator("tr", has_text="本市在用").get_by_role("link", name="修改").click()
    page.wait_for_timeout(1500)
    album.take(page, name)


def rules_year(album: Album, name: str) -> None:
    album.take(album.page("/admin/rules/calendar/2026/edit", "admin1"), name, 1100)


SHOTS: dict[str, Shot] = {
    "special-windows": windows,
    "special-sheet": sheet,
    "special-kiosk": kiosk,
    "special-reviews": reviews,
    "special-appeals": appeals,
    "special-stuck": stuck,
    "special-officers": officers,
    "special-items": items,
    "reports": month,
    "topics": topics,
    "rules": rules,
    "rules-form": rules_form,
    "rules-year": rules_year,
}
