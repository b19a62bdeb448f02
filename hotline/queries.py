"""The read side of the rates: counted by the database over the tables, or folded from the history alone.

Each kind of fact of `rates.FORMULAS` has a Source: where it stands, and which columns carry the fact's names. One
statement counts everything, so that all figures are of one moment; each part of it reads one index over the period and
costs what lies in the period, not what is stored.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from types import SimpleNamespace as Names
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from hotline.fold import HistoryFact, each, fold
from hotline.loop_models import Exclusion
from hotline.models import COUNTED_STEPS, Assignment, Case, ClockRow, HistoryRow, Rating, ReplyRow, RevisitRow
from hotline.rates import FORMULAS, CallFact, Count, Formula, Ledger, Period, Rate, counted, every, tally
from hotline.words import Clock, Delivery

LOOK_BACK = dt.timedelta(days=180)  # longer than any limit with its extension and a usual pause
_AS_ASKED = text(
    "SET LOCAL plan_cache_mode = force_custom_plan"
)  # a plan for any period would suit neither day nor year


@dataclass(frozen=True, eq=False)
class Source:
    """Rows of `table` as facts of the kinds `of`; `fact` gives the fact's names their columns.

    `kind` tells several kinds in one table apart. `department` is whose the fact is (None: nobody's); where it
    `asks_lead`, the case is joined.
    """

    of: frozenset[str]
    table: Any
    fact: Names
    only: tuple[ColumnElement[bool], ...] = ()
    kind: Any = None
    department: Any = None
    asks_lead: bool = False

    def inside(self, found: Select[Any], count: Count, period: Period, *, with_department: bool) -> Select[Any]:
        """`found` over the rows whose moment lies in the period, of its department where it names one."""
        at = getattr(self.fact, count.at)
        found = found.select_from(self.table).where(at >= period.begin, at < period.end, *self.only)
        if self.kind is not None:
            found = found.where(self.kind.in_(count.of))
        if self.asks_lead and with_department:
            found = found.join(Case, Case.id == self.fact.case)
        return found.where(self.department == period.department) if period.department else found


# --- where the facts stand -----------------------------------------------------------------------------------------


def _step(flag: str, kind: str = "", **more: Any) -> Source:
    """A step that accepted, answered directly or closed; a reopened case's earlier closing stands here alone."""
    names, of = Names(case=HistoryRow.case_id, at=HistoryRow.at, **more), frozenset({kind or flag})
    return Source(of, HistoryRow, names, (COUNTED_STEPS[flag],), department=Case.lead, asks_lead=True)


def _rated_in(round_: Any) -> ColumnElement[bool]:
    return exists().where(Rating.case_id == HistoryRow.case_id, Rating.round == round_)


def _place(what: str, at: Any, *only: ColumnElement[bool]) -> Source:
    names = Names(case=Assignment.case_id, at=at, kept=Assignment.status != Delivery.RETURNED.value)
    return Source(frozenset({what}), Assignment, names, only, department=Assignment.department)


def _revisit(what: str, value: Any) -> Source:
    names = Names(case=RevisitRow.case_id, at=RevisitRow.at, value=func.coalesce(value, 0), counts=_counts(RevisitRow))
    only = (RevisitRow.reached.is_(True),)
    return Source(frozenset({what}), RevisitRow, names, only, department=Case.lead, asks_lead=True)


_CLOCK = Names(
    case=ClockRow.case_id,
    start=ClockRow.started_at,
    due=ClockRow.due_at,
    stop=ClockRow.stopped_at,
    outcome=ClockRow.outcome,
    extended=ClockRow.extended,
    runs=ClockRow.paused_at.is_(None) | (ClockRow.paused_at > ClockRow.due_at),
)
_LEAD = select(Case.lead).where(Case.id == ClockRow.case_id).correlate(ClockRow).scalar_subquery()
_OF_CLOCK = case((ClockRow.department != "", ClockRow.department), else_=_LEAD)  # few ask: no join for the others
_LEFT_OUT = select(Exclusion.case_id, Exclusion.round)  # few: read once for the whole count


def _counts(of: Any) -> ColumnElement[bool]:
    """The review of this row's round was not excluded."""
    return tuple_(of.case_id, of.round).not_in(_LEFT_OUT)


_SPOKEN = exists().where(RevisitRow.case_id == Rating.case_id, RevisitRow.reached, RevisitRow.at >= Rating.at)
_RATING = Names(case=Rating.case_id, at=Rating.at, value=Rating.level, heard=_SPOKEN, counts=_counts(Rating))
SOURCES: tuple[Source, ...] = (
    Source(frozenset(Clock), ClockRow, _CLOCK, kind=ClockRow.clock, department=_OF_CLOCK),
    _step("accepted"),
    _step("direct"),
    _step("closed", rated=_rated_in(1)),  # in the first round, read from the index alone
    _step("closed_again", "closed", rated=_rated_in(HistoryRow.facts["round"].as_integer())),
    _place("sent", Assignment.sent_at, Assignment.again.is_(False), Assignment.reassigned.is_(False)),
    _place("redone", Assignment.sent_at, Assignment.again.is_(True)),
    _place("delivered", Assignment.delivered_at),
    _place("returned", Assignment.returned_at),
    Source(
        frozenset({"replied"}), ReplyRow, Names(case=ReplyRow.case_id, at=ReplyRow.at), department=ReplyRow.department
    ),
    Source(frozenset({"rated"}), Rating, _RATING, department=Case.lead, asks_lead=True),
    _revisit("satisfaction", RevisitRow.satisfaction),
    _revisit("solved", cast(RevisitRow.solved, Integer)),
)


# --- counting ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scan:
    """One pass: the counts that look at the same kinds by the same moment."""

    source: Source
    counts: tuple[Count, ...]

    def rows(self, number: int, period: Period, *, each: bool) -> Select[Any]:
        """(number of the scan, department, one figure per count)."""
        holds = [true() if count.holds is every else count.holds(self.source.fact, period) for count in self.counts]
        figures = array([func.count().filter(one) for one in holds] if len(holds) > 1 else [func.count()])
        whose = self.source.department if each else literal("")
        found = select(literal(number).label("scan"), whose.label("whose"), figures.label("figures"))
        found = self.source.inside(found, self.counts[0], period, with_department=each or bool(period.department))
        found = found.where(*holds) if len(holds) == 1 else found
        return found.group_by(whose) if each else found


def _scans(sources: Iterable[Source], formulas: Sequence[Formula]) -> list[_Scan]:
    """One scan per source, kinds and moment; kinds without a source among `sources` are left out."""
    counts = list(dict.fromkeys(count for formula in formulas for count in (*formula.part, *formula.whole)))
    passes = dict.fromkeys((count.of, count.at) for count in counts)
    return [
        _Scan(source, tuple(count for count in counts if (count.of, count.at) == (of, at)))
        for of, at in passes
        for source in sources
        if source.of.issuperset(of)
    ]


def _counted(
    session: Session, period: Period, sources: Iterable[Source], formulas: Sequence[Formula], *, each: bool
) -> dict[str, Counter[Count]]:
    """Department → count → number; all under the empty name where departments are not told apart."""
    scans = _scans(sources, formulas)
    found: dict[str, Counter[Count]] = {"": Counter()}
    if not scans:
        return found
    session.execute(_AS_ASKED)
    for number, whose, figures in session.execute(
        union_all(*(scan.rows(number, period, each=each) for number, scan in enumerate(scans)))
    ):
        found.setdefault(whose, Counter()).update(dict(zip(scans[number].counts, figures, strict=True)))
    return found


def rates(
    session: Session, period: Period, more: Sequence[Source] = (), formulas: Sequence[Formula] = FORMULAS
) -> list[Rate]:
    """The rates of a period; `more` are sources of other rooms (calls). No department has calls of its own."""
    sources = [source for source in (*SOURCES, *more) if source.department is not None or not period.department]
    counted = _counted(session, period, sources, formulas, each=False)[""]
    return tally(counted.__getitem__, formulas)


def rates_by_department(session: Session, period: Period) -> dict[str, list[Rate]]:
    """Department → its rates; those with nothing counted are left out."""
    found = {
        whose: tally(counted.__getitem__)
        for whose, counted in _counted(session, period, SOURCES, FORMULAS, each=True).items()
    }
    return {whose: told for whose, told in found.items() if whose and any(rate.denominator for rate in told)}


# --- what stands behind a figure -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Behind:
    """A counted fact: its case, whose it is, when it happened (a clock: when it ended, else fell due), its deadline."""

    case: int
    department: str
    at: dt.datetime
    due: dt.datetime | None


def behind(session: Session, formula: Formula, period: Period, most: int) -> tuple[list[Behind], list[Behind]]:
    """The facts in the part, and those of the whole that are not in it: the first `most` of each."""
    rest = [count for count in formula.whole if count not in formula.part]
    good = (_listed(session, period, count, None, most) for count in formula.part)
    bad = (_listed(session, period, count, _part_of(formula, count), most) for count in rest)
    return _first(good, most), _first(bad, most)


def _part_of(formula: Formula, whole: Count) -> Count | None:
    """The count of the part that looks at the same facts."""
    return next((part for part in formula.part if (part.of, part.at) == (whole.of, whole.at)), None)


def _first(lists: Iterable[Iterable[Behind]], most: int) -> list[Behind]:
    return sorted((fact for one in lists for fact in one), key=lambda fact: fact.at)[:most]


def _listed(session: Session, period: Period, count: Count, without: Count | None, most: int) -> Iterator[Behind]:
    for source in (one for one in SOURCES if one.of.issuperset(count.of)):
        found = session.execute(_rows_of(source, period, count, without).limit(most))
        yield from (Behind(*row) for row in found)


def _rows_of(source: Source, period: Period, count: Count, without: Count | None) -> Select[Any]:
    """Case, department, moment and deadline of the counted facts that `without` does not count, the oldest first."""
    fact = source.fact
    at, due = getattr(fact, count.at), getattr(fact, "due", None)
    shown = at if due is None else func.coalesce(fact.stop, due)
    columns = select(fact.case, source.department, shown, literal(None) if due is None else due)
    rows = source.inside(columns, count, period, with_department=True)
    if count.holds is not every:
        rows = rows.where(count.holds(fact, period))
    if without is not None:
        rows = rows.where(func.coalesce(without.holds(fact, period), False).is_(False))
    return rows.order_by(at)


# --- from the history alone ------------------------------------------------------------------------------------------


def _replayed(session: Session, period: Period) -> Iterator[HistoryFact]:
    """The history of every case touched in the period or not long before, as it stood at the period's `now`.

    Read by a cursor in the order of the chain: what is kept in memory does not grow with the cases.
    """
    before = HistoryRow.at >= period.begin - LOOK_BACK, HistoryRow.at < period.end
    touched = select(HistoryRow.case_id).where(*before)
    columns = select(HistoryRow.case_id, HistoryRow.at, HistoryRow.action, HistoryRow.facts, HistoryRow.department)
    rows = columns.where(HistoryRow.case_id.in_(touched), HistoryRow.at <= period.now, HistoryRow.action != "rung")
    ordered = rows.order_by(HistoryRow.case_id, HistoryRow.seq)
    with closing(session.execute(ordered.execution_options(yield_per=5000))) as found:
        for chunk in found.partitions():
            yield from map(HistoryFact._make, chunk)


def ledger_from_history(session: Session, period: Period, calls: list[CallFact]) -> Ledger:
    """What an auditor counts: the facts, recomputed from the append-only history alone, for any past period."""
    return fold(_replayed(session, period), calls)


def rates_from_history(session: Session, periods: Sequence[Period], calls: Sequence[CallFact]) -> list[list[Rate]]:
    """The rates of several periods, recomputed from the history in one reading, one case at a time.

    The periods are of one `now`: the moment at which the history is read as it stood then.
    """
    whole = replace(periods[0], begin=min(p.begin for p in periods), end=max(p.end for p in periods))
    numbers = [counted(Ledger(calls=list(calls)), period) for period in periods]
    for ledger in each(_replayed(session, whole)):
        for number, period in zip(numbers, periods, strict=True):
            number.update(counted(ledger, period))
    return [tally(number.__getitem__) for number in numbers]
