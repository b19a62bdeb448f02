"""Whom a rung of the ladder or an order reaches, by name: the handler, the head of his house, the duty supervisor."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline import facts
from hotline.city_models import Department, User
from hotline.db import among_these
from hotline.models import ClockRow
from hotline.words import CENTRE, Clock, Role

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
_PEOPLE = (
    select(User.name, User.role, User.department)
    .where(User.active, or_(among_these(User.department), User.role.in_([role.value for role in CENTRE])))
    .order_by(User.name)
)


class Directory:
    """Who is who during one transaction: each group of people is asked for once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._groups: dict[tuple[Role, str], list[str]] = {}
        self._above: dict[str, str] = {}
        self._houses: dict[str, Department] = {}  # held, so that whoever gets one of them by its code asks nobody

    def expect(self, departments: Collection[str]) -> None:
        """Read at once who may be reached for clocks of these departments, and who works in the centre."""
        self._houses = {house.code: house for house in facts.houses(self.session, departments)}
        self._above |= {code: house.parent or "" for code, house in self._houses.items()}
        houses = {*departments, *self._above.values()} - {""}
        self._groups |= {(role, house): [] for role in Role for house in houses} | {(role, ""): [] for role in CENTRE}
        for name, role, department in self.session.execute(_PEOPLE, {"these": list(houses)}):
            for key in {(Role(role), department), (Role(role), "")} & self._groups.keys():
                self._groups[key].append(name)

    def reached(self, row: ClockRow, audience: tuple[str, ...]) -> list[str]:
        """The names of an audience for this clock, each once.

        A clock of the centre is handled by the group it belongs to, else by the dispatchers; its head is the
        supervisor.
        """
        return list(dict.fromkeys(name for who in audience for name in self._people(who, row)))

    def above(self, department: str) -> list[str]:
        """Whom an order to a house reaches, each once: its head, the leader above him, and the supervisors."""
        named = (*self.group(Role.HEAD, department), *self._leader(department), *self.group(Role.SUPERVISOR))
        return list(dict.fromkeys(named))

    def _people(self, who: str, row: ClockRow) -> list[str]:
        if who == "system":
            return []
        if who == "supervisor":
            return self.group(Role.SUPERVISOR)
        if row.clock in HANDLERS or not row.department:
            group = HANDLERS.get(Clock(row.clock), Role.DISPATCHER)
            return self.group(group if who == "handler" else Role.SUPERVISOR)
        return self._leader(row.department) if who == "leader" else self.group(ROLES[who], row.department)

    def _leader(self, department: str) -> list[str]:
        """The head of the house above, where there is one, else the house's own head."""
        if department not in self._above:
            parent = select(Department.parent).where(Department.code == department)
            self._above[department] = self.session.scalar(parent) or ""
        above = self._above[department]
        return (self.group(Role.HEAD, above) if above else []) or self.group(Role.HEAD, department)

    def group(self, role: Role, department: str = "") -> list[str]:
        """The active people of a role: of a department, or of the whole centre."""
        if (role, department) not in self._groups:
            rows = select(User.name).where(User.role == role.value, User.active).order_by(User.name)
            rows = rows.where(User.department == department) if department else rows
            self._groups[role, department] = list(self.session.scalars(rows))
        return self._groups[role, department]
