"""The administrator's page in a real Chromium: an agent's phone is found and given another address."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
OWN = "sip:agent7@127.0.0.1:5707"


def test_a_phone_is_found_and_moved_and_what_is_no_address_is_said(open_page, live_server, parts):
    passwords = dict(line.split("\t")[:2] for line in (parts.data / "demo-accounts.txt").read_text().splitlines())
    page = open_page("/login")
    page.fill("#name", "admin1")
    page.fill("#password", passwords["admin1"])
    page.click("button[type=submit]")
    page.goto(f"{live_server}/admin")
    page.fill("#find", "agent7@")
    expect(page.locator("#people tr:visible")).to_have_count(1)
    field = page.get_by_label("agent7 的话机地址")
    expect(field).to_have_value(OWN)
    says = page.locator("#people tr:visible [role=status]")
    for address, told in (("tel:10086", "话机地址要像"), ("sip:7@10.0.0.8:5060", "已保存"), (OWN, "已保存")):
        field.fill(address)
        with page.expect_response("**/admin/users/agent7/phone"):
            field.press("Enter")
        expect(says).to_contain_text(told)
    page.reload()
    expect(page.get_by_label("agent7 的话机地址")).to_have_value(OWN)
