"""What Alembic runs: the migrations, on the connection and in the transaction that the store hands over."""

from __future__ import annotations

from alembic import context

VERSION_TABLE = "hatangso_revision"

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
