"""Fills a running demo system with an invented city, through its interface and by its drill clock."""

import csv
import datetime as dt
import itertools
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from courses import COURSES
from playwright.sync_api import APIRequestContext, Playwright

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = dt.datetime(2026, 11, 9, 8, 40, tzinfo=ZONE)
PRESENT = dt.datetime(2026, 11, 24, 10, 20, tzinfo=ZONE)
SWEEP_SECONDS = 3  # what fell due until then is fired before the next step
_SOON = dt.timedelta(minutes=8)
_OK = 400


@dataclass
class Matter:
    """A row of the table on its way: what the system calls it, and what it was told last."""

    row: dict[str, str]
    number: str = ""
    code: str = ""
    told: dict[str, Any] = field(default_factory=dict)


class Town:
    """The demo system at `address`; its data folder names its users, its clock file is ours to write."""

    def __init__(self, player: Playwright, address: str, clock: Path) -> None:
        self.player, self.address, self.clock = player, address, clock
        self.doors: dict[str, APIRequestContext] = {}
        self.matters: dict[str, Matter] = {}
        self.refused: list[str] = []

    def now_is(self, at: dt.datetime) -> None:
        """Sets the clock of the whole system."""
        self.clock.write_text(at.isoformat() + "\n", encoding="utf-8")

    def door(self, user: str) -> APIRequestContext:
        """Requests as that user; as a citizen without a name."""
        if user not in self.doors:
            headers = {"Authorization": f"Bearer {_token(user)}"} if user != "citizen" else {}
            self.doors[user] = self.player.request.new_context(base_url=self.address, extra_http_headers=headers)
        return self.doors[user]

    def ask(self, user: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer; RuntimeError with the system's own words where it refuses."""
        answer = self.door(user).fetch(path, method=method, data=body)
        told: dict[str, Any] = answer.json()
        if answer.status >= _OK:
            raise RuntimeError(f"{path}: {told['error']['message']}")
        return told

    def fill(self, matters: Path) -> None:
        """All matters of the table, every step at its time, up to PRESENT."""
        with matters.open(encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
        agents = itertools.cycle([f"agent{n}" for n in range(1, 7)])
        todo = sorted(
            ((at, turn, step) for row in rows for at, turn, step in self._plan(Matter(row), next(agents))),
            key=lambda one: one[:2],
        )
        last = BEGIN
        for at, _, step in todo:
            if at > PRESENT:
                continue
            if at - last > dt.timedelta(hours=3):
                time.sleep(SWEEP_SECONDS)
            self.now_is(at)
            last = at
            step()
        self.now_is(PRESENT)
        time.sleep(SWEEP_SECONDS)

    def _plan(self, matter: Matter, agent: str) -> list[tuple[dt.datetime, int, Any]]:
        row = matter.row
        begin = dt.datetime(2026, 11, int(row["day"]), *map(int, row["time"].split(":")), tzinfo=ZONE)
        plan: list[tuple[dt.datetime, int, Any]] = [(begin, 0, lambda: self._take_in(matter, agent))]
        for turn, (days, clock, who, action, given) in enumerate(COURSES[row["course"]], start=1):
            at = begin + _SOON if not clock else _at(begin, days, clock)
            user = agent if who == "agent" else who
            plan.append((at, turn, lambda u=user, a=action, g=given: self._step(matter, u, a, g)))
        return plan

    def _take_in(self, matter: Matter, agent: str) -> None:
        row = matter.row
        spoken = row["channel"] in {"phone", "mailbox", "window"}
        body = {name: row[name] for name in ("kind", "urgency", "channel", "title", "content")}
        phone = "1380000" + row["phone"]
        body |= {"citizen": {"name": row["name"], "phone": phone}, "anonymous": not row["name"]}
        body |= {"place": {"area": row["area"], "address": row["address"]}, "confidential": row["kind"] == "举报"}
        made = self.ask(agent if spoken else "citizen", "POST", "/api/v1/cases", body)
        matter.number, matter.code, matter.told = made["number"], made["query_code"], made
        self.matters[row["title"]] = matter

    def _step(self, matter: Matter, user: str, action: str, given: dict[str, Any]) -> None:
        """One step; what the system does not allow is kept and told at the end, the city goes on."""
        path = f"/api/v1/cases/{matter.number}"
        told = self.ask("supervisor1", "GET", path)
        if action == "forward" and told["departments"]:
            return  # the system was first
        if action == "forward":
            given = given | {"departments": [{"code": matter.row["department"], "role": "lead"}]}
        if action == "merge":
            given = {"into": self.matters[given["into"]].number}
        user = self._who(user, told)
        body = {"action": action, "version": told["version"], **given}
        if user == "citizen":
            body |= {"query_code": matter.code}
        try:
            matter.told = self.ask(user, "POST", f"{path}/actions", body)
        except RuntimeError as no:
            self.refused.append(f"{matter.row['title']} · {user} · {action}: {no}")

    def _who(self, user: str, told: dict[str, Any]) -> str:
        lead = next((place["code"] for place in told["departments"] if place["role"] == "lead"), "")
        return {"clerk": f"{lead}1", "head": f"{lead}2"}.get(user, user)

    def states(self) -> dict[str, int]:
        """How many cases stand in which state."""
        counted: dict[str, int] = defaultdict(int)
        for row in self.ask("supervisor1", "GET", "/api/v1/cases?limit=500")["items"]:
            counted[row["state"]] += 1
        return dict(counted)


def _at(begin: dt.datetime, days: int, clock: str) -> dt.datetime:
    """That time so many days later; on the same day not before ten minutes after intake."""
    wanted = begin.replace(hour=int(clock[:2]), minute=int(clock[3:])) + dt.timedelta(days=days)
    return max(wanted, begin + dt.timedelta(minutes=10)) if not days else wanted


def _token(user: str) -> str:
    """A token of that user, written into the running system's database (HOTLINE_DATA says which)."""
    from hotline import clock, privacy  # noqa: PLC0415 - they read the environment, which the command sets first
    from hotline.city_models import Token  # noqa: PLC0415
    from hotline.unit import transaction  # noqa: PLC0415

    value = secrets.token_urlsafe(32)
    with transaction(clock.machine()) as unit:
        unit.session.add(Token(digest=privacy.token_digest(value), user=user, created_at=unit.now))
    return value
