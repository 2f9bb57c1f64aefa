"""Explanations of amounts of several portfolios: each part with its portfolio, price and rate."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from core.templatetags.figures import price_text, quantity_text
from portfolios.selectors.explain import Told, explained
from portfolios.views.explanations.shape import Answer, Cell, Question, text

# What links call a figure: what it is called where it is computed, its title, and what it is.
AMOUNTS: Final[dict[str, tuple[str, Any, Any]]] = {
    "opening": (
        "opening_value",
        _("Value at the start"),
        _("What was held at the end of the day before the period, at that day's prices and rates."),
    ),
    "total": ("closing_value", _("Value"), _("What is held, lot by lot, and the cash.")),
    "cost": ("cost", _("Cost of what is held"), _("The lots that are left, at what they cost.")),
    "unrealised": (
        "unrealised",
        _("Prices of what is held"),
        _("What prices did to the lots that are held, since the start of the period or since bought."),
    ),
    "realised": (
        "realised",
        _("Realised gain"),
        _("What prices did to what was sold, until it was sold, sale by sale and lot by lot."),
    ),
    "income": ("income", _("Dividends and interest"), _("Every payment before tax, at the rate of its day.")),
    "fees": ("fees", _("Fees"), _("Every fee, at the exchange rate of its day.")),
    "taxes": ("taxes", _("Taxes"), _("Every tax, at the exchange rate of its day.")),
    "currency": ("currency_effect", _("Exchange rates"), _("What the rates alone did.")),
    "flows": (
        "net_flows",
        _("Paid in or out"),
        _("What crossed the border of the group. What moved between its portfolios is not in it."),
    ),
}
_ALL: Final = 1_000_000


def amount(asked: Question, figure: str) -> Answer:
    """List what an amount of a group is the sum of."""
    name, title, sentence = AMOUNTS[figure]
    told = explained(asked.found, name, asked.period).page(0, _ALL)
    shown = asked.parts([one.amount for one in told], signed=name not in {"fees", "taxes", "cost"})
    rows = [_row(asked, one, value) for one, value in zip(told, shown, strict=True)]
    return Answer(
        str(title),
        str(sentence),
        [*(str(one) for one in _HEAD), asked.base],
        rows,
        asked.whole([one.amount for one in told], signed=name not in {"fees", "taxes", "cost"}),
    )


_HEAD: Final = (_("What"), _("Day"), _("Units"))


def _row(asked: Question, told: Told, value: Cell) -> list[Cell]:
    part = told.part
    name = told.ledger.portfolio.name if told.ledger else str(_("On the way"))
    what = asked.symbol(part.instrument).value if part.instrument is not None else _what(part.kind)
    return [
        Cell("text", what, name),
        Cell("day", part.day or part.acquired) if part.day or part.acquired else text(""),
        Cell("text", "" if part.quantity is None else quantity_text(part.quantity), _made(told)),
        value,
    ]


def _made(told: Told) -> str:
    """Tell the price and the rate that were used, as what the units are multiplied by."""
    price = f"× {price_text(told.price.price)} {told.price.currency}" if told.price else ""
    rate = f"× {price_text(told.rate.rate)}" if told.rate else ""
    return f"{price} {rate}".strip()


_WORDS: Final[dict[str, Any]] = {
    "cash": _("Cash"),
    "flow": _("Money"),
    "flow-in-kind": _("Units"),
    "on-the-way": _("Between two portfolios"),
    "interest": _("Interest"),
    "fee": _("Fee"),
    "tax": _("Tax"),
}


def _what(kind: str) -> str:
    return str(_WORDS.get(kind, "–"))
