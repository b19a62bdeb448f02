"""The sweep: fires what is due, oldest first, each rung exactly once; and the machine's own forwarding.

It costs what is due: one index on `next_at` is read, never the open cases (rules.md §3).
"""

import datetime as dt
import heapq
import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import bindparam, func, literal_column, select, update
from sqlalchemy.exc import DataError
from sqlalchemy.orm import selectinload

from dispatch import catalogue, deliveries, inner, papers, people
from dispatch.alarms import alarm
from dispatch.routing import Route, owner, route
from hotline import cases, clock, db, facts, history, outbox
from hotline.errors import HotlineError
from hotline.events import RungFired
from hotline.ladder import Rung
from hotline.message_models import Notice
from hotline.models import Case, ClockRow, HistoryRow, RungRow
from hotline.timing import ClockChanges, timing
from hotline.unit import Unit, transaction
from hotline.words import Action, Clock, State

log = logging.getLogger(__name__)
BATCH = 200
PUT_OFF = dt.timedelta(minutes=5)
UNREADABLE = (DataError, InvalidTag, ValueError)  # a row that was tampered with, or that no Python value can hold
RUNG_WORDS = {
    "half": "时限已过半",
    "yellow": "黄牌：一个工作日后到期",
    "due_morning": "今日到期",
    "warn": "即将自动转给兜底单位",
    "fallback": "系统已自动转给兜底单位",
    "overdue": "已超期",
    "red": "红牌：超期督办",
    "notice": "书面催办",
    "listed": "列入通报",
    "explained": "超期已说明理由，不列入通报",
    "auto_forward": "系统自动转办",
}


_OWING = select(ClockRow.next_at, ClockRow.id, ClockRow.case_id, ClockRow.next_rung).join(
    Case, Case.id == ClockRow.case_id
)
_DUE = (
    _OWING.where(ClockRow.next_at <= bindparam("now"))
    .order_by(ClockRow.next_at, ClockRow.id)
    .limit(literal_column(str(BATCH)))  # told to the planner, who would else expect a tenth of all
    .with_for_update(of=Case, skip_locked=True)
)
# The ends of two indexes: asked whether one is due by now, the planner may read all clocks to find that none is.
OLDEST = select(select(func.min(ClockRow.next_at)).scalar_subquery(), inner.OLDEST.scalar_subquery())
_RUNNING = select(ClockRow).where(db.among_these(ClockRow.case_id), ClockRow.stopped_at.is_(None)).order_by(ClockRow.id)
_FIRED = select(RungRow.clock_id, RungRow.turn, RungRow.rung).where(db.among_these(RungRow.clock_id))


def sweep(most: int = 10_000) -> int:
    """Fire everything due by now, oldest first; returns how many rungs fired. Safe to run twice at once.

    Departments hear of their inner deadlines as well; those are no rungs.
    """
    fired = 0
    owed, over = _waits()
    while owed and fired < most:
        count, owed = _turn()
        fired += count
    if over:
        with transaction() as unit:
            inner.remind(unit)
    return fired


def _waits() -> tuple[bool, bool]:
    """Whether a rung is due and whether an inner deadline is over: most sweeps find neither, and that costs least."""
    rung, inside = db.ask(OLDEST)
    now = clock.now()
    return rung is not None and rung <= now, inside is not None and inside <= now


def _turn() -> tuple[int, bool]:
    """The oldest rungs in one commit; where one of them is refused, each in a savepoint of its own; where a case cannot
    even be read, each clock in a commit of its own, so that none waits for it.

    Returns how many, and whether more may be due.
    """
    try:
        with transaction(by_keys=True) as unit, unit.session.no_autoflush:
            turn = Turn(unit)
            return _fire_oldest(turn), turn.more
    except HotlineError as refused:
        log.info("a batch of rungs one by one: %s", refused.code)
    except UNREADABLE as broken:
        log.error("a batch of rungs clock by clock: %s", type(broken).__name__)  # noqa: TRY400 - no values in logs
        fired = _clock_by_clock()
        return fired, fired > 0
    with transaction() as unit:
        turn = Turn(unit, one_by_one=True)
        return _fire_oldest(turn), turn.more


def _clock_by_clock() -> int:
    with transaction() as unit:
        waiting = _due(unit)
    return sum(_fire_clock(owed) for owed in waiting)


def _fire_clock(owed: "Owed") -> int:
    """All rungs that one clock owes; where its case cannot be read it is put off and an alarm tells a person."""
    try:
        with transaction() as unit:
            return _fire_oldest(Turn(unit, one_by_one=True), owed.clock)
    except UNREADABLE as broken:
        log.error("clock %s cannot be read: %s", owed.clock, type(broken).__name__)  # noqa: TRY400 - no values in logs
    with transaction() as unit:
        later = update(ClockRow).where(ClockRow.id == owed.clock).values(next_at=unit.now + PUT_OFF)
        unit.session.execute(later)
        number = unit.session.scalar(select(Case.number).where(Case.id == owed.case)) or ""
        alarm(unit, "unreadable", f"诉求 {number} 的数据读不出来，时钟“{owed.rung}”暂缓，请管理员处理。", number)
    return 1


