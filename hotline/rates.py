"""The rates of rules.md §4 as one table of counts: which facts, by which moment, under which condition.

FORMULAS is read twice, and both readings must agree to the digit: over a ledger folded from the append-only history
(`rates`, pure), and by the database over its tables (`queries.counted`). So a condition speaks of a fact by the fact's
names, with comparisons, `&` and `|` alone: it takes a fact, or the columns of a row. What never came (None) is never by
any time, as in SQL.

A period is [begin, end). What is counted when:
- a clock with a deadline counts in the period in which its deadline lies, once it was met or the deadline has passed;
- the forward clock counts at the moment it was met in time, else at its deadline;
- a clock that was cancelled before its deadline counts nowhere; cancelled later it counts as missed;
- a clock that was skipped (a reply without any contact) is not cancelled: it counts as missed once its deadline passed;
- a clock that was paused by its deadline and is paused still is not due: it will be, by the deadline it gets then;
- a sending counts when it was sent, for the house it was sent to; it was wrong once a verdict on a return took it from
  there. What that verdict sends elsewhere is no first dispatch.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hotline.words import WORST_GOOD_LEVEL, Clock, Outcome

CALL = "call"
QUICK = dt.timedelta(seconds=15)
Truth = Any  # a bool for a fact in memory, a column of bools for the rows of a table


# --- facts ---------------------------------------------------------------------------------------------------------


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
    paused: dt.datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether its deadline stands: no approved pause holds it that began by then."""
        return self.paused is None or self.paused > self.due


@dataclass(frozen=True)
class Mark:
    """Something that happened once.

    `what`: accepted, direct, closed, sent, delivered, returned, replied, redone, rated, satisfaction, solved, excluded.
    `heard`: somebody spoke to the citizen at the same time or later. `rated`: the citizen rated this round, whenever he
    did. `counts`: the review of this round was not excluded with a second person's approval. `kept`: no verdict took
    what was sent away again.
    """

    what: str
    case: int
    at: dt.datetime
    department: str = ""
    round: int = 1
    value: int = 0
    heard: bool = False
    rated: bool = False
    counts: bool = True
    kept: bool = True


@dataclass(frozen=True)
class CallFact:
    """One call; `offered` where it was put into the queue for agents, `connected` where one answered it."""

    invite: dt.datetime
    notice_end: dt.datetime | None
    queued: dt.datetime | None
    answered: dt.datetime | None
    exit: str

    @property
    def offered(self) -> bool:
        """Whether agents could have answered it."""
        return self.queued is not None

    @property
    def connected(self) -> bool:
        """Whether a person answered it."""
        return self.answered is not None


@dataclass
class Ledger:
    """All that is counted."""

    clocks: list[ClockFact] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    calls: list[CallFact] = field(default_factory=list)


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


# --- conditions ----------------------------------------------------------------------------------------------------


def _by(at: Any, limit: Any) -> Truth:
    return at is not None and limit is not None and at <= limit


def _after(at: Any, limit: Any) -> Truth:
    return at is not None and limit is not None and at > limit


def _quick(answered: Any, since: Any) -> Truth:
    return answered is not None and since is not None and answered - since <= QUICK


def _done(c: Any) -> Truth:
    return c.outcome == Outcome.DONE.value


def _duty(c: Any) -> Truth:
    """It did not go away before it fell due."""
    return (c.outcome != Outcome.CANCELLED.value) | _after(c.stop, c.due)


def every(_fact: Any, _period: Period) -> Truth:
    """Holds for each fact."""
    return True


def _met(c: Any, _period: Period) -> Truth:
    """Ended by what it was for, by its deadline."""
    return _done(c) & _by(c.stop, c.due)


def _fell_due(c: Any, period: Period) -> Truth:
    return (c.due <= period.now) & c.runs


def _missed(c: Any, period: Period) -> Truth:
    return _duty(c) & ((c.outcome != Outcome.DONE.value) | _after(c.stop, c.due)) & _fell_due(c, period)


