"""The blueprint of the citizens' pages, and what every page of the house is told."""

from flask import Blueprint

from hotline import clock

citizen = Blueprint("citizen", __name__)


@citizen.app_context_processor
def page_time() -> dict[str, object]:
    """Every page carries the server's now, so that browsers reckon by it, in a drill too."""
    return {"page_now": clock.iso(clock.now())}
