"""Saying what a commit brought about: commands to connectors, words to desks; and which connectors there are."""

import json
import secrets
from collections.abc import Iterable
from typing import Any

import redis

from hotline.errors import Unreachable
from telephony.reaction import Reaction

COMMANDS, DESK, ALIVE = "tel:commands", "desk:events", "tel:alive:"
KEPT_COMMANDS = 100_000


def say(client: "redis.Redis", said: Iterable[Reaction]) -> None:
    """In the order given, all or nothing: the pop is out before the phone is rung. Raises RedisError."""
    with client.pipeline(transaction=True) as batch:
        for reaction in said:
            _queue(batch, reaction)
        batch.execute()


def _queue(batch: Any, reaction: Reaction) -> None:
    document = json.dumps(reaction.body, ensure_ascii=False)
    if reaction.to == "desk":
        batch.publish(DESK, document)
    else:
        batch.xadd(COMMANDS, {"json": document}, maxlen=KEPT_COMMANDS, approximate=True)


def a_connector(client: "redis.Redis") -> str:
    """The name of one that lives and takes calls, any. Unreachable when there is none; raises RedisError."""
    keys = [key.decode() if isinstance(key, bytes) else key for key in client.scan_iter(ALIVE + "*", count=100)]
    signs: Any = client.mget(keys) if keys else []
    living = [key.removeprefix(ALIVE) for key, sign in zip(keys, signs, strict=True) if sign and not _drains(sign)]
    if not living:
        raise Unreachable("no_telephone", "电话没有连接，暂时不能外呼。")
    return secrets.choice(sorted(living))


def _drains(sign: Any) -> bool:
    try:
        return bool(json.loads(sign).get("draining"))
    except (ValueError, AttributeError):
        return False
