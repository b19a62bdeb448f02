"""Signs of life of the processes, kept in Redis with an expiry: what `/readyz` and the doctor look at."""

import time
from functools import lru_cache

import redis

from hotline.settings import Settings

LASTS_SECONDS = 30
TELEPHONE_KEYS = "tel:alive:*"


@lru_cache
def client() -> "redis.Redis":
    """The connection pool of this process to Redis."""
    return redis.Redis.from_url(Settings().redis(), socket_timeout=3, socket_connect_timeout=3)


def beat(name: str) -> None:
    """Say that `name` is alive now."""
    client().set(f"alive:{name}", f"{time.time():.3f}", ex=LASTS_SECONDS)


def alive(name: str) -> bool:
    """Whether `name` gave a sign lately."""
    return bool(client().exists(f"alive:{name}"))


def connectors() -> list[str]:
    """Names of the SIP connectors that live."""
    return sorted(key.decode().rsplit(":", 1)[1] for key in client().scan_iter(TELEPHONE_KEYS))
