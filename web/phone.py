"""The web's own voice to the telephone: commands and desk words go out after the commit."""

from collections.abc import Iterable
from functools import lru_cache

import redis

from hotline.errors import Unreachable
from hotline.settings import Settings
from telephony import layout, saying
from telephony.queueing import Rules
from telephony.reaction import Reaction

_PATIENCE = 2.0


@lru_cache
def rules() -> Rules:
    """The city's telephone, read once per process."""
    return layout.load()


@lru_cache
def _client(address: str) -> "redis.Redis":
    return redis.Redis.from_url(address, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)


def say(said: Iterable[Reaction]) -> None:
    """Unreachable while Redis is away: nothing was commanded."""
    try:
        saying.say(_client(Settings().redis()), said)
    except redis.RedisError:
        raise Unreachable("no_telephone", "电话暂时连不上，操作没有执行，请稍后再试。") from None


def connector() -> str:
    """A connector that takes calls. Unreachable."""
    try:
        return saying.a_connector(_client(Settings().redis()))
    except redis.RedisError:
        raise Unreachable("no_telephone", "电话暂时连不上，请稍后再试。") from None
