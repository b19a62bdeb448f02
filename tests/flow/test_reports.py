"""The monthly report: its figures are those of the rates to the digit, its files hold the same, each reads his own."""

import io
import json
import re
import zipfile
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from staff_story import CLERK, DISPATCHER, REVISITOR, SPOKEN, do, forwarded, passed, signed

from hotline import db
from hotline.city_models import Department
from hotline.unit import transaction
from hotline.words import Action
from web.cli.data import rates as rates_command
from web.staff import reports

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def october(drill):
    """A month with work: one answered well, one badly and redone, one returned, one silent; then it is November."""
    drill("2026-10-12T09:30:00+08:00")
    good, bad = passed(), passed()
    do(good, Action.REVISIT, REVISITOR, **SPOKEN, solved=True, satisfaction=5)
    do(bad, Action.REVISIT, REVISITOR, **SPOKEN, solved=False, satisfaction=1)
    do(bad, Action.JUDGE, REVISITOR, verdict="justified", reason="现场仍超时营业")
    do(bad, Action.REDO, DISPATCHER, opinion="请重新办理")
    back = forwarded()
    do(back, Action.RETURN, CLERK, reason="不属我局职责", suggest="sthjj")
    do(back, Action.ARBITRATE, DISPATCHER, verdict="reassign", department="sthjj")
    signed()
    drill("2026-11-20T10:00:00+08:00")


def by_command(department):
    words = ["--from", "2026-10-01", "--to", "2026-10-31", "--department", department, "--json"]
    done = CliRunner().invoke(rates_command, words, catch_exceptions=False)
    return {rate["code"]: rate for rate in json.loads(done.output)["rates"]}


def test_the_figures_are_those_of_the_rates_recomputed_from_history_to_the_digit(ask, october):
    told = ask("supervisor1").get("/api/v1/reports/2026-10").json
    assert {row["department"] for row in told["departments"]} == {"csglj", "sthjj"}
    for row in told["departments"]:
        from_history = by_command(row["department"])
        assert row["rates"] == [from_history[code] for code in reports.RATES]
        load = {label: from_history[code]["denominator"] for code, label in reports.WORK}
        assert row["work"] == load
    own = {rate["code"]: (rate["numerator"], rate["denominator"]) for rate in told["departments"][0]["rates"]}
    assert own["satisfaction"] == (1, 2)
    assert own["return"] == (1, 5)
    assert own["redo"] == (1, 2)


def cells(body, number):
    """The cells of a sheet of a workbook: text, numbers; and the formulas in it."""
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        shared = [
            "".join(node.itertext()) for node in ET.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{SHEET}si")
        ]
        sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    rows = []
    for row in sheet.iter(f"{SHEET}row"):
        values = [(cell.get("t"), cell.findtext(f"{SHEET}v")) for cell in row]
        rows.append([shared[int(value)] if kind == "s" else float(value) for kind, value in values])
    return rows, list(sheet.iter(f"{SHEET}f"))


def test_the_workbook_holds_the_same_figures(ask, october):
    client = ask("supervisor1")
    told = client.get("/api/v1/reports/2026-10").json["departments"]
    answer = client.get("/reports/2026-10.xlsx")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    (head, *lines), formulas = cells(answer.data, 1)
    assert formulas == []
    for row, line in zip(told, lines, strict=True):
        counted = [row["department"], row["name"], *row["work"].values()]
        for rate in row["rates"]:
            counted += [rate["numerator"], rate["denominator"], *([] if rate["value"] is None else [rate["value"]])]
        assert line == counted
    assert head[:3] == ["部门代码", "部门", "送达"]


def test_a_departments_name_is_never_a_formula(ask, october):
    with db.session() as session:
        before = session.get(Department, "csglj").name
    try:
        rename('=HYPERLINK("http://x","y")')
        (_, *lines), formulas = cells(ask("supervisor1").get("/reports/2026-10.xlsx").data, 1)
        assert formulas == []
        assert '=HYPERLINK("http://x","y")' in [line[1] for line in lines]
    finally:
        rename(before)


def rename(name):
    from web.staff import houses

    with transaction() as unit:
        unit.session.get(Department, "csglj").name = name
    houses._houses.cache_clear()


def test_the_paper_can_be_printed(ask, october):
    answer = ask("supervisor1").get("/reports/2026-10.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert len(answer.data) > 3000


def test_the_head_of_a_department_sees_its_own_alone(ask, october):
    told = ask("csglj2").get("/api/v1/reports/2026-10").json
    assert [row["department"] for row in told["departments"]] == ["csglj"]
    page = ask("csglj2").get("/reports?month=2026-10").text
    assert "城市管理局" in page
    assert "生态环境局" not in page
    (_, *lines), _ = cells(ask("csglj2").get("/reports/2026-10.xlsx").data, 2)
    assert {line[2] if isinstance(line[1], float) else line[1] for line in lines} == {lines[0][1]}


@pytest.mark.parametrize("user", ["csglj1", "agent1", "revisitor1", "keeper1"])
def test_others_do_not_see_the_report(ask, user):
    for path in ("/reports", "/reports/2026-10.xlsx", "/reports/2026-10.pdf", "/api/v1/reports/2026-10"):
        assert ask(user).get(path).status_code == 403, path


def test_few_are_not_ranked_against_many_and_the_page_says_so(ask, october):
    page = ask("supervisor1").get("/reports?month=2026-10&by=satisfaction").text
    places = page[page.index('id="places"') :]
    assert "分母不足 10 件的不参与排名" in places
    assert "件数不足，不参与排名" in places
    assert "没有可计算的" in places
    assert not re.search(r"0\.0%\s*<span[^>]*>0/0", page)


@pytest.mark.parametrize("month", ["2026-13", "2027-01", "x", "2026-1", "1999-12"])
def test_a_month_that_is_none_or_has_not_begun_is_refused(ask, month, drill):
    drill("2026-11-20T10:00:00+08:00")
    refused = ask("supervisor1").get(f"/api/v1/reports/{month}")
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "bad_month")


def test_an_unknown_ranking_or_file_is_refused(ask, drill):
    drill("2026-11-20T10:00:00+08:00")
    client = ask("supervisor1")
    assert client.get("/reports?by=luck").status_code == 422
    assert client.get("/reports/2026-10.exe").status_code == 422


def test_a_month_without_work_says_so(ask, drill):
    drill("2026-11-20T10:00:00+08:00")
    assert "这个月没有可统计的诉求" in ask("supervisor1").get("/reports?month=2026-02").text