def _decided(c: Any, period: Period) -> Truth:
    return _duty(c) & (_done(c) | _fell_due(c, period))


def _extended(c: Any, period: Period) -> Truth:
    return _decided(c, period) & c.extended


def _owed(c: Any, _period: Period) -> Truth:
    return _duty(c)


def _rectified(c: Any, _period: Period) -> Truth:
    return _done(c)


def _bad(m: Any, _period: Period) -> Truth:
    return (m.value < WORST_GOOD_LEVEL) & m.counts


def _heard(m: Any, _period: Period) -> Truth:
    return (m.value < WORST_GOOD_LEVEL) & m.counts & m.heard


def _rated(m: Any, _period: Period) -> Truth:
    return m.rated


def _good(m: Any, _period: Period) -> Truth:
    return (m.value >= WORST_GOOD_LEVEL) & m.counts


def _yes(m: Any, _period: Period) -> Truth:
    return (m.value > 0) & m.counts


def _counts(m: Any, _period: Period) -> Truth:
    return m.counts


def _kept(m: Any, _period: Period) -> Truth:
    return m.kept


def _offered(c: Any, _period: Period) -> Truth:
    return c.offered


def _connected(c: Any, _period: Period) -> Truth:
    return c.offered & c.connected


def _quick_from_invite(c: Any, _period: Period) -> Truth:
    return c.offered & _quick(c.answered, c.invite)


def _quick_from_notice(c: Any, _period: Period) -> Truth:
    return c.offered & _quick(c.answered, c.notice_end)


def _abandoned(c: Any, _period: Period) -> Truth:
    return c.offered & (c.exit == "abandoned")


