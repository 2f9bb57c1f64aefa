"""Which portfolios, and which parts of them, a question is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core.errors import NotFound, ValidationFailed
from market.models import Instrument
from portfolios.domain.scopes import Scope
from portfolios.models import Portfolio
from portfolios.selectors.ledger import Ledger, load_all
from portfolios.selectors.portfolios import real_of, visible_to
from portfolios.selectors.reports import Report, chosen, has_rate, report
from portfolios.selectors.tags import tagged


@dataclass(frozen=True, slots=True)
class Filters:
    """A part of portfolios: the instruments that match all that is given, or only the cash.

    `country` is ISO 3166, `quote_currency` the one in which an instrument is quoted, `tag` one of those
    of who asks; `sector` and all others in any case.
    """

    instrument: UUID | None = None
    sector: str = ""
    asset_class: str = ""
    country: str = ""
    quote_currency: str = ""
    tag: str = ""
    cash: bool = False

    @property
    def is_all(self) -> bool:
        """Tell whether nothing is left out."""
        return not any(getattr(self, one.name) for one in fields(self))

    def match(self, one: Instrument, marked: frozenset[int] = frozenset()) -> bool:
        """Tell whether an instrument belongs to the part; `marked` are the keys of those with the tag."""
        return not self.cash and all(
            (
                self.instrument is None or one.uuid == self.instrument,
                not self.sector or one.sector.casefold() == self.sector.casefold(),
                not self.asset_class or one.kind == self.asset_class.lower(),
                not self.country or one.country == self.country.upper(),
                not self.tag or one.pk in marked,
                not self.quote_currency or one.currency == self.quote_currency.upper(),
            )
        )


@dataclass(frozen=True, slots=True)
class View:
    """How figures are wanted: in which currency, and after fees and taxes or before them.

    None is the convention: a portfolio after both, a part of one after fees and before taxes.
    """

    currency: str = ""
    fees: bool | None = None
    taxes: bool | None = None


def scope_of(ledger: Ledger, filters: Filters, view: View, marked: frozenset[int] = frozenset()) -> Scope:
    """Answer what a question means in one portfolio; `marked` are the keys of what has its tag."""
    fees = view.fees is not False
    if filters.is_all:
        return Scope(fees=fees, taxes=view.taxes is not False)
    taxes = bool(view.taxes) if view.taxes is not None else filters.cash
    part = chosen(ledger, lambda one: filters.match(one, marked))
    return Scope(part, cash=filters.cash, fees=fees, taxes=taxes)


def asked(user: Any, ids: Sequence[UUID], filters: Filters, view: View) -> Report:
    """Answer the report that a user asks for; without ids, of all real portfolios of their own.

    Its currency is the one portfolio's, of several the user's, unless `view` says otherwise.

    Raises:
        NotFound: one of the portfolios is not there, or somebody else's.
        ValidationFailed: there is none, they are of different markets, or no rate leads to the currency.
    """
    return of_ledgers(user, load_all(portfolios_of(user, ids)), filters, view)


def of_ledgers(user: Any, ledgers: Sequence[Ledger], filters: Filters, view: View) -> Report:
    """Answer the report on portfolios that the user may see, and whose ledgers are at hand.

    Raises:
        ValidationFailed: no rate leads to the currency.
    """
    currency = view.currency or (ledgers[0].base if len(ledgers) == 1 else user.base_currency)
    for ledger in ledgers:
        if ledger.entries or view.currency:
            require_rate(ledger, currency)
    marked = tagged(user, filters.tag) if filters.tag else frozenset()
    return report(ledgers, [scope_of(one, filters, view, marked) for one in ledgers], currency)


def require_rate(ledger: Ledger, currency: str) -> None:
    """Refuse a currency into which nothing of a portfolio can be converted.

    Raises:
        ValidationFailed: names the parameter.
    """
    if not has_rate(ledger, currency):
        message = _("No exchange rate from %(base)s into %(currency)s is known.")
        known = {"base": ledger.base, "currency": currency}
        raise ValidationFailed.of("currency", message % known, "no-rate")


def portfolios_of(user: Any, ids: Sequence[UUID]) -> list[Portfolio]:
    """List the portfolios that are named, in this order; without ids all real ones of the user's own.

    Raises:
        NotFound: one is not there, or somebody else's.
        ValidationFailed: there is none, or they are of different markets.
    """
    wanted = list(dict.fromkeys(ids))
    rows = visible_to(user).filter(pk__in=wanted) if wanted else real_of(user)
    found = {one.pk: one for one in rows}
    if not found and not wanted:
        raise ValidationFailed.of("portfolios", _("There is no portfolio yet."), "required")
    if any(one not in found for one in wanted):
        raise NotFound
    if len({(one.world_id, one.kind) for one in found.values()}) > 1:
        message = _("Portfolios of different markets cannot be added up.")
        raise ValidationFailed.of("portfolios", message, "world")
    return [found[one] for one in wanted] or list(found.values())
