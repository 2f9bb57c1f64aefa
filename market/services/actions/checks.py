"""What each kind of corporate action must say, and may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from core.errors import FieldError, ValidationFailed
from core.fields import CURRENCY_CODE
from core.models import LIVE_WORLD
from market.domain.actions import ratio
from market.domain.bars import fits
from market.models import SYMBOL_LENGTH, CorporateAction, Instrument
from market.selectors import prices

_MOST: Final = 10**9
_KIND: Final = CorporateAction.Kind
_PLACES: Final = Decimal("1E-18")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionData:
    """What is said of a corporate action; which of it a kind has, `CorporateAction` says.

    `target` names the other instrument of a spin-off or a merger. Amounts are per unit in `currency`
    (unless given, the instrument's); `cost_share` is from 0 to 1. The share of a merger for cash and
    shares that is left out follows from the prices: what the shares are worth of all that is given.
    """

    kind: str
    ex_date: date
    pay_date: date | None = None
    target: UUID | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    cost_share: Decimal | None = None
    cash_in_lieu: Decimal | None = None
    pays_out: bool = False
    new_symbol: str = ""


NAMES: Final = tuple(one.name for one in fields(ActionData))
# What a kind has besides its dates; the rest must be empty.
_HAS: Final = {
    _KIND.SPLIT: {"numerator", "denominator", "cash_in_lieu", "currency"},
    _KIND.STOCK_DIVIDEND: {"numerator", "denominator", "cash_in_lieu", "currency"},
    _KIND.DIVIDEND: {"amount", "currency"},
    _KIND.SPIN_OFF: {"target", "numerator", "denominator", "cost_share", "cash_in_lieu", "currency"},
    _KIND.MERGER: {
        "target", "numerator", "denominator", "amount", "currency", "cost_share", "cash_in_lieu",
    },
    _KIND.SYMBOL_CHANGE: {"new_symbol"},
    _KIND.DELISTING: {"amount", "currency", "pays_out"},
}  # fmt: skip


def fill(action: CorporateAction, data: ActionData, target: Instrument | None) -> None:
    """Write checked data into an action, whose instrument is set.

    Raises:
        ValidationFailed: a value is missing, wrong, or not of this kind; names the field.
    """
    if data.kind not in _KIND.values:
        raise ValidationFailed.of("kind", _("Use %(kinds)s.") % {"kinds": ", ".join(_KIND.values)})
    _refuse_foreign(data)
    if data.pay_date and data.pay_date < data.ex_date:
        raise ValidationFailed.of("pay_date", _("The payment cannot be before the ex-date."))
    action.kind, action.ex_date, action.pay_date = data.kind, data.ex_date, data.pay_date
    action.target, action.pays_out = target, data.pays_out
    action.numerator = action.denominator = action.amount = action.cost_share = action.cash_in_lieu = None
    action.currency = action.new_symbol = ""
    _FILLS[_KIND(data.kind)](action, data)


def _refuse_foreign(data: ActionData) -> None:
    """Refuse what the kind does not have; an empty value is none, and a currency alone says nothing."""
    foreign = [
        name
        for name in NAMES[3:]
        if name != "currency" and name not in _HAS[_KIND(data.kind)] and getattr(data, name) not in _EMPTY
    ]
    if foreign:
        message = _("A %(kind)s has none.") % {"kind": _KIND(data.kind).label.lower()}
        raise ValidationFailed(errors=tuple(FieldError(name, message, "not-of-kind") for name in foreign))


_EMPTY: Final[tuple[Any, ...]] = (None, "", False)


def _split(action: CorporateAction, data: ActionData) -> None:
    action.numerator, action.denominator = _ratio(data)
    if action.numerator == action.denominator:
        raise ValidationFailed.of("numerator", _("This is not the ratio of a split."))
    _cash_in_lieu(action, data)


def _stock_dividend(action: CorporateAction, data: ActionData) -> None:
    action.numerator, action.denominator = _ratio(data)
    _cash_in_lieu(action, data)


def _dividend(action: CorporateAction, data: ActionData) -> None:
    action.amount, action.currency = _positive("amount", data.amount), _currency(action, data)


def _spin_off(action: CorporateAction, data: ActionData) -> None:
    _need_target(action)
    action.numerator, action.denominator = _ratio(data)
    if data.cost_share is None:
        raise ValidationFailed.of("cost_share", _("Say which share of the cost moves: 0 to 1."))
    action.cost_share = _share(data.cost_share)
    _cash_in_lieu(action, data)


def _merger(action: CorporateAction, data: ActionData) -> None:
    has_units = action.target is not None or data.numerator is not None or data.denominator is not None
    if not has_units and data.amount is None:
        raise ValidationFailed.of("target", _("Name what the holders get: another instrument, cash or both."))
    if has_units:
        _need_target(action)
        action.numerator, action.denominator = _ratio(data)
        _cash_in_lieu(action, data)
    elif data.cash_in_lieu is not None:
        raise ValidationFailed.of("cash_in_lieu", _("Without new units there are no fractions."))
    if data.amount is not None:
        action.amount, action.currency = _positive("amount", data.amount), _currency(action, data)
    if has_units and data.amount is not None:
        action.cost_share = _share_by_value(action) if data.cost_share is None else _share(data.cost_share)
    elif data.cost_share is not None:
        message = _("The cost is shared only where there are both cash and new units.")
        raise ValidationFailed.of("cost_share", message)


def _symbol_change(action: CorporateAction, data: ActionData) -> None:
    symbol = data.new_symbol.strip().upper()
    if not symbol or len(symbol) > SYMBOL_LENGTH:
        raise ValidationFailed.of("new_symbol", _("Enter the new symbol, of at most 40 characters."))
    if symbol == action.instrument.symbol and not action.pk:
        raise ValidationFailed.of("new_symbol", _("That is its symbol already."))
    action.new_symbol = symbol


def _delisting(action: CorporateAction, data: ActionData) -> None:
    if data.amount is None:
        if data.pays_out:
            raise ValidationFailed.of("amount", _("Say what is paid out for a unit; 0 if nothing."))
        return
    if data.amount < 0 or not fits(data.amount):
        raise ValidationFailed.of("amount", _("Enter a number that is not negative."))
    action.amount, action.currency = data.amount, _currency(action, data)
    if action.currency != action.instrument.currency:
        message = _("The last price is in the instrument's currency, %(currency)s.")
        raise ValidationFailed.of("currency", message % {"currency": action.instrument.currency})


_FILLS: Final[dict[CorporateAction.Kind, Callable[[CorporateAction, ActionData], None]]] = {
    _KIND.SPLIT: _split,
    _KIND.STOCK_DIVIDEND: _stock_dividend,
    _KIND.DIVIDEND: _dividend,
    _KIND.SPIN_OFF: _spin_off,
    _KIND.MERGER: _merger,
    _KIND.SYMBOL_CHANGE: _symbol_change,
    _KIND.DELISTING: _delisting,
}


def _need_target(action: CorporateAction) -> None:
    if action.target is None:
        raise ValidationFailed.of("target", _("Name the instrument that the new units are of."))
    if action.target == action.instrument:
        raise ValidationFailed.of("target", _("This is the same instrument."))


def _ratio(data: ActionData) -> tuple[Decimal, Decimal]:
    """Return the ratio in whole numbers."""
    new, old = _positive("numerator", data.numerator), _positive("denominator", data.denominator)
    numerator, denominator = ratio(new, old)
    if max(numerator, denominator) > _MOST:
        raise ValidationFailed.of("numerator", _("This ratio is too fine to be kept in whole numbers."))
    return Decimal(numerator), Decimal(denominator)


def _cash_in_lieu(action: CorporateAction, data: ActionData) -> None:
    if data.cash_in_lieu is None:
        return
    if data.cash_in_lieu < 0 or not fits(data.cash_in_lieu):
        raise ValidationFailed.of("cash_in_lieu", _("Enter a number that is not negative."))
    action.cash_in_lieu, action.currency = data.cash_in_lieu, _currency(action, data)


def _currency(action: CorporateAction, data: ActionData) -> str:
    currency = (data.currency or action.instrument.currency).strip().upper()
    CURRENCY_CODE(currency)
    return currency


def _share(value: Decimal) -> Decimal:
    if not 0 <= value <= 1 or not fits(value):
        raise ValidationFailed.of("cost_share", _("The share of the cost is a number from 0 to 1."))
    return value


def _share_by_value(action: CorporateAction) -> Decimal:
    """Return what the new units are worth of all that is given, at the last close up to the ex-date."""
    target, cash = action.target, action.amount
    assert target is not None  # a merger into units has one
    assert cash is not None  # and this one pays cash too
    used = prices.closes_on(LIVE_WORLD, [target.id], action.ex_date).get(target.id)
    if used is None or used.currency != action.currency:
        message = _("Say which share of the cost stays with the shares; no price of %(symbol)s tells it.")
        raise ValidationFailed.of("cost_share", message % {"symbol": target.symbol})
    new, old = action.numerator or Decimal(0), action.denominator or Decimal(1)
    with localcontext(prec=60):
        worth = used.price * new / old
        found: Decimal = (worth / (worth + cash)).quantize(_PLACES)
    return found


def _positive(field: str, value: Decimal | None) -> Decimal:
    if value is None or value <= 0 or not fits(value):
        raise ValidationFailed.of(field, _("Enter a number greater than 0."))
    return value
