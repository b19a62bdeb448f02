"""Agents' phones before and beside a talk: several that ring at once, and what the desk tells its own phone.

Pure, as `telephony.calls`, which asks here. While several phones ring for one caller, the table of calls sees the one
a signal is about; what then becomes of the others is said here: who answers first has the call.
"""

from dataclasses import replace

from telephony.signals import Decision, Event, Facts, Failure, Heard, Offer, Order, Phase, Signal, Told

MOST_OFFERS = 30
COMMANDS = frozenset({Signal.PICK_UP, Signal.PUT_DOWN})
_RINGS = frozenset({Phase.OFFERED, Phase.PREVIEW})

# --- several at once ------------------------------------------------------------------------------------------------


def in_front(facts: Facts, token: str) -> Facts:
    """The facts as the table shall see them: the offer of this token first, when it rings among others."""
    found = next((offer for offer in facts.others if offer.token == token), None)
    if found is None:
        return facts
    rest = (*(offer for offer in facts.others if offer is not found), Offer(facts.token, facts.agent, facts.rang))
    return _first(facts, (found, *rest))


def _first(facts: Facts, offers: tuple[Offer, ...]) -> Facts:
    front, *rest = offers
    return replace(facts, token=front.token, agent=front.agent, rang=front.rang, others=tuple(rest))


def beside(facts: Facts, heard: Heard) -> Decision | None:
    """One more phone rings for the caller. None when the offer does not ask for it or there are too many."""
    if not heard.together or facts.phase != Phase.OFFERED or len(facts.others) + 1 >= MOST_OFFERS:
        return None
    if not heard.token or heard.token in facts.used:
        return None
    others = (*facts.others, Offer(heard.token, heard.agent))
    return Decision(replace(facts, others=others, used=facts.used | {heard.token}), (Order.RING_AGENT,))


def settled(before: Facts, made: Decision) -> Decision:
    """What a step means for the other phones: they ring on after a refusal and stop when the call was taken or is
    over. `before` are the facts the table saw."""
    after = made.facts
    if not before.others or after.phase == Phase.OFFERED:
        return made
    if after.phase == Phase.WAITING:
        facts = _first(replace(after, phase=Phase.OFFERED), before.others)
        return replace(made, facts=facts, events=tuple(told for told in made.events if told.event != Event.QUEUED))
    gone = tuple(offer.token for offer in before.others)
    taken = tuple(_taken(offer) for offer in before.others) if after.phase == Phase.JOINING else ()
    return replace(made, facts=replace(after, others=()), events=made.events + taken, drop=made.drop + gone)


def _taken(offer: Offer) -> Told:
    fields = {"agent": offer.agent, "token": offer.token, "reason": Failure.TAKEN}
    return Told(Event.OFFER_FAILED, fields)


# --- the desk and its phone -----------------------------------------------------------------------------------------


def rings(facts: Facts, token: str) -> bool:
    """Whether the phone of this token rings and was not answered yet."""
    guests = {guest.token for guest in facts.talk.guests if not guest.up}
    offered = {facts.token, *(offer.token for offer in facts.others)} if facts.phase in _RINGS else set()
    return bool(token) and token in guests | offered


def pick_up(facts: Facts, heard: Heard) -> Decision:
    """The phone is asked to answer. It may not know how: then the line says so."""
    return Decision(facts, (Order.PICK_UP,)) if rings(facts, heard.token) else refused(facts, heard)


def not_picked_up(facts: Facts, heard: Heard) -> Decision:
    """The phone refused; it rings on, and a person may still take it."""
    return refused(facts, replace(heard, signal=Signal.PICK_UP)) if rings(facts, heard.token) else Decision(facts)


def by_own_hand(facts: Facts, heard: Heard) -> Heard:
    """The signal of a phone that ends its leg itself."""
    if rings(facts, heard.token):
        return replace(heard, signal=Signal.AGENT_FAILED, reason=Failure.REJECT)
    return replace(heard, signal=Signal.AGENT_GONE, reason="")


def refused(facts: Facts, heard: Heard) -> Decision:
    """Nothing changes, and it is said."""
    return Decision(facts, events=(Told(Event.REFUSED, {"command": heard.signal.value, "token": heard.token}),))
