"""The demo city holds together: whoever replaces its files learns here what must stay true."""

import csv
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from hotline.words import Role

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
CITY = ROOT / "hotline" / "city"

COLUMNS = {
    "categories": "code,first,second,keywords,hint",
    "areas": "code,name,government,aliases,lat,lon",
    "departments": "code,name,short,kind,area,parent,contact,contact_phone,head,head_phone,aliases",
    "catalogue": "category,area,lead,co,basis",
    "fallback": "area,department",
    "users": "user,name,role,department,phone_uri",
}
MAY_BE_EMPTY = {"area", "parent", "co", "phone_uri"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(name: str) -> list[dict[str, str]]:
    return read(CITY / f"{name}.csv")


def column(name: str, key: str) -> list[str]:
    return [row[key] for row in table(name)]


def words(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


CATEGORIES = table("categories")
AREAS = table("areas")
DEPARTMENTS = {row["code"]: row for row in table("departments")}
CATALOGUE = table("catalogue")
AREA_NAMES = set(column("areas", "name"))
ARTICLES = read(ROOT / "kb" / "starter" / "articles.csv")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_has_its_columns_and_no_empty_cell_where_a_value_is_needed(name):
    rows = table(name)
    assert list(rows[0]) == COLUMNS[name].split(",")
    for row in rows:
        assert None not in row, row
        assert not [key for key, value in row.items() if not value and key not in MAY_BE_EMPTY], row
        assert [value for value in row.values() if value != value.strip()] == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("categories", "code"),
        ("categories", "second"),
        ("areas", "code"),
        ("areas", "name"),
        ("departments", "code"),
        ("departments", "name"),
        ("departments", "short"),
        ("departments", "contact_phone"),
        ("departments", "head_phone"),
        ("fallback", "area"),
        ("users", "user"),
    ],
)
def test_what_names_a_row_names_only_one(name, key):
    assert repeated(column(name, key)) == []


def test_the_city_is_as_large_as_a_real_one():
    kinds = Counter(row["kind"] for row in DEPARTMENTS.values())
    assert len({row["first"] for row in CATEGORIES}) >= 16
    assert len(CATEGORIES) >= 96
    assert kinds["bureau"] + kinds["utility"] >= 36
    assert (kinds["government"], kinds["centre"]) == (8, 1)
    assert set(kinds) == {"centre", "bureau", "utility", "government", "unit"}


def test_a_category_code_begins_with_its_first_level():
    names: dict[str, set[str]] = {}
    for row in CATEGORIES:
        assert re.fullmatch(r"\d{4}", row["code"])
        names.setdefault(row["code"][:2], set()).add(row["first"])
    assert [codes for codes in names.values() if len(codes) > 1] == []
    assert len(names) == len({row["first"] for row in CATEGORIES})


@pytest.mark.parametrize("row", CATEGORIES, ids=lambda row: row["code"])
def test_a_category_has_six_to_twelve_different_keywords(row):
    keywords = words(row["keywords"])
    assert 6 <= len(keywords) <= 12
    assert repeated(keywords) == []
    assert all(keyword == keyword.strip() != "" for keyword in keywords)


def test_an_area_knows_its_places_and_lies_in_the_province():
    for row in AREAS:
        assert len(words(row["aliases"])) >= 10
        assert 33.5 < float(row["lat"]) < 35.2
        assert 110.3 < float(row["lon"]) < 112.1


def test_a_place_name_points_to_one_area_even_inside_a_longer_name():
    owner = [(name, row["name"]) for row in AREAS for name in [*words(row["aliases"]), row["name"]]]
    clashes = [(a, b) for a, one in owner for b, other in owner if one != other and a in b]
    assert clashes == []


def test_a_department_code_is_letters_only_so_that_its_two_accounts_cannot_clash():
    assert [code for code in DEPARTMENTS if not re.fullmatch(r"[a-z]+", code)] == []
    derived = {f"{code}{number}" for code in DEPARTMENTS for number in (1, 2)}
    assert derived.isdisjoint(column("users", "user"))


def test_a_department_alias_belongs_to_one_department():
    owned = [(name, code) for code, row in DEPARTMENTS.items() for name in {row["name"], *words(row["aliases"])}]
    assert repeated([name for name, _ in owned]) == []


def test_parents_exist_and_lead_to_the_city_hall_without_a_circle():
    for code in DEPARTMENTS:
        seen, at = set(), code
        while DEPARTMENTS[at]["parent"]:
            assert at not in seen, f"circle at {at}"
            seen.add(at)
            at = DEPARTMENTS[at]["parent"]
        assert at == "szfbgs"


