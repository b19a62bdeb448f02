"""A look at every part of the system: is it up, what version, where, and what to do when it is not."""

import importlib.metadata
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hotline import db
from hotline.errors import HotlineError
from hotline.settings import Settings
from triage import spacy_model
from triage.classify import Unavailable
from web import pulse, suggest

log = logging.getLogger(__name__)
UP, OFF, DOWN = "up", "off", "down"


@dataclass(frozen=True)
class Part:
    """`needed`: without it the system is not ready. `advice` is Chinese and says what to do."""

    name: str
    state: str
    needed: bool
    version: str = ""
    address: str = ""
    advice: str = ""

    def told(self) -> dict[str, Any]:
        """As JSON; `part` and `up` beside for those who only ask yes or no."""
        return asdict(self) | {"up": self.state == UP}


def _database() -> Part:
    try:
        with db.session() as session:
            version = str(session.scalar(text("SHOW server_version")))
        return Part("database", UP, needed=True, version=f"PostgreSQL {version}", address="DATABASE_URL" if Settings().database_url else "embedded")  # fmt: skip  # noqa: E501
    except (SQLAlchemyError, RuntimeError):
        return Part("database", DOWN, needed=True, advice="数据库连不上：看 var/postgres/log，或检查 DATABASE_URL。")


def _redis() -> Part:
    address = "REDIS_URL" if Settings().redis_url else "embedded"
    try:
        version = str(pulse.client().info("server")["redis_version"])
    except (RedisError, OSError, ValueError):
        return Part(
            "redis", DOWN, needed=True, address=address, advice="Redis 连不上：看 var/redis.log，或检查 REDIS_URL。"
        )
    return Part("redis", UP, needed=True, version=f"Redis {version}", address=address)


def _pulsing(sign: str, advice: str, name: str = "") -> Part:
    """Up when the process gave its sign lately; `name` where the part is called otherwise."""
    try:
        lives = pulse.alive(sign)
    except (RedisError, OSError):
        lives = False
    return Part(name or sign, UP if lives else DOWN, needed=True, advice="" if lives else advice)


def _classifier() -> Part:
    try:
        card = spacy_model.read_card(Settings().data / "model")
    except (Unavailable, OSError, ValueError):
        advice = "没有分类模型：执行 hotline triage train；在此之前按目录用词给建议，由人工派单。"
        return Part("classifier", OFF, needed=False, advice=advice)
    wrong = suggest.trouble()
    if wrong:
        return Part("classifier", DOWN, needed=False, version=str(card.get("date", "")), advice=wrong)
    return Part(
        "classifier", UP, needed=False, version=str(card.get("date", "")), address=f"{card.get('rows', '')} rows"
    )


def _search() -> Part:
    engine = "Elasticsearch" if Settings().elasticsearch_url else "tantivy"
    there = bool(Settings().elasticsearch_url) or (Settings().data / "index").exists()
    advice = "" if there else "检索索引还没有建：执行 hotline kb reindex；在此之前直接查数据库。"
    return Part("search", UP if there else OFF, needed=False, version=engine, advice=advice)


def telephone_off() -> str:
    """Why there is no telephone, and what to do; empty when it can be used; also for a command beside it."""
    if find_spec("pjsua2") is None:
        return "电话不可用：pjsua2 没有装好。执行 hotline phone build，按提示装好所缺的包，再重启。"
    return os.environ.get("HOTLINE_TELEPHONE_OFF", "")


def _telephone() -> Part:
    off = telephone_off()
    if off:
        return Part("telephone", OFF, needed=False, advice=off)
    try:
        names = pulse.connectors()
    except (RedisError, OSError):
        names = []
    if names:
        version = _version("pjsua2")
        return Part("telephone", UP, needed=True, version=f"pjsua2 {version}", address=",".join(names))
    return Part("telephone", DOWN, needed=True, advice="电话连接进程没有运行：看 var/log/sip.log。")


def _distribution() -> Part:
    """The process that gives calls to agents; it has nothing to do where there is no telephone."""
    off = telephone_off()
    if off:
        return Part("distribution", OFF, needed=False, advice=off)
    return _pulsing("acd", "来电分配没有运行：看 var/log/acd.log。", "distribution")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


LOOKS: dict[str, Callable[[], Part]] = {
    "database": _database,
    "redis": _redis,
    "sweep": lambda: _pulsing("sweep", "后台巡检没有运行：看 var/log/worker.log 和 var/log/beat.log。"),
    "relay": lambda: _pulsing("relay", "事件转发没有运行：看 var/log/relay.log。"),
    "courier": lambda: _pulsing("courier", "对外送达没有运行：看 var/log/courier.log。"),
    "classifier": _classifier,
    "search": _search,
    "telephone": _telephone,
    "distribution": _distribution,
}
OPTIONAL = frozenset({"classifier", "search"})


def look() -> list[Part]:
    """Every part as it is now; one that cannot be looked at is down and says what to do."""
    return [safely(name, one, needed=name not in OPTIONAL) for name, one in LOOKS.items()]


def safely(name: str, one: Callable[[], Part], *, needed: bool) -> Part:
    """What a look gives, also where it cannot be made."""
    try:
        return one()
    except (SQLAlchemyError, RuntimeError):
        return Part(name, DOWN, needed, advice="数据库连不上，查不了：先看 database 一行。")
    except HotlineError as refused:
        return Part(name, DOWN, needed, advice=refused.message)
    except Exception as error:  # noqa: BLE001 - whatever it was, the other parts are still told of
        log.error("cannot look at %s: %s", name, type(error).__name__)  # noqa: TRY400 - no personal data
        return Part(name, DOWN, needed, advice=f"查看时出错（{type(error).__name__}）：看 var/log。")
