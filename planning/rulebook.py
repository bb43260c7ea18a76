"""The rules of the checks as data: what is asked, of whom, with which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from layers.issue import Severity
from layers.rule.judge import Rule
from layers.rule.subject import Block, MastClass
from planning import data


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


@cache
def check_rules() -> tuple[Rule, ...]:
    """
    Rules of the check, with what they stop and their numbers.

    Returns
    -------
    rules
        Rows of ``data/rules/checks.csv``; a code may stand there for several layers with different numbers.
    """
    return tuple(
        Rule(
            code=row["code"],
            severity=Severity(row["severity"]),
            stops=row["stops"],
            layers=_parts(row["layers"]),
            limit=float(row["limit"] or 0),
            is_asked_at_import=row["at_import"] == "1",
        )
        for row in data.rule_rows("checks")
    )


@cache
def spectrum() -> tuple[Block, ...]:
    """
    Spectrum that the operators may use.

    Returns
    -------
    blocks
        Rows of ``data/rules/spectrum.csv``.
    """
    return tuple(
        Block(
            operator=row["operator"],
            band=row["band"],
            low_mhz=float(row["low_mhz"]),
            high_mhz=float(row["high_mhz"]),
        )
        for row in data.rule_rows("spectrum")
    )


@cache
def mast_classes() -> tuple[MastClass, ...]:
    """
    What masts of each class may look like.

    Returns
    -------
    classes
        Rows of ``data/rules/mast_class.csv``.
    """
    return tuple(
        MastClass(
            name=row["mast_class"],
            standing=row["standing"],
            low_m=float(row["low_m"]) if row["low_m"] else None,
            high_m=float(row["high_m"]) if row["high_m"] else None,
        )
        for row in data.rule_rows("mast_class")
    )


@cache
def examples(layer: str) -> Mapping[str, str]:
    """
    Values of the example row of a form.

    Parameters
    ----------
    layer
        Layer name.

    Returns
    -------
    values
        Column to value as ``data/rules/examples.csv`` writes it.
    """
    rows = data.rule_rows("examples")
    return MappingProxyType({row["column"]: row["value"] for row in rows if row["layer"] == layer})


@cache
def asked_columns() -> tuple[tuple[str, str, str], ...]:
    """
    Columns worth asking for, and whom.

    Returns
    -------
    columns
        Layer, column and ``operator``, ``hamlet`` or ``police``: rows of ``data/rules/asked.csv``.
    """
    return tuple((row["layer"], row["column"], row["from"]) for row in data.rule_rows("asked"))


@cache
def rights() -> Mapping[tuple[str, str], str]:
    """
    Who may do what with proposals.

    Returns
    -------
    rights
        Role and action to ``any`` or ``own``: rows of ``data/rules/roles.csv``.
    """
    rows = data.rule_rows("roles")
    return MappingProxyType({(row["role"], row["action"]): row["scope"] for row in rows})
