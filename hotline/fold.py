"""The ledger of the rates from the append-only history alone, pure: what an auditor counts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from hotline.rates import CallFact, ClockFact, Ledger, Mark

_NOT_FIRST = frozenset({"redo", "arbitrate"})  # what these steps send is no first dispatch
OF_THE_CASE = frozenset({"accepted", "direct", "closed", "rated", "satisfaction", "solved"})  # counted for its lead


class HistoryFact(NamedTuple):
    """A history row as far as rates need it; `department`: whose person did it."""

    case: int
    at: dt.datetime
    action: str
    facts: dict[str, Any]
    department: str = ""


def _change(clocks: dict[tuple[int, str], ClockFact], row: HistoryFact, told: dict[str, Any]) -> None:
    key = (row.case, told["key"])
    due = dt.datetime.fromisoformat(told["due"])
    if told["change"] == "start":
        start = dt.datetime.fromisoformat(told["start"])
        goes_on = clocks.get((row.case, told.get("inherits", "")))
        extended = goes_on is not None and goes_on.extended
        clocks[key] = ClockFact(row.case, told["clock"], told["department"], start, due, extended=extended)
        return
    fact = clocks[key]
    fact.due = due
    fact.extended = fact.extended or told["change"] == "extend"
    if told["change"] in {"pause", "resume", "stop"}:
        fact.paused = row.at if told["change"] == "pause" else None
    ended = told["change"] == "stop"
    if ended or told["change"] == "restart":
        fact.stop, fact.outcome = (row.at, told["outcome"]) if ended else (None, "")


def marks_of(row: HistoryFact) -> list[Mark]:
    """What one history row adds to the ledger."""
    told, lead = row.facts, row.facts.get("lead", "")
    round_ = int(told.get("round", 1))

    def mark(what: str, department: str = lead, value: int = 0) -> Mark:
        return Mark(what, row.case, row.at, department, round_, value)

    flags = [mark(name) for name in ("accepted", "direct", "closed") if told.get(name)]
    named = ("returned", "replied", "redone", "delivered")
    made = [mark(name, str(told[name])) for name in named if told.get(name)]
    sent = [mark("sent", s["department"]) for s in told.get("sent", []) if row.action not in _NOT_FIRST]
    there = [mark("delivered", s["department"]) for s in told.get("sent", []) if s["delivered"]]
    rated = [mark("rated", value=told["level"])] if "level" in told else []
    left_out = [replace(mark("excluded"), round=int(told.get("review_round", round_)))] if told.get("excluded") else []
    return flags + made + sent + there + rated + left_out + _revisit_marks(told.get("revisit"), mark)


def _revisit_marks(said: dict[str, Any] | None, mark: Callable[..., Mark]) -> list[Mark]:
    if not said or not said["reached"]:
        return []
    return [mark("satisfaction", value=said["satisfaction"]), mark("solved", value=int(bool(said["solved"])))]


def fold(rows: Iterable[HistoryFact], calls: Iterable[CallFact] = ()) -> Ledger:
    """The ledger from history rows in the order they were written."""
    clocks: dict[tuple[int, str], ClockFact] = {}
    leads: dict[int, str] = {}
    returners: dict[int, str] = {}
    marks: dict[int, list[Mark]] = defaultdict(list)
    for row in rows:
        for told in row.facts.get("clocks", []):
            _change(clocks, row, told)
        marks[row.case] += marks_of(row)
        if row.action == "return":
            returners[row.case] = row.department
        if row.facts.get("redispatched"):
            marks[row.case] = _taken_from(returners[row.case], row.facts["round"], marks[row.case])
        leads[row.case] = row.facts.get("lead", "") or leads.get(row.case, "")
    for fact in clocks.values():
        fact.department = fact.department or leads[fact.case]
    owned = [_owned(mark, leads[case]) for case, found in marks.items() for mark in found]
    return Ledger(list(clocks.values()), owned, list(calls))


def _taken_from(house: str, round_: int, marks: list[Mark]) -> list[Mark]:
    """The marks of a case that a verdict has just taken from this house: to send it there was wrong."""
    wrong = ("sent", house, round_)
    return [replace(m, kept=False) if (m.what, m.department, m.round) == wrong else m for m in marks]


def _owned(mark: Mark, lead: str) -> Mark:
    """What is counted for the case's lead goes to the one it has in the end."""
    return replace(mark, department=lead) if mark.what in OF_THE_CASE and mark.department != lead else mark


def each(rows: Iterable[HistoryFact]) -> Iterator[Ledger]:
    """The ledger of one case after the other: what is counted never needs more than one case at a time."""
    for _, of_one in groupby(rows, key=lambda row: row.case):
        yield fold(of_one)
