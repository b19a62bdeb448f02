"""What the connector keeps of an open call beside its facts, and the numbers a city may change."""

import datetime as dt
from dataclasses import dataclass, field

from telephony.signals import Facts, Heard, Order, Signal, Told


@dataclass(frozen=True)
class Limits:
    """Numbers a city may change. Seconds, and calls at once."""

    slots: int = 64
    rating: float = 10.0
    wait_cap: float = 1800.0
    call_cap: float = 4 * 3600.0
    ring: float = 20.0
    dial: float = 45.0
    filing: float = 5.0
    message: float = 120.0
    retry_after: int = 5


@dataclass
class Live:
    """One open call: its facts, its event counter, its timers (by signal and token: instant on the monotonic clock),
    the prompts still to be played."""

    facts: Facts
    seq: int = 0
    timers: dict[tuple[Signal, str], float] = field(default_factory=dict)
    playlist: list[str] = field(default_factory=list)
    file: str = ""
    filed: Heard | None = None
    goodbye: tuple[Told, dt.datetime] | None = None
    goodbye_by: float = 0.0


@dataclass(frozen=True)
class Job:
    """One order to be carried out once its events are written. `token` is the offer it is about."""

    live: Live
    order: Order
    heard: Heard
    token: str

    @property
    def call(self) -> str:
        return self.live.facts.call
