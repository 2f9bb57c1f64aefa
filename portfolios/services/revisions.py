"""The counter by which readers see that a portfolio changed."""

from __future__ import annotations

from django.db.models import F

from core.bus import bus
from portfolios.events import PortfolioChanged
from portfolios.models import Portfolio


def bump(portfolio: Portfolio) -> int:
    """Raise the portfolio's revision, so that readers compute anew, and say that it changed."""
    Portfolio.objects.filter(pk=portfolio.pk).update(revision=F("revision") + 1)
    portfolio.revision += 1
    bus.publish(PortfolioChanged(portfolio_id=portfolio.pk, revision=portfolio.revision))
    return portfolio.revision
