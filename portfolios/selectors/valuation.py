"""What a portfolio, or everything a user has, is worth at the end of a day. Exact decimals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from core import clock
from core.models import LIVE_WORLD, Role
from market.models import Instrument
from market.selectors import rates
from portfolios.domain import allocation as groups
from portfolios.domain.allocation import Slice
from portfolios.domain.book import Problem
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ONE, ZERO, exact, total_of_known
from portfolios.domain.positions import CashView, PositionView, cash, positions
from portfolios.models import Portfolio
from portfolios.selectors.figures import Period, book, once, state
from portfolios.selectors.ledger import Ledger, load_all, today
from portfolios.selectors.portfolios import real_of, shared_with

ACCOUNT = "account"
TAG = "tag"
GROUPINGS = ["instrument", "class", "currency", "sector", "country", TAG, ACCOUNT]
# What a person calls instruments, by their keys.
Tags = Mapping[int, str]
NO_TAGS: Final[Tags] = {}
STALE_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Valuation:
    """A portfolio at the end of `day`, in its currency; what is unknown is left out and `incomplete`.

    `total` is market value and cash. Gains, income and charges are since the first entry, against
    what was paid; gains are before charges. `day_change` is what the day earned, flows aside.
    `as_of` is the day of the oldest price used for something held; None: nothing is held.
    """

    day: date
    positions: list[PositionView]
    cash: list[CashView]
    market_value: Decimal
    cash_value: Decimal
    total: Decimal
    cost_basis: Decimal
    unrealised: Decimal
    realised: Decimal
    income: Decimal
    fees: Decimal
    taxes: Decimal
    day_change: Decimal
    incomplete: bool
    as_of: date | None
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class SharedPart:
    """A portfolio that somebody else shares with the user, valued in its own currency."""

    portfolio: Portfolio
    valued: Valuation

    @property
    def role_label(self) -> str:
        """What the user may do, in words."""
        return str(Role(self.portfolio.role).label)  # type: ignore[attr-defined]  # annotated by shared_with


@dataclass(frozen=True, slots=True)
class NetWorthPart:
    """One portfolio within the user's net worth; `value` in the user's currency, None without a rate.

    `rate` is that currency for one unit of the portfolio's; `valued` is in the portfolio's own.
    """

    portfolio: Portfolio
    ledger: Ledger
    valued: Valuation
    rate: Decimal | None
    total: Decimal
    value: Decimal | None
    day_change: Decimal | None
    incomplete: bool
    as_of: date | None


@dataclass(frozen=True, slots=True)
class NetWorth:
    """All of a user's real portfolios in their base currency; parts without a rate are left out."""

    day: date
    currency: str
    total: Decimal
    day_change: Decimal
    incomplete: bool
    parts: list[NetWorthPart]


def at(ledger: Ledger, day: date) -> Valuation:
    """Value the portfolio at the end of `day` at the last prices and rates known then."""
    return once(ledger, ("valuation", day), lambda: _valued(ledger, day))


def _valued(ledger: Ledger, day: date) -> Valuation:
    folded = book(ledger, day)
    ledger.know_prices(list(folded.holdings), [day, day - timedelta(days=1)])
    views = positions(folded, ledger.splits, ledger.rates, ledger, day)
    views.sort(key=lambda one: (-(one.market_value or ZERO), ledger.instruments[one.instrument].symbol))
    money = cash(folded, ledger.rates, day)
    held = [one for one in views if one.quantity]
    with exact():
        market_value = total_of_known(one.market_value for one in held)
        cash_value = total_of_known(one.value for one in money)
        return Valuation(
            day=day,
            positions=views,
            cash=money,
            market_value=market_value,
            cash_value=cash_value,
            total=market_value + cash_value,
            cost_basis=total_of_known(one.cost_basis for one in held),
            unrealised=total_of_known(one.unrealised for one in held),
            realised=total_of_known(one.realised for one in views),
            income=folded.known_income(),
            fees=folded.known_charges(EntryKind.FEE),
            taxes=folded.known_charges(EntryKind.TAX),
            day_change=_day_change(ledger, day),
            incomplete=any(one.market_value is None for one in held)
            or any(one.value is None for one in money),
            as_of=min((one.price.as_of for one in held if one.price), default=None),
            problems=folded.problems,
        )


def _day_change(ledger: Ledger, day: date) -> Decimal:
    return state(ledger, Period(day - timedelta(days=1), day)).lines.gain()


def allocation(ledger: Ledger, valued: Valuation, by: str, tags: Tags = NO_TAGS) -> list[Slice[str]]:
    """Group the value of what is held and of cash; the shares add up to 1. `tags` as in `spread`."""
    return spread([(ledger, valued, ONE)], by, tags)