class Owed(NamedTuple):
    """A clock with a rung to fire, in the order of firing."""

    at: dt.datetime
    clock: int
    case: int
    rung: str


@dataclass
class Turn:
    """One transaction of the sweep: the locked cases, their running clocks, the rungs these have fired, who is who.

    `more`: it was a whole batch, or a rung made a step, whose clocks may owe something at once.
    """

    unit: Unit
    one_by_one: bool = False
    more: bool = False
    cases: dict[int, Case] = field(default_factory=dict)
    clocks: dict[int, dict[int, ClockRow]] = field(default_factory=dict)  # by case and clock
    fired: set[tuple[int, int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.people = people.Directory(self.unit.session)
        self.timing = timing()

    def load(self, waiting: list[Owed]) -> None:
        """Read the locked cases as they are now; what was read before the lock does not count."""
        session, ids = self.unit.session, {owed.case for owed in waiting}
        acting = {owed.case for owed in waiting if owed.rung in ACTS}
        found = facts.load_many(session, "id", acting, words=False) if acting else []
        found += facts.bare(session, "id", ids - acting)
        self.cases = {case.id: case for case in found}
        self.clocks = {id_: {} for id_ in ids}
        for row in session.scalars(_RUNNING, {"these": list(ids)}):
            self.clocks[row.case_id][row.id] = row
        history.look_up(self.unit, ids)
        fired = session.execute(_FIRED, {"these": [owed.clock for owed in waiting]})
        self.fired = {(clock, turn, rung) for clock, turn, rung in fired}
        self.people.expect({row.department for rows in self.clocks.values() for row in rows.values()} - {""})
        facts.open_words(session, [self.cases[owed.case] for owed in waiting if owed.rung in papers.OF_RUNGS])

    @cached_property
    def reasons(self) -> dict[tuple[int, str], dt.datetime]:
        """When a house last said how it stands with a case, in an interim reply; read for all cases, once asked for."""
        rows = select(HistoryRow.case_id, HistoryRow.department, func.max(HistoryRow.at))
        told = rows.where(db.among(HistoryRow.case_id, self.cases), HistoryRow.action == Action.INTERIM)
        grouped = told.group_by(HistoryRow.case_id, HistoryRow.department)
        return {(case, house): at for case, house, at in self.unit.session.execute(grouped)}


def _due(unit: Unit, only: int | None = None) -> list[Owed]:
    """The oldest BATCH clocks that owe a rung, or one of them.

    Their cases are locked, those somebody is working on are left for later.
    The case is locked before its clocks, as every step does: the two never wait for each other in a circle.
    """
    due = _DUE if only is None else _DUE.where(ClockRow.id == only)
    found = unit.session.execute(due, {"now": unit.now})
    return [Owed(at, clock, case, rung) for at, clock, case, rung in found if at is not None]


def _fire_oldest(turn: Turn, only: int | None = None) -> int:
    """Fire up to BATCH rungs, or those of one clock; who owes several takes its turn with the others each time."""
    waiting = _due(turn.unit, only)  # sorted, thus a heap
    if not waiting:
        return 0
    turn.load(waiting)
    last = waiting[-1].at if len(waiting) == BATCH else turn.unit.now
    turns = 0
    while waiting and turns < BATCH:
        owed = heapq.heappop(waiting)
        turns += 1
        row = turn.clocks[owed.case].get(owed.clock)
        if row is None:  # a step stopped it after it was found due, before its case was locked
            continue
        (_fire_safely if turn.one_by_one else _fire)(turn, turn.cases[owed.case], row)
        if row.next_at is not None and row.next_at <= last:
            heapq.heappush(waiting, Owed(row.next_at, row.id, owed.case, row.next_rung))
    turn.more = turn.more or turns == BATCH
    return turns


def _fire_safely(turn: Turn, case: Case, row: ClockRow) -> None:
    """A rung that cannot be fired does not stop the others: it is put off and an alarm tells a person."""
    unit = turn.unit
    tail = unit.tails[case.id]
    try:
        with unit.session.begin_nested():
            _fire(turn, case, row)
            unit.put_down()
    except HotlineError as refused:
        log.error("rung %s of clock %s refused: %s", row.next_rung, row.id, refused.code)  # noqa: TRY400 - no values in logs
        unit.tails[case.id] = tail
        unit.lines.clear()
        _load_again(unit, case.id)
        turn.fired.discard((row.id, row.turn, row.next_rung))
        row.next_at = unit.now + PUT_OFF
        alarm(unit, "rung_refused", f"{Clock(row.clock).label}时钟的“{row.next_rung}”未能执行：{refused.message}")


def _load_again(unit: Unit, case_id: int) -> None:
    """The case as it stands after its savepoint was rolled back."""
    rows = select(Case).where(Case.id == case_id).options(selectinload(Case.places), selectinload(Case.clocks))
    unit.session.scalars(rows.execution_options(populate_existing=True)).one()


def _fire(turn: Turn, case: Case, row: ClockRow) -> None:
    unit = turn.unit
    if row.stopped_at is not None or row.next_at is None or row.next_at > unit.now:
        return
    code, due_at = row.next_rung, row.next_at
    if code == "red" and (verdict := _verdict_due(turn, row)) > unit.now:
        row.next_at = verdict
        return
    rung = next((r for r in turn.timing.ladder(row) if r.code == code), Rung(code, due_at, ()))
    ClockChanges(case, turn.timing, unit.now).aim(row, fired=code)
    if (row.id, row.turn, code) in turn.fired:
        return
    turn.fired.add((row.id, row.turn, code))
    named = turn.people.reached(row, rung.audience)
    more = {"clock_id": row.id, "turn": row.turn, "case_id": case.id, "rung": code, "due_at": due_at}
    unit.write(RungRow, **more, fired_at=unit.now, reached=named)
    _tell(unit, case, row, rung._replace(code=_told_as(turn, row, code)), named)
    if code in ACTS:
        turn.more = True
        facts.complete(unit.session, case)
        ACTS[code](unit, case)


def _verdict_due(turn: Turn, row: ClockRow) -> dt.datetime:
    """Until when an order waits for the verdict on an extension, which could be asked for in time only."""
    running = (clock for clock in turn.clocks[row.case_id].values() if clock.stopped_at is None)
    asked = (clock for clock in running if (clock.clock, clock.department) == (Clock.EXTENSION, row.department))
    waiting = [clock.due_at for clock in asked if row.clock == Clock.REPLY]
    return max(waiting, default=row.due_at)


def _told_as(turn: Turn, row: ClockRow, code: str) -> str:
    """A house that gave its reason after the deadline is not listed; the rung fires and says so."""
    reason = turn.reasons.get((row.case_id, row.department)) if code == "listed" else None
    return "explained" if reason is not None and reason > row.due_at else code


def _tell(unit: Unit, case: Case, row: ClockRow, rung: Rung, named: list[str]) -> None:
    text = f"{case.number} {Clock(row.clock).label}：{RUNG_WORDS[rung.code]}"
    for name in named:
        unit.write(Notice, at=unit.now, user=name, case_number=case.number, rung=rung.code, text=text)
    told: dict[str, Any] = {"rung": rung.code, "clock": row.clock, "department": row.department, "reached": named}
    paper = papers.of_rung(unit, case, row, rung.code, named)
    if paper is not None:
        told["paper"] = papers.number(paper)
    cases.note(unit, case, "rung", told | {"due": rung.at.isoformat()})
    unit.record(RungFired(case.id, case.number, row.clock, rung.code, row.department, row.turn))


def _send(unit: Unit, case: Case, way: Route, opinion: str) -> None:
    named = [{"code": way.lead, "role": "lead"}, *({"code": code, "role": "co"} for code in way.co)]
    cases.step(unit, case, Action.FORWARD, cases.SYSTEM, {"departments": named, "opinion": opinion})


def auto_forward(unit: Unit, case: Case) -> None:
    """The waiting time is over: accept, and forward where the machine is sure enough (rules.md §1.5)."""
    if case.state == State.RECEIVED:
        cases.step(unit, case, Action.ACCEPT, cases.SYSTEM, {})
    sure = float(case.suggestion.get("confidence", 0)) >= timing().policy.automatic_forward_confidence
    if case.state != State.ACCEPTED or not sure or case.suggestion.get("manual"):
        return
    way = route(catalogue.book(), case.category, case.area)
    if not way.fallback:
        _send(unit, case, way, f"系统自动转办：{way.reason}")


def forward_to_fallback(unit: Unit, case: Case) -> None:
    """The forward clock is nearly out: the owner that always exists gets the case, and the system says so."""
    if case.state not in {State.RECEIVED, State.ACCEPTED}:
        _take_to_own_desk(unit, case)
        return
    book = catalogue.book()
    way = route(book, case.category, case.area)
    if way.fault:
        alarm(unit, "broken_rule", f"派单目录有误：{way.fault}", case.number)
    _send(unit, case, Route(owner(book, case.area)), "转办时限将至，系统转属地兜底承办单位。")
    alarm(unit, "fallback", f"{case.number} 无人转办，系统已转兜底单位。", case.number)


def _take_to_own_desk(unit: Unit, case: Case) -> None:
    """A department's own system kept silent: its people here get the case and hear that they did."""
    for department in deliveries.to_own_desk(unit, case):
        text = f"{case.number} 贵单位的系统没有回执，请在本系统签收办理。"
        told = {"department": department, "case_number": case.number, "rung": "fallback", "text": text}
        unit.session.add(Notice(at=unit.now, **told))
        alarm(unit, "no_receipt", f"{case.number} 未得 {department} 系统回执，已送到其本系统工作台。", case.number)


ACTS = {"auto_forward": auto_forward, "fallback": forward_to_fallback}


def tidy() -> int:
    """Old delivered messages go; returns how many."""
    with transaction(clock.machine()) as unit:
        return outbox.sweep_out(unit)
