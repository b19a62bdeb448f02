"""Who hears of an appeal against a review: the reviewers, then a second person, then the department (rules.md §5)."""

from sqlalchemy import select

from hotline.loop_models import Appeal
from hotline.message_models import Notice
from hotline.unit import Unit
from hotline.words import Action, Role

ACTIONS = frozenset({Action.APPEAL, Action.DECIDE_APPEAL, Action.APPROVE_APPEAL})


def on_changed(unit: Unit, case_id: int, number: str, action: str) -> None:
    """A notice for whoever is next."""
    if action not in ACTIONS:
        return
    row = unit.session.scalars(select(Appeal).where(Appeal.case_id == case_id).order_by(Appeal.id.desc())).first()
    if row is not None:
        whom, text = _next(row)
        unit.session.add(Notice(at=unit.now, case_number=number, rung="appeal", text=f"{number} {text}", **whom))


def _next(row: Appeal) -> tuple[dict[str, str], str]:
    if row.ended_at is not None:
        said = "申诉成立，该评价不计入满意率" if row.granted else "申诉不成立，评价照常计入"
        return {"department": row.department, "role": Role.HEAD.value}, said
    if row.upheld:
        return {"role": Role.SUPERVISOR.value}, "申诉裁定为成立，等待另一人复核"
    return {"role": Role.REVIEWER.value}, "部门对评价提出申诉，等待裁定"
