"""What a person has to look at; it stays on the boards until somebody takes it."""

from dispatch.models import Alarm
from hotline.unit import Unit


def alarm(unit: Unit, code: str, text: str, number: str = "") -> None:
    """Raise an alarm under a stable code with a Chinese sentence, about a case where there is one."""
    unit.session.add(Alarm(at=unit.now, code=code, text=text, case_number=number))
