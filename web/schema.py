"""The database's shape: Alembic's head, called from the command and the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent


def config() -> Config:
    """Alembic's configuration of this checkout."""
    made = Config(str(ROOT / "alembic.ini"))
    made.set_main_option("script_location", str(ROOT / "web" / "migrations"))
    return made


def upgrade() -> None:
    """Bring the database to the newest shape; nothing happens when it is there."""
    command.upgrade(config(), "head")


def check() -> None:
    """Raise when the tables in code and the migrations differ."""
    command.check(config())
