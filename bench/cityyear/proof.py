"""What has to be true of a city's year, each promise looked up in the tables and told by name where it is broken."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from dispatch import papers
from dispatch.models import Paper
from hotline import history, queries
from hotline.city_models import Department
from hotline.ladder import DEPARTMENT_CLOCKS, DUTIES, OWED
from hotline.models import Assignment, Case, ClockRow, Rating, RevisitRow, RungRow
from hotline.rates import Period, Rate
from hotline.timing import timing
from hotline.words import WORST_GOOD_LEVEL, Clock, State
from web.staff import loop

MOVED = frozenset({"pause", "resume", "extend", "restart", "rejudge"})
WAITING = frozenset({"red", "notice", "listed"})  # an order waits for a verdict, and what follows it for the order
NAMED = 5  # faults are told by name up to so many of a sort
Faults = Iterator[str]


def forwarding(session: Session, period: Period) -> Faults:
    """及时转办率 is 100 %: receipts from all departments within the limit, and no case twice at one department."""
    [rate] = [rate for rate in queries.rates(session, period) if rate.code == "forward_in_time"]
    if not rate.denominator or rate.numerator != rate.denominator:
        yield f"forwarded in time: {rate.numerator} of {rate.denominator}"
    part = (Assignment.case_id, Assignment.department, Assignment.round)
    twice = select(Assignment.case_id).where(Assignment.status != "returned").group_by(*part).having(func.count() > 1)
    yield from (f"case {case} twice at one department" for case in session.scalars(twice.limit(NAMED)))


def ladders(session: Session, slack: dt.timedelta) -> Faults:
    """Every clock that ran past its deadline fired what it had to for that deadline until it ended, once and in order.

    What fell due in the last `slack` before the end need not have: the sweep comes once per tick. Nothing fired for a
    deadline after the end.
    """
    of_its_clock = (RungRow.clock_id == ClockRow.id) & (RungRow.turn == ClockRow.turn)
    over = select(ClockRow, RungRow.rung).join(RungRow, of_its_clock).where(RungRow.due_at > ClockRow.stopped_at)
    yield from (f"clock {row.id} {row.clock}: fired {rung} after its end" for row, rung in session.execute(over))
    late = select(ClockRow).where(ClockRow.stopped_at > ClockRow.due_at, ClockRow.clock.in_(DUTIES))
    moved, verdicts = _moved(session), _verdicts(session)
    for row in session.scalars(late.execution_options(yield_per=2000)):
        rungs = select(RungRow.rung).where(RungRow.clock_id == row.id, RungRow.turn == row.turn).order_by(RungRow.id)
        fired = list(session.scalars(rungs))
        until = (row.stopped_at or row.due_at) - slack
        wanted = _owed(row, until, moved.get(_key(row)))
        if row.clock == Clock.REPLY and verdicts.get((row.case_id, row.department), until) > until:
            wanted = [code for code in wanted if code not in WAITING]
        ordered = [rung.code for rung in timing().ladder(row) if rung.code in fired]
        if fired != ordered or not set(wanted) <= set(fired):
            yield f"clock {row.id} {row.clock}: fired {fired}, wanted {wanted}"


def _owed(row: ClockRow, until: dt.datetime, moved: dt.datetime | None) -> list[str]:
    """What had to fire; of what precedes its deadline, a clock that was moved may have lost some."""
    ladder = [rung for rung in timing().ladder(row) if rung.at <= until]
    if moved is None:
        return [rung.code for rung in ladder]
    return [rung.code for rung in ladder if rung.code in OWED and moved <= until]


def _key(row: ClockRow) -> tuple[int, str, str]:
    return row.case_id, row.clock, row.department


def _verdicts(session: Session) -> dict[tuple[int, str], dt.datetime]:
    """Until when an order had to wait for the verdict on an extension of this house."""
    asked = select(ClockRow.case_id, ClockRow.department, func.max(ClockRow.due_at))
    rows = asked.where(ClockRow.clock == Clock.EXTENSION).group_by(ClockRow.case_id, ClockRow.department)
    return {(case, house): at for case, house, at in session.execute(rows)}


def _moved(session: Session) -> dict[tuple[int, str, str], dt.datetime]:
    """When the deadline or the run of a clock was last changed: by a decision, or by an answer that was sent back."""
    told = text(
        "SELECT case_id, one->>'clock', one->>'department', max(at)"
        " FROM history, jsonb_array_elements(facts->'clocks') AS one"
        " WHERE one->>'change' = ANY(:moved) GROUP BY 1, 2, 3"
    )
    return {(case, name, house): at for case, name, house, at in session.execute(told, {"moved": list(MOVED)})}


def orders(session: Session) -> Faults:
    """Each red card is a numbered 督办 order that names department and leader; no number is missing or twice.

    An order for a citizen who was not content, or by a supervisor's word, reached somebody.
    """
    houses = {house.code: house for house in session.scalars(select(Department))}
    fired = select(ClockRow, RungRow.turn).join(RungRow, RungRow.clock_id == ClockRow.id).where(RungRow.rung == "red")
    written = {paper.key: paper for paper in session.scalars(select(Paper).where(Paper.kind == "red"))}
    for row, turn in session.execute(fired.where(ClockRow.clock.in_(DEPARTMENT_CLOCKS))):
        paper = written.get(papers.key_of_rung(row.id, "red", turn))
        house = houses[row.department]
        if paper is None or house.name not in paper.text or house.head not in paper.text or not paper.reached:
            yield f"red card of clock {row.id} without its order, leader or recipient"
    unheard = select(Paper).where(Paper.kind.in_(("discontent", "ordered")), func.cardinality(Paper.reached) == 0)
    yield from (f"{papers.number(paper)} reached nobody" for paper in session.scalars(unheard.limit(NAMED)))
    serials = defaultdict(list)
    for series, year, serial in session.execute(select(Paper.series, Paper.year, Paper.serial).order_by(Paper.serial)):
        serials[series, year].append(serial)
    yield from (
        f"gap in {series}〔{year}〕" for (series, year), n in serials.items() if n != list(range(1, len(n) + 1))
    )


def bad_reviews(session: Session, period: Period) -> Faults:
    """Whoever was not content was spoken to, or called on as many half days as it takes; each way came to its end."""
    after = (RevisitRow.case_id == Rating.case_id, RevisitRow.round == Rating.round, RevisitRow.at >= Rating.at)
    spoken = exists().where(*after, RevisitRow.reached)
    tries = select(func.count()).where(*after).correlate(Rating).scalar_subquery()
    bad = select(Rating.case_id).where(Rating.level < WORST_GOOD_LEVEL, ~spoken, tries < timing().policy.revisit_tries)
    yield from (f"case {case}: a bad review was not followed" for case in session.scalars(bad))
    for way in loop.read(session, period.begin, period.end):
        if way.waits:
            yield f"case {way.case}: a bad review waits for {way.waits}"


def figures(session: Session, periods: list[Period]) -> Faults:
    """Boards and history give the same figures, to the digit, for every one of these periods."""
    for period, again in zip(periods, queries.rates_from_history(session, periods, []), strict=True):
        board = queries.rates(session, period)
        yield from _different(period, board, again)


def _different(period: Period, board: list[Rate], again: list[Rate]) -> Faults:
    for shown, counted in zip(board, again, strict=True):
        if shown != counted:
            yield f"{period.begin:%Y-%m-%d} {period.department} {shown.code}: board {shown}, history {counted}"


def ended(session: Session) -> Faults:
    """Nobody was forgotten: every case came to its end and no clock runs."""
    done = (State.CLOSED.value, State.GUIDED.value)
    rows = select(Case.number, Case.state).where(Case.state.notin_(done)).limit(NAMED)
    yield from (f"{number} is still {state}" for number, state in session.execute(rows))


def chains(session: Session, first: int, last: int) -> Faults:
    """The history of these cases stands as it was written."""
    if broken := history.broken_row(session, first, last):
        yield broken


def seals(session: Session) -> Faults:
    """What was sealed is what stands there."""
    if broken := history.broken_seal(session):
        yield broken
