"""Writers of files that leave: one module for each family of formats."""
