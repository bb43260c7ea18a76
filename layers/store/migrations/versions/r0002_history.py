"""History of changes, versions kept, snapshots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """Add the tables of history; the file says from then on that it is of edition 2."""
    op.create_table(
        "hatangso_change",
        sa.Column("number", sa.INTEGER(), primary_key=True),
        sa.Column("at", sa.TEXT(), nullable=False),
        sa.Column("actor", sa.TEXT(), nullable=False),
        sa.Column("action", sa.TEXT(), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=False),
        sa.Column("reason", sa.TEXT(), nullable=False),
        sa.Column("undoes", sa.INTEGER()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hatangso_layer_change",
        sa.Column("number", sa.INTEGER(), primary_key=True, autoincrement=False),
        sa.Column("layer", sa.TEXT(), primary_key=True),
        sa.Column("n_added", sa.INTEGER(), nullable=False),
        sa.Column("n_changed", sa.INTEGER(), nullable=False),
        sa.Column("n_removed", sa.INTEGER(), nullable=False),
        sa.Column("kept", sa.TEXT(), nullable=False),
        sa.Column("digest", sa.TEXT()),
    )
    op.create_table(
        "hatangso_row_change",
        sa.Column("number", sa.INTEGER(), primary_key=True, autoincrement=False),
        sa.Column("layer", sa.TEXT(), primary_key=True),
        sa.Column("id", sa.TEXT(), primary_key=True),
        sa.Column("before", sa.TEXT()),
        sa.Column("after", sa.TEXT()),
    )
    op.create_table(
        "hatangso_kept",
        sa.Column("digest", sa.TEXT(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "hatangso_snapshot",
        sa.Column("name", sa.TEXT(), primary_key=True),
        sa.Column("layer", sa.TEXT(), primary_key=True),
        sa.Column("at", sa.TEXT(), nullable=False),
        sa.Column("actor", sa.TEXT(), nullable=False),
        sa.Column("n_rows", sa.INTEGER(), nullable=False),
        sa.Column("digest", sa.TEXT()),
    )
    facts = sa.table("hatangso_property", sa.column("key"), sa.column("value"))
    op.execute(facts.update().where(facts.c.key == "schema_version").values(value="2"))
