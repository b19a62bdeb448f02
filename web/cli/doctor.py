"""`hotline doctor`: every part with its version, address, state, and what to do."""

import sys

import click

from web.cli.data import show


@click.command()
@click.option("--json", "as_json", is_flag=True)
def doctor(*, as_json: bool) -> None:
    """逐项检查系统各部分，说明该做什么；缺少必需部分时退出码为 1。"""
    from web import checks, parts

    seen = [*parts.look(), *checks.look()]
    if as_json:
        show({"parts": [part.told() for part in seen]})
    else:
        for part in seen:
            click.echo(f"{part.name:<14}{part.state:<6}{part.version or part.address:<28}{part.advice}")
    sys.exit(any(part.needed and part.state == parts.DOWN for part in seen))
