"""The web application: pages, API, sockets, put together."""

import hashlib
from pathlib import Path

from flask import Flask, Response, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect

from hotline.clock import drill_file
from hotline.settings import Settings
from web import access, errors
from web.pace import limiter, storage
from web.proxies import OwnProxies, networks

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
MOST_BYTES = 12 * 1024 * 1024
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
csrf = CSRFProtect()


class _Sessions(SecureCookieSessionInterface):
    """A session begun over TLS never travels without it."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Whether the browser sends it over TLS only."""
        return request.is_secure


def create_app(settings: Settings | None = None) -> Flask:
    """The application with all its doors. Reads its addresses from `settings` (default: the environment)."""
    settings = settings or Settings()
    app = Flask("web", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=hashlib.sha256(b"sessions" + settings.secret()).hexdigest(),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BYTES,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        HOTLINE=settings,
        **storage(settings),
    )
    app.session_interface = _Sessions()
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    csrf.init_app(app)
    limiter.init_app(app)
    errors.register(app)
    _register(app)
    app.wsgi_app = OwnProxies(app.wsgi_app, networks(settings.proxies))  # type: ignore[assignment, method-assign]
    return app


def _register(app: Flask) -> None:
    from web import live  # noqa: PLC0415 - the doors need this module first
    from web.blueprints import BLUEPRINTS  # noqa: PLC0415

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(_same_origin)
    app.after_request(_headers)
    app.context_processor(_shown_everywhere)
    live.init(app)


def _same_origin() -> None:
    """A logged-in browser proves with its token that the page is ours; programs carry a bearer token instead."""
    if request.method not in _SAFE and session.get("user") and not access.bearer():
        csrf.protect()


def _headers(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure:
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.path.startswith(("/api/", "/rate/")) or session.get("user"):
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _shown_everywhere() -> dict[str, object]:
    return {"drill": drill_file() is not None, "actor": access.asking()}
