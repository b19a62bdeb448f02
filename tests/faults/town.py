"""A town of real processes and stores of its own, to be killed and stopped; looked at by HTTP and SQL only."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import psycopg
import redis
from celery import Celery
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from hotline import privacy
from hotline.settings import ROOT, Settings
from web.cli.up import processes
from web.embedded import Embedded, start_postgres, start_redis
from web.processes import Supervisor

PREPARE = "from web.city import load; from web.schema import upgrade; upgrade(); load(demo=True)"
OF_THE_CITY = frozenset(
    {"areas", "departments", "categories", "catalogue", "fallbacks", "users", "tokens", "alembic_version"}
)
START = "2026-11-02T09:00:00+08:00"
USERS = ("agent1", "dispatcher1", "csglj1", "reviewer1", "supervisor1")
MATTER = {
    "kind": "投诉",
    "content": "小区门口烧烤摊油烟扰民",
    "channel": "phone",
    "category": "0307",  # not what the machine says: a person's forward makes an example
    "citizen": {"phone": "13800000001"},
    "place": {"area": "湖滨区"},
}
TO_THE_CITY = {"departments": [{"code": "csglj", "role": "lead"}]}


def eventually(look, seconds=60, pause=0.05):
    """What `look` gives once it is true; fails with its last answer."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"waited {seconds} s in vain: {found!r}"
        time.sleep(pause)
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Town:
    """PostgreSQL, Redis and the processes of `hotline up`, started and ended one by one."""

    def __init__(self, folder: Path) -> None:
        self.data, self.drill = folder / "data", folder / "clock"
        self.log = self.data / "log"
        self.settings = Settings(data=self.data, database_url="", redis_url="")
        self.servers = Embedded(self.settings)
        self.port = free_port()
        self.running = []
        self.broker = Celery(broker=self.settings.broker())
        self.environment = {
            "HOTLINE_DATA": str(self.data),
            "HOTLINE_CLOCK": str(self.drill),
            "HOTLINE_DEMO": "1",
            "HOTLINE_TELEPHONE_OFF": "演练",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }

    # --- the stores ---

    def build(self):
        """Start the stores, make the tables and the demo city."""
        self.servers.start()
        self.log.mkdir(exist_ok=True)
        self.at(START)
        environment = os.environ | self.environment
        subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env=environment, check=True, timeout=120)
        for user in USERS:
            digest = privacy.token_digest(user)
            self.sql('INSERT INTO tokens (digest, "user", created_at) VALUES (%s, %s, now())', digest, user)

    def clear(self):
        """No matter in it, nothing in the queues; the clock is the real one."""
        self.end()
        there = {row["tablename"] for row in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        tables = SQL(", ").join(Identifier(name) for name in sorted(there - OF_THE_CITY))
        with self.connect() as connection:
            connection.execute(SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
        self.redis().flushall()
        self.at(START)

    def connect(self):
        return psycopg.connect(self.servers.postgres.get_uri("hotline"), autocommit=True, row_factory=dict_row)

    def sql(self, text, *values):
        """Rows as dicts; nothing for what returns none."""
        with self.connect() as connection:
            found = connection.execute(text, values)
            return found.fetchall() if found.description else []

    def count(self, text, *values):
        [row] = self.sql(text, *values)
        return next(iter(row.values()))

    def redis(self):
        return redis.Redis.from_url(self.settings.redis())

    def kill_redis(self):
        self.servers.redis.kill()
        self.servers.redis.wait()

    def start_redis(self):
        self.servers.redis = start_redis(self.settings)

    def stop_postgres(self, *, kill):
        """An orderly stop, or `kill -9` of the postmaster; returns when no server process is left."""
        if kill:
            pid = self.servers.postgres.get_pid()
            children = _children(pid)
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: not any(Path(f"/proc/{one}").exists() for one in (pid, *children)))
        else:
            self.servers.postgres.stop()

    def start_postgres(self):
        self.servers.postgres = start_postgres(self.settings)

    # --- the processes ---

    def start(self, *names):
        """Start processes by the commands of `hotline up`; returns the last."""
        return self._begin(names)[-1]

    def _begin(self, names):
        known = {one.name: one for one in processes(self.settings, "127.0.0.1", self.port, 0)}
        made = [known[name] for name in names]
        for process in made:
            process.start(self.log)
            self.running.append(process.child)
        if "web" in names:
            eventually(self.answers)
        return made

    @contextlib.contextmanager
    def watched(self, *names, stores=False):
        """The processes under the supervisor of `hotline up`: who dies is started again; with `stores` those, too."""
        made = self._begin(names)
        stop = threading.Event()
        watch = Supervisor(self.log, made, self.servers.stores() if stores else [])
        thread = threading.Thread(target=watch.watch, args=(stop,))
        thread.start()
        try:
            yield {one.name: one for one in made}
        finally:
            stop.set()
            thread.join()
            self.running += [one.child for one in made]
            self.end()

    def end(self):
        """End whatever runs."""
        for child in self.running:
            kill(child)
        self.running.clear()

    def pull_down(self):
        self.end()
        self.servers.stop()

    # --- what happens in it ---

    def at(self, iso):
        """Set the clock of all processes."""
        self.drill.write_text(iso + "\n", encoding="utf-8")

    def ask(self, method, path, body=None, user="agent1", key="", seconds=20):
        """(status, document). Raises OSError when nobody answers."""
        headers = {"Authorization": f"Bearer {user}", "Content-Type": "application/json", "Idempotency-Key": key}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with contextlib.closing(line):
            line.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())

    def answers(self):
        with contextlib.suppress(OSError):
            return self.ask("GET", "/healthz")[0] == http.HTTPStatus.OK
        return False

    def take_in(self, count=1, **more):
        """Numbers of that many new cases."""
        made = [self.ask("POST", "/api/v1/cases", MATTER | more, key=str(uuid.uuid4())) for _ in range(count)]
        assert {status for status, _ in made} == {201}, made
        return [case["number"] for _, case in made]

    def act(self, number, action, user, **given):
        _, case = self.ask("GET", f"/api/v1/cases/{number}", user=user)
        body = given | {"action": action, "version": case["version"]}
        status, told = self.ask("POST", f"/api/v1/cases/{number}/actions", body, user=user)
        assert status == http.HTTPStatus.OK, told
        return told

    def sweep(self):
        """Ask a worker for one sweep."""
        self.broker.send_task("sweep", queue="sweep")

    def swept(self):
        """One whole sweep by a worker that is up."""
        self.redis().delete("alive:sweep")
        self.sweep()
        eventually(lambda: self.redis().exists("alive:sweep"))

    def sweep_until_forwarded(self):
        """Sweeps, as the beat asks for them each second, until no case waits: a dead worker's locks may linger."""
        waiting = "SELECT count(*) FROM cases WHERE state = 'accepted'"
        eventually(lambda: self.swept() or self.count(waiting) == 0, pause=0.2)

    def waiting(self):
        """Tasks that wait in the broker."""
        return self.redis().llen("react")

    def blocked(self):
        """Whether a process waits for a lock of the database."""
        return self.count("SELECT count(*) FROM pg_locks WHERE NOT granted")

    def lease_runs_out(self):
        """The time of a lease passes: what was claimed and not done may be claimed again."""
        self.sql("UPDATE outbox SET ready_at = ready_at - interval '61 s' WHERE done_at IS NULL AND ready_at > now()")

    def delivered(self):
        """Whether every event was taken by its handlers; failures come again at once instead of after a pause."""
        self.sql("UPDATE outbox SET ready_at = now() WHERE done_at IS NULL AND error <> ''")
        return self.count("SELECT count(*) FROM outbox WHERE done_at IS NULL") == 0


