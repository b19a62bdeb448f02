"""Numbered documents that push a case: yellow and red cards, 督办 order, 催办通知书, 通报 list (rules.md §3).

A document is written once, when its moment comes, and says what was true then. A series has no gaps in a year.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.models import Paper, PaperSeries
from hotline import clock, reading
from hotline.city_models import Department, User
from hotline.ladder import DEPARTMENT_CLOCKS
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
    "notice": Kind("催办", "催办通知书", _LATE + "督办后仍未办结。请于收到本通知后立即办理，并书面说明原因。"),
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
OF_RUNGS = frozenset({"yellow", "red", "notice", "listed"})


def of_rung(unit: Unit, case: Case, row: ClockRow, rung: str, reached: list[str]) -> Paper | None:
    """The document of a rung that fired on a department's clock; None where the rung has none."""
    if rung not in OF_RUNGS or row.clock not in DEPARTMENT_CLOCKS:
        return None
    told = {"clock": Clock(row.clock).label, "due": _moment(row)}
    return _write(unit, rung, case, row.department or case.lead, told, reached, f"clock:{row.id}:{rung}")


def of_step(unit: Unit, case_id: int, version: int) -> Paper | None:
    """The 督办 order that follows from the step which made this version: discontent, or a supervisor's word."""
    case = unit.session.get(Case, case_id)
    step = unit.session.scalars(
        select(HistoryRow).where(HistoryRow.case_id == case_id, HistoryRow.facts["version"].as_integer() == version)
    ).first()
    if case is None or step is None or not case.lead:
        return None
    key = f"step:{step.id}"
    if step.action == Action.SUPERVISE:
        return _write(unit, "ordered", case, case.lead, {"opinion": step.words}, [], key)
    said = _discontent(unit, step) if step.action == Action.REVISIT else ""
    return _write(unit, "discontent", case, case.lead, {"said": said}, [], key) if said else None


def _discontent(unit: Unit, step: HistoryRow) -> str:
    """What the citizen said against the work, in the words of the document; empty when he is content."""
    rows = select(RevisitRow).where(RevisitRow.case_id == step.case_id, RevisitRow.at == step.at, RevisitRow.reached)
    row = unit.session.scalars(rows.order_by(RevisitRow.id.desc())).first()
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
) -> Paper | None:
    """Number it and keep it; None when it was written before (`key` says for what)."""
    if unit.session.scalar(select(Paper.id).where(Paper.key == key)) is not None:
        return None
    house = unit.session.get(Department, department)
    names = {"department": house.name if house else department, "leader": house.head if house else ""}
    year = clock.local(unit.now).year
    paper = Paper(
        key=key,
        kind=kind,
        series=KINDS[kind].series,
        year=year,
        serial=_next(unit, KINDS[kind].series, year),
        case_id=case.id,
        case_number=case.number,
        department=department,
        at=unit.now,
        reached=reached,
        text=KINDS[kind].text.format(number=case.number, title=reading.public_title(case), **names, **told),
    )
    unit.session.add(paper)
    return paper


def _next(unit: Unit, series: str, year: int) -> int:
    """The next number; its row is locked until the commit, so that no number is lost or used twice."""
    first = insert(PaperSeries).values(series=series, year=year, last=1)
    row = first.on_conflict_do_update(index_elements=["series", "year"], set_={"last": PaperSeries.last + 1})
    return int(unit.session.execute(row.returning(PaperSeries.last)).scalar_one())


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
