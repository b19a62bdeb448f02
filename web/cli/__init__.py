"""The command `hotline`: each group loads only what it needs."""

import importlib
import json
import os
import sys
from typing import Any

import click

from hotline.errors import HotlineError
from hotline.settings import Settings

COMMANDS = {
    "up": "web.cli.up:up",
    "doctor": "web.cli.doctor:doctor",
    "due": "hotline.due_command:due",
    "rejudge": "web.cli.rejudge:rejudge",
    "policy": "web.cli.policy:policy",
    "triage": "triage.commands:triage",
    "phone": "telephony.phone_command:phone",
    "kb": "kb.commands:kb",
    "import": "web.cli.bulk:import_",
    "rates": "web.cli.data:rates",
    "departments": "web.cli.data:departments",
    "history": "web.cli.data:history",
    "token": "web.cli.data:token",
    "city": "web.cli.data:city",
    "backup": "web.cli.keep:backup",
    "restore": "web.cli.keep:restore",
}


class Lazy(click.Group):
    """Commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command of that name."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=Lazy)
def hotline() -> None:
    """12345 热线：受理、转办、督办、回访，一条命令起整套系统。"""


def follow_running_system() -> None:
    """A running system says where its drill clock and its search are, so that commands beside it use the same."""
    notes = {"HOTLINE_CLOCK": Settings().drill_note, "ELASTICSEARCH_URL": Settings().search_note}
    for variable, note in notes.items():
        if variable not in os.environ and note.exists():
            os.environ[variable] = note.read_text(encoding="utf-8").strip()


def main() -> Any:
    """Entry point: a refusal is one Chinese line (with `--json` also a document on stdout) and exit 2, no traceback."""
    if sys.argv[1:2] != ["up"]:
        follow_running_system()
    try:
        return hotline()
    except HotlineError as refused:
        click.echo(f"{refused.message} [{refused.code}]", err=True)
        if "--json" in sys.argv:
            told = {"code": refused.code, "message": refused.message, "fields": refused.fields}
            click.echo(json.dumps({"error": told}, ensure_ascii=False))
    except RuntimeError as broken:
        click.echo(str(broken), err=True)
    sys.exit(2)
