"""The profile as a form: its table as typed texts, and back. What may be typed is checked by the profile itself."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from hotline.errors import BadInput
from hotline.policy import NUMBERS, SOURCES, WORDS, Policy
from hotline.words import Channel, Clock, Kind, Urgency
from hotline.worktime import UNITS
from web.staff.settings_page import NAMES

MOST_ROWS = 200
INTERVALS = 3
CONDITIONS: dict[str, Any] = {"kind": Kind, "urgency": Urgency, "channel": Channel}
WEEKDAYS = dict(enumerate("一二三四五六日", start=1))
NEW = "new"
Typed = dict[str, Any]


def choices() -> dict[str, Any]:
    """What the form's lists offer."""
    clocks = [(clock.value, clock.label) for clock in Clock if clock is not Clock.AUTO_FORWARD]
    words = {name: [(word.value, word.label) for word in vocabulary] for name, vocabulary in CONDITIONS.items()}
    units = [(unit.value, unit.label) for unit in UNITS.values()]
    return {"clocks": clocks, "units": units, "sources": SOURCES, "weekdays": WEEKDAYS} | words


# --- a table as the form shows it ---


def shown(table: Mapping[str, Any], policy: Policy) -> Typed:
    """The profile's table as typed texts; `policy` is the same profile, read."""
    hours = [list(pair) for pair in table.get("office", {}).get("hours", [])]
    return {
        "title": table["title"],
        "office": hours + [["", ""]] * (INTERVALS - len(hours)),
        "weekdays": {str(day) for day in table.get("office", {}).get("weekdays", range(1, 6))},
        "limits": [_shown_row(row) for row in table["limit"]],
        "numbers": [_shown_number(key, table["number"][key], policy) for key in NUMBERS],
        "new": _shown_row({"clock": "", "amount": "", "unit": "working_days", "source": "S"}),
    }


def _shown_row(row: Mapping[str, Any]) -> Typed:
    said = {name: list(row.get(name, [])) for name in CONDITIONS}
    labels = [CONDITIONS[name](word).label for name, words in said.items() for word in words]
    plain = {name: str(row.get(name, "")) for name in ("clock", "amount", "unit", "source", "note")}
    label = Clock(row["clock"]).label if row["clock"] else ""
    return plain | said | {"label": label, "fits": "、".join(labels) or "一律", "gone": False}


def _shown_number(key: str, entry: Mapping[str, Any], policy: Policy) -> Typed:
    read = getattr(policy, key)
    label, unit = NAMES[key]
    about = {"key": key, "label": label, "unit": unit, "source": entry["source"], "note": str(entry.get("note", ""))}
    if isinstance(read, float):
        return about | {"control": "share", "value": f"{read * 100:g}", "unit": "%"}
    if isinstance(read, tuple):
        return about | {"control": "hours", "value": list(entry["value"])}
    if isinstance(read, frozenset):
        return about | {"control": "words", "value": list(entry["value"]), "words": _vocabulary(read)}
    return about | {"control": "whole", "value": str(read)}


def _vocabulary(words: frozenset[str]) -> list[tuple[str, str]]:
    """The vocabulary these words are of; channels where none is chosen."""
    of = next(name for name in ("channel", "kind", "urgency") if WORDS[name].keys() >= words)
    return [(word.value, word.label) for word in CONDITIONS[of]]


# --- what came back ---


def typed(form: "MultiDict[str, str]", before: Typed) -> Typed:
    """The form as it was typed, in the shape of `shown`; `before` says what kind of field each number has."""
    rows = range(next(i for i in range(MOST_ROWS + 1) if f"limit-{i}-clock" not in form or i == MOST_ROWS))
    return {
        "title": form.get("title", "").strip(),
        "office": [[form.get(f"office-{i}-{end}", "").strip() for end in ("from", "to")] for i in range(INTERVALS)],
        "weekdays": set(form.getlist("weekdays")),
        "limits": [_typed_row(form, f"limit-{i}") for i in rows],
        "numbers": [number | _typed_number(form, number) for number in before["numbers"]],
        "new": _typed_row(form, f"limit-{NEW}"),
    }


def _typed_row(form: "MultiDict[str, str]", at: str) -> Typed:
    known = {name: [w for w in form.getlist(f"{at}-{name}") if w in WORDS[name]] for name in CONDITIONS}
    plain = {name: form.get(f"{at}-{name}", "").strip() for name in ("clock", "amount", "unit", "source", "note")}
    plain["clock"] = plain["clock"] if plain["clock"] in WORDS["clock"] else ""
    return _shown_row(plain | known) | {"gone": f"{at}-gone" in form}


def _typed_number(form: "MultiDict[str, str]", number: Typed) -> Typed:
    at = f"number-{number['key']}"
    source = {"source": form.get(f"{at}-source", "")}
    if number["control"] == "hours":
        return source | {"value": [form.get(f"{at}-{end}", "").strip() for end in ("from", "to")]}
    if number["control"] == "words":
        return source | {"value": form.getlist(at)}
    return source | {"value": form.get(at, "").strip()}


def table_of(said: Typed) -> dict[str, Any]:
    """The table a typed form means. Raises BadInput `bad_rule` naming the fields that are no numbers."""
    wrong: dict[str, str] = {}
    rows = [_row(row, f"limit-{i}", wrong) for i, row in enumerate(said["limits"]) if not row["gone"]]
    if said["new"]["clock"]:
        _insert(rows, _row(said["new"], f"limit-{NEW}", wrong))
    numbers = {number["key"]: _number(number, wrong) for number in said["numbers"]}
    if wrong:
        raise BadInput("bad_rule", "有的格子填得不对，请看红色提示。", wrong)
    hours = [pair for pair in said["office"] if any(pair)]
    office = {"hours": hours, "weekdays": sorted(int(day) for day in said["weekdays"] if day.isdecimal())}
    return {"title": said["title"], "version": "", "office": office, "number": numbers, "limit": rows}


def _insert(rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
    """Before the row of the same clock that fits every case: behind it, it would never be read."""
    general = (i for i, old in enumerate(rows) if old["clock"] == row["clock"] and not CONDITIONS.keys() & old.keys())
    conditional = CONDITIONS.keys() & row.keys()
    rows.insert(next(general, len(rows)) if conditional else len(rows), row)


def _row(row: Typed, at: str, wrong: dict[str, str]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("clock", "unit", "source")} | {
        "amount": _whole(row["amount"], f"{at}-amount", wrong)
    }
    more = {name: row[name] for name in (*CONDITIONS, "note") if row[name]}
    return plain | more


def _number(number: Typed, wrong: dict[str, str]) -> dict[str, Any]:
    at, value = f"number-{number['key']}", number["value"]
    if number["control"] == "share":
        value = _share(value, at, wrong)
    elif number["control"] == "whole":
        value = _whole(value, at, wrong)
    entry = {"value": value, "source": number["source"]}
    _check(number["key"], value, at, wrong)
    return entry | ({"note": number["note"]} if number["note"] else {})


def _check(key: str, value: Any, at: str, wrong: dict[str, str]) -> None:
    """The profile's own word on this number, beside its field."""
    try:
        NUMBERS[key](value)
    except (ValueError, TypeError) as refused:
        wrong.setdefault(at, str(refused))


def _whole(text: str, at: str, wrong: dict[str, str]) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10:  # noqa: PLR2004 - no limit is that long
        return int(text)
    wrong[at] = "请填整数"
    return 0


def _share(text: str, at: str, wrong: dict[str, str]) -> float:
    try:
        return round(float(text) / 100, 4)
    except ValueError:
        wrong[at] = "请填百分数"
        return 0.0
