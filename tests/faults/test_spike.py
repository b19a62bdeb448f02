"""More people than the doors can take at once: who is refused hears it, and afterwards nobody is."""

import threading
import uuid

from town import MATTER

AT_ONCE, AFTER = 150, 20


def test_after_a_spike_the_error_rate_returns_to_zero(town):
    town.start("web")
    told = []

    def one():
        try:
            told.append(town.ask("POST", "/api/v1/cases", MATTER, key=str(uuid.uuid4()), seconds=60)[0])
        except OSError:
            told.append(0)

    people = [threading.Thread(target=one) for _ in range(AT_ONCE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert set(told) <= {201, 503, 429, 0}
    town.take_in(AFTER)
    assert town.count("SELECT count(*) FROM cases") >= told.count(201) + AFTER
