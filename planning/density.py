"""The population raster of a workspace: how many people its squares hold, where nothing nearer tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geo import io
from geo.raster import Raster
from geo.zones import Floats
from planning.workspace import Workspace

NAME = "population"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Density:
    """
    People in the squares of a raster.

    Parameters
    ----------
    raster
        People of each cell, NaN where the raster has none; None: the workspace has no such raster.
    """

    raster: Raster | None

    def at(self, x_m: Floats, y_m: Floats) -> Floats:
        """
        Weights by which people are spread over points.

        Parameters
        ----------
        x_m, y_m
            Points in the CRS of the calculation [m], shape (n,).

        Returns
        -------
        weight
            People of the cell around each point, 0 outside and where it has none, shape (n,); all 1 without
            a raster, or where it knows of nobody at all these points.
        """
        if self.raster is None:
            return np.ones(len(x_m))
        grid = self.raster.grid
        row, col = grid.to_rowcol(x_m, y_m)
        inside = (row >= 0) & (row < grid.rows) & (col >= 0) & (col < grid.cols)
        weight = np.zeros(len(x_m))
        weight[inside] = np.nan_to_num(self.raster.values[row[inside], col[inside]].astype(np.float64))
        return weight if weight.sum() > 0 else np.ones(len(x_m))

    def total(self, area: shapely.Geometry) -> float:
        """
        People in an area.

        Parameters
        ----------
        area
            Polygon or multipolygon in the CRS of the calculation.

        Returns
        -------
        n_people
            Sum of the cells whose centre lies in it; 0 without a raster.
        """
        if self.raster is None:
            return 0.0
        inside = io.burn(self.raster.grid, [(area, 1.0)], fill=0.0) > 0
        return float(np.nansum(np.where(inside, self.raster.values, 0.0)))


def of(workspace: Workspace) -> Density:
    """
    Population raster of a workspace.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    density
        Without a raster where none was imported.
    """
    path = workspace.rasters / f"{NAME}.tif"
    return Density(raster=io.read(path) if path.exists() else None)
