"""Compiled loops: arrays and scalars in, arrays out; no tables, no errors raised, no files."""
