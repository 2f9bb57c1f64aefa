"""Targets of a portfolio, how far it is from them, the trades that lead back, and the gains they realise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from core import clock
from core.money import minor_units, round_amount
from market.models import Instrument
from market.selectors import rates
from portfolios.domain.entries import Entry, EntryKind
from portfolios.domain.exact import ZERO, exact, plus, times
from portfolios.domain.positions import PositionView
from portfolios.domain.reasons import Figure, Reason
from portfolios.domain.rebalancing import NONE, Asset, Drift, Funding, Plan, Trade, Wishes, drifts, plan
from portfolios.models import AllocationTarget, LotSize, Portfolio
from portfolios.selectors import valuation
from portfolios.selectors.figures import book_with
from portfolios.selectors.ledger import Ledger, load, today
from portfolios.selectors.portfolios import get
from portfolios.selectors.tags import labels
from portfolios.selectors.valuation import NO_TAGS, TAG, Tags

GROUPINGS: Final = list(AllocationTarget.Grouping.values)
# What a class is usually traded in; a portfolio may say otherwise of an instrument.
ONE_SHARE: Final = Decimal(1)
USUAL_LOTS: Final = {
    Instrument.Kind.FUND: Decimal("0.001"),
    Instrument.Kind.CRYPTO: Decimal("0.00000001"),
}
_KEYS: Final[dict[str, Callable[[Instrument], str]]] = {
    "class": lambda one: str(one.kind),
    "sector": lambda one: one.sector or NONE,
    "country": lambda one: one.country or NONE,
    "currency": lambda one: str(one.currency),
    "instrument": lambda one: str(one.uuid),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is asked to do; `tax_rate` is the fraction of a gain that is due, None: not known."""

    by: str
    funding: Funding = Funding.TRADES
    new_money: Decimal = ZERO
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One trade of the plan: `price` per unit in the instrument's currency, as of `priced`.

    `gain` is what a sale would realise by the portfolio's lot method, in its currency; None: a purchase,
    or the cost is not known.
    """

    trade: Trade
    instrument: Instrument
    price: Decimal
    priced: date
    lot: Decimal
    gain: Decimal | None

    @property
    def units(self) -> Decimal:
        """How many units change hands."""
        return self.trade.units.copy_abs()

    @property
    def amount(self) -> Decimal:
        """What changes hands for them, in the portfolio's currency."""
        return self.trade.amount.copy_abs()


@dataclass(frozen=True, slots=True)
class Rebalancing:
    """The targets of a portfolio by one grouping, and the plan that leads to them.

    `portfolio` is as the caller may see it; that of the ledger may be another reader's.

    `before` is every group as it stands, `plan` is None without targets. `unpriced` is held and has no
    price or rate: it is left out. `gain` is what the sales realise together, `tax` what of it is due; a loss
    costs nothing and is not offset against other sales.
    """

    portfolio: Portfolio
    ledger: Ledger
    day: date
    asked: Asked
    targets: list[AllocationTarget]
    assets: dict[int, Asset]
    instruments: dict[int, Instrument]
    cash: Decimal
    before: list[Drift]
    plan: Plan | None
    orders: list[Order]
    unpriced: list[Instrument]
    gain: Figure[Decimal]
    tax: Figure[Decimal]


@dataclass(frozen=True, slots=True)
class _Quote:
    """What one unit costs: in the instrument's currency, and in the portfolio's; the day of the price."""

    price: Decimal
    base: Decimal
    day: date


def group_of(by: str, instrument: Instrument, tags: Tags = NO_TAGS) -> str:
    """Tell the key of the group that an instrument belongs to; `tags` are those of who asks."""
    return tags.get(instrument.pk, NONE) if by == TAG else _KEYS[by](instrument)


def targets_of(portfolio: Portfolio, user: Any, by: str = "") -> list[AllocationTarget]:
    """List the targets of a portfolio, of one grouping or of all, the largest first.

    Those by tag are the user's own.
    """
    whose = Q(user=None) | Q(user=user.pk)
    rows = AllocationTarget.objects.filter(whose, portfolio=portfolio).select_related("instrument")
    return list(rows.filter(grouping=by) if by else rows)


def lot_sizes(portfolio: Portfolio) -> list[LotSize]:
    """List the lot sizes that a portfolio has of its own."""
    rows = LotSize.objects.filter(portfolio=portfolio).select_related("instrument")
    return list(rows.order_by("instrument__symbol", "instrument_id"))


def rebalance(user: Any, portfolio_id: UUID, asked: Asked) -> Rebalancing:
    """Plan how a portfolio that `user` may see gets to its targets at the prices of today.

    Raises:
        NotFound: there is none.
    """
    portfolio = get(user, portfolio_id)
    ledger = load(portfolio)
    day = today(portfolio)
    targets, tags = targets_of(portfolio, user, asked.by), labels(user.pk, asked.by)
    with exact():
        valued = valuation.at(ledger, day)
        held = [one for one in valued.positions if one.quantity]
        wanted = {one.instrument.pk: one.instrument for one in targets if one.instrument}
        quotes = _quotes(held) | _unheld(ledger, day, held, wanted)
        names = wanted | ledger.instruments
        groups = {key: group_of(asked.by, one, tags) for key, one in names.items()}
        assets = _assets(portfolio, groups, held, quotes, names)
        made = _plan(assets, valued.cash_value, targets, asked) if targets else None
        gains = _gains(ledger, day, made.trades, quotes) if made else {}
        gain = _summed(gains)
    return Rebalancing(
        portfolio=portfolio,
        ledger=ledger,
        day=day,
        asked=asked,
        targets=targets,
        assets=assets,
        instruments=wanted | ledger.instruments,
        cash=valued.cash_value,
        before=drifts(assets.values(), valued.cash_value, {one.key: one.weight for one in targets}),
        plan=made,
        orders=_orders(made, wanted | ledger.instruments, quotes, assets, gains),
        unpriced=[ledger.instruments[one.instrument] for one in held if one.instrument not in quotes],
        gain=gain,
        tax=_tax(gain, asked.tax_rate, ledger.base),
    )


