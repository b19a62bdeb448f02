"""The monthly public page: reviews by department and item, few put together, anonymous apart; the export."""

import csv
import io
from collections import Counter

import pytest
from staff_story import CITIZEN, REVISITOR, SPOKEN, SUPERVISOR, do, passed

from hotline import cases, windows
from hotline import published as reviews
from hotline.words import Action, Channel
from web.app import limiter
from web.citizen import published


@pytest.fixture
def october(app, drill):
    """Six reviews of one department, one at a window of another, five at one of a third; then it is November."""
    limiter.reset()
    published.forget()
    drill("2026-10-12T09:30:00+08:00")
    for level in (5, 5, 4, 3, 2, 1):
        cases.act(passed(anonymous=level == 4).number, Action.RATE, CITIZEN, {"level": level})
    said = windows.NewWindow(name="环保窗口", department="sthjj", item="排污许可")
    code = windows.open_window(said, SUPERVISOR.name).code
    windows.review(code, windows.Said(level=1, nonce="n" * 22), Channel.KIOSK)
    said = windows.NewWindow(name="户籍窗口", department="gaj", item="户口迁移")
    code = windows.open_window(said, SUPERVISOR.name).code
    for number in range(5):
        windows.review(code, windows.Said(level=5, nonce=f"{number}" * 22), Channel.WINDOW)
    drill("2026-11-03T10:00:00+08:00")
    return app.test_client()


def table(client, month="2026-10"):
    answer = client.get(f"/public/reviews-{month}.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_a_past_month_is_told_by_department_and_item_and_few_are_put_together(october):
    found = {(row["分组"], row["名称"]): row for row in table(october)}
    whole = found["全部", "全部"]
    assert (whole["评价数"], whole["非常满意"], whole["非常不满意"], whole["其中匿名"]) == ("12", "7", "2", "7")
    own = found["部门", "市城市管理局"]
    assert [own[name] for name in ("评价数", "非常满意", "满意", "基本满意", "不满意", "非常不满意", "其中匿名")] == [
        "6", "2", "1", "1", "1", "1", "1",
    ]  # fmt: skip
    assert {name for kind, name in found if kind == "部门"} == {"市城市管理局", published.SMALL}
    rest = found["部门", published.SMALL]  # the one of the second with the five of the third: nobody stands alone
    assert (rest["评价数"], rest["非常满意"], rest["非常不满意"]) == ("6", "5", "1")
    assert not [name for _, name in found if "排污许可" in name]


def test_the_page_tells_the_same_and_offers_the_months(october):
    page = october.get("/public?month=2026-10").text
    assert "当月评价 12 次，其中匿名 7 次" in page
    assert "66.7%" in page
    assert 'href="/public/reviews-2026-10.csv"' in page
    assert '<option value="2026-10" selected>' in page
    assert "当月评价 0 次" in october.get("/public").text


def test_what_a_second_person_took_out_is_told_as_a_number(october, drill):
    drill("2026-10-20T09:30:00+08:00")
    case = passed()
    cases.act(case.number, Action.RATE, CITIZEN, {"level": 1})
    do(case, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1)
    do(case, Action.JUDGE, REVISITOR, verdict="malicious", reason="与本件无关")
    do(case, Action.APPROVE_VERDICT, SUPERVISOR, granted=True)
    drill("2026-11-03T10:00:00+08:00")
    published.forget()
    page = october.get("/public?month=2026-10").text
    assert "当月评价 12 次，其中匿名 7 次。另有 1 次经核查和第二人复核不计入" in page


@pytest.mark.parametrize("month", ["2026-12", "2026-00", "x"])
def test_a_month_that_is_none_is_refused(october, month):
    assert october.get(f"/public?month={month}").status_code == 422
    assert october.get(f"/public/reviews-{month}.csv").status_code in {404, 422}


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 9, "b": 7}, [("a", 9, True), ("b", 7, True)]),
        ({"a": 9, "b": 7, "c": 1}, [("a", 9, True), ("*", 8, True)]),
        ({"a": 9, "c": 3, "d": 4}, [("a", 9, True), ("*", 7, True)]),
        ({"a": 9, "c": 1}, [("*", 10, True)]),
        ({"c": 1, "d": 2}, [("*", 3, False)]),
        ({}, []),
    ],
    ids=["all large", "one small takes the next", "two small suffice", "one beside one", "all few", "none"],
)
def test_no_small_group_is_found_by_taking_the_others_from_the_whole(counts, shown):
    groups = {name: reviews.Group(name, Counter({5: count})) for name, count in counts.items()}
    assert [(g.name, g.count, g.told) for g in reviews._published(groups, 5)] == shown
