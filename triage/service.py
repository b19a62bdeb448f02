"""Corrections are worth more than architecture: what people change is kept as training data."""

from hotline.models import Case
from hotline.unit import Unit
from triage.models import Example

WEIGHTS = {"forward": 1.0, "arbitrate": 2.0}


def keep(unit: Unit, case: Case, source: str) -> None:
    """Remember what a person decided for this matter, with the weight of the decision."""
    suggested = str(case.suggestion.get("machine", case.suggestion.get("category", "")))
    if not case.category:
        return
    text = f"{case.title}\n{case.content}"
    made = Example(
        at=unit.now,
        case_number=case.number,
        text=text,
        suggested=suggested,
        label=case.category,
        source=source,
        weight=WEIGHTS.get(source, 1.0),
    )
    unit.session.add(made)
