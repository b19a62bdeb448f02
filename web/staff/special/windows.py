"""Windows of the halls: their QR codes as PNG and as a sheet to hang up, and their kiosks."""

import io
from typing import Any

import segno
from flask import Blueprint, Response, render_template, request
from sqlalchemy import select

from hotline import db, windows
from hotline.city_models import Department
from hotline.given import parse
from hotline.settings import Settings
from hotline.window_models import Window
from hotline.words import Role
from web import access
from web.staff.houses import houses
from web.staff.office import office
from web.staff.special import frame

halls = Blueprint("windows", __name__)
HERE = "/special/windows"
KEEPERS = (Role.SUPERVISOR, Role.ADMIN)
DOTS = 12  # pixels to a module: 40 mm wide at 300 dpi and more


def address(code: str) -> str:
    """Where the QR code leads."""
    return f"{(Settings().public_url or request.url_root).rstrip('/')}/w/{code}"


def _page(**more: Any) -> str:
    actor = frame.reader(HERE)
    names = {code: house.name for code, house in houses().items()}
    with db.session() as session:
        rows = list(session.scalars(select(Window).order_by(Window.active.desc(), Window.department, Window.name)))
        living = select(Department.code, Department.name).where(~Department.dissolved).order_by(Department.code)
        choices = dict(session.execute(living).all())
    return frame.shown("windows", actor, rows=rows, names=names, departments=choices, address=address, **more)


@halls.get(HERE)
def listed() -> str:
    """All windows, the closed ones last."""
    return _page()


@halls.post(HERE)
def opened() -> frame.Answer:
    """A new window."""
    actor = access.staff(*KEEPERS)
    given = {name: frame.words(name) for name in ("name", "department", "item")}
    return frame.posted(HERE, lambda: windows.open_window(parse(windows.NewWindow, given), actor.name), _page, "new")


@halls.post(f"{HERE}/<code>/close")
def closed(code: str) -> frame.Answer:
    """Its code leads nowhere any more."""
    access.staff(*KEEPERS)
    return frame.posted(HERE, lambda: windows.close(code), _page, code)


@halls.get(f"{HERE}/<code>.png")
def picture(code: str) -> Response:
    """The QR code, which a scratch or a stain does not spoil (error level Q)."""
    access.staff(*KEEPERS)
    with db.session() as session:
        windows.found(session, code)
    out = io.BytesIO()
    segno.make(address(code), error="q", micro=False).save(out, kind="png", scale=DOTS, border=4)
    headers = {"Content-Disposition": f'inline; filename="window-{code}.png"'}
    return Response(out.getvalue(), mimetype="image/png", headers=headers)


@halls.get(f"{HERE}/<code>/sheet")
def sheet(code: str) -> str:
    """An A4 sheet with the code, to be printed and hung up."""
    access.staff(*KEEPERS)
    with db.session() as session:
        window = windows.found(session, code)
    return render_template("staff/special/sheet.html", window=window, address=address(code), office=office())