def test_each_area_has_its_own_government_and_units_lie_in_known_areas():
    governments = {row["area"]: code for code, row in DEPARTMENTS.items() if row["kind"] == "government"}
    assert governments == {row["name"]: row["government"] for row in AREAS}
    assert {row["area"] for row in DEPARTMENTS.values()} - {""} <= AREA_NAMES


def test_phone_numbers_are_recognisably_invented():
    for row in DEPARTMENTS.values():
        assert re.fullmatch(r"0398-5550\d{3}", row["contact_phone"])
        assert re.fullmatch(r"1380000\d{4}", row["head_phone"])


def test_every_category_has_exactly_one_row_for_anywhere():
    assert sorted(row["category"] for row in CATALOGUE if row["area"] == "*") == sorted(column("categories", "code"))


def test_the_catalogue_says_one_thing_for_a_category_in_an_area():
    assert repeated([f"{row['category']} {row['area']}" for row in CATALOGUE]) == []


def test_the_catalogue_names_only_what_exists():
    codes = set(column("categories", "code"))
    for row in CATALOGUE:
        named = [row["lead"], *words(row["co"])]
        assert row["category"] in codes
        assert row["area"] in AREA_NAMES | {"*"}
        assert set(named) <= set(DEPARTMENTS), row
        assert repeated(named) == []


def test_an_area_row_leads_to_that_areas_government_with_its_reason():
    governments = {row["name"]: row["government"] for row in AREAS}
    for row in CATALOGUE:
        assert row["basis"].endswith("。")
        if row["area"] != "*":
            assert row["lead"] == governments[row["area"]]
            assert row["area"] in row["basis"]


def test_every_bureau_utility_and_area_has_something_to_do():
    # city hall is the last fallback; these support others and receive cases by hand or by handing down
    by_hand = {"xfj", "czj", "swj", "jrj", "gzw", "wwj", "tyj", "hwj", "ggzyzx", "gdwl"}
    busy = {code for row in CATALOGUE for code in [row["lead"], *words(row["co"])]}
    idle = {code for code, row in DEPARTMENTS.items() if row["kind"] != "unit"} - busy
    assert idle <= by_hand


def test_every_area_has_a_fallback_owner_and_so_has_nowhere():
    fallback = {row["area"]: row["department"] for row in table("fallback")}
    assert set(fallback) == AREA_NAMES | {"*"}
    assert {area: fallback[area] for area in AREA_NAMES} == {row["name"]: row["government"] for row in AREAS}
    assert fallback["*"] in DEPARTMENTS


def test_the_centre_has_people_of_every_role_and_agents_have_their_phone():
    users = {row["user"]: row for row in table("users")}
    assert {row["role"] for row in users.values()} == set(Role) - {Role.CITIZEN, Role.CLERK, Role.HEAD, Role.SYSTEM}
    assert {row["department"] for row in users.values()} == {"rxzx"}
    agents = {name: row["phone_uri"] for name, row in users.items() if row["phone_uri"]}
    assert agents == {f"agent{n}": f"sip:agent{n}@127.0.0.1:57{n:02d}" for n in range(1, 21)}


def test_the_city_file_names_departments_that_exist_and_the_emergency_numbers():
    city = tomllib.loads((CITY / "city.toml").read_text(encoding="utf-8"))
    assert {"110", "119", "120"} <= {line["number"] for line in city["emergency"]}
    named = [city["hotline"]["centre"], *(line["department"] for line in city["partner"])]
    assert set(named) <= set(DEPARTMENTS)
    assert DEPARTMENTS[city["hotline"]["centre"]]["kind"] == "centre"
    assert city["hotline"]["mailbox"].endswith(".invalid")


def test_there_are_enough_articles_and_each_has_its_own_title():
    assert len(ARTICLES) >= 80
    assert list(ARTICLES[0]) == ["code", "title", "body", "kind", "department", "area", "effective", "expires"]
    for key in ("code", "title", "body"):
        assert repeated([row[key] for row in ARTICLES]) == []


@pytest.mark.parametrize("row", ARTICLES, ids=lambda row: row["code"])
def test_an_article_is_short_enough_to_read_aloud_and_belongs_to_somebody(row):
    assert 200 <= len(row["body"]) <= 500
    assert "？" in row["title"]
    assert row["kind"] in {"guide", "answer", "policy"}
    assert row["department"] in DEPARTMENTS
    assert row["area"] in AREA_NAMES | {""}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["effective"])
    assert row["expires"] == "" or row["expires"] > row["effective"]
