"""The telephone line on PJSIP, used by exactly one thread.

A leg is held by one table from its first to its last state and by nothing else, so that no garbage collection ever
hangs up the call that got its number later.
"""

import random
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pjsua2 as pj

from telephony.caller import identity
from telephony.filing import Filing, Keep, digest
from telephony.hearing import MUSIC, RECORDER, RINGBACK, SILENCE, Pairs
from telephony.line import AUTO_ANSWER, LineError
from telephony.patchboard import Patchboard
from telephony.pjsua.sides import FAILURES, Side, due, port_name
from telephony.pjsua.speaker import Speaker
from telephony.pjsua.stack import (
    Config,
    Inbox,
    Leg,
    Legs,
    make_player,
    make_tone,
    open_accounts,
    operation,
    start_endpoint,
    talk_notice,
)
from telephony.pjsua.watch import Watch
from telephony.players import voice
from telephony.signals import Failure, Heard, Signal

BRIDGE_SECONDS = 5.0
A_LAW = 1
PICK_UP_SECONDS = 2.0
RINGBACK_TONE = (450, 1000, 4000)  # hertz, milliseconds on and off, as in the public network of China
OVER_TLS = re.compile(r"(?i)^<?sips:|;transport=tls")

_CHANCE = random.SystemRandom()
_REFUSED_FOR_ROOM = frozenset({486, 503})


