"""Prompts on the line: which one has whose ear, and when it was heard to its end."""

import functools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pjsua2 as pj

from telephony.patchboard import Patchboard
from telephony.pjsua.stack import make_player
from telephony.players import Player, Players
from telephony.signals import Heard, Signal

NO_LOOP = 1


class Speaker:
    """Plays prompts from `voices` to calls of `board`. Instants are seconds of the line's clock."""

    def __init__(self, board: Patchboard, voices: Sequence[Path], on_error: Callable[[Exception], None]) -> None:
        self.board, self._on_error = board, on_error
        self.players = Players(voices, functools.partial(make_player, options=NO_LOOP))
        self._playing: dict[str, tuple[Player, float]] = {}

    def play(self, call: str, prompt: str) -> bool:
        """Instead of what the call hears now. False when there is no such prompt."""
        self.stop(call)
        try:
            player = self.players.take(prompt, time.monotonic())
        except (OSError, ValueError, pj.Error) as missing:
            self._on_error(missing)
            return False
        self.board.plug(player.name, player.port)
        self.board.only(call, player.name)
        self._playing[call] = (player, time.monotonic() + player.seconds)
        return True

    def stop(self, call: str) -> None:
        """Nothing, when nothing is played to it."""
        if call in self._playing:
            player, _ = self._playing.pop(call)
            self.board.forget(player.name)
            self.players.give_back(player, time.monotonic())

    def ended(self, now: float) -> list[Heard]:
        """The prompts that were heard to their end; each once."""
        over = [(call, player.prompt) for call, (player, end) in self._playing.items() if now >= end]
        for call, _ in over:
            self.stop(call)
        return [Heard(call, Signal.PROMPT_END, prompt=prompt) for call, prompt in over]

    def clear(self) -> None:
        """The line is put down."""
        self._playing.clear()
        self.players.clear()
