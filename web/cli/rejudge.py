"""`hotline rejudge`: a changed calendar or policy, shown first, then applied to the open cases."""

import sys
from collections import Counter
from typing import Never

import click
from tqdm import tqdm

from hotline import clock, db
from hotline import rejudge as judging
from hotline.timing import timing
from hotline.words import Clock
from web.cli.data import show


@click.command()
@click.option("--preview", is_flag=True, help="只看会改变什么，不改")
@click.option("--json", "as_json", is_flag=True)
def rejudge(*, preview: bool, as_json: bool) -> None:
    """按现行日历和时限方案重新计算未结诉求的时限；已结的不变。后台也会自动进行，这里是立即执行。"""
    moved = _preview() if preview else _run()
    if as_json:
        show({"preview": preview, "moved": len(moved), "items": [_told(one) for one in moved]})
        return
    for name, count in Counter(Clock(one.clock).label for one in moved).items():
        later = sum(one.after > one.before for one in moved if Clock(one.clock).label == name)
        click.echo(f"{name}\t{count} 个时限，其中 {later} 个推后")
    click.echo(f"{'将改变' if preview else '已改变'} {len(moved)} 个时限。")


def _told(one: judging.Moved) -> dict[str, str]:
    return {
        "number": one.number,
        "clock": one.clock,
        "department": one.department,
        "before": clock.iso(one.before),
        "after": clock.iso(one.after),
    }


def _preview() -> list[judging.Moved]:
    with db.session() as session, _bar(judging.waiting(session)) as bar:
        return list(judging.preview(session, bar.update))


def _run() -> list[judging.Moved]:
    """Judge all open cases, with a progress bar."""
    with db.session() as session:
        total = judging.waiting(session, timing().policy.stamp)
    with _bar(total) as bar:
        return judging.judge(bar.update)


def _bar(total: int) -> "tqdm[Never]":
    return tqdm(total=total, file=sys.stderr, desc="重新计算时限", unit="件", disable=not total)
