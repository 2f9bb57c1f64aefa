"""What an alert waits for, said in the language of who reads."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.domain.rules import NEEDS, Direction, Kind, Subject
from alerts.models import Alert, Clause
from core.templatetags.figures import plain_money, price_text, quantity_text
from market.models import Instrument

NBSP: Final = "\N{NO-BREAK SPACE}"


def title(alert: Alert) -> str:
    """Say what an alert waits for with what it is about: ``ACME rises through 110.00 USD``."""
    if alert.instrument is not None:
        return _("%(about)s %(waits)s") % {"about": alert.instrument.symbol, "waits": waits(alert)}
    return together(alert.joined, clauses(alert)) or str(alert.get_joined_display())


def together(joined: str, said: Sequence[str]) -> str:
    """Say what clauses say, joined by all or any: one, a pair, or the first and how many more; "": none."""
    first, *others = said or [""]
    if not others:
        return first
    if len(said) == 2:  # noqa: PLR2004 (a pair)
        both = _("%(one)s and %(other)s") if joined == Alert.Joined.ALL else _("%(one)s or %(other)s")
        return both % {"one": first, "other": others[0]}
    more = len(others)
    words = (
        ngettext("%(one)s and %(more)d more", "%(one)s and %(more)d more", more)
        if joined == Alert.Joined.ALL
        else ngettext("%(one)s or one of %(more)d more", "%(one)s or one of %(more)d more", more)
    )
    return words % {"one": first, "more": more}


def waits(alert: Alert) -> str:
    """Say what an alert waits for, without its instrument: ``rises through 110.00 USD``."""
    if alert.instrument is None or alert.level is None:
        return title(alert)
    return _price(Kind(alert.condition), amount(alert.instrument, alert.level), "")


def clauses(alert: Alert) -> list[str]:
    """Say each clause of a rule with what it is about."""
    return [sentence(one) for one in alert.clauses.all()]


def sentence(clause: Clause) -> str:
    """Say a clause with what it is about."""
    return _("%(about)s %(waits)s") % {"about": about(clause), "waits": says(clause)}


def about(clause: Clause) -> str:
    """Name what a clause is about: an instrument, a portfolio, or the one in the other."""
    symbol = clause.instrument.symbol if clause.instrument is not None else ""
    name = clause.portfolio.name if clause.portfolio is not None else ""
    if not name and NEEDS[Kind(clause.kind)].subject is not Subject.INSTRUMENT:
        name = _("a portfolio that you see no more")
    if symbol and name:
        return _("%(symbol)s in %(portfolio)s") % {"symbol": symbol, "portfolio": name}
    return symbol or name


def says(clause: Clause) -> str:
    """Say what a clause waits for, without what it is about."""
    kind = Kind(clause.kind)
    level, upper = (_written(clause, one) for one in (clause.level, clause.upper))
    if kind in PRICES:
        return _price(kind, level, upper)
    if kind in _CHANGES:
        by = level or percent(clause.percent)
        return _moved(clause.direction) % {"by": by, "since": _since(kind, clause)}
    values = {
        "level": level,
        "percent": percent(clause.percent),
        "number": "" if clause.percent is None else quantity_text(clause.percent),
        "minutes": clause.minutes,
        "days": clause.days,
        "slow": clause.slow_days,
    }
    return _other(kind, Direction(clause.direction) if clause.direction else None) % values


def amount(instrument: Instrument, price: Decimal) -> str:
    """Write a price in quote units for one unit, in the instrument's currency."""
    return f"{price_text(price * instrument.quote_unit)}{NBSP}{instrument.currency}"


def percent(value: Decimal | None) -> str:
    """Write per cent: 5 is ``5%``."""
    return "" if value is None else _("{number}%").format(number=quantity_text(value))


def _written(clause: Clause, value: Decimal | None) -> str:
    if value is None:
        return ""
    if clause.instrument is not None and NEEDS[Kind(clause.kind)].subject is not Subject.PORTFOLIO:
        return amount(clause.instrument, value)
    return plain_money(value, clause.portfolio.currency if clause.portfolio is not None else "")


