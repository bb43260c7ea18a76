"""Whole workspaces from one kind of store to the other: layers, facts, history, snapshots."""

from __future__ import annotations

import sqlalchemy as sa

from layers.catalogue import CATALOGUE
from layers.store import ledger, schema
from layers.store.sql import SqlStore, facts_of, insert_or_update

CHUNK_ROWS = 20_000


def copy(source: SqlStore, target: SqlStore) -> None:
    """
    Put the content of one store in the place of that of another, in one transaction.

    Parameters
    ----------
    source
        Where it comes from, read as of one moment.
    target
        Where it goes.

    Raises
    ------
    StoreError
        One of them cannot be read or written; the target stays as it was.
    """
    with source.reading() as old, target.writing() as new, target.unlocked(new):
        for spec in CATALOGUE:
            values = source.values(old, spec.name)
            new.execute(sa.delete(schema.TABLES[spec.name]))
            target.fill(new, spec.name, values)
        facts = facts_of(old) | {"schema_version": str(schema.SCHEMA_VERSION)}
        new.execute(sa.delete(schema.PROPERTY))
        rows = [{"key": key, "value": value} for key, value in sorted(facts.items())]
        insert_or_update(new, schema.PROPERTY, rows, key=None)
        for table in ledger.TABLES:
            new.execute(sa.delete(table))
            if source.has_history(old):
                _copy_rows(old, new, table)
        _count_on(new)


def _copy_rows(old: sa.Connection, new: sa.Connection, table: sa.Table) -> None:
    """Rows of a table that is alike in both stores."""
    found = old.execution_options(yield_per=100).execute(sa.select(table))
    for part in found.mappings().partitions(100):
        new.execute(sa.insert(table), [dict(row) for row in part])


def _count_on(connection: sa.Connection) -> None:
    """Let the numbers of changes go on after the last one."""
    if connection.dialect.name == "postgresql":
        last = ledger.last(connection)
        name = f"{ledger.CHANGE.name}', '{ledger.CHANGE.c.number.name}"
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{name}'), {max(last, 1)}, {str(last > 0).lower()})"
        )
