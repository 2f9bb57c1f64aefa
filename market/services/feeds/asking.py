"""Tell a failure of a source from one of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db.utils import Error as DatabaseFailure

from core.errors import DomainError
from market.errors import ProviderUnknown
from market.models import PriceSource
from market.providers import Ability
from market.services.feeds import health

log = structlog.get_logger(__name__)


class NotAnswered(Exception):
    """A source failed at what it was asked, for the reason `error`; its health knows."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def asking(source: PriceSource, ability: Ability) -> Iterator[None]:
    """Count what goes wrong meanwhile as the source's failure; what our database does is not its fault.

    Whatever an adapter breaks over is counted too, so that it is not asked for ever.

    Raises:
        NotAnswered: the source failed, and that is noted.
        ProviderUnknown: it does not know what it was asked about, which is an answer.
    """
    try:
        yield
    except (ProviderUnknown, DatabaseFailure):
        raise
    except Exception as error:
        if not isinstance(error, DomainError):
            log.exception("market.adapter_broke", source=source.name, ability=ability)
        health.failed(source, error, ability)
        raise NotAnswered(error) from error
