"""Many steps in one commit: each is decided and refused by itself, but read and written with the others."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hotline import facts, history
from hotline.cases import apply, decided
from hotline.city_models import Department
from hotline.effects import Work
from hotline.errors import HotlineError
from hotline.given import GIVEN, parse
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.timing import Timing, timing
from hotline.unit import Unit, transaction
from hotline.words import Action

Told = dict[int, Case | HotlineError]
Sees = Callable[[Actor, Case], bool]


@dataclass(frozen=True)
class Order:
    """One of many steps that are done together, and whose step it is."""

    actor: Actor
    number: str
    action: Action
    given: dict[str, Any]
    version: int | None = None


def act_many(orders: Sequence[Order], sees: Sees = lambda _actor, _case: True) -> list[Case | HotlineError]:
    """Steps of several cases in one commit: the case, or why it was refused, for each order in turn.

    A refusal leaves the others alone. Where writing one fails half way, each is done in a commit of its own. Several
    orders for one case are done one after the other. A case the actor does not see is not there for him.
    """
    told: Told = {}
    for wave in _waves(orders):
        try:
            told |= _commit(wave, sees)
        except HotlineError:
            for place, order in wave.items():
                told |= _alone(place, order, sees)
    return [told[place] for place in range(len(orders))]


def _waves(orders: Sequence[Order]) -> list[dict[int, Order]]:
    """Place → order, no case twice in one wave."""
    waves: list[dict[int, Order]] = []
    times: Counter[str] = Counter()
    for place, order in enumerate(orders):
        if times[order.number] == len(waves):
            waves.append({})
        waves[times[order.number]][place] = order
        times[order.number] += 1
    return waves


def _alone(place: int, order: Order, sees: Sees) -> Told:
    try:
        return _commit({place: order}, sees)
    except HotlineError as refused:
        return {place: refused}


def _commit(wave: dict[int, Order], sees: Sees) -> Told:
    with transaction(by_keys=True) as unit:
        return _steps(unit, wave, sees)


def _steps(unit: Unit, wave: dict[int, Order], sees: Sees) -> Told:
    """Decide each on its locked case and apply it. Raises only where an effect does."""
    numbers = [order.number for order in wave.values()]
    locked = facts.load_many(unit.session, "number", numbers, lock=True, words=False)
    found = {case.number: case for case in locked}
    history.look_up(unit, [case.id for case in found.values()])
    houses = _named(unit, wave.values())  # held, so that the effects find them without asking
    told: Told = {}
    rules = timing()
    with unit.session.no_autoflush:
        for place, order in wave.items():
            case = found.get(order.number)
            work = _ordered(unit, case if case is not None and sees(order.actor, case) else None, order, rules)
            if isinstance(work, Work):
                apply(work)
            told[place] = work.case if isinstance(work, Work) else work
    del houses
    return told


def _named(unit: Unit, orders: Iterable[Order]) -> list[Department]:
    """The departments that the orders name."""
    said = [order.given.get(word) for order in orders for word in ("department", "suggest")]
    parts = [part for order in orders for part in order.given.get("departments", ()) if isinstance(part, dict)]
    codes = {code for code in (*said, *(part.get("code") for part in parts)) if code and isinstance(code, str)}
    return facts.houses(unit.session, codes) if codes else []


def _ordered(unit: Unit, case: Case | None, order: Order, rules: Timing) -> Work | HotlineError:
    if case is None:
        return facts.missing()
    try:
        form = parse(GIVEN[order.action], order.given).model_dump(mode="json")
        return decided(unit, case, order.action, order.actor, form, order.version, rules)
    except HotlineError as refused:
        return refused
