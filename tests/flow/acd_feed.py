"""What the distribution's tests share: a connector that plays written calls, and a look at the tables."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import redis

from hotline import clock, db
from hotline.settings import Settings
from telephony import agents
from telephony.models import AgentSeat, Call, Callback

ROOT = Path(__file__).resolve().parent.parent.parent
QUICK = {"wrap_up": 0.2, "ring": 2, "grace": 1, "silent": 1.5, "pauses": {"no_answer": 1, "reject": 1, "error": 0.2}}


def client():
    return redis.Redis.from_url(Settings().redis(), decode_responses=True)


class Feed:
    """Writes events on the stream as a connector does, and reads the commands it gets."""

    def __init__(self, name="c1"):
        self.redis, self.name = client(), name
        self.seq, self.sent, self.last = {}, [], "0-0"

    def event(self, call, kind, **more):
        self.seq[call] = self.seq.get(call, 0) + 1
        document = {"id": f"{call}:{self.seq[call]}", "call": call, "type": kind, "at": clock.now().isoformat()}
        self.write(document | more)

    def write(self, document):
        self.sent.append(document)
        self.redis.xadd("tel:events", {"json": json.dumps(document)})

    def alive(self, seconds=60):
        self.redis.set(f"tel:alive:{self.name}", "{}", ex=seconds)

    def incoming(self, caller="13800000001", at=None):
        """A call up to its place in the queue; `at`: when it joined."""
        call = str(uuid.uuid4())
        when = {"at": at.isoformat()} if at else {}
        self.event(call, "invite", caller=caller, display="", connector=self.name, **when)
        for kind in ("answered", "notice_end", "queued"):
            self.event(call, kind, **when)
        return call

    def commands(self):
        """New commands since the last look."""
        answer = self.redis.xread({"tel:commands": self.last}, count=1000)
        entries = answer[0][1] if answer else []
        self.last = entries[-1][0] if entries else self.last
        return [json.loads(fields["json"]) for _, fields in entries]

    def offers(self):
        return [c for c in self.commands() if c["type"] == "offer"]

    def answer(self, offer):
        said = {"agent": offer["agent"], "token": offer["token"]}
        self.event(offer["call"], "offer_ringing", **said)
        self.event(offer["call"], "agent_answered", **said)
        self.event(offer["call"], "bridged")

    def fail(self, offer, reason):
        said = {"agent": offer["agent"], "token": offer["token"]}
        self.event(offer["call"], "offer_failed", **said, reason=reason)
        self.event(offer["call"], "queued")

    def finish(self, call, digit="5"):
        self.event(call, "agent_hangup")
        self.event(call, "rating_prompt")
        self.event(call, "rating", digit=digit)
        self.event(
            call, "hangup", by="agent", cause="normal", recording=f"recordings/{call}.wav", sha256="ab", seconds=9
        )


def eventually(look, seconds=20):
    """What `look` gives once it is true; fails with its last answer."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"waited {seconds} s in vain: {found!r}"
        time.sleep(0.02)
    return found


def call_of(call):
    with db.session() as session:
        return session.get(Call, call)


def seat_of(user):
    with db.session() as session:
        return session.get(AgentSeat, user)


def rows(table):
    with db.session() as session:
        return list(session.query(table).order_by(table.__mapper__.primary_key[0]))


def debts():
    return {row.call: (row.reason, row.state) for row in rows(Callback)}


def sign_in(*numbers):
    """agent1… in this order of being idle."""
    for place, number in enumerate(numbers):
        agents.sign_in(f"agent{number}", clock.now() - dt.timedelta(minutes=60 - place))


def start_acd(rules=QUICK, *, by_roster=False):
    """The process as it is run; its log goes to this test's output.

    Without the city's roster it is day at any hour, also where the clock on the wall says that it is night.
    """
    asked = rules if by_roster else {"duties": []} | rules
    environment = os.environ | {"HOTLINE_QUEUE": json.dumps(asked)}
    return subprocess.Popen([sys.executable, "-m", "telephony.acd"], cwd=ROOT, env=environment)
