"""Every blueprint of the application, in one list."""

from flask import Blueprint

from web.api import (  # noqa: F401 - importing hangs the views on `api`
    api,
    calls,
    cases,
    describe,
    files,
    rates,
    rules,
    shift,
    talks,
    together,
    triage,
)
from web.auth import auth
from web.citizen import citizen
from web.health import health
from web.staff import STAFF

BLUEPRINTS: tuple[Blueprint, ...] = (api, auth, health, citizen, *STAFF)
