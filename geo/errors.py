"""
Every exception of the product, as one tree.

::

    PlannerError
    ├── InputError      what came from outside cannot be used
    │   ├── FileError       the file itself: format, size, encoding, safety
    │   ├── ColumnError     a column is missing, unknown or ambiguous
    │   ├── CrsError        the coordinate reference system is absent, unknown or implausible
    │   ├── GeometryError   shapes are invalid, of the wrong kind or in the wrong place
    │   ├── ShapeError      arrays or grids do not fit each other
    │   └── RangeError      a quantity lies outside its range
    ├── StoreError      the workspace cannot be read or written
    │   ├── NotFoundError · StaleVersionError · SchemaError · BusyError · DiskFullError
    ├── ReviewError     a decision is not allowed
    │   ├── TransitionError · RoleError
    ├── SolveError      an optimisation did not end with an answer
    │   ├── InfeasibleError · TimeLimitError
    └── CancelledError  the user stopped a long job

Each carries a ``code``, which is a text key ``error.<code>`` in every language, and ``facts``, the values
that the text names. The message of the exception itself is English, for logs only.
"""

from __future__ import annotations

from collections.abc import Iterable


class PlannerError(Exception):
    """
    Root of all exceptions of the product.

    Parameters
    ----------
    code
        Text key without its prefix ``error.``.
    issues
        The single faults behind the refusal, in the order found (values of ``layers.issue.Issue``).
    facts
        Values that the text names.
    """

    def __init__(self, code: str, *, issues: Iterable[object] = (), **facts: object) -> None:
        self.code = code
        self.issues = tuple(issues)
        self.facts = facts
        super().__init__(f"{code}: {facts}")


class InputError(PlannerError):
    """What came from outside cannot be used."""


class FileError(InputError):
    """The file itself is refused: format, size, encoding, safety."""


class ColumnError(InputError):
    """A column is missing, unknown or ambiguous."""


class CrsError(InputError):
    """The coordinate reference system is absent, unknown or implausible."""


class GeometryError(InputError):
    """Shapes are invalid, of the wrong kind or in the wrong place."""


class ShapeError(InputError):
    """Arrays or grids do not fit each other."""


class RangeError(InputError):
    """
    A quantity lies outside its range.

    Parameters
    ----------
    quantity
        Name of the quantity, with its unit suffix.
    value, low, high
        The value met and the range allowed, ends included, in ``unit``.
    unit
        Unit of the three numbers.
    """

    def __init__(self, quantity: str, value: float, low: float, high: float, unit: str) -> None:
        super().__init__("range", quantity=quantity, value=value, low=low, high=high, unit=unit)


class StoreError(PlannerError):
    """The workspace cannot be read or written."""


class NotFoundError(StoreError):
    """A workspace, layer, file or row does not exist."""


class StaleVersionError(StoreError):
    """The row was changed by somebody else since it was read."""


class SchemaError(StoreError):
    """The file is not a workspace of this product, or of a newer edition."""


class BusyError(StoreError):
    """Another program holds the workspace."""


class DiskFullError(StoreError):
    """There is no room left to write."""


class ReviewError(PlannerError):
    """A decision is not allowed."""


class TransitionError(ReviewError):
    """The action does not exist in the present state."""


class RoleError(ReviewError):
    """The actor's role may not do this."""


class SolveError(PlannerError):
    """An optimisation did not end with an answer."""


class InfeasibleError(SolveError):
    """No solution meets all the conditions."""


class TimeLimitError(SolveError):
    """The time allowed ran out."""


class CancelledError(PlannerError):
    """The user stopped a long job."""
