"""`hotline phone`: what the connectors do now, and taking one out of service without losing a call."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import redis

from hotline.errors import Missing
from hotline.settings import Settings
from telephony.commands import DRAIN, UNDRAIN
from telephony.outlet import ALIVE, COMMANDS

WATCH_SECONDS = 1.0


@click.group()
def phone() -> None:
    """电话接入：状态、停收新来电（已接来电照常）、恢复。"""


@phone.command()
def build() -> None:
    """编译并安装电话模块 pjsua2；缺系统包时说明该装什么。"""
    script = Path(__file__).parent / "build" / "pjsua2.py"
    sys.exit(subprocess.run([sys.executable, str(script), "--python", sys.executable], check=False).returncode)


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(Settings().redis(), decode_responses=True, socket_timeout=5)


def connectors(client: "redis.Redis") -> dict[str, dict[str, Any]]:
    """Every connector that gives a sign of life, by name, with what it says of itself."""
    keys: Any = sorted(client.scan_iter(ALIVE + "*"))
    signs: Any = client.mget(keys) if keys else []
    return {
        key.removeprefix(ALIVE): json.loads(sign) for key, sign in zip(keys, signs, strict=True) if sign is not None
    }


def _chosen(client: "redis.Redis", name: str) -> dict[str, str]:
    """Since when the connector of this name runs, or all of them by name. Missing when there is none."""
    there = connectors(client)
    if not there or (name and name not in there):
        raise Missing("no_such_connector", f"没有在运行的电话接入{f'「{name}」' if name else ''}。")
    return {one: told["since"] for one, told in there.items() if name in {"", one}}


@phone.command()
def status() -> None:
    """每个电话接入的通话数、线路数、是否停收。"""
    there = connectors(_redis())
    if not there:
        click.echo("没有在运行的电话接入。")
    for name, told in there.items():
        state = "停收新来电" if told["draining"] else "正常"
        click.echo(f"{name}\t通话 {told['calls']} / 线路 {told['slots']}\t{state}\t待送事件 {told['owed']} 字节")


@phone.command()
@click.option("--connector", default="", help="接入的名称；不写就是全部")
@click.option("--wait/--no-wait", default=True, help="等到最后一个通话结束")
def drain(connector: str, wait: bool) -> None:
    """停收新来电（回 503 和 Retry-After），通话全部结束后进程退出，由守护进程重新启动。"""
    client = _redis()
    chosen = _chosen(client, connector)
    _tell(client, DRAIN, chosen)
    click.echo(f"已停收新来电：{'、'.join(chosen)}")
    if wait:
        _watch(client, chosen)


@phone.command()
@click.option("--connector", default="", help="接入的名称；不写就是全部")
def undrain(connector: str) -> None:
    """恢复接收新来电。"""
    client = _redis()
    chosen = _chosen(client, connector)
    _tell(client, UNDRAIN, chosen)
    click.echo(f"已恢复：{'、'.join(chosen)}")


def _tell(client: "redis.Redis", kind: str, names: Iterable[str]) -> None:
    for name in names:
        client.xadd(COMMANDS, {"json": json.dumps({"type": kind, "connector": name})})


def _watch(client: "redis.Redis", since: Mapping[str, str]) -> None:
    """Until each of these processes is gone; one of the same name that began later is another."""
    left = -1
    while True:
        there = connectors(client)
        busy = [told["calls"] for name, told in there.items() if since.get(name) == told["since"]]
        calls = sum(busy)
        if not busy:
            click.echo("通话已全部结束。")
            return
        if calls != left:
            click.echo(f"还有 {calls} 个通话……")
            left = calls
        time.sleep(WATCH_SECONDS)
