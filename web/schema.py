"""The database's shape: Alembic's head, called from the command and the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def config() -> Config:
    """Alembic's configuration; alembic.ini of the checkout is for those who write migrations."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return made


def upgrade() -> None:
    """Bring the database to the newest shape; nothing happens when it is there."""
    command.upgrade(config(), "head")


def check() -> None:
    """Raise when the tables in code and the migrations differ."""
    command.check(config())
