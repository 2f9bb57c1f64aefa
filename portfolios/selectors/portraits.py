"""What a public link shows: a portrait without amounts, and their worth where its owner lets them be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from core.money import minor_units, round_amount, round_parts
from market.models import Instrument
from portfolios.domain import portrait
from portfolios.domain.allocation import Slice
from portfolios.domain.arrays import day_of
from portfolios.domain.portrait import (
    Course,
    Fraction,
    Held,
    HeldWorth,
    Level,
    Measured,
    Part,
    Portrait,
    Spread,
    Worth,
    fraction,
)
from portfolios.models import PublicLink
from portfolios.selectors import figures, periods, risk, valuation
from portfolios.selectors.figures import Performance
from portfolios.selectors.ledger import Ledger, load
from portfolios.selectors.periods import Window
from portfolios.selectors.positions import PositionRow, table
from portfolios.selectors.valuation import Valuation

BY_INSTRUMENT = "instrument"
GROUPINGS = (BY_INSTRUMENT, "class", "currency", "sector", "country")


@dataclass(frozen=True)
class Sitting:
    """A portfolio as one link opens it, in one period; what is computed of it is computed once."""

    link: PublicLink
    ledger: Ledger
    window: Window

    @cached_property
    def valued(self) -> Valuation:
        """What it is worth at the end of the period."""
        return valuation.at(self.ledger, self.window.period.end)

    @cached_property
    def found(self) -> Performance:
        """How the period went."""
        return figures.performance(self.ledger, self.window.period)

    @cached_property
    def rows(self) -> list[PositionRow]:
        """What is held, the largest value first."""
        return table(self.ledger, self.valued).held

    @property
    def shows_values(self) -> bool:
        """Tell whether the owner lets amounts be seen."""
        return self.link.shows == PublicLink.Shows.VALUES

    @property
    def names_holdings(self) -> bool:
        """Tell whether the owner lets holdings be named at all."""
        return self.link.names != PublicLink.Names.NONE

    def hides(self, instrument: Instrument) -> bool:
        """Tell whether an instrument's name is kept back: a private one's, unless its owner shows it.

        What belongs to somebody else who writes in the portfolio is not its owner's to publish.
        """
        if instrument.owner_id is None:
            return False
        return self.link.names != PublicLink.Names.ALL or instrument.owner_id != self.ledger.owner_id

    @cached_property
    def hidden(self) -> dict[int, str]:
        """Call what is kept back by a number, the largest first."""
        kept = [row.instrument.pk for row in self.rows if self.hides(row.instrument)]
        if len(kept) == 1:
            return {kept[0]: _("Private holding")}
        return {
            key: _("Private holding %(number)s") % {"number": number}
            for number, key in enumerate(kept, start=1)
        }


def sit(link: PublicLink, asked: str = "") -> Sitting:
    """Open the portfolio of a link for a period by its name."""
    ledger = load(link.portfolio)
    return Sitting(link, ledger, periods.window(ledger, asked))


def portrait_of(sitting: Sitting) -> Portrait:
    """Draw what every link shows: names, days and fractions."""
    valued = sitting.valued
    return Portrait(
        title=str(sitting.link.label or sitting.ledger.portfolio.name),
        currency=sitting.ledger.base,
        day=valued.day,
        ended=sitting.window.ended,
        as_of=valued.as_of,
        stale=valuation.stale(valued),
        incomplete=valued.incomplete,
        is_empty=not sitting.ledger.entries,
        spreads=tuple(
            Spread(by, tuple(Part(one.key, _share(one.share)) for one in slices))
            for by, slices in _spreads(sitting)
        ),
        holdings=tuple(_held(sitting)) if sitting.names_holdings else None,
        course=_course(sitting),
    )


def line(sitting: Sitting) -> list[tuple[date, Level]]:
    """Draw the period as an index that begins at 100; it ends where the return stops being defined."""
    if not sitting.ledger.entries:
        return []
    found = sitting.found
    days, earned = found.series.days[: found.defined], found.cumulative[: found.defined]
    return [(day_of(day), portrait.level(value)) for day, value in zip(days, earned, strict=True)]


def worth_of(sitting: Sitting) -> Worth | None:
    """Tell the amounts behind a portrait; None unless the link shows values."""
    if not sitting.shows_values:
        return None
    ledger, valued = sitting.ledger, sitting.valued
    places = minor_units(ledger.base)
    lines = figures.state(ledger, sitting.found.period).lines.rounded(places)
    return Worth(
        total=round_amount(valued.total, places),
        cash=round_amount(valued.cash_value, places),
        day_change=round_amount(valued.day_change, places),
        opening=lines.opening,
        net_flows=lines.net_flows,
        gain=lines.gain(),
        closing=lines.closing,
        holdings=tuple(_held_worth(sitting, places)) if sitting.names_holdings else None,
        spreads=tuple(
            tuple(round_parts([one.value for one in slices], places)) for _by, slices in _spreads(sitting)
        ),
    )


def worth_by_day(sitting: Sitting) -> list[tuple[date, Decimal]]:
    """List what it was worth on each day of the period; nothing unless the link shows values."""
    if not sitting.shows_values or not sitting.ledger.entries:
        return []
    series, places = sitting.found.series, minor_units(sitting.ledger.base)
    return [
        (day_of(day), round_amount(Decimal(repr(float(value))), places))
        for day, value in zip(series.days, series.value, strict=True)
    ]


def _share(value: Decimal | None) -> Fraction | None:
    return None if value is None else fraction(value)


def _spreads(sitting: Sitting) -> list[tuple[str, list[Slice[str]]]]:
    asked = GROUPINGS if sitting.names_holdings else GROUPINGS[1:]
    return [(by, valuation.grouped(sitting.ledger, sitting.valued, by, _naming(sitting, by))) for by in asked]


def _naming(sitting: Sitting, by: str) -> Callable[[Instrument], str]:
    """Name groups as everywhere, but for what may not be named: its sector and country are words, too."""
    usual = valuation.NAMES[by]
    if by == BY_INSTRUMENT:
        return lambda one: sitting.hidden.get(one.pk) or usual(one)
    if by in {"sector", "country"}:
        return lambda one: _("Private") if sitting.hides(one) else usual(one)
    return usual


def _held(sitting: Sitting) -> Iterable[Held]:
    shares = valuation.shares(sitting.valued)
    for row in sitting.rows:
        hidden = sitting.hidden.get(row.instrument.pk)
        yield Held(
            symbol="" if hidden else row.instrument.symbol,
            name=hidden or row.instrument.name,
            weight=_share(shares.get(row.instrument.pk)),
            gain=_share(row.gain_ratio),
            quality=row.quality,
            as_of=row.view.price.as_of if row.view.price else None,
        )
    for money in sitting.valued.cash:
        if money.amount:
            name = _("Cash in %(currency)s") % {"currency": money.currency}
            yield Held("", name, _share(shares.get(money.currency)), None, "", None)


def _held_worth(sitting: Sitting, places: int) -> Iterable[HeldWorth]:
    money = [one for one in sitting.valued.cash if one.amount]
    exact = {row.instrument.pk: row.view.market_value for row in sitting.rows}
    worth = _together(exact | {one.currency: one.value for one in money}, places)
    for row in sitting.rows:
        price = row.view.price.price if row.view.price else None
        value = worth.get(row.instrument.pk)
        yield HeldWorth(row.view.quantity, price, row.view.currency, value, row.unrealised)
    for one in money:
        yield HeldWorth(one.amount, None, one.currency, worth.get(one.currency), None)


def _together(exact: dict[int | str, Decimal | None], places: int) -> dict[int | str, Decimal]:
    """Round what is known in the order of the allocation, so that both show the same amounts."""
    known = [(key, value) for key, value in exact.items() if value is not None]
    known.sort(key=lambda one: -one[1])
    rounded = round_parts([value for _key, value in known], places)
    return {key: value for (key, _exact), value in zip(known, rounded, strict=True)}


def _course(sitting: Sitting) -> Course:
    found = sitting.found
    view = risk.of(sitting.ledger, found, risk.Terms(), None)
    deepest = view.falls[0] if view.falls else None
    return Course(
        name=sitting.window.name,
        usable=tuple(sitting.window.usable),
        start=found.period.start,
        end=found.period.end,
        time_weighted=Measured.of(found.time_weighted),
        annualised=Measured.of(found.annualised),
        money_weighted=Measured.of(periods.money_weighted(found)),
        volatility=Measured.of(view.figures["volatility"]),
        sharpe=Measured.of(view.figures["sharpe"]),
        max_drawdown=Measured.of(view.figures["max_drawdown"]),
        drawdown=Measured.of(view.figures["drawdown"]),
        fell_from=deepest.start if deepest else None,
        fell_to=deepest.trough if deepest else None,
        recovered=deepest.recovered if deepest else None,
    )
