"""The process `sip`: `python -m telephony.connector --sip-port 5060 --redis URL --data DIR [--bind 127.0.0.1]`.

One thread: let PJSIP work, hear what happened and what is commanded, write, act, tell. No database, no HTTP.
SIGTERM and SIGINT end every call, deliver what can be delivered and put the line down; exit 0.
"""

import argparse
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from hotline import clock
from hotline.settings import Settings
from telephony import recovery
from telephony.commands import DRAIN, UNDRAIN, command
from telephony.exchange import WE_CALL, Exchange, instant
from telephony.journal import BusyError, Journal
from telephony.line import Line
from telephony.live import Limits
from telephony.outlet import Outlet
from telephony.vault import Vault

log = logging.getLogger(__name__)
PROMPTS = Path(__file__).resolve().parent / "prompts"
POLL_SECONDS = 0.01
SRTP = ("off", "optional", "required")
LONGEST_GAP = 1000  # milliseconds that are told apart
EXCHANGE_SECONDS = 0.02
TIDY_SECONDS = 60.0
GOODBYE_SECONDS = 5.0
DELIVER_SECONDS = 2.0


class Connector:
    """The loop. `line` is put down at the end; `journal` and `outlet` are closed."""

    def __init__(self, line: Line, journal: Journal, outlet: Outlet, exchange: Exchange) -> None:
        self.line, self.journal, self.outlet, self.exchange = line, journal, outlet, exchange
        self.stopping, self.since = False, instant(clock.now())
        self._next_exchange = self._next_tidy = self._last_turn = 0.0
        self.gaps: Counter[int] = Counter()  # milliseconds from turn to turn: how often

    def run(self) -> None:
        """Until it is told to stop, or drained and empty."""
        while not self.stopping and not (self.exchange.draining and not self.exchange.calls):
            self.turn()
        self.finish()

    def turn(self) -> None:
        now = time.monotonic()
        if self._last_turn:
            self.gaps[min(int((now - self._last_turn) * 1000), LONGEST_GAP)] += 1
        self._last_turn = now
        documents: list[dict[str, Any]] = []
        if now >= self._next_exchange:
            documents = self.outlet.exchange(self.journal, self.status())
            self._next_exchange = now + EXCHANGE_SECONDS
        heard = [found for document in documents if self._ours(document) and (found := command(document)) is not None]
        for document in documents:
            self._heed(document)
        self.exchange.turn(POLL_SECONDS, heard)
        if now >= self._next_tidy and not self.exchange.calls:
            gc.collect()
            self._next_tidy = now + TIDY_SECONDS

    def _ours(self, document: dict[str, Any]) -> bool:
        """A call that is to be made is made by the connector that is named, and by no other."""
        return document.get("type") not in WE_CALL or document.get("connector") == self.outlet.name

    def _heed(self, document: dict[str, Any]) -> None:
        """A drain without a connector's name is for all of them."""
        kind = document.get("type")
        if kind not in {DRAIN, UNDRAIN} or document.get("connector") not in {None, self.outlet.name}:
            return
        self.exchange.drain(on=kind == DRAIN)
        log.info("draining: new calls are refused" if self.exchange.draining else "new calls are taken again")

    def finish(self) -> None:
        """Hang up, drain, put the line down."""
        self.exchange.stop("shutdown")
        end = time.monotonic() + GOODBYE_SECONDS
        while self.exchange.calls and time.monotonic() < end:
            self.turn()
        end = time.monotonic() + DELIVER_SECONDS
        while self.journal.owed and time.monotonic() < end:
            self.outlet.exchange(self.journal, self.status())
            time.sleep(POLL_SECONDS)
        self.outlet.forget()
        self.journal.close()
        self.line.close()

    def gap(self, share: float) -> int:
        """So many milliseconds at most lie between two turns in this share of them; a second stands for all above."""
        seen, wanted = 0, self.gaps.total() * share
        for milliseconds in sorted(self.gaps):
            seen += self.gaps[milliseconds]
            if seen >= wanted:
                return milliseconds
        return 0

    def status(self) -> dict[str, Any]:
        """What the sign of life says."""
        faults = self.exchange.faults + int(getattr(self.line, "faults", 0))
        room = {"calls": len(self.exchange.calls), "slots": self.exchange.limits.slots, "since": self.since}
        return {**room, "draining": self.exchange.draining, "owed": self.journal.owed, "faults": faults}


