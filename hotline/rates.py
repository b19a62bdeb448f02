"""The rates of rules.md §4, pure: one ledger of facts in, numerators and denominators out.

The ledger comes from the history alone (`fold`) or from the tables (`queries.ledger`); both must agree to the digit.
A period is [begin, end). What is counted when:
- a clock with a deadline counts in the period in which its deadline lies, once it was met or the deadline has passed;
- the forward clock counts at the moment it was met in time, else at its deadline;
- a clock that was cancelled before its deadline counts nowhere; cancelled later it counts as missed.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hotline.words import WORST_GOOD_LEVEL, Clock, Outcome

OF_THE_CASE = frozenset({"accepted", "direct", "closed", "rated", "satisfaction", "solved"})  # counted for its lead
QUICK = dt.timedelta(seconds=15)


@dataclass
class ClockFact:
    """One clock of one case."""

    case: int
    clock: str
    department: str
    start: dt.datetime
    due: dt.datetime
    stop: dt.datetime | None = None
    outcome: str = ""
    extended: bool = False

    def met(self) -> bool:
        """Ended by what it was for, by its deadline."""
        return self.outcome == Outcome.DONE and self.stop is not None and self.stop <= self.due

    def void(self) -> bool:
        """The duty went away before it fell due."""
        return self.outcome == Outcome.CANCELLED and self.stop is not None and self.stop <= self.due


@dataclass(frozen=True)
class Mark:
    """Something that happened once.

    `what`: accepted, direct, closed, sent, delivered, returned, redispatched, replied, redone, rated, satisfaction,
    solved.
    """

    what: str
    case: int
    at: dt.datetime
    department: str = ""
    round: int = 1
    value: int = 0


@dataclass(frozen=True)
class CallFact:
    """One call offered to agents."""

    invite: dt.datetime
    notice_end: dt.datetime | None
    queued: dt.datetime | None
    answered: dt.datetime | None
    exit: str


@dataclass
class Ledger:
    """All that is counted."""

    clocks: list[ClockFact] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    calls: list[CallFact] = field(default_factory=list)

    def sorted(self) -> "Ledger":
        """In an order of its own, so that two ledgers can be compared."""
        return Ledger(
            sorted(self.clocks, key=lambda c: (c.case, c.clock, c.department, c.start, c.due)),
            sorted(self.marks, key=lambda m: (m.case, m.at, m.what, m.department, m.value)),
            sorted(self.calls, key=lambda c: (c.invite, c.exit)),
        )


@dataclass(frozen=True)
class Period:
    """[begin, end) as reckoned at `now`, for one department or all (empty). All instants aware."""

    begin: dt.datetime
    end: dt.datetime
    now: dt.datetime
    department: str = ""

    def has(self, at: dt.datetime | None) -> bool:
        """Whether the instant lies in the period."""
        return at is not None and self.begin <= at < self.end


@dataclass(frozen=True)
class Rate:
    """A rate as people read it; `value` is None where nothing is counted, never 0 or 100 %."""

    code: str
    name: str
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Numerator over denominator."""
        return self.numerator / self.denominator if self.denominator else None


class _Count:
    """The ledger as seen from one period and department."""

    def __init__(self, ledger: Ledger, period: Period) -> None:
        self.period = period
        here = period.department
        self.clocks = [c for c in ledger.clocks if not here or c.department == here]
        self.marks = [m for m in ledger.marks if not here or m.department == here]
        self.rated_rounds = {(m.case, m.round) for m in ledger.marks if m.what == "rated"}
        self.calls = [] if here else [c for c in ledger.calls if period.has(c.invite)]

    def fallen(self, *names: Clock) -> list[ClockFact]:
        """Clocks whose deadline lies in the period and is decided by now."""
        return [
            c
            for c in self.clocks
            if c.clock in names
            and self.period.has(c.due)
            and not c.void()
            and (c.outcome == Outcome.DONE or c.due <= self.period.now)
        ]

    def marked(self, what: str) -> list[Mark]:
        return [m for m in self.marks if m.what == what and self.period.has(m.at)]

    def in_time(self, *names: Clock) -> tuple[int, int]:
        due = self.fallen(*names)
        return sum(c.met() for c in due), len(due)

    def forwarded(self) -> tuple[int, int]:
        counted = [
            c
            for c in self.clocks
            if c.clock == Clock.FORWARD
            and not c.void()
            and (c.met() or c.due <= self.period.now)
            and self.period.has(c.stop if c.met() else c.due)
        ]
        return sum(c.met() for c in counted), len(counted)

    def signed(self) -> tuple[int, int]:
        started = [c for c in self.clocks if c.clock == Clock.SIGN and self.period.has(c.start) and not c.void()]
        return sum(c.met() for c in started), len(started)

    def share(self, part: str, whole: str) -> tuple[int, int]:
        return len(self.marked(part)), len(self.marked(whole))

    def rated(self) -> tuple[int, int]:
        """Closings of the period, and those whose round the citizen rated, whenever he did."""
        closed = self.marked("closed")
        return sum((m.case, m.round) in self.rated_rounds for m in closed), len(closed)

    def extended(self) -> tuple[int, int]:
        due = self.fallen(Clock.REPLY)
        return sum(c.extended for c in due), len(due)

    def first_dispatch(self) -> tuple[int, int]:
        sent, again = len(self.marked("sent")), len(self.marked("redispatched"))
        return sent - again, sent

    def revisits(self, good: Callable[[Mark], bool]) -> tuple[int, int]:
        effective = self.marked("satisfaction")
        return sum(good(m) for m in effective), len(effective)

    def solved(self) -> tuple[int, int]:
        return len([m for m in self.marked("solved") if m.value]), len(self.marked("satisfaction"))

    def bad_reviews(self) -> tuple[int, int]:
        """Bad ratings of named citizens in the period, and those of them after which somebody spoke to the citizen."""
        bad = [m for m in self.marked("rated") if m.value < WORST_GOOD_LEVEL]
        spoken = [m for m in self.marks if m.what == "satisfaction"]
        heard = [m for m in bad if any(s.case == m.case and s.at >= m.at for s in spoken)]
        return len(heard), len(bad)

    def rectified(self, *, in_time: bool) -> tuple[int, int]:
        names = (Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX)
        justified = [c for c in self.clocks if c.clock in names and self.period.has(c.start)]
        done = [c for c in justified if c.outcome == Outcome.DONE]
        return sum(c.met() for c in done) if in_time else len(done), len(justified)

    def connected(self) -> tuple[int, int]:
        offered = [c for c in self.calls if c.queued]
        return sum(c.answered is not None for c in offered), len(offered)

    def quick(self, since: str) -> tuple[int, int]:
        offered = [c for c in self.calls if c.queued]
        starts = [(c.answered, getattr(c, since)) for c in offered]
        return sum(bool(a and s and a - s <= QUICK) for a, s in starts), len(offered)

    def abandoned(self) -> tuple[int, int]:
        offered = [c for c in self.calls if c.queued]
        return sum(c.exit == "abandoned" for c in offered), len(offered)


