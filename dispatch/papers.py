"""Numbered documents that push a case: yellow and red cards, 督办 order, 催办通知书, 通报 list (rules.md §3).

A document is written once, when its moment comes, and says what was true then. A series has no gaps in a year.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from dispatch.models import Paper, PaperSeries
from dispatch.people import Directory
from hotline import cases, clock, history, reading
from hotline.city_models import Department, User
from hotline.db import among
from hotline.ladder import DEPARTMENT_CLOCKS
from hotline.message_models import Notice
from hotline.models import Case, ClockRow, HistoryRow, RevisitRow
from hotline.unit import Unit
from hotline.words import WORST_GOOD_LEVEL, Action, Clock


@dataclass(frozen=True)
class Kind:
    """A sort of document: its series, its title, and its sentence; `{…}` are filled from the case and the clock."""

    series: str
    title: str
    text: str


_MATTER = "{department}：你单位承办的 {number} 号诉求“{title}”"
_LATE = _MATTER + "，应于 {due} 前完成{clock}，至今未完成。"
KINDS: dict[str, Kind] = {
    "yellow": Kind(
        "黄牌",
        "黄牌提醒",
        _MATTER + "，{clock}时限为 {due}，一个工作日后到期。请抓紧办理，按期答复市民。",
    ),
    "red": Kind(
        "督办", "督办单（红牌）", _LATE + "现予红牌督办，请你单位主要负责人{leader}牵头，立即办理并说明超期原因。"
    ),
    "notice": Kind(
        "催办",
        "催办通知书",
        _LATE + "督办后仍未办结。请于收到本通知后立即办理，并以阶段答复说明理由；不说明的列入通报。",
    ),
    "listed": Kind("通报", "通报", _LATE + "逾期已满五个工作日且没有说明理由，列入本期通报。"),
    "discontent": Kind(
        "督办",
        "督办单（回访不满意）",
        _MATTER + "，回访时市民{said}。请你单位主要负责人{leader}牵头核实整改，并及时联系市民。",
    ),
    "ordered": Kind(
        "督办",
        "督办单",
        _MATTER + "，经值班长研究决定予以督办。督办意见：{opinion}",
    ),
}
SERIES = sorted({kind.series for kind in KINDS.values()})
OF_RUNGS = frozenset({"yellow", "red", "notice", "listed"})


def of_rung(unit: Unit, case: Case, row: ClockRow, rung: str, reached: list[str]) -> Paper | None:
    """The document of a rung that fires, for the only time with this deadline, on a department's clock; None where the
    rung has none."""
    if rung not in OF_RUNGS or row.clock not in DEPARTMENT_CLOCKS:
        return None
    told = {"clock": Clock(row.clock).label, "due": _moment(row)}
    return _write(unit, rung, case, row.department or case.lead, told, reached, key_of_rung(row.id, rung, row.turn))


def key_of_rung(clock_id: int, rung: str, turn: int) -> str:
    """What the document of a rung is kept under: of each deadline that the clock had, one."""
    return f"clock:{clock_id}:{rung}" + (f":{turn}" if turn else "")


def of_steps(unit: Unit, steps: Collection[tuple[int, int]]) -> list[Paper]:
    """The 督办 orders that follow from these steps (case, version it made): discontent, or a supervisor's word.

    Their cases are locked: the history tells whom an order reached.
    """
    session = unit.session
    asked = HistoryRow.action.in_((Action.SUPERVISE.value, Action.REVISIT.value))
    rows = select(HistoryRow).where(among(HistoryRow.case_id, {case_id for case_id, _ in steps}), asked)
    made = [r for r in session.scalars(rows.order_by(HistoryRow.id)) if (r.case_id, r.facts["version"]) in steps]
    said = _discontent(session, [row for row in made if row.action == Action.REVISIT])
    asking = [row for row in made if row.action == Action.SUPERVISE or row.id in said]
    locked = _locked(unit, {row.case_id for row in asking})
    before = set(session.scalars(select(Paper.key).where(among(Paper.key, [_key_of_step(row) for row in asking]))))
    people = Directory(session)
    people.expect({case.lead for case in locked.values()})
    return [
        _of_step(unit, people, locked[row.case_id], row, said.get(row.id, ""))
        for row in asking
        if row.case_id in locked and _key_of_step(row) not in before
    ]


def _locked(unit: Unit, case_ids: Collection[int]) -> dict[int, Case]:
    """Those of these cases that a house answers for, in the order in which everybody locks them."""
    rows = select(Case).where(among(Case.id, case_ids), Case.lead != "").order_by(Case.id)
    found = unit.session.scalars(rows.with_for_update().execution_options(populate_existing=True))
    locked = {case.id: case for case in found}
    history.look_up(unit, locked.keys() - unit.tails.keys())
    return locked


def _key_of_step(step: HistoryRow) -> str:
    return f"step:{step.id}"


def _of_step(unit: Unit, people: Directory, case: Case, step: HistoryRow, said: str) -> Paper:
    """Write the order, and tell those it reaches and the history; neither hears what the citizen said."""
    kind, told = ("discontent", {"said": said}) if said else ("ordered", {"opinion": step.words})
    reached = people.above(case.lead)
    paper = _write(unit, kind, case, case.lead, told, reached, _key_of_step(step))
    text = f"{case.number} {KINDS[kind].title}：{number(paper)}"
    for name in reached:
        unit.write(Notice, at=unit.now, user=name, case_number=case.number, rung="order", text=text)
    cases.note(unit, case, "order", {"paper": number(paper), "department": case.lead, "reached": reached})
    return paper


def _discontent(session: Session, steps: Sequence[HistoryRow]) -> dict[int, str]:
    """What the citizens said against the work in these revisits, in the words of the document; who is content, is not
    among them."""
    mine = among(RevisitRow.case_id, {step.case_id for step in steps})
    rows = session.scalars(select(RevisitRow).where(mine, RevisitRow.reached).order_by(RevisitRow.id)).all()
    spoken = {(row.case_id, row.at): row for row in rows}
    said = {step.id: _against(spoken.get((step.case_id, step.at))) for step in steps}
    return {id_: words for id_, words in said.items() if words}


def _against(row: RevisitRow | None) -> str:
    if row is None:
        return ""
    wrong = [
        "表示问题没有解决" if row.solved is False else "",
        "对办理结果不满意" if (row.satisfaction or WORST_GOOD_LEVEL) < WORST_GOOD_LEVEL else "",
    ]
    return "，".join(part for part in wrong if part)


def _moment(row: ClockRow) -> str:
    at = clock.local(row.due_at)
    return f"{at.year} 年 {at.month} 月 {at.day} 日 {at:%H:%M}"


def _write(
    unit: Unit, kind: str, case: Case, department: str, told: dict[str, Any], reached: list[str], key: str
) -> Paper:
    """Number it and keep it; `key` says for what, and nothing is written twice under it."""
    house = unit.session.get(Department, department)
    names = {"department": house.name if house else department, "leader": house.head if house else ""}
    year = clock.local(unit.now).year
    paper = Paper(
        key=key,
        kind=kind,
        series=KINDS[kind].series,
        year=year,
        serial=next_number(unit, KINDS[kind].series, year),
        case_id=case.id,
        case_number=case.number,
        department=department,
        at=unit.now,
        reached=reached,
        text=KINDS[kind].text.format(number=case.number, title=reading.public_title(case), **names, **told),
    )
    unit.session.add(paper)
    return paper


def next_number(unit: Unit, series: str, year: int) -> int:
    """The next number; its row is locked until the commit, so that no number is lost or used twice."""
    session, key = unit.session, (series, year)
    row = session.identity_map.get(identity_key(PaperSeries, key))
    lasting = not session.in_nested_transaction()  # a savepoint that is rolled back takes its locks with it
    if row is None or not lasting or "last" in inspect(row).unloaded:
        _hold_all(session, year)
        row = session.get_one(PaperSeries, key, with_for_update=True)
    row.last += 1  # a changed row stays in the session, and goes back with it
    return int(row.last)


def _hold_all(session: Session, year: int) -> None:
    """Lock every series of the year, in one order: of two who write documents of several, one waits, never both."""
    all_of_it = [{"series": series, "year": year, "last": 0} for series in SERIES]
    session.execute(insert(PaperSeries).values(all_of_it).on_conflict_do_nothing())
    ordered = select(PaperSeries.last).where(PaperSeries.year == year).order_by(PaperSeries.series)
    session.execute(ordered.with_for_update())


def number(paper: Paper) -> str:
    """As it is quoted: 督办〔2026〕12号."""
    return f"{paper.series}〔{paper.year}〕{paper.serial}号"


def told(paper: Paper) -> dict[str, Any]:
    """As JSON."""
    return {
        "id": paper.id,
        "number": number(paper),
        "kind": paper.kind,
        "title": KINDS[paper.kind].title,
        "case": paper.case_number,
        "department": paper.department,
        "at": clock.iso(paper.at),
        "reached": paper.reached,
    }


def recipients(session: Session, paper: Paper) -> list[str]:
    """The names of those it reached, as people know them."""
    names = dict(session.execute(select(User.name, User.shown).where(User.name.in_(paper.reached))).all())
    return [names.get(user, user) for user in paper.reached]
