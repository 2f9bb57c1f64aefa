"""Jobs and their schedule in the admin."""

from __future__ import annotations

from core.admin import jobs, schedule

__all__ = ["jobs", "schedule"]
