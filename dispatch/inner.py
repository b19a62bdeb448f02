"""Inner deadlines: a house hears when the unit it handed a case down to has let its day pass (rules.md §1.7)."""

from sqlalchemy import Select, bindparam, exists, func, select

from dispatch.people import Directory
from hotline.loop_models import HandDown
from hotline.message_models import Notice
from hotline.models import Assignment, Case
from hotline.unit import Unit
from hotline.words import ENDED, Delivery, Role

MOST = 500
OLDEST = select(func.min(HandDown.due_at)).where(HandDown.told_at.is_(None))
_OVER = (
    select(HandDown)
    .where(HandDown.told_at.is_(None), HandDown.due_at <= bindparam("now"))
    .order_by(HandDown.due_at)
    .limit(MOST)
    .with_for_update(skip_locked=True)
)
_DONE = [Delivery.REPLIED.value, Delivery.RETURNED.value]


def remind(unit: Unit) -> int:
    """Tell clerk and head of what is over, once, oldest first; returns how many. What was answered stays silent."""
    rows = list(unit.session.scalars(_OVER, {"now": unit.now}))
    people = Directory(unit.session)
    for row in rows:
        row.told_at = unit.now
        number = unit.session.scalar(_still_owed(row))
        if number is not None:
            text = f"{number} 下派“{row.unit}”的内部时限已过，尚未答复。"
            for name in (*people.group(Role.CLERK, row.department), *people.group(Role.HEAD, row.department)):
                unit.write(Notice, at=unit.now, user=name, case_number=number, rung="inner", text=text)
    return len(rows)


def _still_owed(row: HandDown) -> Select[str]:
    """The number of the case while this department has it and has not answered in this round."""
    mine = Assignment.case_id == row.case_id, Assignment.round == row.round, Assignment.department == row.department
    here = exists().where(*mine, Assignment.status.notin_(_DONE))
    return select(Case.number).where(Case.id == row.case_id, Case.state.notin_([s.value for s in ENDED]), here)
