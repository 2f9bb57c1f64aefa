"""Checks of single transactions by what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ZERO
from portfolios.domain.rules import SIGNED
from portfolios.selectors.quality.base import Found, Mend, Severity, SharedScope, of_entry
from portfolios.selectors.quality.registry import check

RATE_TOLERANCE = Decimal("0.1")
SAME_DAYS = 3

# Twins of one day, and the same again within days from another source (a file beside what was typed, or
# two files). Within one file each row is an execution of its own, unless even the instant is the same.
_TWINS = """
WITH entry AS (
    SELECT id, time, day, sequence, kind, price, external_id, import_batch_id,
           lag(id) OVER twins AS twin, lag(day) OVER twins AS twin_day, lag(time) OVER twins AS twin_time,
           lag(price) OVER twins AS twin_price, lag(external_id) OVER twins AS twin_external,
           lag(import_batch_id) OVER twins AS twin_batch
    FROM portfolios_transaction
    WHERE portfolio_id = %s AND deleted_at IS NULL AND quantity > 0
    WINDOW twins AS (
        PARTITION BY kind, instrument_id, currency, quantity ORDER BY day, time, sequence, id
    )
)
SELECT id, twin, twin_day FROM entry
WHERE twin IS NOT NULL
  AND (external_id = '' OR twin_external = '' OR external_id = twin_external)
  AND (
    (day = twin_day AND price IS NOT DISTINCT FROM twin_price
       AND (time = twin_time OR import_batch_id IS NULL OR import_batch_id IS DISTINCT FROM twin_batch))
    OR (import_batch_id IS DISTINCT FROM twin_batch AND kind IN ('buy', 'sell')
       AND day - twin_day <= %s AND abs(price - twin_price) <= 0.005 * twin_price)
  )
ORDER BY day, time, sequence
"""


@check(
    "purchase-price",
    Severity.HIGH,
    Mend.ENTRY,
    title=_("Invalid purchase price"),
    sentence=_("The purchase of %(symbol)s on %(day)s costs %(price)s a unit; it must be more than 0."),
)
def purchase_price(scope: SharedScope) -> Iterator[Found]:
    """Find purchases at 0 or less."""
    for entry in scope.ledger.entries:
        if entry.kind is EntryKind.BUY and (entry.price is None or entry.price <= 0):
            yield of_entry(scope, entry, entry.price, price=entry.price or 0)


@check(
    "sale-price",
    Severity.HIGH,
    Mend.ENTRY,
    title=_("Invalid price"),
    sentence=_(
        "The price of %(symbol)s on %(day)s is %(price)s; it must not be less than 0, nor 0 for a sale."
    ),
)
def sale_price(scope: SharedScope) -> Iterator[Found]:
    """Find sales at 0 or less, and other entries with a negative price."""
    for entry in scope.ledger.entries:
        if entry.kind is EntryKind.BUY or entry.price is None:
            continue
        if entry.price < 0 or (entry.price == 0 and entry.kind is EntryKind.SELL):
            yield of_entry(scope, entry, entry.price, price=entry.price)


@check(
    "quantity",
    Severity.HIGH,
    Mend.ENTRY,
    title=_("Invalid quantity"),
    sentence=_("The transaction of %(symbol)s on %(day)s is of %(quantity)s; it must be more than 0."),
)
def quantity(scope: SharedScope) -> Iterator[Found]:
    """Find quantities of 0 or less; interest, fees and taxes may be negative."""
    for entry in scope.ledger.entries:
        if entry.quantity <= 0 and entry.kind not in SIGNED:
            yield of_entry(scope, entry, entry.quantity, quantity=entry.quantity)


@check(
    "future-time",
    Severity.HIGH,
    Mend.ENTRY,
    title=_("Time in the future"),
    sentence=_("The transaction of %(symbol)s is dated %(day)s, which is yet to come; no figure counts it."),
)
def future_time(scope: SharedScope) -> Iterator[Found]:
    """Find entries that are yet to come."""
    for entry in scope.ledger.entries:
        if entry.time > scope.now:
            yield of_entry(scope, entry, entry.time.isoformat())


@check(
    "duplicate",
    Severity.MEDIUM,
    Mend.ENTRY,
    title=_("Likely duplicate"),
    sentence=_(
        "The transaction of %(quantity)s %(symbol)s on %(day)s looks like the one of %(twin_day)s once more. "
        "Delete one of them, or dismiss this if both happened."
    ),
)
def duplicate(scope: SharedScope) -> Iterator[Found]:
    """Find entries that are there twice: each after the first is one finding."""
    with connection.cursor() as cursor:
        cursor.execute(_TWINS, [scope.ledger.portfolio.pk, SAME_DAYS])
        rows = cursor.fetchall()
    for key, twin, twin_day in rows:
        if (entry := scope.by_id.get(key)) is not None:
            facts = (twin, entry.quantity, entry.price)
            yield of_entry(scope, entry, *facts, quantity=entry.quantity, twin_day=twin_day)


@check(
    "fee-above-trade",
    Severity.LOW,
    Mend.ENTRY,
    title=_("Charges above the trade"),
    sentence=_(
        "The fee and tax of %(symbol)s on %(day)s, %(charges)s, are more than the trade itself, %(amount)s."
    ),
)
def fee_above_trade(scope: SharedScope) -> Iterator[Found]:
    """Find trades that cost more than they move."""
    for entry in scope.ledger.entries:
        if (not entry.fee and not entry.tax) or entry.kind not in {EntryKind.BUY, EntryKind.SELL}:
            continue
        own = {"", entry.currency}
        charges = (entry.fee if entry.fee_currency in own else ZERO) + (
            entry.tax if entry.tax_currency in own else ZERO
        )
        amount = entry.quantity * (entry.price or ZERO)
        if charges > amount > 0:
            yield of_entry(scope, entry, charges, amount, charges=charges, amount=amount)


@check(
    "exchange-rate",
    Severity.MEDIUM,
    Mend.ENTRY,
    title=_("Unusual exchange rate"),
    sentence=_(
        "The exchange rate of %(symbol)s on %(day)s is %(own)s; the market's was %(market)s "
        "%(base)s for one %(currency)s."
    ),
)
def exchange_rate(scope: SharedScope) -> Iterator[Found]:
    """Find own rates more than a tenth from the day's, as when one is typed upside down."""
    for entry in scope.ledger.entries:
        if entry.fx_rate is None or entry.currency == scope.ledger.base:
            continue
        used = scope.ledger.rates.rate(entry.currency, entry.day)
        if used is None or _is_near(entry.fx_rate, used.rate):
            continue
        upside_down = _is_near(1 / entry.fx_rate, used.rate)
        yield of_entry(
            scope, entry, entry.fx_rate, used.rate,
            hint=_("It looks upside down.") if upside_down else "",
            own=entry.fx_rate, market=used.rate, base=scope.ledger.base, currency=entry.currency,
        )  # fmt: skip


def _is_near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= RATE_TOLERANCE * other
