"""Corporate actions in words."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import round_amount
from core.templatetags.figures import plain_percent, price_text, quantity_text
from market.models import CorporateAction

_KIND = CorporateAction.Kind


def described(action: CorporateAction) -> str:
    """Tell what an action does, without its kind and date: "4 for 1", "1 SPIN for 4, 20 % of the cost"."""
    said = [_MAIN[_KIND(action.kind)](action)]
    if action.cash_in_lieu is not None:
        said.append(_("fractions at %(price)s") % {"price": _money(action.cash_in_lieu, action.currency)})
    return ", ".join(one for one in said if one)


def _ratio(action: CorporateAction) -> str:
    new, old = (quantity_text(one or Decimal(0)) for one in (action.numerator, action.denominator))
    if action.target is not None:
        return _("%(new)s %(symbol)s for %(old)s") % {"new": new, "symbol": action.target.symbol, "old": old}
    if action.kind == _KIND.STOCK_DIVIDEND:
        return _("%(new)s more for %(old)s held") % {"new": new, "old": old}
    return _("%(new)s for %(old)s") % {"new": new, "old": old}


def _cash(action: CorporateAction) -> str:
    return _money(action.amount or Decimal(0), action.currency)


def _spin_off(action: CorporateAction) -> str:
    return _("%(what)s, %(share)s of the cost") % {"what": _ratio(action), "share": _share(action)}


def _merger(action: CorporateAction) -> str:
    if action.target is None:
        return _("%(price)s in cash for each") % {"price": _cash(action)}
    if action.amount is None:
        return _ratio(action)
    return _("%(what)s and %(price)s in cash for each, %(share)s of the cost stays") % {
        "what": _ratio(action),
        "price": _cash(action),
        "share": _share(action),
    }


def _symbol_change(action: CorporateAction) -> str:
    return _("%(old)s becomes %(new)s") % {"old": action.old_symbol, "new": action.new_symbol}


def _delisting(action: CorporateAction) -> str:
    if action.amount is None:
        return _("the last price stays")
    if action.pays_out:
        return _("%(price)s paid out for each") % {"price": _cash(action)}
    return _("worth %(price)s from then on") % {"price": _cash(action)} if action.amount else _("worthless")


def _share(action: CorporateAction) -> str:
    """Write the share of the cost, with as many of 4 decimals as it needs."""
    share = round_amount(action.cost_share or Decimal(0), 6)
    decimals = next(at for at in range(5) if round_amount(share, at + 2) == share)
    return plain_percent(share, decimals)


def _money(amount: Decimal, currency: str) -> str:
    return f"{price_text(amount)} {currency}"


_MAIN = {
    _KIND.SPLIT: _ratio,
    _KIND.STOCK_DIVIDEND: _ratio,
    _KIND.DIVIDEND: _cash,
    _KIND.SPIN_OFF: _spin_off,
    _KIND.MERGER: _merger,
    _KIND.SYMBOL_CHANGE: _symbol_change,
    _KIND.DELISTING: _delisting,
}
