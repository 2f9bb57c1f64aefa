"""How often a person may have something sent to where they say."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from core import limiter, metrics
from core.errors import RateLimited


def spend(name: str, who: str) -> None:
    """Count one more in a named budget.

    Raises:
        RateLimited: it is spent.
    """
    verdict = limiter.spend(limiter.Budget.parse(name, settings.THROTTLES[name]), who)
    if not verdict.allowed:
        metrics.throttled.labels(budget=name).inc()
        raise RateLimited(_("This was done too often. Try again later."), retry_after=verdict.reset)


def spend_proof(user_id: UUID, leads_to: str) -> None:
    """Count what goes to an address that is not proven: by who has it sent, and by where it goes.

    Raises:
        RateLimited: one of the two is spent.
    """
    spend("channel-proofs", str(user_id))
    spend("channel-proofs-address", hashlib.sha256(leads_to.lower().encode()).hexdigest())
