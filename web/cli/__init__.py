"""The command `hotline`: each group loads only what it needs."""

import importlib
import os
import sys

import click

from hotline.settings import Settings
from web.cli import refusals

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


UNCLOCKED = frozenset({"up", "doctor"})  # they look at the clock themselves


def main() -> int:
    """Entry point: a refusal is a line on stderr (with `--json` also a document on stdout), no traceback."""
    command = next(iter(sys.argv[1:]), "")
    if command != "up":
        follow_running_system()
    try:
        if command not in UNCLOCKED and "--help" not in sys.argv:
            refusals.check_clock()
        return hotline(standalone_mode=False) or 0
    except click.Abort:
        return refusals.FAILED
    except Exception as error:
        refusal = refusals.of(error)
        if refusal is None:
            raise
        return _refuse(refusal, error)


def _refuse(refusal: refusals.Refusal, error: Exception) -> int:
    if isinstance(error, click.UsageError):
        error.show()
    else:
        click.echo(refusal.shown, err=True)
    if "--json" in sys.argv:
        click.echo(refusal.document())
    return refusal.exit