# --- the table -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """Facts of the kinds `of` whose moment `at` lies in the period and for which `holds`.

    A kind is a clock's name, a mark's `what`, or CALL.
    """

    of: tuple[str, ...]
    at: str = "at"
    holds: Callable[[Any, Period], Truth] = every


@dataclass(frozen=True)
class Formula:
    """A rate: the sum of its parts over the sum of its whole. Two rates may share a count."""

    code: str
    name: str
    part: tuple[Count, ...]
    whole: tuple[Count, ...]


def _clock(at: str, *names: Clock) -> Callable[[Callable[[Any, Period], Truth]], Count]:
    return lambda holds: Count(tuple(name.value for name in names), at, holds)


def _one(code: str, name: str, part: Count, whole: Count) -> Formula:
    return Formula(code, name, (part,), (whole,))


_REPLY = _clock("due", Clock.REPLY)
_CONTACT = _clock("due", Clock.FIRST_CONTACT)
_SIGN = _clock("start", Clock.SIGN)
_RECTIFY = _clock("start", Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX)
_FORWARDED = _clock("stop", Clock.FORWARD)(_met)
_UNFORWARDED = _clock("due", Clock.FORWARD)(_missed)


def _calls(holds: Callable[[Any, Period], Truth]) -> Count:
    return Count((CALL,), "invite", holds)


def _marks(what: str, holds: Callable[[Any, Period], Truth] = every) -> Count:
    return Count((what,), "at", holds)


FORMULAS: tuple[Formula, ...] = (
    _one("connect", "接通率", _calls(_connected), _calls(_offered)),
    _one("answer_15s_invite", "15秒应答率（自来电起）", _calls(_quick_from_invite), _calls(_offered)),
    _one("answer_15s_notice", "15秒应答率（自提示音止）", _calls(_quick_from_notice), _calls(_offered)),
    _one("abandon", "放弃率", _calls(_abandoned), _calls(_offered)),
    _one("direct", "直办率", _marks("direct"), _marks("accepted")),
    Formula("forward_in_time", "及时转办率", (_FORWARDED,), (_FORWARDED, _UNFORWARDED)),
    _one("sign_in_time", "及时签收率", _SIGN(_met), _SIGN(_owed)),
    _one("on_time_reply", "按期回复率", _REPLY(_met), _REPLY(_decided)),
    _one("return", "退单率", _marks("returned"), _marks("delivered")),
    _one("extension", "延期率", _REPLY(_extended), _REPLY(_decided)),
    _one("redo", "重办率", _marks("redone"), _marks("replied")),
    _one("first_dispatch", "一次派单准确率", _marks("sent", _kept), _marks("sent")),
    _one("response", "响应率", _CONTACT(_met), _CONTACT(_decided)),
    _one("solved", "解决率", _marks("solved", _yes), _marks("solved", _counts)),
    _one("satisfaction", "满意率", _marks("satisfaction", _good), _marks("satisfaction", _counts)),
    _one("rated", "主动评价率", _marks("closed", _rated), _marks("closed")),
    _one("bad_review_revisited", "差评回访率", _marks("rated", _heard), _marks("rated", _bad)),
    _one("bad_review_rectified", "差评整改率", _RECTIFY(_rectified), _RECTIFY(_owed)),
    _one("rectified_in_time", "按期整改率", _RECTIFY(_met), _RECTIFY(_owed)),
)  # fmt: skip


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


def tally(number: Callable[[Count], int], formulas: Sequence[Formula] = FORMULAS) -> list[Rate]:
    """The rates from the number of each count, in the order of `formulas`."""

    def total(counts: tuple[Count, ...]) -> int:
        return sum(map(number, counts))

    return [Rate(formula.code, formula.name, total(formula.part), total(formula.whole)) for formula in formulas]


def rates(ledger: Ledger, period: Period) -> list[Rate]:
    """All rates of a period, counted in memory."""
    return tally(counted(ledger, period).__getitem__)


_COUNTS: dict[str, tuple[Count, ...]] = {  # kind → the counts that look at it
    kind: tuple(count for count in counts if kind in count.of)
    for counts in [dict.fromkeys(count for one in FORMULAS for count in (*one.part, *one.whole))]
    for kind in {kind for count in counts for kind in count.of}
}


def counted(ledger: Ledger, period: Period) -> Counter[Count]:
    """The number of each count. Numbers of ledgers that share no case may be added."""
    found: Counter[Count] = Counter()
    for kind, facts in _by_kind(ledger, period.department).items():
        for count in _COUNTS.get(kind, ()):
            there = (fact for fact in facts if period.has(getattr(fact, count.at)))
            found[count] += sum(1 for fact in there if count.holds(fact, period))
    return found


def _by_kind(ledger: Ledger, department: str) -> dict[str, list[Any]]:
    """Kind → the facts of the department, or of all. No call is a department's."""
    facts: dict[str, list[Any]] = defaultdict(list)
    if not department:
        facts[CALL] += ledger.calls
    for clock in ledger.clocks:
        if department in ("", clock.department):
            facts[clock.clock].append(clock)
    for mark in _seen_whole(ledger.marks):
        if department in ("", mark.department):
            facts[mark.what].append(mark)
    return facts


def _seen_whole(marks: Sequence[Mark]) -> Iterator[Mark]:
    """The marks with what the rest of their case says about them."""
    spoken: dict[int, dt.datetime] = {}
    for mark in marks:
        if mark.what == "satisfaction":
            spoken[mark.case] = max(mark.at, spoken.get(mark.case, mark.at))
    rounds = {(mark.case, mark.round) for mark in marks if mark.what == "rated"}
    left_out = {(mark.case, mark.round) for mark in marks if mark.what == "excluded"}
    for mark in marks:
        heard = mark.what == "rated" and mark.case in spoken and spoken[mark.case] >= mark.at
        rated = mark.what == "closed" and (mark.case, mark.round) in rounds
        counts = not left_out or (mark.case, mark.round) not in left_out
        plain = not heard and not rated and counts
        yield mark if plain else replace(mark, heard=heard, rated=rated, counts=counts)
