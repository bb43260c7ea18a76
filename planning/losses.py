"""Path losses kept in the workspace: what only new antennas, powers or tilts change is not computed again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from geo import io
from geo.loss import Losses

NAMES = ("loss_cdb", "least_cdb", "marks")


@dataclass(slots=True)
class DiskLosses:
    """
    Losses of one surface on disk, those longest unused removed beyond a size. Shared by threads.

    Parameters
    ----------
    folder
        Folder of all surfaces' losses.
    surface_key
        Digest of all that the surface rests on.
    most_bytes
        Largest size of the folder [B].
    """

    folder: Path
    surface_key: str
    most_bytes: int
    _written_bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: str) -> Losses | None:
        """
        Losses kept under a key.

        Parameters
        ----------
        key
            ``geo.loss.Path.key``.

        Returns
        -------
        losses
            None where there are none, or the file is damaged.
        """
        arrays = io.load_arrays(self._path(key))
        if arrays is None or set(arrays) != set(NAMES):
            return None
        return Losses(**arrays)

    def put(self, key: str, losses: Losses) -> None:
        """
        Keep losses; once half the size has been written, nothing more is kept in this run.

        Parameters
        ----------
        key
            ``geo.loss.Path.key``.
        losses
            What to keep.
        """
        arrays = {name: getattr(losses, name) for name in NAMES}
        size = sum(array.nbytes for array in arrays.values())
        with self._lock:
            if self._written_bytes + size > self.most_bytes // 2:
                return
            self._written_bytes += size
        io.save_arrays(self._path(key), arrays)

    def trim(self) -> None:
        """Remove what is longest unused until the folder has its size."""
        io.trim(self.folder, most_bytes=self.most_bytes)

    def _path(self, key: str) -> Path:
        return self.folder / self.surface_key / f"{key}.npz"
