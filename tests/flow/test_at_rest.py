"""Nothing a citizen or a house says about him stands in the tables in clear (rules.md §7)."""

import pytest
from sqlalchemy import text
from staff_story import ANSWER, CLERK, DISPATCHER, REVIEWER, do, new

from hotline import db
from hotline.words import Action
from web.tables import METADATA

pytestmark = pytest.mark.usefixtures("city")
NAME, PHONE, HOME = "夏侯静态", "13577776666", "独特静态路88号"
SAID = f"我叫{NAME}，电话{PHONE}，家住{HOME}"


def in_clear():
    """(table, column) wherever one of the citizen's words stands as it was said."""
    found = set()
    with db.engine().connect() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"')).mappings():
                found |= {
                    (table.name, name) for name, kept in row.items() if any(w in str(kept) for w in (NAME, PHONE, HOME))
                }
    return found


def test_what_is_said_about_a_citizen_is_sealed_in_every_table():
    case = new(content=SAID, title=SAID, name=NAME, phone=PHONE, address=HOME)
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}], opinion=SAID)
    do(case, Action.RETURN, CLERK, reason=SAID)
    do(case, Action.ARBITRATE, DISPATCHER, verdict="keep", reason=SAID)
    do(case, Action.SIGN, CLERK)
    do(case, Action.CONTACT, CLERK, how="电话", result=SAID)
    do(case, Action.REQUEST_EXTENSION, CLERK, days=2, reason=SAID)
    do(case, Action.REPLY, CLERK, **(ANSWER | {"facts": SAID, "reason": SAID, "internal": SAID}))
    do(case, Action.SEND_BACK, REVIEWER, reasons=["没有答复诉求"])
    assert in_clear() == set()
