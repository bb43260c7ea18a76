"""The one way kernels are compiled: cached on disk, without the interpreter's lock, IEEE division."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """
    Compile a loop at its first call.

    Parameters
    ----------
    function
        Loop over numbers and arrays.

    Returns
    -------
    kernel
        The same function, compiled; several threads may run it at once.
    """
    compile_at_call: Any = njit(cache=True, nogil=True, error_model="numpy")
    return cast(Kernel, compile_at_call(function))
