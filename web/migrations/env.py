"""Alembic's door: all tables of all rooms, the address from the settings."""

from alembic import context

from hotline import db
from web.tables import METADATA

with db.engine().connect() as connection:
    context.configure(connection=connection, target_metadata=METADATA, compare_type=True, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()
