"""Cut the network of the reading process; alone in its module so that no library starts threads before."""

from __future__ import annotations

import ctypes

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def unplug() -> bool:
    """
    Move this process into a network of its own, in which there is nothing.

    Returns
    -------
    is_done
        False where the system does not allow it, as in some containers and on other systems than Linux;
        the other walls stand all the same: no driver that opens addresses is loaded.
    """
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    return unshare is not None and unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
