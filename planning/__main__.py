"""Command line: ``python -m planning VERB``."""

from __future__ import annotations

import sys

from planning.cli.main import main

sys.exit(main(sys.argv[1:]))
