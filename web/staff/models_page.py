"""The classifier's models: what is in use, what is proposed, old against new; a supervisor switches on and back."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from hotline import clock, db
from hotline.errors import BadInput
from hotline.settings import CITY, Settings
from hotline.unit import transaction
from hotline.words import Role
from triage.classify import Unavailable
from triage.models import ModelSwitch
from triage.spacy_model import read_card
from triage.training import propose
from web import access, suggest

models_page = Blueprint("models_page", __name__)
READERS = (Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR)
STATES = {propose.PROPOSED: "待定", propose.ON: "✓ 在用", propose.OFF: "停用"}
SETS = {"fixed": "固定集", "week": "上周改派的诉求"}
SHOWN = 20


@models_page.get("/models")
def page() -> str:
    """The card of the model in use, its drift, and every model with both figures per label."""
    actor = access.staff(*READERS)
    settings = Settings()
    with db.session() as session:
        rows = session.scalars(select(ModelSwitch).order_by(ModelSwitch.id.desc()).limit(SHOWN))
        models = [_told(row) for row in rows]
        drift = _drift(session, settings)
    told = {"card": _card(settings), "drift": drift, "models": models, "sets": SETS}
    return render_template("staff/models.html", **told, switches=actor.role is Role.SUPERVISOR)


@models_page.post("/models/<name>/on")
def switch(name: str) -> Response:
    """Put this model in use; the one before can be switched back to."""
    actor = access.staff(Role.SUPERVISOR)
    with transaction() as unit:
        propose.switch(unit, name, Settings().data, actor.name)
    return redirect(url_for("models_page.page"))


def retrain() -> str:
    """The night's proposal: trained, judged beside the model in use, left to a supervisor. Returns its name."""
    with transaction() as unit:
        made = propose.propose(unit, CITY / "corpus", CITY / "categories.csv", Settings().data, lambda _: None)
        return made.name


def _card(settings: Settings) -> dict[str, Any] | None:
    try:
        return read_card(settings.data / "model")
    except Unavailable:
        return None


def _drift(session: Any, settings: Settings) -> dict[str, Any] | None:
    try:
        return propose.drift(session, settings.data, clock.now())
    except BadInput:
        return None


def _told(row: ModelSwitch) -> dict[str, Any]:
    names = suggest.names()["category"]
    sets = [
        {"title": SETS[which], "n": both["n"], "old": both["old"], "new": both["new"], "labels": _labels(both, names)}
        for which, both in row.compared.get("sets", {}).items()
    ]
    return {
        "name": row.name,
        "state": STATES[row.state],
        "on": row.state == propose.ON,
        "at": f"{clock.local(row.proposed_at):%Y-%m-%d %H:%M}",
        "by": row.by,
        "sets": sets,
        "seen": row.compared.get("seen", False),
        "corrections": row.compared.get("corrections", 0),
    }


def _labels(both: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """Every label with both figures, the largest loss first."""
    old = (both["old"] or {}).get("per_label", {})
    rows = [
        {
            "name": names.get(label, label),
            "old": old.get(label, 0.0),
            "new": figure,
            "more": figure - old.get(label, 0.0),
        }
        for label, figure in both["new"]["per_label"].items()
    ]
    return sorted(rows, key=lambda row: (row["more"], row["name"]))
