"""The city's telephone as written down: `telephone.toml` (groups, routes, roster, numbers) and `skills.csv`."""

import csv
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hotline.settings import CITY
from telephony.queueing import HEADS, Group, Rules
from telephony.roster import duty
from telephony.words import Strategy


def load(folder: Path = CITY, given: Mapping[str, Any] | None = None) -> Rules:
    """The rules of a city, with some numbers replaced by `given`. ValueError names what is wrong, OSError."""
    table = tomllib.loads((folder / "telephone.toml").read_text(encoding="utf-8"))
    strange = set(table) - {"queue", "heads", "group", "route", "duty", "tags"}
    if strange:
        raise ValueError(f"telephone.toml: {'、'.join(sorted(strange))}")
    groups = tuple(_group(row) for row in table["group"])
    codes = [group.code for group in groups]
    if len(set(codes)) < len(codes):
        raise ValueError("telephone.toml: two groups of one code")
    tables = {
        "groups": groups,
        "routes": tuple(_route(row, codes) for row in table.get("route", [])),
        "duties": tuple(duty(row, codes) for row in table.get("duty", [])),
        "heads": _heads(table.get("heads", {})),
        "tags": tuple(table.get("tags", [])),
        "skills": _skills(folder / "skills.csv", codes),
    }
    trunk = {"trunk": os.environ["HOTLINE_TRUNK"]} if os.environ.get("HOTLINE_TRUNK") else {}
    return Rules.of(table.get("queue", {}) | tables | trunk | dict(given or {}))


def _group(row: Mapping[str, Any]) -> Group:
    widening = tuple((float(after), int(level)) for after, level in row["widening"])
    if row["strategy"] not in set(Strategy) or not widening or widening[0][0] != 0:
        raise ValueError(f"group {row['code']}: strategy, widening")
    return Group(row["code"], row["name"], row["strategy"], widening)


def _route(row: Mapping[str, str], codes: list[str]) -> tuple[str, str]:
    if row["fact"] not in HEADS or row["group"] not in codes:
        raise ValueError(f"route: {row['fact']}, {row['group']}")
    return row["fact"], row["group"]


def _heads(given: Mapping[str, float]) -> dict[str, float]:
    strange = set(given) - set(HEADS)
    if strange:
        raise ValueError(f"heads: {'、'.join(sorted(strange))}")
    return {**HEADS, **given}


def _skills(file: Path, codes: list[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with file.open(encoding="utf-8-sig", newline="") as rows:
        for row in csv.DictReader(rows):
            level = int(row["level"])
            if row["group"] not in codes or level < 1:
                raise ValueError(f"skills.csv: {row['user']}, {row['group']}, {row['level']}")
            found.setdefault(row["user"], {})[row["group"]] = level
    return found
