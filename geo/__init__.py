"""Floor 0, the engine: numbers, grids and tables. Knows no layer and no screen."""
