"""Who hears whom in a call: a table of (source, sink) pairs from its facts. Pure.

Names: CALLER, MUSIC, RINGBACK, SILENCE, RECORDER, and the token of every other leg.
"""

from telephony.signals import Facts, Guest, Mode, Phase, Role

CALLER, MUSIC, RINGBACK, SILENCE, RECORDER = "caller", "music", "ringback", "silence", "recorder"
Pairs = frozenset[tuple[str, str]]
_ON_HOLD: Pairs = frozenset({(MUSIC, CALLER)})
_NOTHING_RECORDED: Pairs = frozenset({(SILENCE, RECORDER)})


def pairs(facts: Facts) -> Pairs:
    """The table of this moment. Recorded is what the caller says and hears of people; music, consultations and a
    whisper are not (rules.md §6: the notice to the caller covers his talk). A recording that has begun goes on with
    silence meanwhile, so that an instant of the call is the same instant of its file."""
    if facts.phase == Phase.MESSAGE:
        return frozenset({(CALLER, RECORDER)})
    if facts.phase == Phase.DIALLING:
        return frozenset({(CALLER if facts.early else RINGBACK, facts.token)})
    if facts.phase != Phase.TALKING:
        return _ON_HOLD | _NOTHING_RECORDED
    speaking = _speaking(facts)
    return speaking | _listening(facts, speaking) | _recorded(facts, speaking) | _ringing(facts)


def _ringing(facts: Facts) -> Pairs:
    """The agent hears that a guest's phone rings; a listener's he does not."""
    rings = [guest for guest in facts.talk.guests if guest.rang and not guest.up and guest.role != Role.MONITOR]
    return frozenset({(RINGBACK, facts.token)}) if rings else frozenset()


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
        return _NOTHING_RECORDED
    return frozenset((source, RECORDER) for source in {CALLER} | {s for s, sink in speaking if sink == CALLER})