def kill(child):
    """`kill -9` of a process with all its children."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# --- promises ---


def forwarded_once(town, numbers):
    """Every case of `numbers` exists once and was forwarded by one step, with one part, one delivery, one rung."""
    wanted = dict.fromkeys(numbers, 1)
    steps = (
        "SELECT c.number, count(*) AS n FROM cases c JOIN history h ON h.case_id = c.id WHERE h.action = %s GROUP BY 1"
    )
    places = (
        "SELECT c.number, count(a.delivered_at) AS n FROM cases c JOIN assignments a ON a.case_id = c.id GROUP BY 1"
    )
    assert {row["number"]: row["n"] for row in town.sql(steps, "create")} == wanted
    assert {row["number"]: row["n"] for row in town.sql(steps, "forward")} == wanted
    assert {row["number"]: row["n"] for row in town.sql(places)} == wanted
    assert town.count("SELECT count(*) FROM assignments") == len(wanted)
    assert town.count("SELECT count(*) FROM cases WHERE state <> 'forwarded'") == 0


def rungs_once_in_order(town):
    """Each rung that fired stands once in the history, and every clock's rungs fired in the order of their moments."""
    told = town.sql(
        "SELECT case_id, facts->>'clock' AS clock, facts->>'department' AS department, facts->>'rung' AS rung,"
        " count(*) AS n FROM history WHERE action = 'rung' GROUP BY 1, 2, 3, 4"
    )
    assert {row["n"] for row in told} <= {1}
    fired = town.sql("SELECT clock_id, due_at FROM rungs ORDER BY id")
    assert len(fired) == len(told)
    for clock in {row["clock_id"] for row in fired}:
        moments = [row["due_at"] for row in fired if row["clock_id"] == clock]
        assert moments == sorted(moments)


def reactions_once(town):
    """Every event was handed on, and left one trace: an example per forward of what a person had classified."""
    assert town.count("SELECT count(*) FROM outbox WHERE done_at IS NULL") == 0
    learnt = town.sql("SELECT case_number, count(*) AS n FROM examples GROUP BY 1")
    forwards = town.sql(
        "SELECT number FROM history h JOIN cases c ON c.id = h.case_id WHERE action = 'forward' AND h.role <> 'system'"
    )
    assert {row["case_number"]: row["n"] for row in learnt} == {row["number"]: 1 for row in forwards}
