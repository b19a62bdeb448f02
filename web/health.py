"""Alive, ready, and the figures for Prometheus."""

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select

from hotline import db
from hotline.message_models import OutboxRow
from hotline.models import ClockRow
from web import parts

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify({"status": "alive"})


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """Each part: up, off (on purpose, with the reason) or down; 200 when everything needed is up."""
    seen = parts.look()
    fine = all(part.state != "down" or not part.needed for part in seen)
    return jsonify(
        {"status": "ready" if fine else "not ready", "parts": [part.told() for part in seen]}
    ), 200 if fine else 503


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus text: parts, waiting outbox messages, open clocks, overdue ones."""
    registry = CollectorRegistry()
    up = Gauge("hotline_part_up", "1 when the part is up", ["part"], registry=registry)
    for part in parts.look():
        up.labels(part.name).set(part.state == "up")
    for name, help_text, value in _counts():
        Gauge(name, help_text, registry=registry).set(value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _counts() -> list[tuple[str, str, int]]:
    waiting = select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
    running = select(func.count()).select_from(ClockRow).where(ClockRow.stopped_at.is_(None))
    overdue = running.where(ClockRow.due_at < func.now())
    with db.session() as session:
        return [
            ("hotline_outbox_waiting", "events not yet delivered", session.scalar(waiting) or 0),
            ("hotline_clocks_running", "clocks that run", session.scalar(running) or 0),
            ("hotline_clocks_overdue", "clocks past their deadline", session.scalar(overdue) or 0),
        ]
