"""Logging in and out."""

from flask import Blueprint, g, redirect, render_template, request, session
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response

from hotline import db
from hotline.city_models import User
from hotline.words import Role
from web import access
from web.app import csrf
from web.pace import logins

auth = Blueprint("auth", __name__)
HOME = {
    Role.AGENT: "/desk",
    Role.DISPATCHER: "/dispatch",
    Role.REVIEWER: "/dispatch",
    Role.REVISITOR: "/revisit",
    Role.SUPERVISOR: "/board",
    Role.AUDITOR: "/board",
    Role.KEEPER: "/kb",
    Role.ADMIN: "/admin",
    Role.CLERK: "/department",
    Role.HEAD: "/department",
}
_NOBODY = generate_password_hash("nobody", method="scrypt:4096:8:1")


@auth.get("/login")
def form() -> str:
    """The login page."""
    return render_template("login.html", next=request.args.get("next", ""), wrong=False, name="")


@auth.post("/login")
@logins
def login() -> Response | str | tuple[str, int]:
    """Check name and password; the answer takes as long for a name nobody has."""
    csrf.protect()
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    with db.session() as reading:
        user = reading.get(User, name)
        fits = check_password_hash(user.password if user else _NOBODY, password)
    if user is None or not user.active or not fits:
        g.missed = True
        return render_template("login.html", next=request.form.get("next", ""), wrong=True, name=name), 401
    session.clear()
    session["user"] = user.name
    return redirect(access.inside(request.form.get("next", "")) or HOME.get(Role(user.role), "/"))


@auth.post("/logout")
def logout() -> Response:
    """Leave."""
    session.clear()
    return redirect("/login")
