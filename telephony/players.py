"""Prompt players, kept for reuse: a player is never destroyed while the bridge may still read from it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telephony import wav

# The bridge disconnects on its own clock; after this long nothing of the old connection is left.
REST_SECONDS = 0.5
# A prompt is over when its last sample left the jitter of the far end.
TAIL_SECONDS = 0.15


def voice(folders: Sequence[Path], prompt: str) -> Path:
    """The file of a prompt, in the first folder that has it whole. ValueError for a name that is none, OSError."""
    if not prompt.isidentifier():
        raise ValueError("no such prompt")
    files = [folder / f"{prompt}.wav" for folder in folders]
    return next((file for file in files if wav.whole(file)), files[-1])


@dataclass
class Player:
    """One player of one prompt. `name` is its name on the patchboard."""

    name: str
    prompt: str
    port: Any
    seconds: float
    free_at: float = 0.0


class Players:
    """A pool per prompt. `make(file)` builds a player that does not loop; `folders` hold `<prompt>.wav`, the first
    that has one counts."""

    def __init__(self, folders: Sequence[Path], make: Callable[[Path], Any]) -> None:
        self.folders, self._make = folders, make
        self._free: defaultdict[str, list[Player]] = defaultdict(list)
        self._made = 0

    def take(self, prompt: str, now: float) -> Player:
        """A player at the beginning of the prompt. OSError or ValueError when there is no such prompt."""
        pool = self._free[prompt]
        player = pool.pop(0) if pool and pool[0].free_at <= now else self._new(prompt)
        player.port.setPos(0)
        return player

    def give_back(self, player: Player, now: float) -> None:
        player.free_at = now + REST_SECONDS
        self._free[player.prompt].append(player)

    def clear(self) -> None:
        self._free.clear()

    def _new(self, prompt: str) -> Player:
        file = voice(self.folders, prompt)
        self._made += 1
        return Player(f"player:{self._made}", prompt, self._make(file), wav.seconds(file) + TAIL_SECONDS)