PRICES: Final = frozenset(
    {
        Kind.ABOVE, Kind.BELOW, Kind.CROSSES_UP, Kind.CROSSES_DOWN, Kind.CROSSES,
        Kind.INSIDE, Kind.ENTERS, Kind.LEAVES,
    }
)  # fmt: skip
_CHANGES: Final = frozenset(
    {
        Kind.PERCENT_MINUTES, Kind.PERCENT_DAYS, Kind.PERCENT_CLOSE, Kind.PERCENT_PURCHASE,
        Kind.AMOUNT_MINUTES, Kind.AMOUNT_DAYS, Kind.AMOUNT_CLOSE, Kind.AMOUNT_PURCHASE,
        Kind.PORTFOLIO_DAY_CHANGE,
    }
)  # fmt: skip


def _price(kind: Kind, level: str, upper: str) -> str:
    words = {
        Kind.ABOVE: _("at or above %(level)s"),
        Kind.BELOW: _("at or below %(level)s"),
        Kind.CROSSES_UP: _("rises through %(level)s"),
        Kind.CROSSES_DOWN: _("falls through %(level)s"),
        Kind.CROSSES: _("crosses %(level)s"),
        Kind.INSIDE: _("between %(level)s and %(upper)s"),
        Kind.ENTERS: _("comes between %(level)s and %(upper)s"),
        Kind.LEAVES: _("leaves %(level)s to %(upper)s"),
    }
    return words[kind] % {"level": level, "upper": upper}


def _moved(direction: str) -> str:
    words = {
        Direction.UP: _("rises by %(by)s %(since)s"),
        Direction.DOWN: _("falls by %(by)s %(since)s"),
        Direction.EITHER: _("moves by %(by)s %(since)s"),
    }
    return words[Direction(direction)]


def _since(kind: Kind, clause: Clause) -> str:
    if kind in {Kind.PERCENT_MINUTES, Kind.AMOUNT_MINUTES}:
        number = clause.minutes or 0
        return ngettext("within %(number)d minute", "within %(number)d minutes", number) % {"number": number}
    if kind in {Kind.PERCENT_DAYS, Kind.AMOUNT_DAYS}:
        number = clause.days or 0
        return ngettext("within %(number)d day", "within %(number)d days", number) % {"number": number}
    if kind in {Kind.PERCENT_PURCHASE, Kind.AMOUNT_PURCHASE}:
        return _("since you bought it")
    return _("in a day") if kind is Kind.PORTFOLIO_DAY_CHANGE else _("since the last close")


def _other(kind: Kind, direction: Direction | None) -> str:
    if kind is Kind.AVERAGE_CROSSED:
        return {
            Direction.UP: _("rises through its average of %(days)s days"),
            Direction.DOWN: _("falls through its average of %(days)s days"),
        }.get(direction or Direction.EITHER, _("crosses its average of %(days)s days"))
    if kind is Kind.AVERAGES_CROSSED:
        return {
            Direction.UP: _("has its average of %(days)s days rise through that of %(slow)s"),
            Direction.DOWN: _("has its average of %(days)s days fall through that of %(slow)s"),
        }.get(direction or Direction.EITHER, _("has its averages of %(days)s and %(slow)s days cross"))
    if kind is Kind.TRAILING:
        down = direction is Direction.DOWN
        return _("falls %(percent)s from its high") if down else _("rises %(percent)s from its low")
    words = {
        Kind.HIGH_OF_DAYS: _("at a new high of %(days)s days"),
        Kind.LOW_OF_DAYS: _("at a new low of %(days)s days"),
        Kind.RSI_ABOVE: _("has an RSI of %(days)s days at or above %(number)s"),
        Kind.RSI_BELOW: _("has an RSI of %(days)s days at or below %(number)s"),
        Kind.VOLUME_UNUSUAL: _("has %(percent)s of its mean volume of %(days)s days"),
        Kind.PORTFOLIO_ABOVE: _("is worth at least %(level)s"),
        Kind.PORTFOLIO_BELOW: _("is worth at most %(level)s"),
        Kind.PORTFOLIO_DRAWDOWN: _("falls %(percent)s from its peak"),
        Kind.WEIGHT_ABOVE: _("weighs at least %(percent)s"),
        Kind.WEIGHT_BELOW: _("weighs at most %(percent)s"),
        Kind.WEIGHT_DRIFT: _("drifts %(number)s points from its target"),
        Kind.CASH_BELOW: _("has less cash than %(level)s"),
        Kind.DIVIDEND_ANNOUNCED: _("announces a dividend"),
        Kind.PRICE_STALE: _("has no price for %(minutes)s minutes"),
    }
    return words[kind]
