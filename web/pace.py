"""How fast strangers may knock: failed guesses are counted strictly, honest use generously, staff not at all.

A guess is a query code or a password that did not fit; `g.missed` says so. Everything is counted in Redis, so that
all web processes know; while Redis is away each process counts for itself.
"""

import ipaddress
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, g, request
from flask_limiter import ApplicationLimit, Limiter, RequestLimit
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from hotline.settings import Settings
from hotline.words import Role
from web import access

log = logging.getLogger(__name__)
GUESSES_OF_ADDRESS = "30/minute"
GUESSES_AT_CASE = "60/minute"  # more than one address may have: nobody alone can shut a citizen out of his case
LOGINS_OF_ADDRESS = "20/minute"
LOGINS_OF_NAME = "30/minute"
# What honest use never reaches, also where a whole office or another site's server stands behind one address.
READS, MATTERS, SEARCHES, TEXTS = "3000/minute", "1200/minute", "600/minute", "60/minute"
FILES = "120/minute"  # each is drawn anew
_LOGGED = parse("1/minute")
_SPARE = FixedWindowRateLimiter(MemoryStorage())
_NETWORKS = {4: 24, 6: 48}  # what a log line keeps of an address
_HOUSE = 64  # an IPv6 house has so many bits of addresses of its own
View = TypeVar("View", bound=Callable[..., Any])


def caller() -> str:
    """Whom a request is counted under: its address, for IPv6 the network of the house."""
    text = request.remote_addr or "127.0.0.1"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return text if address.version == 4 else str(ipaddress.ip_network((address, _HOUSE), strict=False))  # noqa: PLR2004


def _network() -> str:
    """The caller's network, for the log: enough to look further, not enough to name a person."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "127.0.0.1")
    except ValueError:
        return "?"
    return str(ipaddress.ip_network((address, _NETWORKS[address.version]), strict=False))


def _number() -> str:
    """The case a guess is about."""
    return str((request.view_args or {}).get("number") or request.form.get("number", ""))[:40]


def _name() -> str:
    return f"user:{request.form.get('name', '').strip()[:60]}"


def _missed(_answer: Response) -> bool:
    return bool(g.get("missed"))


def _known() -> bool:
    """Whether staff is asking; where the database cannot say, the view will."""
    try:
        return access.asking().role is not Role.CITIZEN
    except access.NotLoggedIn:
        return False
    except SQLAlchemyError:
        return True


def _slowed(limit: RequestLimit) -> None:
    if hit(_LOGGED, "slowed", caller()):
        log.warning("slowed: %s at %s from %s", limit.limit, request.endpoint, _network())


_GUESSES: list[str | Callable[[], str] | ApplicationLimit] = [
    ApplicationLimit(
        GUESSES_OF_ADDRESS,
        key_function=caller,
        scope="guess",
        exempt_when=lambda: not access.query_code(),
        deduct_when=_missed,
    ),
    ApplicationLimit(
        GUESSES_AT_CASE,
        key_function=_number,
        scope="guess-case",
        exempt_when=lambda: not access.query_code() or not _number(),
        deduct_when=_missed,
    ),
]
limiter = Limiter(
    caller, application_limits=_GUESSES, on_breach=_slowed, swallow_errors=True, in_memory_fallback_enabled=True
)
limiter.logger.setLevel(logging.WARNING)  # its own lines would name whole addresses


def storage(settings: Settings) -> dict[str, Any]:
    """Flask's configuration of where it is counted. A Redis that hangs must not hold the doors shut."""
    return {
        "RATELIMIT_STORAGE_URI": settings.redis().replace("unix://", "redis+unix://", 1),
        "RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        "RATELIMIT_KEY_PREFIX": "doors",
    }


def strangers(limit: str) -> Callable[[View], View]:
    """Decorates a view: so many requests from one address; staff is not counted."""
    return limiter.limit(limit, exempt_when=_known)  # type: ignore[return-value]


def logins(view: View) -> View:
    """Decorates the login: failed tries of one address, and at one name."""
    by_address = limiter.limit(LOGINS_OF_ADDRESS, deduct_when=_missed)
    by_name = limiter.limit(LOGINS_OF_NAME, key_func=_name, deduct_when=_missed)
    return by_name(by_address(view))  # type: ignore[return-value]


def hit(limit: RateLimitItem, *key: str) -> bool:
    """Count one outside a view (a socket's event); False when it is too much."""
    try:
        return limiter.limiter.hit(limit, *key)
    except RedisError:
        return _SPARE.hit(limit, *key)
