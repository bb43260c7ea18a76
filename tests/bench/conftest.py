"""What the report of the measurements says about the machine."""

from __future__ import annotations

import os


def pytest_benchmark_update_machine_info(config: object, machine_info: dict[str, object]) -> None:
    """Cores that may be used; the name of the machine is nobody's business."""
    machine_info.pop("node", None)
    machine_info["cores"] = len(os.sched_getaffinity(0))
