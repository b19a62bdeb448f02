"""Similar open cases: same category and area, newest first, ordered by how many characters pairs they share."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, reading
from hotline.models import Case
from hotline.words import ENDED, State

CANDIDATES = 200
SHOWN = 5
LEAST = 0.12


def _pairs(text: str) -> set[str]:
    plain = "".join(text.split())
    return {plain[i : i + 2] for i in range(len(plain) - 1)}


def _share(a: set[str], b: set[str]) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def find(session: Session, text: str, category: str, area: str) -> list[dict[str, Any]]:
    """Up to five, each with how near it is (0–1)."""
    ended = [state.value for state in ENDED]
    rows = select(Case).where(Case.category == category, Case.area == area, Case.state.notin_(ended))
    mine = _pairs(text)
    near = [
        (_share(mine, _pairs(f"{c.title}{c.content}")), c)
        for c in session.scalars(rows.order_by(Case.id.desc()).limit(CANDIDATES))
    ]
    best = sorted((pair for pair in near if pair[0] >= LEAST), key=lambda pair: -pair[0])[:SHOWN]
    return [_told(share, case) for share, case in best]


def _told(share: float, case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "title": reading.public_title(case),
        "state": State(case.state).label,
        "area": case.area,
        "received_at": clock.iso(case.received_at),
        "confidence": round(share, 3),
    }
