"""Load reference data: exchanges and coins."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from market.models import Coin, Exchange

FOLDER = Path(__file__).resolve().parent.parent / "reference"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows the reference data has."""

    exchanges: int
    coins: int


@transaction.atomic
def load_reference() -> Loaded:
    """Store exchanges (ISO 10383) and coins (CoinGecko's ids); what is there is brought up to date."""
    exchanges = [Exchange(**row) for row in _rows("exchanges.csv")]
    coins = [Coin(**row) for row in _rows("coins.csv")]
    Exchange.objects.bulk_create(
        exchanges,
        update_conflicts=True,
        unique_fields=["mic"],
        update_fields=["name", "time_zone", "country"],
    )
    Coin.objects.bulk_create(
        coins, update_conflicts=True, unique_fields=["coin_id"], update_fields=["symbol", "name"]
    )
    return Loaded(exchanges=len(exchanges), coins=len(coins))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
