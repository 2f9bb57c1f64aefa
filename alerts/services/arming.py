"""Arm an alert of either kind."""

from __future__ import annotations

from alerts.models import Alert, Level
from alerts.services.evaluation import levels_of
from alerts.services.watching import arm_rules, was_told
from core.worlds import now_in


def arm(*, alert: Alert, after: int, anew: bool = False) -> None:
    """Watch for what an alert that is armed waits for, with the batches after a number of the log.

    It may have to come back first where it fired before; not `anew`. Under `hold_cursor`.
    """
    if alert.joined == Alert.Joined.ONE:
        Level.objects.bulk_create(levels_of(alert, after, again=not anew and was_told(alert)))
    else:
        arm_rules([alert], after=after, at=now_in(alert.world), anew=anew)