class PjsuaLine:
    """A line on the network; `keep` puts finished recordings away. RuntimeError when the port is taken."""

    def __init__(self, config: Config, keep: Keep = digest) -> None:
        self.faults, self._watch = 0, Watch(config.silence)
        self._inbox: Inbox = deque()
        self._legs: Legs = {}
        self._sides: dict[str, Side] = {}
        self._joining: dict[str, tuple[str, str, float]] = {}
        self._again: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._filing = Filing(keep)
        self.board = Patchboard(self._fault)
        self.endpoint = start_endpoint(config, self._inbox)
        self.secure, self.usual = open_accounts(config, self.endpoint, self._legs, self._inbox)
        self.speaker = Speaker(self.board, config.voices, self._fault)
        self.board.plug(MUSIC, make_player(voice(config.voices, MUSIC), options=0))
        self.board.plug(RINGBACK, make_tone(RINGBACK_TONE))
        self.board.plug(SILENCE, make_tone())

    # --- the port ---------------------------------------------------------------------------------------------------

    def poll(self, seconds: float) -> list[Heard]:
        self.endpoint.libHandleEvents(int(seconds * 1000))
        heard: list[Heard] = []
        while self._inbox:
            name, kind, value = self._inbox.popleft()
            heard.extend(self._on(name, kind, value))
        now = time.monotonic()
        self._ask_again(now)
        heard += [*self.speaker.ended(now), *self._joined(now), *self._unanswered(now)]
        return [*heard, *self._filing.done(now), *self._watch.dead(self._sides, self._legs, now)]

    def refuse(self, call: str, code: int, headers: Mapping[str, str]) -> None:
        if side := self._sides.get(call):
            side.dropped = True
            self._tell(call, lambda leg: leg.hangup(operation(code, headers)))

    def take_calls(self, *, on: bool) -> None:
        self.endpoint.utilSetOptionsStatus(pj.PJSIP_SC_OK if on else pj.PJSIP_SC_SERVICE_UNAVAILABLE)

    def answer(self, call: str) -> None:
        self._tell(call, lambda leg: leg.answer(operation(pj.PJSIP_SC_OK)))

    def play(self, call: str, prompt: str) -> None:
        if call in self._sides and not self.speaker.play(call, prompt):
            self._inbox.append((call, "no_prompt", prompt))

    def hold(self, call: str) -> None:
        if call in self._sides:
            self.speaker.stop(call)
            self.board.only(call, MUSIC)

    def ring(self, call: str, token: str, uri: str, headers: Mapping[str, str]) -> None:
        self._make_leg(f"{call}/{token}", call, token, uri, headers)

    def dial(self, call: str, uri: str) -> None:
        self._make_leg(call, call, "", uri, {})

    def _make_leg(self, name: str, call: str, token: str, uri: str, headers: Mapping[str, str]) -> None:
        if name not in self._sides:
            self._call(name, uri, headers)
            self._sides[name] = Side(call, token, ours=True, uri=uri, headers=headers)

    def _call(self, name: str, uri: str, headers: Mapping[str, str]) -> None:
        account = self.secure if OVER_TLS.search(uri) else self.usual
        leg = Leg(account, name, self._inbox, self._legs)
        try:
            leg.makeCall(uri, operation(headers=headers))
        except pj.Error as refused:
            self._legs.pop(name, None)
            raise LineError("the phone cannot be rung") from refused

    def pick_up(self, call: str, token: str) -> None:
        """By the event `talk`; a phone that does not know it is rung once more, asked to answer by itself."""
        name = f"{call}/{token}"
        side = self._sides.get(name)
        if side and not side.confirmed and name not in self._asked:
            self._asked[name] = time.monotonic() + PICK_UP_SECONDS
            self._tell(name, lambda leg: leg.sendRequest(talk_notice()))

    def cancel(self, call: str, token: str) -> None:
        name = f"{call}/{token}"
        side = self._sides.get(name)
        if side is None or side.dropped:
            return
        side.dropped = True
        self._joining.pop(name, None)
        self.board.forget(name)
        self._hang_up(name)

    def bridge(self, call: str, token: str) -> None:
        name = f"{call}/{token}"
        self.speaker.stop(call)
        self._joining[name] = (call, token, time.monotonic() + BRIDGE_SECONDS)
        if name in self._sides and call in self._sides:
            self.board.only(call, name)
            self.board.only(name, call)

    def patch(self, call: str, pairs: Pairs) -> None:
        if call not in self._sides:
            return
        self.speaker.stop(call)
        sinks = [name for name, side in self._sides.items() if side.call == call]
        named = {(port_name(call, source), port_name(call, sink)) for source, sink in pairs}
        self.board.patch([*sinks, port_name(call, RECORDER)], named)

    def record(self, call: str, file: Path) -> None:
        if call not in self._sides or self._filing.runs(call):
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            recorder = pj.AudioMediaRecorder()
            recorder.createRecorder(str(file), 0, 0, A_LAW)
        except (OSError, pj.Error) as full:
            raise LineError("the recording cannot be written") from full
        self._filing.begin(call, file)
        sink = port_name(call, RECORDER)
        self.board.plug(sink, recorder)
        for name in [name for name, side in self._sides.items() if side.call == call and not side.dropped]:
            self.board.connect(name, sink)

    def stop_record(self, call: str) -> None:
        if self._filing.runs(call):
            self._filing.end(call, time.monotonic())
            self.board.forget(port_name(call, RECORDER))

    def hang_up(self, call: str) -> None:
        self._hang_up(call)

    def close(self) -> None:
        self.endpoint.hangupAllCalls()
        end = time.monotonic() + 1
        while self._sides and time.monotonic() < end:
            self.poll(0.01)
        self._filing.close()
        self._sides.clear()
        self._legs.clear()
        self.speaker.clear()
        self.board.ports.clear()
        for account in {self.secure, self.usual}:
            account.shutdown()
        self.endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)  # all legs are gone: there is no answer to wait for

    # --- what came in -----------------------------------------------------------------------------------------------

    def _on(self, name: str, kind: str, value: Any) -> list[Heard]:
        if kind == "fault":
            self.faults += 1
            return []
        if kind == "refused":
            caller, display = identity(value[0])
            reason = "full" if value[1] in _REFUSED_FOR_ROOM else "bad"
            return [Heard(name, Signal.REFUSED, caller=caller, display=display, reason=reason)]
        if kind == "invite":
            return self._invited(name, value)
        side = self._sides.get(name)
        return self._HANDLERS[kind](self, name, side, value) if side else []

    def _invited(self, name: str, uri: str) -> list[Heard]:
        self._sides[name] = Side(name, "")
        caller, display = identity(uri)
        return [Heard(name, Signal.INVITED, caller=caller, display=display)]

    def _on_state(self, name: str, side: Side, value: tuple[int, int]) -> list[Heard]:
        state, code = value
        if state == pj.PJSIP_INV_STATE_DISCONNECTED:
            return self._gone(name, side, code)
        if side.dropped and state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._hang_up(name)
        if side.dropped:
            return []
        if state == pj.PJSIP_INV_STATE_CONFIRMED and not side.confirmed:
            side.confirmed, side.moved = True, time.monotonic()
            return [Heard(side.call, Signal.AGENT_ANSWERED if side.token else Signal.ANSWERED, token=side.token)]
        if state == pj.PJSIP_INV_STATE_EARLY and side.token and not side.rang:
            side.rang = True
            return [Heard(side.call, Signal.AGENT_RINGING, token=side.token)]
        return []

    def _gone(self, name: str, side: Side, code: int) -> list[Heard]:
        """What is known of a leg goes with it; the leg itself went in its last callback."""
        if self._rung_anew(name, side):
            return []
        self.board.unplug(name)  # its port is gone already: there is nothing to stop
        self.speaker.stop(name)
        self._joining.pop(name, None)
        self.board.forget(name)
        del self._sides[name]
        if side.dropped:
            return []
        reason = FAILURES.get(code, Failure.ERROR)
        if not side.token and side.ours and not side.confirmed:
            return [Heard(side.call, Signal.CALLER_FAILED, reason=reason)]
        if not side.token:
            self.stop_record(side.call)
            return [Heard(side.call, Signal.CALLER_GONE)]
        if side.confirmed:
            return [Heard(side.call, Signal.AGENT_GONE, token=side.token)]
        return [Heard(side.call, Signal.AGENT_FAILED, token=side.token, reason=reason)]

    def _on_media(self, name: str, side: Side, _value: Any) -> list[Heard]:
        """The port is fetched anew at each change; a leg whose sound stopped has none."""
        self.board.unplug(name)
        usable = {pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD}
        try:
            leg = self._legs[name]
            info = leg.getInfo()  # its parts are only valid while it is held
            found = [m for m in info.media if m.type == pj.PJMEDIA_TYPE_AUDIO and m.status in usable]
            side.held = bool(found) and found[0].status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            if found and not side.dropped:
                self.board.plug(name, leg.getAudioMedia(found[0].index))
                return self._early(side)
        except KeyError:
            side.held = False  # its end is the next we hear of it
        except pj.Error as gone:
            self._fault(gone)
        return []

    def _early(self, side: Side) -> list[Heard]:
        """A trunk that speaks before the citizen answers: his own ringing, or why he cannot be reached."""
        first = side.ours and not side.token and not side.confirmed and not side.rang
        side.rang = side.rang or first
        return [Heard(side.call, Signal.CALLER_EARLY)] if first else []

    def _on_glare(self, name: str, side: Side, _value: Any) -> list[Heard]:
        """Both asked at once: who began the dialog tries again later than the other (RFC 3261 §14.1)."""
        shortest, longest = (2.1, 4.0) if side.ours else (0.0, 2.0)
        self._again[name] = time.monotonic() + _CHANCE.uniform(shortest, longest)
        return []

    def _on_deaf(self, name: str, side: Side, _value: Any) -> list[Heard]:
        """A phone that does not know the event `talk`. Some end the leg with that, the others' is ended here."""
        if not side.confirmed and not side.dropped and not side.anew:
            side.anew = True
            self._hang_up(name)
        return []

    def _rung_anew(self, name: str, side: Side) -> bool:
        """The phone rings once more, with the headers that make most phones answer. False: it does not."""
        if not side.anew or side.dropped:
            return False
        side.anew = False
        try:
            self._call(name, side.uri, {**side.headers, **AUTO_ANSWER})
        except LineError as refused:
            self._fault(refused)
            return False
        return True

    def _on_digit(self, _name: str, side: Side, value: str) -> list[Heard]:
        return [] if side.token else [Heard(side.call, Signal.DIGIT, digit=value)]

    def _on_no_prompt(self, _name: str, side: Side, value: str) -> list[Heard]:
        """A prompt that cannot be played is over at once: nobody is left in silence."""
        return [Heard(side.call, Signal.PROMPT_END, prompt=value)]

    _HANDLERS: Mapping[str, Callable[..., list[Heard]]] = {
        "state": _on_state, "media": _on_media, "digit": _on_digit, "glare": _on_glare, "deaf": _on_deaf,
        "no_prompt": _on_no_prompt,
    }  # fmt: skip

    # --- what time brings -------------------------------------------------------------------------------------------

    def _ask_again(self, now: float) -> None:
        for name in due(self._again, now):
            side = self._sides.get(name)
            if side and not side.dropped:
                self._tell(name, lambda leg: leg.reinvite(operation()))

    def _unanswered(self, now: float) -> list[Heard]:
        """Phones that ring on although they were asked to answer."""
        late = due(self._asked, now)
        left = [side for name in late if (side := self._sides.get(name)) and not side.dropped and not side.confirmed]
        return [Heard(side.call, Signal.NOT_PICKED_UP, token=side.token) for side in left]

    def _joined(self, now: float) -> list[Heard]:
        heard = []
        for name, (call, token, end) in list(self._joining.items()):
            joined = self.board.joined(call, name)
            if joined or now >= end or name not in self._sides:
                del self._joining[name]
                heard.append(Heard(call, Signal.BRIDGED if joined else Signal.BRIDGE_FAILED, token=token))
        return heard

    def _hang_up(self, name: str) -> None:
        self._tell(name, lambda leg: leg.hangup(operation()))

    def _tell(self, name: str, order: Callable[[Any], None]) -> None:
        """An order to a leg that may just have gone: its end follows as a signal."""
        try:
            if leg := self._legs.get(name):
                order(leg)
        except pj.Error as gone:
            self._fault(gone)

    def _fault(self, _error: Exception) -> None:
        self.faults += 1
