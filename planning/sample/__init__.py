"""The fictional commune "Xã Mẫu"; its planted stories are told in data/sample/STORY.md."""

from __future__ import annotations

from planning.sample.build import SampleReport, make, make_starter

__all__ = ["SampleReport", "make", "make_starter"]
