"""The tables of edition 0.1.0: the layers and the facts about the workspace."""

from __future__ import annotations

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Nothing: a new workspace is made with these tables, an old one has them."""
