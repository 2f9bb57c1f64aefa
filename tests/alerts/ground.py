"""Clauses as tests write them, and what tests of pages share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.urls import reverse

from alerts.domain.rules import Kind
from alerts.models import Alert
from alerts.services.evaluation import evaluate
from alerts.services.rules import ClauseData
from core.actor import Actor
from core.models import LIVE_WORLD
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions
from tests.market.quotes.told import NOON

HTMX = {"HX-Request": "true"}


class Crash(Exception):
    """The process is killed."""


class Stops:
    """Lets so many statements through and then fails."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, execute, sql, params, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.left -= 1
            if self.left == -1:
                raise Crash
        return execute(sql, params, many, context)

    def __enter__(self) -> None:
        self._wrapper = connection.execute_wrapper(self)
        self._wrapper.__enter__()

    def __exit__(self, *error: object) -> None:
        self._wrapper.__exit__(*error)


def clause(kind: str, instrument: Instrument | None = None, **more: Any) -> ClauseData:
    """Write a clause: ``clause("above", share, level="10")``."""
    for name in ("level", "upper", "percent"):
        if name in more:
            more[name] = Decimal(more[name])
    return ClauseData(Kind(kind), None if instrument is None else instrument.uuid, **more)


def fire(tell: Callable[..., None], share: Instrument, *prices: str) -> None:
    """Tell prices, a minute apart from noon, and let what they fire fire."""
    for minute, price in enumerate(prices):
        tell(share, price, minute)
    evaluate(world_id=LIVE_WORLD)


def one(alert: Alert, name: str = "alert") -> str:
    """Tell the address of a page of an alert."""
    return reverse(name, args=[alert.uuid])


def enter(user: Any, portfolio: Portfolio, kind: EntryKind, quantity: str, coin: Any = None) -> None:
    row = TransactionInput(
        kind=kind,
        time=NOON - timedelta(days=1),
        quantity=Decimal(quantity),
        price=Decimal(10) if coin else None,
        currency="EUR",
        instrument=coin,
    )
    add_transactions(actor=Actor.user(user), portfolio_id=portfolio.pk, inputs=[row])
