"""Who hears whom in a call: a table of (source, sink) pairs from its facts. Pure.

Names: CALLER, MUSIC, RECORDER, and the token of every other leg.
"""

from telephony.signals import Facts, Guest, Mode, Phase, Role

CALLER, MUSIC, RECORDER = "caller", "music", "recorder"
Pairs = frozenset[tuple[str, str]]
_ON_HOLD: Pairs = frozenset({(MUSIC, CALLER)})


def pairs(facts: Facts) -> Pairs:
    """The table of this moment. Recorded is what the caller says and hears of people; music, consultations and a
    whisper are not (rules.md §6: the notice to the caller covers his talk)."""
    if facts.phase == Phase.MESSAGE:
        return frozenset({(CALLER, RECORDER)})
    if facts.phase != Phase.TALKING:
        return _ON_HOLD
    speaking = _speaking(facts)
    return speaking | _listening(facts, speaking) | _recorded(facts, speaking)


def _up(facts: Facts, role: Role) -> list[Guest]:
    return [guest for guest in facts.talk.guests if guest.up and guest.role == role]


def _speaking(facts: Facts) -> Pairs:
    """Everybody in the room hears everybody; a consulted guest and the agent hear each other."""
    barging = [guest.token for guest in _up(facts, Role.MONITOR) if guest.mode == Mode.BARGE]
    room = [facts.token, *(guest.token for guest in _up(facts, Role.CONFERENCE)), *barging]
    room += [] if facts.talk.held else [CALLER]
    made = {(one, other) for one in room for other in room if one != other}
    for guest in _up(facts, Role.CONSULT):
        made |= {(facts.token, guest.token), (guest.token, facts.token)}
    if facts.talk.muted:
        made = {pair for pair in made if pair[0] != facts.token}
    return frozenset(made) | (_ON_HOLD if facts.talk.held else frozenset())


def _listening(facts: Facts, speaking: Pairs) -> Pairs:
    """A listener hears whom the agent hears, and the agent when he is not mute; a whisper reaches the agent alone."""
    quiet = [guest for guest in _up(facts, Role.MONITOR) if guest.mode != Mode.BARGE]
    heard = {source for source, sink in speaking if sink == facts.token}
    heard |= set() if facts.talk.muted else {facts.token}
    made = {(source, guest.token) for source in heard for guest in quiet}
    return frozenset(made | {(guest.token, facts.token) for guest in quiet if guest.mode == Mode.WHISPER})


def _recorded(facts: Facts, speaking: Pairs) -> Pairs:
    if facts.talk.paused or facts.talk.held:
        return frozenset()
    return frozenset((source, RECORDER) for source in {CALLER} | {s for s, sink in speaking if sink == CALLER})
