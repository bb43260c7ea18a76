"""
Bring the tables of a workspace to this edition, on either store.

References
----------
Revisions lie in ``layers/store/migrations/versions``, in the form of Alembic. What a layer gains (a column, a
whole layer) is no revision: both stores add it by themselves from the catalogue.
"""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

SCRIPTS = Path(__file__).resolve().parent / "migrations"
# Alembic hands its context to the revisions through a module of its own: one at a time.
_ONE_AT_A_TIME = threading.Lock()


def upgrade(connection: sa.Connection, *, revision: str = "head") -> None:
    """
    Run the revisions that a workspace lacks.

    Parameters
    ----------
    connection
        Open write transaction; all revisions happen in it, or none.
    revision
        The last one to run.
    """
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(config, revision)
