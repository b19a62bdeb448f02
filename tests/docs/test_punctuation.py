"""Between Chinese characters stands Chinese punctuation: in messages, templates, scripts and the city's data."""

import ast
import csv
import re
import tomllib

import pytest

from hotline.settings import ROOT

pytestmark = pytest.mark.fast
HAN = "\u4e00-\u9fff”）》」"
HALF = re.compile(rf"[{HAN}][,:;?!]|[,:;?!][\u4e00-\u9fff“（《「]|[\u4e00-\u9fff]\(|\)[\u4e00-\u9fff]")
PATTERN = re.compile(r"\(\?|\.\{|\\[dsw]|\[:|\)\+|\|")  # a string that is a regular expression
ROOMS = ("hotline", "dispatch", "triage", "telephony", "kb", "web")
PLAIN = (*ROOT.glob("web/frontend/src/**/*.js"), *ROOT.glob("web/templates/**/*.html"))
DATA = (*ROOT.glob("hotline/city/*.csv"), *ROOT.glob("kb/starter/*.csv"))
TABLES = (*ROOT.glob("hotline/city/*.toml"), *ROOT.glob("hotline/policies/*.toml"))


def wrong(text):
    return [text[max(0, hit.start() - 8) : hit.end() + 8] for hit in HALF.finditer(text)]


def docstrings(tree):
    """Those of the code (English with Chinese terms); what a command says of itself is for people and stays in."""
    for node in ast.walk(tree):
        shown = isinstance(node, ast.FunctionDef) and node.decorator_list
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and not shown and ast.get_docstring(node):
            yield node.body[0].value


def said_in(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    left_out = {id(node) for node in docstrings(tree)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node.value for node in texts if id(node) not in left_out and not PATTERN.search(node.value)]


def strings(value):
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in strings(item)]


def test_the_scan_knows_right_from_wrong():
    assert all(wrong(text) for text in ("没有,不行", "电话:请填", "好吗?", "时限(工作日)", ",请重试"))
    assert wrong("今天 17:40，agent1@10.0.0.1；部门（主办）？") == []


@pytest.mark.parametrize("room", ROOMS)
def test_messages_have_full_width_punctuation(room):
    files = [file for file in ROOT.glob(f"{room}/**/*.py") if "node_modules" not in file.parts]
    found = {str(file.relative_to(ROOT)): wrong("\n".join(said_in(file))) for file in files}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_scripts_and_templates_have_full_width_punctuation():
    found = {file.name: wrong(re.sub(r"(?<!:)//.*", "", file.read_text(encoding="utf-8"))) for file in PLAIN}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_the_citys_data_have_full_width_punctuation():
    rows = {file.name: csv.reader(file.read_text(encoding="utf-8").splitlines()) for file in DATA}
    told = {name: "\n".join(cell for row in cells for cell in row).replace(";", "\n") for name, cells in rows.items()}
    told |= {file.name: "\n".join(strings(tomllib.loads(file.read_text(encoding="utf-8")))) for file in TABLES}
    assert {name: wrong(text) for name, text in told.items() if wrong(text)} == {}