def given(name: str) -> str:
    """A setting of the environment."""
    return os.environ.get(f"HOTLINE_SIP_{name}", "")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--sip-port", type=int, default=5060)
    made.add_argument("--redis", required=True, help="address of Redis")
    made.add_argument("--data", type=Path, required=True, help="folder for journal and recordings")
    made.add_argument("--bind", default="127.0.0.1")
    made.add_argument("--rtp-port", type=int, default=30000, help="first port for sound")
    made.add_argument("--slots", type=int, default=64, help="calls at once; more than the trunk has channels")
    made.add_argument("--name", default="", help="name of this connector; default host and port")
    made.add_argument("--wait-cap", type=float, default=1800.0, help="longest wait in line, seconds")
    made.add_argument("--call-cap", type=float, default=4 * 3600.0, help="longest call, seconds")
    made.add_argument("--ring", type=float, default=20.0, help="seconds a phone rings when the offer does not say")
    made.add_argument("--certificate", default=given("CERTIFICATE"), help="PEM file; opens TLS on the next port")
    made.add_argument("--key", default=given("KEY"), help="PEM file of the certificate's key")
    made.add_argument("--authorities", default=given("AUTHORITIES"), help="PEM file of whom the other side must show")
    made.add_argument("--srtp", default=given("SRTP") or "off", choices=SRTP, help="encrypted sound for legs over TLS")
    made.add_argument(
        "--prompts",
        type=Path,
        default=PROMPTS,
        help="folder of the spoken texts, as WAV; those in DATA/prompts come first",
    )
    made.add_argument("--rating-wait", type=float, default=10.0, help="seconds for a rating after its prompt")
    made.add_argument("--silence", type=float, default=30.0, help="seconds without sound packets until a leg is dead")
    made.add_argument("--pj-log", type=int, default=0, help="PJSIP's log level; from 1 on it holds callers' numbers")
    return made


def build(options: argparse.Namespace) -> Connector:
    """Everything put together. BusyError when this connector runs already, RuntimeError when its port is taken."""
    from telephony.pjsua import Config, PjsuaLine, Srtp  # noqa: PLC0415 - the options can be read without the library

    name = options.name or f"{socket.gethostname()}-{options.sip_port}"
    folder = options.data / "journal" / name
    journal = Journal(folder)
    vault = Vault(Settings(data=options.data.resolve()).secret())
    gone = recovery.lost(journal, dict(journal.open), options.data, vault.seal)
    if gone:
        log.warning("%d calls were open when this connector last ended; told as lost", gone)
    if forgotten := vault.sweep(options.data / "recordings"):
        log.warning("%d forgotten recordings were sealed", forgotten)
    voices = (options.data / "prompts", options.prompts)
    shape = {"log": folder / "pjsip.log", "log_level": options.pj_log, "voices": voices}
    shape |= {"silence": options.silence}
    secured = {"certificate": options.certificate, "key": options.key, "authorities": options.authorities}
    secured |= {"srtp": Srtp(options.srtp)}
    config = Config(options.bind, options.sip_port, options.slots, options.rtp_port, **shape, **secured)
    line = PjsuaLine(config, vault.seal)
    limits = Limits(
        options.slots,
        wait_cap=options.wait_cap,
        call_cap=options.call_cap,
        ring=options.ring,
        rating=options.rating_wait,
    )
    exchange = Exchange(line, journal, options.data, name, limits)
    return Connector(line, journal, Outlet(options.redis, name), exchange)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    gc.disable()
    os.umask(0o077)  # recordings are plain while they are written
    try:
        connector = build(parser().parse_args())
    except (BusyError, RuntimeError) as refused:
        log.error("%s", refused)  # noqa: TRY400 - one line says it
        return 1

    def stop(_number: int, _frame: FrameType | None) -> None:
        connector.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("connector %s takes calls", connector.outlet.name)
    connector.run()
    half, most, all_ = (connector.gap(share) for share in (0.5, 0.99, 1.0))
    log.info("the line is down; ms from turn to turn: half %d, 99 %% %d, longest %d", half, most, all_)
    return 0


if __name__ == "__main__":
    sys.exit(main())