FORMULAS: tuple[tuple[str, str, Callable[[_Count], tuple[int, int]]], ...] = (
    ("connect", "接通率", lambda c: c.connected()),
    ("answer_15s_invite", "15秒应答率(自来电起)", lambda c: c.quick("invite")),
    ("answer_15s_notice", "15秒应答率(自提示音止)", lambda c: c.quick("notice_end")),
    ("abandon", "放弃率", lambda c: c.abandoned()),
    ("direct", "直办率", lambda c: c.share("direct", "accepted")),
    ("forward_in_time", "及时转办率", lambda c: c.forwarded()),
    ("sign_in_time", "及时签收率", lambda c: c.signed()),
    ("on_time_reply", "按期回复率", lambda c: c.in_time(Clock.REPLY)),
    ("return", "退单率", lambda c: c.share("returned", "delivered")),
    ("extension", "延期率", lambda c: c.extended()),
    ("redo", "重办率", lambda c: c.share("redone", "replied")),
    ("first_dispatch", "一次派单准确率", lambda c: c.first_dispatch()),
    ("response", "响应率", lambda c: c.in_time(Clock.FIRST_CONTACT)),
    ("solved", "解决率", lambda c: c.solved()),
    ("satisfaction", "满意率", lambda c: c.revisits(lambda m: m.value >= WORST_GOOD_LEVEL)),
    ("rated", "主动评价率", lambda c: c.rated()),
    ("bad_review_revisited", "差评回访率", lambda c: c.bad_reviews()),
    ("bad_review_rectified", "差评整改率", lambda c: c.rectified(in_time=False)),
    ("rectified_in_time", "按期整改率", lambda c: c.rectified(in_time=True)),
)


def rates(ledger: Ledger, period: Period) -> list[Rate]:
    """All rates of a period, in the order of FORMULAS."""
    count = _Count(ledger, period)
    return [Rate(code, name, *formula(count)) for code, name, formula in FORMULAS]


# --- the ledger from history ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HistoryFact:
    """A history row as far as rates need it."""

    case: int
    at: dt.datetime
    action: str
    facts: dict[str, Any]


def _change(clocks: dict[tuple[int, str], ClockFact], row: HistoryFact, told: dict[str, Any]) -> None:
    key = (row.case, told["key"])
    due = dt.datetime.fromisoformat(told["due"])
    if told["change"] == "start":
        start = dt.datetime.fromisoformat(told["start"])
        clocks[key] = ClockFact(row.case, told["clock"], told["department"], start, due)
        return
    fact = clocks[key]
    fact.due = due
    fact.extended = fact.extended or told["change"] == "extend"
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
    named = ("returned", "redispatched", "replied", "redone", "delivered")
    made = [mark(name, str(told[name])) for name in named if told.get(name)]
    sent = [mark("sent", s["department"]) for s in told.get("sent", []) if row.action != "redo"]
    there = [mark("delivered", s["department"]) for s in told.get("sent", []) if s["delivered"]]
    rated = [mark("rated", value=told["level"])] if "level" in told else []
    return flags + made + sent + there + rated + _revisit_marks(told.get("revisit"), mark)


def _revisit_marks(said: dict[str, Any] | None, mark: Callable[..., Mark]) -> list[Mark]:
    if not said or not said["reached"]:
        return []
    return [mark("satisfaction", value=said["satisfaction"]), mark("solved", value=int(bool(said["solved"])))]


def fold(rows: Iterable[HistoryFact], calls: Iterable[CallFact] = ()) -> Ledger:
    """The ledger from history rows in the order they were written."""
    clocks: dict[tuple[int, str], ClockFact] = {}
    leads: dict[int, str] = {}
    marks: list[Mark] = []
    for row in rows:
        for told in row.facts.get("clocks", []):
            _change(clocks, row, told)
        marks += marks_of(row)
        leads[row.case] = row.facts.get("lead", "") or leads.get(row.case, "")
    for fact in clocks.values():
        fact.department = fact.department or leads[fact.case]
    owned = [replace(m, department=leads[m.case]) if m.what in OF_THE_CASE else m for m in marks]
    return Ledger(list(clocks.values()), owned, list(calls))
