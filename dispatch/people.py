"""Whom a rung of the ladder reaches, by name: the handler, the head of his house, the duty supervisor."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.city_models import Department, User
from hotline.models import ClockRow
from hotline.words import Clock, Role

HANDLERS = {  # of the clocks of the centre's own groups, also where they stand under a department to be counted for it
    Clock.EXTENSION: Role.SUPERVISOR,
    Clock.REVIEW: Role.REVIEWER,
    Clock.REVISIT: Role.REVISITOR,
    Clock.SECOND_REVISIT: Role.REVISITOR,
    Clock.BAD_REVIEW: Role.REVISITOR,
    Clock.VERDICT: Role.REVISITOR,
    Clock.APPEAL: Role.REVIEWER,
}
ROLES = {"head": Role.HEAD, "handler": Role.CLERK, "supervisor": Role.SUPERVISOR, "leader": Role.HEAD}


def _of_centre(session: Session, role: Role) -> list[User]:
    return list(session.scalars(select(User).where(User.role == role.value, User.active).order_by(User.name)))


def _of_department(session: Session, role: Role, department: str) -> list[User]:
    rows = select(User).where(User.role == role.value, User.department == department, User.active)
    return list(session.scalars(rows.order_by(User.name)))


def _leader(session: Session, department: str) -> list[User]:
    """The head of the house above, where there is one, else the house's own head."""
    house = session.get(Department, department)
    above = _of_department(session, Role.HEAD, house.parent) if house is not None and house.parent else []
    return above or _of_department(session, Role.HEAD, department)


def reached(session: Session, row: ClockRow, audience: tuple[str, ...]) -> list[User]:
    """The people of an audience for this clock, each once.

    A clock of the centre is handled by the group it belongs to, else by the dispatchers; its head is the supervisor.
    """
    found: dict[str, User] = {}
    for who in audience:
        for user in _people(session, who, row):
            found.setdefault(user.name, user)
    return list(found.values())


def _people(session: Session, who: str, row: ClockRow) -> list[User]:
    if who == "system":
        return []
    if who == "supervisor":
        return _of_centre(session, Role.SUPERVISOR)
    if row.clock in HANDLERS or not row.department:
        group = HANDLERS.get(Clock(row.clock), Role.DISPATCHER)
        return _of_centre(session, group if who == "handler" else Role.SUPERVISOR)
    return _leader(session, row.department) if who == "leader" else _of_department(session, ROLES[who], row.department)
