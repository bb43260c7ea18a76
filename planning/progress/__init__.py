"""Figures over time: closed on a day, compared with their reasons, carried forward."""
