"""Reviews at a hall's window, by QR code or kiosk: of the case that came in there, else of the service itself.

With a telephone number a bad review has the full loop: it becomes a case of its own, in which the department sees the
matter and not the person. Without one it is counted and listed apart (rules.md §5).
"""

import secrets
from typing import Annotated

from pydantic import Field
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from hotline import cases, facts, privacy
from hotline.city_models import Department
from hotline.errors import BadInput, Missing
from hotline.given import GIVEN, Given, Satisfaction, parse
from hotline.lifecycle import Actor
from hotline.models import Case, Rating
from hotline.unit import Unit, transaction
from hotline.window_models import Window, WindowReview
from hotline.words import WORST_GOOD_LEVEL, Action, Channel, Kind, Role, State

CITIZEN = Actor("citizen", Role.CITIZEN)
CHANNELS = frozenset({Channel.WINDOW.value, Channel.KIOSK.value})
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class NewWindow(Given):
    name: Annotated[str, Field(min_length=2, max_length=60)]
    department: Annotated[str, Field(min_length=1, max_length=32)]
    item: Annotated[str, Field(min_length=2, max_length=60)]


class Said(Given):
    level: Satisfaction
    words: Annotated[str, Field(max_length=2_000)] = ""
    phone: Annotated[str, Field(max_length=30)] = ""
    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


def open_window(said: NewWindow, by: str) -> Window:
    """A new window with a code nobody guesses. Raises BadInput for a department that is none."""
    with transaction() as unit:
        house = unit.session.get(Department, said.department)
        if house is None or house.dissolved:
            raise BadInput("unknown_department", "没有这个部门，或已撤销。", {"department": "没有这个部门"})
        code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        made = Window(code=code, made_by=by, made_at=unit.now, active=True, **said.model_dump())
        unit.session.add(made)
        return made


def found(session: Session, code: str) -> Window:
    """The window of a code. Raises Missing, also for one that was closed."""
    window = session.get(Window, code)
    if window is None or not window.active:
        raise Missing("no_such_window", "没有这个窗口，或已停用。您可以拨打 12345 评价。")
    return window


def close(code: str) -> None:
    """Its code leads nowhere any more; what was said there stays."""
    with transaction() as unit:
        found(unit.session, code).active = False


def review(code: str, said: Said, channel: Channel) -> None:
    """Take a review once. `said.phone` is already plain digits. Raises Missing for a window that is none."""
    with transaction() as unit:
        window = found(unit.session, code)
        once = func.hashtextextended(f"window:{said.nonce}", 0)  # a second press waits for the first
        unit.session.execute(select(func.pg_advisory_xact_lock(once)))
        if unit.session.scalar(select(WindowReview.id).where(WindowReview.nonce == said.nonce)) is not None:
            return
        case = _case_of(unit.session, window, said.phone) if said.phone else None
        if case is not None:
            form = parse(GIVEN[Action.RATE], {"level": said.level, "words": said.words}).model_dump(mode="json")
            cases.step(unit, case, Action.RATE, CITIZEN, form | {"channel": channel.value})
        else:
            _write(unit, window, said, channel)


def _case_of(session: Session, window: Window, phone: str) -> Case | None:
    """The latest case of this number that came in at this department's windows, is answered, and is not rated yet."""
    rated = exists().where(Rating.case_id == Case.id, Rating.round == Case.round)
    rows = select(Case.number).where(Case.phone_index == privacy.blind(phone), Case.lead == window.department)
    rows = rows.where(Case.channel.in_(CHANNELS), Case.state.in_([State.PASSED, State.CLOSED]), ~rated)
    number = session.scalars(rows.order_by(Case.id.desc()).limit(1)).first()
    return facts.load(session, number, lock=True) if number else None


def _write(unit: Unit, window: Window, said: Said, channel: Channel) -> None:
    row = WindowReview(
        window=window.code,
        department=window.department,
        item=window.item,
        channel=channel.value,
        anonymous=not said.phone,
        at=unit.now,
        **said.model_dump(),
    )
    if said.phone and said.level < WORST_GOOD_LEVEL:
        row.case_number = _complaint(unit, window, said).number
    unit.session.add(row)


def _complaint(unit: Unit, window: Window, said: Said) -> Case:
    """A bad review with a number to call: a case, accepted at once, whose department does not learn who said it."""
    new = cases.NewCase(
        kind=Kind.COMPLAINT.value,
        title=f"窗口差评：{window.name}·{window.item}"[:60],
        content=said.words or "市民在窗口给了差评，没有写原因。请先联系市民了解情况。",
        channel=Channel.WINDOW.value,
        phone=said.phone,
        confidential=True,
        suggestion={"department": window.department},
    )
    return cases.create_in(unit, new, cases.SYSTEM, f"window:{said.nonce}")
