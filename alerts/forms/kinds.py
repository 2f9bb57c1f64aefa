"""The kinds of clauses in plain words: how a select groups them, and what each asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from alerts.domain.rules import Direction, Kind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

Choices = list[tuple["StrPromise", list[tuple[str, "StrPromise"]]]]

KINDS: Final[Choices] = [
    (
        _("The price"),
        [
            (Kind.CROSSES.value, _("crosses a level")),
            (Kind.CROSSES_UP.value, _("rises through a level")),
            (Kind.CROSSES_DOWN.value, _("falls through a level")),
            (Kind.ABOVE.value, _("is at or above a level")),
            (Kind.BELOW.value, _("is at or below a level")),
            (Kind.INSIDE.value, _("is between two levels")),
            (Kind.ENTERS.value, _("comes between two levels")),
            (Kind.LEAVES.value, _("leaves two levels it is between")),
        ],
    ),
    (
        _("Its changes"),
        [
            (Kind.PERCENT_MINUTES.value, _("changes by per cent within minutes")),
            (Kind.PERCENT_DAYS.value, _("changes by per cent within days")),
            (Kind.PERCENT_CLOSE.value, _("changes by per cent since the last close")),
            (Kind.PERCENT_PURCHASE.value, _("changes by per cent since I bought it")),
            (Kind.AMOUNT_MINUTES.value, _("changes by an amount within minutes")),
            (Kind.AMOUNT_DAYS.value, _("changes by an amount within days")),
            (Kind.AMOUNT_CLOSE.value, _("changes by an amount since the last close")),
            (Kind.AMOUNT_PURCHASE.value, _("changes by an amount since I bought it")),
            (Kind.TRAILING.value, _("moves away from its high or low since now")),
        ],
    ),
    (
        _("Its course"),
        [
            (Kind.HIGH_OF_DAYS.value, _("reaches a new high of so many days")),
            (Kind.LOW_OF_DAYS.value, _("reaches a new low of so many days")),
            (Kind.AVERAGE_CROSSED.value, _("crosses its moving average")),
            (Kind.AVERAGES_CROSSED.value, _("has two moving averages that cross")),
            (Kind.RSI_ABOVE.value, _("has an RSI at or above a bound")),
            (Kind.RSI_BELOW.value, _("has an RSI at or below a bound")),
            (Kind.VOLUME_UNUSUAL.value, _("has an unusual volume")),
        ],
    ),
    (
        _("A portfolio"),
        [
            (Kind.PORTFOLIO_ABOVE.value, _("is worth at least an amount")),
            (Kind.PORTFOLIO_BELOW.value, _("is worth at most an amount")),
            (Kind.PORTFOLIO_DAY_CHANGE.value, _("changes by per cent in a day")),
            (Kind.PORTFOLIO_DRAWDOWN.value, _("falls by per cent from its peak")),
            (Kind.CASH_BELOW.value, _("has less cash than an amount")),
        ],
    ),
    (
        _("A position"),
        [
            (Kind.WEIGHT_ABOVE.value, _("weighs at least a share of the portfolio")),
            (Kind.WEIGHT_BELOW.value, _("weighs at most a share of the portfolio")),
            (Kind.WEIGHT_DRIFT.value, _("drifts from its target")),
        ],
    ),
    (
        _("Something happens"),
        [
            (Kind.DIVIDEND_ANNOUNCED.value, _("a dividend is announced")),
            (Kind.PRICE_STALE.value, _("no price comes while the market is open")),
        ],
    ),
]

_TO_PRICE: Final = {
    Direction.UP: _("rises"),
    Direction.DOWN: _("falls"),
    Direction.EITHER: _("rises or falls"),
}
_THROUGH: Final = {
    Direction.UP: _("upwards"),
    Direction.DOWN: _("downwards"),
    Direction.EITHER: _("either way"),
}
_TRAILING: Final = {
    Direction.DOWN: _("falls below its high"),
    Direction.UP: _("rises above its low"),
}
DIRECTIONS: Final = {
    Kind.TRAILING: _TRAILING,
    Kind.AVERAGE_CROSSED: _THROUGH,
    Kind.AVERAGES_CROSSED: _THROUGH,
}
USUAL_DIRECTIONS: Final = _TO_PRICE

_LABELS: Final = {
    "level": _("Level"),
    "upper": _("Upper level"),
    "percent": _("Per cent"),
    "minutes": _("Within minutes"),
    "days": _("Days"),
    "slow_days": _("Days of the slow average"),
}
_BAND: Final = {"level": _("Lower level")}
_AMOUNT: Final = {"level": _("Amount")}
_RSI: Final = {"percent": _("RSI"), "days": _("Over days")}
_SHARE: Final = {"percent": _("Per cent of the portfolio")}
_OF_KIND: Final[dict[Kind, dict[str, StrPromise]]] = {
    Kind.INSIDE: _BAND,
    Kind.ENTERS: _BAND,
    Kind.LEAVES: _BAND,
    Kind.PERCENT_DAYS: {"days": _("Within days")},
    Kind.AMOUNT_MINUTES: _AMOUNT,
    Kind.AMOUNT_DAYS: _AMOUNT | {"days": _("Within days")},
    Kind.AMOUNT_CLOSE: _AMOUNT,
    Kind.AMOUNT_PURCHASE: _AMOUNT,
    Kind.AVERAGE_CROSSED: {"days": _("Days of the average")},
    Kind.AVERAGES_CROSSED: {"days": _("Days of the fast average")},
    Kind.RSI_ABOVE: _RSI,
    Kind.RSI_BELOW: _RSI,
    Kind.VOLUME_UNUSUAL: {"percent": _("Per cent of the mean volume"), "days": _("Mean of days")},
    Kind.PORTFOLIO_ABOVE: _AMOUNT,
    Kind.PORTFOLIO_BELOW: _AMOUNT,
    Kind.CASH_BELOW: _AMOUNT,
    Kind.WEIGHT_ABOVE: _SHARE,
    Kind.WEIGHT_BELOW: _SHARE,
    Kind.WEIGHT_DRIFT: {"percent": _("Percentage points from the target")},
    Kind.PRICE_STALE: {"minutes": _("For minutes")},
}


def label_of(kind: Kind, name: str) -> StrPromise:
    """Name a parameter as a kind of clause means it."""
    return _OF_KIND.get(kind, {}).get(name, _LABELS[name])


def name_of(kind: Kind) -> StrPromise:
    """Name a kind as its select does."""
    return next(name for _group, some in KINDS for value, name in some if value == kind.value)
