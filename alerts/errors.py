"""What can go wrong with alerts."""

from __future__ import annotations

from core.errors import Conflict


class TooManyAlerts(Conflict):
    """A person has as many alerts as one may have."""

    code = "too-many-alerts"
    title = "Too many alerts"


class AlertIsDone(Conflict):
    """An alert that fired its last time, or ran out, cannot be paused or resumed."""

    code = "alert-done"
    title = "The alert is done"
