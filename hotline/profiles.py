"""A profile as it is written: a TOML table, laid over the one it extends; parsed from text and written back.

A clock it names replaces all rows of that clock, a number it names replaces that number. What it takes over from the
other city's own rule counts as an assumption here. What the entries mean is policy.py's.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from hotline.errors import BadInput

POLICIES = Path(__file__).parent / "policies"
KEYS = frozenset({"title", "version", "extends", "office", "limit", "number"})
ORDER = ("title", "version", "office", "number", "limit")
OF_ONE_CITY = frozenset({"H", "S"})  # where another profile takes these over they are assumptions


def table(name_or_path: str | Path) -> dict[str, Any]:
    """The whole table of the profile of that name in `policies/`, or of that file (a Path, or a text ending in .toml).

    Raises BadInput `policy_missing` or `policy_invalid`.
    """
    return _merged(_read(_file(name_or_path)), frozenset())


def parsed(text: str, name: str) -> dict[str, Any]:
    """The whole table a text says, under this name; it may extend one of `policies/`. Raises BadInput like `table`."""
    return _merged(_checked(text, name), frozenset())


def written(whole: Mapping[str, Any]) -> str:
    """A whole table as TOML text, without its name and without what it once extended; `parsed` reads it back."""
    return tomli_w.dumps({key: whole[key] for key in ORDER if key in whole})


def only(given: Any, allowed: Iterable[str], name: str, where: str) -> None:
    """Raise BadInput `policy_invalid` unless `given` is a table of these keys."""
    if not isinstance(given, Mapping):
        raise invalid(name, f"{where} 须为表")
    if unknown := sorted(set(given) - set(allowed)):
        raise invalid(name, f"{where} 中有不认识的项：{'、'.join(unknown)}")


def invalid(name: str, reason: str) -> BadInput:
    """What is wrong with the profile of that name."""
    return BadInput("policy_invalid", f"时限方案 {name} 有误：{reason}", {"policy": name})


def _file(name_or_path: str | Path) -> Path:
    named = isinstance(name_or_path, str) and not name_or_path.endswith(".toml")
    return POLICIES / f"{Path(name_or_path).name}.toml" if named else Path(name_or_path)


def _read(file: Path) -> dict[str, Any]:
    try:
        return _checked(file.read_text(encoding="utf-8"), file.stem)
    except FileNotFoundError as gone:
        raise BadInput("policy_missing", f"没有名为 {file.stem} 的时限方案") from gone
    except UnicodeDecodeError as wrong:
        raise invalid(file.stem, str(wrong)) from wrong


def _checked(text: str, name: str) -> dict[str, Any]:
    """The table as written, with its name. Only the outer shape is looked at here."""
    try:
        written: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise invalid(name, str(wrong)) from wrong
    only(written, KEYS, name, "方案")
    whole = {"name": name, "limit": [], "number": {}, **written}
    entries = [*whole["limit"], *whole["number"].values()] if _shaped(whole) else [None]
    if not all(isinstance(each, dict) for each in entries):
        raise invalid(name, "limit 须为表的数组，number 须为表")
    return whole


def _shaped(whole: Mapping[str, Any]) -> bool:
    return isinstance(whole["limit"], list) and isinstance(whole["number"], dict)


def _merged(written: dict[str, Any], seen: frozenset[str]) -> dict[str, Any]:
    """The profile with what it extends laid under it."""
    name = written["name"]
    if name in seen:
        raise invalid(name, "extends 相互引用")
    if "extends" not in written:
        return written
    base = _merged(_read(_file(str(written["extends"]))), seen | {name})
    own = {row.get("clock") for row in written["limit"]}
    rows = [_taken_over(row) for row in base["limit"] if row.get("clock") not in own]
    numbers = {key: _taken_over(entry) for key, entry in base["number"].items()} | written["number"]
    return {**base, **written, "limit": rows + written["limit"], "number": numbers}


def _taken_over(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "source": "A"} if entry.get("source") in OF_ONE_CITY else entry
