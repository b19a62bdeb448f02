"""Legs whose sound packets stopped coming: PJSIP has no time-out for them."""

from collections.abc import Mapping

import pjsua2 as pj

from telephony.pjsua.sides import Side
from telephony.pjsua.stack import Legs
from telephony.signals import Heard, Signal

LOOKS_PER_SILENCE, HELD_FACTOR = 6, 10


class Watch:
    """Looks a few times within `silence` seconds, the time after which nobody is there any more; ten times as long
    for a leg on hold."""

    def __init__(self, silence: float) -> None:
        self._silence, self._next = silence, 0.0

    def dead(self, sides: Mapping[str, Side], legs: Legs, now: float) -> list[Heard]:
        """The legs that are silent for too long; `now` are seconds of the line's clock."""
        if now < self._next:
            return []
        self._next = now + self._silence / LOOKS_PER_SILENCE
        talking = [(name, side) for name, side in sides.items() if side.confirmed and not side.dropped]
        found = [side for name, side in talking if self._silent(name, side, legs, now)]
        return [Heard(s.call, Signal.AGENT_DEAD if s.token else Signal.CALLER_DEAD, token=s.token) for s in found]

    def _silent(self, name: str, side: Side, legs: Legs, now: float) -> bool:
        try:
            stat = legs[name].getStreamStat(0)  # its parts are only valid while it is held
            rtcp = stat.rtcp
            packets = rtcp.rxStat.pkt
        except (KeyError, pj.Error):
            packets = side.packets  # no stream at all is silence too
        if packets != side.packets:
            side.packets, side.moved = packets, now
        return now - side.moved >= self._silence * (HELD_FACTOR if side.held else 1)
