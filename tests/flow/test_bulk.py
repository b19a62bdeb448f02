"""`hotline import cases`: each row is taken in or told of by itself, and none is ever made twice."""

import csv
import io
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from hotline import db
from hotline.errors import BadInput
from hotline.models import Case
from web.cli import bulk, hotline

pytestmark = pytest.mark.usefixtures("city")
HEAD = "kind,content,channel,phone,area"
LAMP = "投诉,路灯不亮,phone,13800000001,湖滨区"
NOISE = "投诉,夜里施工太吵,phone,13800000002,湖滨区"
WATER = "咨询,水费怎么交,web,13800000003,"


@pytest.fixture
def bring(tmp_path):
    """bring(rows…): the file is imported; (created, already, the reasons of what was rejected)."""

    def run(*rows, head=HEAD, name="cases.csv"):
        file = tmp_path / name
        file.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
        done = CliRunner().invoke(hotline, ["import", "cases", str(file), "--json"], catch_exceptions=False)
        told = json.loads(done.stdout)
        rejects = file.with_suffix(".csv.rejects.csv")
        rejected = list(csv.DictReader(io.StringIO(rejects.read_text("utf-8")))) if rejects.exists() else []
        assert told["rejected"] == len(rejected)
        return told["created"], told["already"], [(row["line"], row["code"]) for row in rejected]

    return run


def kept():
    with db.session() as session:
        return sorted(session.scalars(select(Case)), key=lambda case: case.id)


WRONG_ROWS = {
    "a NUL": ("投诉,路灯\0不亮,phone,13800000001,湖滨区", None),
    "a NUL in the area": ("投诉,路灯不亮,phone,13800000001,湖\0滨区", None),
    "a cell beyond all measure": (f"投诉,{'长' * 140_000},phone,13800000001,湖滨区", None),
    "no content": ("投诉,,phone,13800000001,湖滨区", None),
    "more cells than columns": (f"{LAMP},x", "cells_without_column"),
}


@pytest.mark.parametrize(("row", "code"), WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_a_row_that_cannot_be_taken_in_is_rejected_by_itself(bring, row, code):
    created, already, rejected = bring(LAMP, row, NOISE)
    assert (created, already, [line for line, _ in rejected]) == (2, 0, ["3"])
    assert code in {None, rejected[0][1]}
    assert bring(LAMP, row, NOISE)[:2] == (0, 2)
    assert len(kept()) == 2


def test_text_the_database_refuses_is_rejected_by_itself(bring):
    created, _, rejected = bring(f"x\0,{LAMP}", f"1,{NOISE}", f"{'9' * 3000},{WATER}", head=f"id,{HEAD}")
    assert (created, rejected) == (1, [("2", "bad_value"), ("4", "id_too_long")])


def test_a_row_is_the_same_in_a_file_of_another_name_and_in_another_place(bring):
    assert bring(LAMP, NOISE) == (2, 0, [])
    assert bring(LAMP, NOISE, name="renamed.csv") == (0, 2, [])
    assert bring(WATER, NOISE, LAMP) == (1, 2, [])
    assert [case.content for case in kept()] == ["路灯不亮", "夜里施工太吵", "水费怎么交"]


def test_another_file_of_the_same_name_is_taken_in(bring):
    assert bring(LAMP) == (1, 0, [])
    assert bring(NOISE) == (1, 0, [])


def test_rows_that_say_the_same_are_as_many_cases_as_there_are_rows(bring):
    assert bring(LAMP, LAMP) == (2, 0, [])
    assert bring(LAMP, NOISE, LAMP, LAMP) == (2, 2, [])


def test_a_row_s_own_id_makes_it_known_again(bring):
    assert bring(f"17,{LAMP}", head=f"id,{HEAD}") == (1, 0, [])
    assert bring(f"17,{LAMP}", f"18,{LAMP}", head=f"id,{HEAD}") == (1, 1, [])


TRUTHS = {"是": True, "TRUE": True, "1": True, "否": False, "false": False, "0": False, "": False}


def test_who_asked_for_secrecy_is_kept_secret(bring):
    head = f"{HEAD},confidential,anonymous"
    assert bring(*(f"{LAMP},{word},{word}" for word in TRUTHS), head=head) == (len(TRUTHS), 0, [])
    assert [(case.confidential, case.anonymous) for case in kept()] == [(truth, truth) for truth in TRUTHS.values()]
    assert bring(f"{LAMP},maybe,否", head=head) == (0, 0, [("2", "bad_truth")])


WRONG_HEADS = {
    "unknown_columns": f"{HEAD},secret,保密",
    "columns_twice": f"{HEAD},phone",
    "column_missing": "kind,title",
}


@pytest.mark.parametrize(("code", "head"), WRONG_HEADS.items())
def test_a_file_whose_columns_are_not_understood_is_refused_whole_and_they_are_named(bring, code, head):
    with pytest.raises(BadInput) as refused:
        bring(f"{LAMP},1,1", head=head)
    assert refused.value.code == code
    assert {"unknown_columns": "secret、保密", "columns_twice": "phone", "column_missing": "content"}[
        code
    ] in refused.value.message
    assert kept() == []


def test_a_database_that_goes_away_ends_the_import_and_a_rerun_makes_the_rest(bring, monkeypatch):
    from web import intake

    create, calls = intake.create, []

    def goes_away(*given):
        calls.append(given)
        if len(calls) == 2:
            raise OperationalError("", {}, Exception("gone"))
        return create(*given)

    monkeypatch.setattr(intake, "create", goes_away)
    with pytest.raises(OperationalError):
        bring(LAMP, NOISE, WATER)
    assert bring(LAMP, NOISE, WATER) == (2, 1, [])


def test_every_column_of_the_import_is_in_the_manual():
    from hotline.settings import ROOT

    for page in ("docs/operations.md", "docs/manual/系统管理员.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert [name for name in bulk.COLUMNS if f"`{name}`" not in text] == []


def test_reading_a_long_cell_leaves_the_limits_of_the_process_as_they_were(tmp_path):
    file, usual = tmp_path / "long.csv", csv.field_size_limit()
    file.write_text(f"content,phone\n{'长' * 140_000},13800000001\n", encoding="utf-8")
    CliRunner().invoke(hotline, ["import", "cases", str(file)])
    assert csv.field_size_limit() == usual