def grouped(
    ledger: Ledger, valued: Valuation, by: str, name: Callable[[Instrument], str]
) -> list[Slice[str]]:
    """Group one portfolio as `allocation` does, with names of the caller's for what is held."""
    with exact():
        return groups.allocation(_named(valued, by, lambda key: name(ledger.instruments[key])))


def shares(valued: Valuation) -> dict[int | str, Decimal | None]:
    """Tell the share in all that is worth something, by instrument and by currency of cash."""
    rows: list[tuple[int | str, Decimal]] = [
        (one.instrument, one.market_value)
        for one in valued.positions
        if one.quantity and one.market_value is not None
    ]
    rows += [(one.currency, one.value) for one in valued.cash if one.value is not None]
    return {one.key: one.share for one in groups.allocation(rows)}


def spread(
    parts: Iterable[tuple[Ledger, Valuation, Decimal]], by: str, tags: Tags = NO_TAGS
) -> list[Slice[str]]:
    """Group what portfolios are worth, each at the rate into one currency; the shares add up to 1.

    An account is a portfolio: two of one name stay two. `tags` are those of who asks, by instrument:
    what has several stands in a group of just these, so that nothing counts twice.
    """
    names: dict[Any, str] = {}
    rows: list[tuple[Any, Decimal]] = []
    with exact():
        for ledger, valued, rate in parts:
            account = ledger.portfolio.pk
            for name, value in named_values(ledger, valued, by, tags):
                key = account if by == ACCOUNT else name
                names[key] = name
                rows.append((key, value * rate))
    return [Slice(names[one.key], one.value, one.share) for one in groups.allocation(rows)]


def named_values(
    ledger: Ledger, valued: Valuation, by: str, tags: Tags = NO_TAGS
) -> list[tuple[str, Decimal]]:
    """List what is held and cash by the name of their group, with their known values."""
    if by == ACCOUNT:
        known = [one.market_value for one in valued.positions if one.quantity]
        known += [one.value for one in valued.cash]
        return [(str(ledger.portfolio.name), value) for value in known if value is not None]
    if by == TAG:
        return _named(valued, by, lambda key: tags.get(key) or _("No tag"))
    name = NAMES[by]
    return _named(valued, by, lambda key: name(ledger.instruments[key]))


def _named(valued: Valuation, by: str, name: Callable[[int], str]) -> list[tuple[str, Decimal]]:
    rows = [(name(one.instrument), one.market_value) for one in valued.positions if one.quantity]
    rows += [(_cash_name(by, one), one.value) for one in valued.cash]
    return [(key, value) for key, value in rows if value is not None]


NAMES: dict[str, Callable[[Instrument], str]] = {
    "instrument": lambda one: one.symbol,
    "class": lambda one: str(Instrument.Kind(one.kind).label),
    "currency": lambda one: one.currency,
    "sector": lambda one: one.sector or _("No sector"),
    "country": lambda one: one.country or _("No country"),
}


def _cash_name(by: str, row: CashView) -> str:
    if by == "currency":
        return row.currency
    return _("Cash in %(currency)s") % {"currency": row.currency} if by == "instrument" else _("Cash")


def stale(valued: Valuation) -> bool:
    """Tell whether a price is older than a week that should be fresh."""
    return valued.as_of is not None and valued.day - valued.as_of > STALE_AFTER


def net_worth(user: Any) -> NetWorth:
    """Sum the user's real portfolios in their base currency, each at its own today."""
    portfolios = list(real_of(user))
    day = clock.today(user.time_zone)
    table = rates.rate_table(
        user.pk, LIVE_WORLD, {portfolio.currency for portfolio in portfolios}, user.base_currency
    )
    with exact():
        ledgers = zip(portfolios, load_all(portfolios), strict=True)
        parts = [_part(portfolio, ledger, table, day) for portfolio, ledger in ledgers]
        return NetWorth(
            day=day,
            currency=user.base_currency,
            total=total_of_known(part.value for part in parts),
            day_change=total_of_known(part.day_change for part in parts),
            incomplete=any(part.incomplete or part.value is None for part in parts),
            parts=parts,
        )


def shared_with_user(user: Any) -> list[SharedPart]:
    """Value what others share with the user, each in its own currency; it is in no sum of the user's."""
    portfolios = list(shared_with(user))
    with exact():
        return [
            SharedPart(portfolio, at(ledger, today(portfolio)))
            for portfolio, ledger in zip(portfolios, load_all(portfolios), strict=True)
        ]


def _part(portfolio: Portfolio, ledger: Ledger, table: Any, day: date) -> NetWorthPart:
    valued = at(ledger, today(portfolio))
    used = table.rate(portfolio.currency, day)
    rate = used.rate if used else None
    return NetWorthPart(
        portfolio=portfolio,
        ledger=ledger,
        valued=valued,
        rate=rate,
        total=valued.total,
        value=None if rate is None else valued.total * rate,
        day_change=None if rate is None else valued.day_change * rate,
        incomplete=valued.incomplete,
        as_of=valued.as_of,
    )
