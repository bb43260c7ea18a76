"""Other machines: an existing dask.distributed cluster as an executor; the package is optional."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from geo.errors import InputError

CONNECT_S = 10.0
RETRIES = 3


@contextmanager
def executor_at(address: str) -> Iterator[Executor]:
    """
    Connect to a running scheduler.

    Parameters
    ----------
    address
        Address of the scheduler, such as ``tcp://10.0.0.5:8786``. Its workers need this project and the same
        pins; what they are sent is code, so the scheduler must be one's own.

    Yields
    ------
    executor
        Takes tasks as ``concurrent.futures`` does. A task whose worker is lost is done again by another.

    Raises
    ------
    InputError
        The package ``distributed`` is not installed, or nobody answers at the address.
    """
    try:
        import distributed
    except ImportError as error:
        raise InputError("cluster_missing", package="distributed") from error
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError("cluster_unreachable", address=address) from error
    try:
        yield client.get_executor(retries=RETRIES)
    finally:
        client.close()
