"""Readiness tells how fresh prices are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.test import Client

from core.models import LIVE_WORLD
from market.models import DailyBar, Instrument


def test_readiness_tells_the_last_close(db: None, client: Client) -> None:
    assert client.get("/health/ready").json()["checks"]["prices"] == {
        "healthy": True,
        "detail": "no prices yet",
    }
    acme = Instrument.objects.create(symbol="ACME", name="Acme", currency="EUR")
    DailyBar.objects.create(
        world_id=LIVE_WORLD, instrument=acme, date=date(2024, 1, 2), close=Decimal(1), source="test"
    )
    checks = client.get("/health/ready").json()["checks"]
    assert checks["prices"] == {"healthy": True, "detail": "last close of 2024-01-02"}
