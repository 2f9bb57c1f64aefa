"""What happens in portfolios."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.events import Event


@dataclass(frozen=True, slots=True)
class PortfolioChanged(Event):
    """The transactions or settings of a portfolio changed; `revision` is the new one."""

    portfolio_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class PortfolioDeleted(Event):
    """A portfolio and all its transactions are gone."""

    portfolio_id: UUID