def _assets(
    portfolio: Portfolio,
    groups: dict[int, str],
    held: Iterable[PositionView],
    quotes: dict[int, _Quote],
    instruments: dict[int, Instrument],
) -> dict[int, Asset]:
    own = {one.instrument_id: one.size for one in lot_sizes(portfolio)}
    units = {one.instrument: one.quantity for one in held}
    return {
        key: Asset(
            key,
            groups[key],
            units.get(key, ZERO),
            quote.base,
            own.get(key) or _usual_lot(instruments[key]),
        )
        for key, quote in quotes.items()
    }


def _plan(assets: dict[int, Asset], cash: Decimal, targets: Sequence[AllocationTarget], asked: Asked) -> Plan:
    wishes = Wishes(
        targets={one.key: one.weight for one in targets},
        funding=asked.funding,
        new_money=asked.new_money,
        bought={one.key: one.instrument_id for one in targets if one.instrument_id is not None},
    )
    return plan(list(assets.values()), cash, wishes)


def _usual_lot(instrument: Instrument) -> Decimal:
    return USUAL_LOTS.get(Instrument.Kind(instrument.kind), ONE_SHARE)


def _quotes(held: Iterable[PositionView]) -> dict[int, _Quote]:
    """Take the prices of what is held from its value, so that both agree to the last digit."""
    return {
        one.instrument: _Quote(
            one.market_value_quote / one.quantity, one.market_value / one.quantity, one.price.as_of
        )
        for one in held
        if one.market_value is not None and one.market_value_quote is not None and one.price is not None
    }


def _unheld(
    ledger: Ledger, day: date, held: Iterable[PositionView], wanted: dict[int, Instrument]
) -> dict[int, _Quote]:
    """Price what is to be bought and not held yet; what has no price or rate is left out."""
    known = {one.instrument for one in held}
    new = {key: one for key, one in wanted.items() if key not in known}
    if not new:
        return {}
    ledger.know_prices(new, [day])
    table = rates.rate_table(
        ledger.owner_id, ledger.world_id, {one.currency for one in new.values()}, ledger.base
    )
    found = {}
    for key in new:
        used = ledger.price(key, day)
        rate = table.rate(used.currency, day) if used else None
        base = times(used.price if used else None, rate.rate if rate else None)
        if used is not None and base is not None and base > 0:
            found[key] = _Quote(used.price, base, used.as_of)
    return found


def _gains(
    ledger: Ledger, day: date, trades: Iterable[Trade], quotes: dict[int, _Quote]
) -> dict[int, Decimal | None]:
    """Tell what each sale would realise: the ledger is folded with the sales at its end."""
    sales = [one for one in trades if one.units < 0]
    if not sales:
        return {}
    last = max([clock.now(), *(one.time for one in ledger.entries if one.day <= day)])
    planned = {
        str(one.key): Entry(
            id=str(one.key),
            day=day,
            time=last,
            kind=EntryKind.SELL,
            instrument=one.key,
            quantity=-one.units,
            price=quotes[one.key].price,
            currency=ledger.currencies[one.key],
        )
        for one in sales
    }
    book = book_with(ledger, day, list(planned.values()))
    found: dict[int, Decimal | None] = {one.key: ZERO for one in sales}
    for one in book.disposals:
        if one.entry_id in planned:
            gain = plus(one.price_gain, one.currency_effect)
            found[one.instrument] = plus(found[one.instrument], gain)
    return found


def _orders(
    made: Plan | None,
    instruments: dict[int, Instrument],
    quotes: dict[int, _Quote],
    assets: dict[int, Asset],
    gains: dict[int, Decimal | None],
) -> list[Order]:
    return [
        Order(
            trade,
            instruments[trade.key],
            quotes[trade.key].price,
            quotes[trade.key].day,
            assets[trade.key].lot,
            gains.get(trade.key),
        )
        for trade in (made.trades if made else ())
    ]


def _summed(gains: dict[int, Decimal | None]) -> Figure[Decimal]:
    known = [one for one in gains.values() if one is not None]
    if not gains:
        return Figure(None, Reason.NOTHING_SOLD)
    return Figure(sum(known, ZERO)) if len(known) == len(gains) else Figure(None, Reason.UNKNOWN_COST)


def _tax(gain: Figure[Decimal], rate: Decimal | None, currency: str) -> Figure[Decimal]:
    if gain.value is None:
        return gain
    if rate is None:
        return Figure(None, Reason.NO_TAX_RATE)
    with exact():
        return Figure(round_amount(max(gain.value, ZERO) * rate, minor_units(currency)))
