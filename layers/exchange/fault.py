"""A refusal met while reading, carried up to the one place which turns it into the result."""

from __future__ import annotations

from geo.errors import FileError
from layers.issue import Issue, Severity


def issue(
    code: str,
    severity: Severity = Severity.ERROR,
    *,
    row: int | None = None,
    column: str | None = None,
    **facts: object,
) -> Issue:
    """
    Make a fault.

    Parameters
    ----------
    code
        Text key.
    severity
        How grave it is.
    row, column
        Where it is.
    facts
        Values that the text names.

    Returns
    -------
    issue
        The fault.
    """
    return Issue(code=code, severity=severity, row=row, column=column, facts=facts)


def refusal(code: str, *, row: int | None = None, column: str | None = None, **facts: object) -> FileError:
    """
    Make the exception that ends the reading of a file.

    Parameters
    ----------
    code
        Text key of the fault.
    row, column
        Where it is.
    facts
        Values that the text names.

    Returns
    -------
    error
        To be raised; it carries the one fault.
    """
    fault = Issue(code=code, severity=Severity.ERROR, row=row, column=column, facts=facts)
    return FileError("file_refused", issues=(fault,), found=code)
