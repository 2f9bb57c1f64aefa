"""Load reference data: exchanges and coins."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import FieldError, Forbidden, ValidationFailed
from market.models import Coin, Exchange

LONGEST_NAME = 120
_MIC, _COUNTRY = re.compile(r"[A-Z0-9]{4}"), re.compile(r"[A-Z]{2}")
_VENUE = ("name", "time_zone", "country")
FOLDER = Path(__file__).resolve().parent.parent / "reference"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows the reference data has."""

    exchanges: int
    coins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeData:
    """What is said of a venue: ISO 10383 code, name, IANA time zone, ISO 3166 country (or none)."""

    mic: str
    name: str
    time_zone: str
    country: str = ""


@transaction.atomic
def save_exchange(*, actor: Actor, data: ExchangeData) -> Exchange:
    """Store a venue, or change the one of that code. Its time zone says to which day its bars belong.

    Raises:
        Forbidden: the actor may not change venues.
        ValidationFailed: names each wrong field.
    """
    if not actor.may("market.change_exchange"):
        raise Forbidden(_("You may not change exchanges."))
    _require_venue(data)
    row = Exchange.objects.select_for_update().filter(pk=data.mic).first()
    before = {name: getattr(row, name) for name in _VENUE} if row is not None else None
    after = {name: getattr(data, name) for name in _VENUE}
    if before == after and row is not None:
        return row
    row, _made = Exchange.objects.update_or_create(mic=data.mic, defaults=after)
    audit.record(
        actor=actor, verb="exchange.changed" if before else "exchange.added", object_type="exchange",
        object_id=data.mic, before=before, after=after,
    )  # fmt: skip
    return row


def _require_venue(data: ExchangeData) -> None:
    errors = []
    if not _MIC.fullmatch(data.mic):
        errors.append(FieldError("mic", _("A MIC has four letters or digits, such as XNYS.")))
    if not 0 < len(data.name) <= LONGEST_NAME:
        errors.append(FieldError("name", _("Give it a name of at most 120 characters.")))
    if data.time_zone not in clock.time_zones():
        errors.append(FieldError("time_zone", _("Use an IANA time zone, such as Europe/Berlin.")))
    if data.country and not _COUNTRY.fullmatch(data.country):
        errors.append(FieldError("country", _("Use a country's two letters, such as DE.")))
    if errors:
        raise ValidationFailed(errors=tuple(errors))


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
