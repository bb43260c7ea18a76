"""The command line: one module a verb. An edge, like the screens: it may read clock and environment."""
