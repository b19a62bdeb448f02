"""Who is asking, and what he may see: the only way a view gets a protected row."""

from functools import lru_cache
from time import monotonic

from flask import g, request, session
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from hotline import db, facts, privacy
from hotline.city_models import Token, User
from hotline.errors import Forbidden, HotlineError, Missing
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.words import CENTRE, DEPARTMENT, Delivery, Role
from web.errors import json_body

CITIZEN = Actor("citizen", Role.CITIZEN)
CODE_HEADER = "X-Query-Code"
_KEPT_SECONDS = 10


class NotLoggedIn(HotlineError):  # noqa: N818
    """Nobody is known behind this request."""

    status = 401


def _actor(user: User) -> Actor:
    role = Role(user.role)
    return Actor(user.name, role, user.department if role in DEPARTMENT else "")


@lru_cache(maxsize=2048)
def _by_token(digest: str, _slot: int) -> Actor | None:
    """A token's user; looked up at most every few seconds (a withdrawn token works that long)."""
    with db.session() as reading:
        token = reading.get(Token, digest)
        user = reading.get(User, token.user) if token else None
        return _actor(user) if user is not None and user.active else None


@lru_cache(maxsize=2048)
def _by_name(name: str, _slot: int) -> Actor | None:
    with db.session() as reading:
        user = reading.get(User, name)
        return _actor(user) if user is not None and user.active else None


def _slot() -> int:
    return int(monotonic() / _KEPT_SECONDS)


def bearer() -> str:
    """The bearer token of the request, or empty."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def query_code() -> str:
    """The query code a citizen sends: in a header, in the body, or in the address. Empty where there is none."""
    return str(request.headers.get(CODE_HEADER) or _code_inside() or request.args.get("query_code") or "").strip()


def _code_inside() -> object:
    try:
        body = json_body()
        return body.get("query_code") if isinstance(body, dict) else request.form.get("query_code")
    except HTTPException:  # a body that is too large: the view refuses it
        return None


def inside(target: str) -> str:
    """An address of our own to go on to, else empty. Browsers drop blanks and turn backslashes: both are refused."""
    odd = any(letter <= " " or letter == "\\" for letter in target)
    return target if target.startswith("/") and not target.startswith("//") and not odd else ""


def asking() -> Actor:
    """Who asks: by token, by session, else a citizen. Raises NotLoggedIn for a token nobody has."""
    known: Actor | None = g.get("actor")
    if known is None:
        known = g.actor = _asking()
    return known


def of_token(token: str) -> Actor:
    """The user of a bearer token. Raises NotLoggedIn."""
    actor = _by_token(privacy.token_digest(token), _slot())
    if actor is None:
        raise NotLoggedIn("bad_token", "访问令牌无效。")
    return actor


def _asking() -> Actor:
    token = bearer()
    if token:
        return of_token(token)
    name = session.get("user", "")
    return (_by_name(name, _slot()) if name else None) or CITIZEN


def staff(*roles: Role) -> Actor:
    """A logged-in member of staff, of these roles where given. Raises NotLoggedIn or Forbidden."""
    actor = asking()
    if actor.role is Role.CITIZEN:
        raise NotLoggedIn("login_needed", "请先登录。")
    if roles and actor.role not in roles:
        raise Forbidden("not_allowed", f"{actor.role.label}不能看这里。")
    return actor


def may_see(actor: Actor, case: Case) -> bool:
    """The centre sees every case, a department its own, no longer what was taken back from it."""
    if actor.role in CENTRE:
        return True
    own = [row for row in case.places if row.department == actor.department]
    return actor.role in DEPARTMENT and any(row.status != Delivery.RETURNED for row in own)


def _of_citizen(reading: Session, number: str, code: str, *, lock: bool) -> Case:
    """The case that number and code fit. Raises Missing; `g.missed` lets the doors count the guess."""
    g.missed = True
    case = facts.load(reading, number, lock=lock)
    if not case.query_code or not privacy.same(code.strip().upper(), case.query_code):
        raise Missing("no_such_case", "没有这个编号的诉求。")
    g.missed = False
    return case


def visible_case(reading: Session, number: str, query_code: str = "", *, lock: bool = False) -> tuple[Case, Actor]:
    """The case and the reader. A wrong query code and a case that is not there look alike. Raises Missing."""
    if query_code:
        return _of_citizen(reading, number, query_code, lock=lock), CITIZEN
    actor = asking()
    if actor.role is Role.CITIZEN:  # said before looking: a stranger does not learn which numbers there are
        raise NotLoggedIn("query_code_needed", "请填写查询码，或先登录。")
    case = facts.load(reading, number, lock=lock)
    if not may_see(actor, case):
        raise Missing("no_such_case", "没有这个编号的诉求。")
    return case, actor
