"""The money side of the fold: rates, cash, charges, income and what crosses the border."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portfolios.domain.book import Book, Charge, Flow, Income, Problem, ProblemKind
from portfolios.domain.entries import Entry, EntryKind
from portfolios.domain.exact import ONE, ZERO, minus, plus, times
from portfolios.domain.rates import OWN, Rates, RateUsed


def gross(entry: Entry) -> Decimal:
    """Return what the entry moves before fee and tax, in its currency; positive."""
    return entry.quantity if entry.price is None else entry.quantity * entry.price


def in_base(amount: Decimal, rate: Decimal | None) -> Decimal | None:
    """Convert at `rate`; the very same number where the rate is 1, so that a lot need not relieve twice."""
    return amount if rate is ONE else times(amount, rate)


class Till:
    """Cash per currency and all that moves it, written into a book.

    `left_out`: currencies outside the border; what is paid in them comes from outside.
    """

    def __init__(self, book: Book, rates: Rates, left_out: frozenset[str]) -> None:
        self._book = book
        self._rates = rates
        self._left_out = left_out
        self._day_rates: dict[tuple[str, date], RateUsed | None] = {}
        self.outside: Decimal | None = ZERO

    def open(self) -> None:
        """Begin an entry."""
        self.outside = ZERO

    def shut(self, entry: Entry) -> None:
        """End an entry: what came from outside (positive) or went there is one flow."""
        if self.outside is None or self.outside:
            self._book.flows.append(Flow(entry.id, entry.day, self.outside))

    def rate(self, entry: Entry) -> Decimal | None:
        """Return base currency for one unit of the entry's: its own rate, else the day's, and note which."""
        if entry.currency == self._book.base:
            return ONE
        if entry.fx_rate is not None:
            self._book.rates_used[entry.id] = RateUsed(entry.fx_rate, entry.day, OWN)
            return entry.fx_rate
        used = self._look_up(entry, entry.currency)
        if used is None:
            return None
        self._book.rates_used[entry.id] = used
        return used.rate

    def rate_of(self, entry: Entry, currency: str) -> Decimal | None:
        """Return the rate of another currency that an entry touches: its fee's, its instrument's."""
        if currency == self._book.base:
            return ONE
        if currency == entry.currency and entry.fx_rate is not None:
            return entry.fx_rate
        return self.day_rate(entry, currency)

    def quote_rate(self, entry: Entry, currency: str, rate: Decimal | None) -> Decimal | None:
        """Return the rate of an instrument's currency; `rate` is the one of the entry's."""
        return rate if entry.currency == currency else self.rate_of(entry, currency)

    def day_rate(self, entry: Entry, currency: str) -> Decimal | None:
        """Return the market's rate on the day of an entry, whatever rate the entry carries."""
        if currency == self._book.base:
            return ONE
        used = self._look_up(entry, currency)
        return None if used is None else used.rate

    def _look_up(self, entry: Entry, currency: str) -> RateUsed | None:
        key = currency, entry.day
        if key not in self._day_rates:
            self._day_rates[key] = self._rates.rate(currency, entry.day)
        used = self._day_rates[key]
        if used is None:
            found = Problem(ProblemKind.NO_RATE, entry.day, entry.id, entry.instrument, currency)
            self._book.problems.append(found)
        return used

    def pay(self, currency: str, amount: Decimal, base: Decimal | None) -> None:
        """Move cash by `amount`; what is not tracked, or lies outside, is a flow of the entry instead."""
        book = self._book
        if book.tracks_cash and currency not in self._left_out:
            book.cash[currency] = book.cash.get(currency, ZERO) + amount
            book.cash_base[currency] = plus(book.cash_base.get(currency, ZERO), base)
        elif base is not None or currency not in self._left_out:
            self.outside = minus(self.outside, base)

    def cross(self, base: Decimal | None) -> None:
        """Let money come from (positive) or go to what is left out; what has no rate is left out itself."""
        if base is not None:
            self.outside = plus(self.outside, base)

    def external(self, entry: Entry, amount: Decimal) -> None:
        """Book a deposit (positive) or withdrawal.

        Where cash is not tracked, or lies outside, it passes by: only the charges remain.
        """
        if self._book.tracks_cash and entry.currency not in self._left_out:
            base = in_base(amount, self.rate(entry))
            self.pay(entry.currency, amount, base)
            self._book.flows.append(Flow(entry.id, entry.day, base))
        self.charges(entry)

    def income(self, entry: Entry, *, left_out: bool) -> None:
        """Book a dividend or interest, gross; of an instrument that is left out it is a flow."""
        amount = gross(entry)
        base = in_base(amount, self.rate(entry))
        self.pay(entry.currency, amount, base)
        if left_out:
            self.cross(base)
        else:
            self._book.earn(
                Income(entry.id, entry.day, entry.instrument, entry.kind, entry.currency, amount, base)
            )
        self.charges(entry)

    def charge(self, entry: Entry) -> None:
        """Book a fee or a tax of its own."""
        if amount := gross(entry):
            self._charge(entry, entry.kind, entry.currency, amount)
        self.charges(entry)

    def charges(self, entry: Entry) -> tuple[Decimal | None, Decimal | None]:
        """Book the fee and the tax that an entry carries; return the fee, and both, in base currency."""
        fee: Decimal | None = ZERO
        if entry.fee:
            fee = self._charge(entry, EntryKind.FEE, entry.fee_currency or entry.currency, entry.fee)
        if not entry.tax:
            return fee, fee
        tax = self._charge(entry, EntryKind.TAX, entry.tax_currency or entry.currency, entry.tax)
        return fee, plus(fee, tax)

    def _charge(self, entry: Entry, kind: EntryKind, currency: str, amount: Decimal) -> Decimal | None:
        base = in_base(amount, self.rate_of(entry, currency))
        charge = Charge(entry.id, entry.day, entry.instrument, kind, currency, amount, base)
        self._book.charge(charge)
        self.pay(currency, -amount, times(base, -ONE))
        return base
