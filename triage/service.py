"""Corrections are worth more than architecture: what people change is kept as training data."""

from typing import Final

from hotline.models import Case
from hotline.unit import Unit
from triage.models import Example

WEIGHTS: Final = {"forward": 1.0, "arbitrate": 2.0}  # a verdict was thought about by two houses and a third person


def keep(unit: Unit, case: Case, source: str, label: str, department: str = "") -> None:
    """Remember what a person decided for this matter, with the weight of the decision; nothing without a label."""
    if not label:
        return
    made = Example(
        at=unit.now,
        case_number=case.number,
        text=f"{case.title}\n{case.content}",
        suggested=str(case.suggestion.get("machine", case.suggestion.get("category", ""))),
        label=label,
        department=department,
        source=source,
        weight=WEIGHTS.get(source, 1.0),
    )
    unit.session.add(made)
