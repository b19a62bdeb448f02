"""Loads a city: areas, departments, categories, catalogue, fallback owners, and for a demo its users."""

import csv
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from dispatch.models import CatalogueRow, Fallback
from hotline.city_models import Area, Category, Department, User
from hotline.db import Base
from hotline.settings import CITY, Settings
from hotline.unit import transaction
from hotline.words import Role

ACCOUNTS = "demo-accounts.txt"
_QUICK = "scrypt:4096:8:1"  # a department has two accounts: a hundred hashes at first start


def _rows(name: str, folder: Path) -> Iterator[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _put(session: Session, table: type[Base], key: tuple[str, ...], rows: Iterable[Mapping[str, object]]) -> None:
    """Insert, or update what is there already: a city is loaded again after a change."""
    for row in rows:
        fresh = {name: value for name, value in row.items() if name not in key}
        session.execute(insert(table).values(**row).on_conflict_do_update(index_elements=list(key), set_=fresh))


def load(folder: Path = CITY, *, demo: bool = False) -> None:
    """Read the city's files into the tables. Raises KeyError or ValueError naming a broken file's column."""
    with transaction() as unit:
        _load_places(unit.session, folder)
        _load_catalogue(unit.session, folder)
        if demo:
            _load_users(unit.session, folder)


def _load_places(session: Session, folder: Path) -> None:
    areas = [
        {"code": r["code"], "name": r["name"], "government": r["government"], "aliases": _list(r["aliases"])}
        for r in _rows("areas.csv", folder)
    ]
    _put(session, Area, ("code",), areas)
    names = ("code", "name", "short", "kind", "area", "parent", "contact", "contact_phone", "head", "head_phone")
    departments = [
        {name: r[name] for name in names} | {"aliases": _list(r["aliases"])} | _if_told(r)
        for r in _rows("departments.csv", folder)
    ]
    _put(session, Department, ("code",), departments)
    categories = [
        {name: r[name] for name in ("code", "first", "second", "hint")} | {"keywords": _list(r["keywords"])}
        for r in _rows("categories.csv", folder)
    ]
    _put(session, Category, ("code",), categories)


def _if_told(row: dict[str, str]) -> dict[str, object]:
    """Columns a file may have: a department's own system, its e-mail address, and that it was dissolved."""
    told: dict[str, object] = {name: row[name] for name in ("system_url", "mail") if name in row}
    return told | ({"dissolved": row["dissolved"] == "1"} if "dissolved" in row else {})


def _load_catalogue(session: Session, folder: Path) -> None:
    rows = [
        {name: r[name] for name in ("category", "area", "lead", "basis")} | {"co": _list(r["co"])}
        for r in _rows("catalogue.csv", folder)
    ]
    _put(session, CatalogueRow, ("category", "area"), rows)
    owners = [{"area": r["area"], "department": r["department"]} for r in _rows("fallback.csv", folder)]
    _put(session, Fallback, ("area",), owners)


def _load_users(session: Session, folder: Path) -> None:
    """Users with fresh passwords at first start; later starts keep what is there."""
    people = [
        {"name": r["user"], "shown": r["name"], "role": r["role"], "department": "", "phone_uri": r["phone_uri"]}
        for r in _rows("users.csv", folder)
    ]
    for r in _rows("departments.csv", folder):
        for number, role in (("1", Role.CLERK), ("2", Role.HEAD)):
            shown = r["contact"] if role is Role.CLERK else r["head"]
            person = {"name": r["code"] + number, "shown": shown, "role": role.value, "department": r["code"]}
            people.append(person | {"phone_uri": ""})
    known = {name for (name,) in session.query(User.name)}
    made = [person | {"password": secrets.token_urlsafe(9)} for person in people if person["name"] not in known]
    for person in made:
        hashed = generate_password_hash(person["password"], method=_QUICK)
        session.add(User(**(person | {"password": hashed})))
    if made:
        _write_accounts(made)


def _write_accounts(people: list[dict[str, str]]) -> None:
    file = Settings().data / ACCOUNTS
    handle = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as out:
        for person in people:
            out.write(f"{person['name']}\t{person['password']}\t{Role(person['role']).label}\t{person['shown']}\n")
