"""Instruments of coins, made when they are first needed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import ValidationFailed
from market.models import Coin, Instrument

QUOTED_IN = "USD"


@transaction.atomic
def instrument_for_coin(*, coin_id: str) -> Instrument:
    """Return the public instrument of a coin, quoted in USD; make it if there is none yet.

    Raises:
        ValidationFailed: the coin is not in the reference data.
    """
    found = Instrument.objects.filter(owner=None, coin_id=coin_id).first() if coin_id else None
    if found is not None:
        return found
    coin = Coin.objects.filter(coin_id=coin_id).first()
    if coin is None:
        raise ValidationFailed.of("coin_id", _("%(coin)s is not a known coin.") % {"coin": coin_id[:80]})
    # Two coins may share a ticker; the second is known by its id. Whoever comes later finds the first's row.
    for symbol in (coin.symbol.upper(), coin.coin_id.upper()[:40]):
        Instrument.objects.bulk_create(
            [
                Instrument(
                    kind=Instrument.Kind.CRYPTO,
                    symbol=symbol,
                    name=coin.name,
                    currency=QUOTED_IN,
                    coin_id=coin.coin_id,
                )
            ],
            ignore_conflicts=True,
        )
        found = Instrument.objects.filter(owner=None, coin_id=coin_id).first()
        if found is not None:
            return found
    raise ValidationFailed.of("coin_id", _("%(coin)s has no symbol of its own.") % {"coin": coin_id})
