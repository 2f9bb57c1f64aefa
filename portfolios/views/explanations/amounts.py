"""Explanations of amounts of money: each lists what it is the sum of."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portfolios.domain.book import Charge, Disposal, Income, Transfer
from portfolios.domain.entries import EntryId, EntryKind
from portfolios.domain.exact import minus
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.figures import book
from portfolios.selectors.valuation import at
from portfolios.views.explanations.shape import Answer, Cell, Question, day, text


def total(asked: Question) -> Answer:
    """List what is held and the cash: units × price × exchange rate."""
    valued = at(asked.ledger, asked.day)
    held = [one for one in valued.positions if one.quantity]
    amounts = [one.market_value for one in held] + [one.value for one in valued.cash]
    shown = asked.parts(amounts)
    rows = [
        [
            asked.symbol(one.instrument),
            Cell("quantity", one.quantity),
            Cell("price", one.price.price if one.price else None, one.currency),
            Cell("price", one.rate),
            value,
        ]
        for one, value in zip(held, shown, strict=False)
    ]
    rows += [
        [
            text(_("Cash")),
            Cell("money", one.amount, one.currency),
            text(""),
            Cell("price", None if one.value is None else one.value / one.amount),
            value,
        ]
        for one, value in zip(valued.cash, shown[len(held) :], strict=True)
    ]
    head = [_("What"), _("Units"), _("Price"), _("Rate"), _("Value")]
    return Answer(
        _("Value"),
        _(
            "Each position is its units times the last known price times the exchange rate. "
            "Cash comes on top."
        ),
        head,
        rows,
        asked.whole(amounts),
        note=_("What has no price or no rate is not in the sum.") if valued.incomplete else "",
    )


def opening(asked: Question) -> Answer:
    """List what was held at the start of the period."""
    found = asked.statement.rows.opening
    amounts = [units * price * rate for _key, units, price, rate in found]
    rows = []
    for (key, units, price, rate), value in zip(found, asked.parts(amounts), strict=True):
        if isinstance(key, int):
            cells = [
                asked.symbol(key), Cell("quantity", units), Cell("price", price, asked.quoted(key)),
            ]  # fmt: skip
        else:
            cells = [text(_("Cash")), Cell("money", units, key), text("")]
        rows.append([*cells, Cell("price", rate), value])
    return Answer(
        _("Value at the start"),
        _("What was held at the end of the day before the period, at that day's prices and rates."),
        [_("What"), _("Units"), _("Price"), _("Rate"), _("Value")],
        rows,
        asked.whole(amounts),
    )


def cost(asked: Question) -> Answer:
    """List the open lots with what they cost."""
    holdings = book(asked.ledger, asked.day).holdings.values()
    lots = [(one, lot) for one in holdings for lot in one.lots]
    amounts = [lot.cost_base for _one, lot in lots]
    rows = [
        [
            _with_origin(asked, one.instrument, lot.entry_id),
            day(lot.acquired),
            Cell("quantity", lot.quantity),
            Cell("money", lot.cost, one.currency),
            value,
        ]
        for (one, lot), value in zip(lots, asked.parts(amounts), strict=True)
    ]
    return Answer(
        _("Cost of what is held"),
        _("The lots that are left, at the price and the exchange rate of the day they were bought.")
        + " "
        + _fees_sentence(asked),
        [_("What"), _("Bought"), _("Units"), _("Paid"), _("Cost")],
        rows,
        asked.whole(amounts),
    )


def _with_origin(asked: Question, instrument: int, entry_id: EntryId | None) -> Cell:
    """Name what a lot is of, and what it was bought as where a corporate action changed it."""
    bought, now = asked.ledger.bought_as(instrument, entry_id), asked.symbol(instrument)
    if bought is None:
        return now
    symbols = {"now": asked.found.instruments[instrument].symbol, "bought": bought.symbol}
    return text(_("%(now)s, bought as %(bought)s") % symbols)


def unrealised(asked: Question) -> Answer:
    """List the gains of what is still held: over the period by price alone, else against the cost."""
    if not asked.of_period:
        return _unrealised_since_bought(asked)
    held = asked.statement.rows.held
    amounts = [one.price_gain for one in held]
    rows = [
        [
            asked.symbol(one.instrument),
            Cell("quantity", one.quantity),
            Cell("money", one.start_value),
            Cell("money", one.value),
            gain,
        ]
        for one, gain in zip(held, asked.parts(amounts, signed=True), strict=True)
    ]
    return Answer(
        _("Prices of what is held"),
        _(
            "What these units are worth now against what they were worth at the start of the period, or "
            "cost since, at the closing exchange rate. What the rates did stands under exchange rates."
        ),
        [_("What"), _("Units"), _("From"), _("To"), _("By price")],
        rows,
        asked.whole(amounts, signed=True),
    )


def _unrealised_since_bought(asked: Question) -> Answer:
    held = [one for one in at(asked.ledger, asked.day).positions if one.quantity]
    amounts = [one.unrealised for one in held]
    rows = [
        [
            asked.symbol(one.instrument),
            Cell("money", one.market_value),
            Cell("money", one.cost_basis),
            Cell("signed_money", one.unrealised_price),
            Cell("signed_money", one.unrealised_currency),
            gain,
        ]
        for one, gain in zip(held, asked.parts(amounts, signed=True), strict=True)
    ]
    return Answer(
        _("Unrealised gain"),
        _("Value minus cost of what is held: one part is the price, the other the exchange rate."),
        [_("What"), _("Value"), _("Cost"), _("Price"), _("Rate"), _("Gain")],
        rows,
        asked.whole(amounts, signed=True),
    )


def realised(asked: Question) -> Answer:
    """List the sales, each matched with the lots it took."""
    if asked.of_period:
        found = asked.statement.rows
        sold = list(found.disposals)
        moved: list[Disposal | Transfer] = [*found.disposals, *found.transfers]
        amounts = [one.price_gain for one in moved]
    else:
        sold = book(asked.ledger, asked.day).disposals
        amounts = [minus(one.proceeds_base, one.cost_base) for one in sold]
    shown = asked.parts(amounts, signed=True)
    rows = [
        [
            asked.symbol(one.instrument),
            day(one.day),
            Cell("quantity", one.quantity),
            Cell("money", one.proceeds_base),
            Cell("money", one.cost_base),
            gain,
        ]
        for one, gain in zip(sold, shown, strict=False)
    ]
    if asked.of_period:
        rows += [
            [
                asked.symbol(one.instrument),
                day(one.day),
                Cell("quantity", one.quantity),
                Cell("money", one.value_base),
                Cell("money", one.cost_base),
                gain,
            ]
            for one, gain in zip(asked.statement.rows.transfers, shown[len(sold) :], strict=True)
        ]
    return Answer(
        _("Realised gain"),
        _realised_sentence(asked),
        [_("What"), _("Sold"), _("Units"), _("Got"), _("Counted from"), _("Gain")],
        rows,
        asked.whole(amounts, signed=True),
    )


def _fees_sentence(asked: Question) -> str:
    if asked.ledger.portfolio.fees_in_basis:
        return _("Fees are part of it.")
    return _("Fees stand beside it.")


def _realised_sentence(asked: Question) -> str:
    if asked.of_period:
        return _(
            "What was sold or went out in kind, against its value at the start of the period or its price "
            "since. Only what the price did; the rates stand under exchange rates, charges under fees."
        )
    taken = {
        Portfolio.CostMethod.FIFO: _("Each sale takes the oldest lots first."),
        Portfolio.CostMethod.LIFO: _("Each sale takes the newest lots first."),
        Portfolio.CostMethod.HIFO: _("Each sale takes the dearest lots first."),
        Portfolio.CostMethod.AVERAGE: _("Each sale takes units at their average cost."),
    }[Portfolio.CostMethod(asked.ledger.portfolio.cost_method)]
    gained = _("The gain is what it brought minus what those lots cost.")
    return f"{taken} {gained} {_fees_sentence(asked)}"


def income(asked: Question) -> Answer:
    """List dividends and interest, before tax."""
    found = asked.statement.rows.incomes if asked.of_period else book(asked.ledger, asked.day).incomes
    return _entries(
        asked,
        _("Dividends and interest"),
        _("Every dividend and interest payment before tax, at the exchange rate of its day."),
        found,
        signed=True,
    )


def fees(asked: Question) -> Answer:
    """List the fees."""
    sentence = _("Every fee, those of purchases and sales too, at the exchange rate of its day.")
    return _entries(asked, _("Fees"), sentence, _charges(asked, EntryKind.FEE))


def taxes(asked: Question) -> Answer:
    """List the taxes."""
    sentence = _("Every tax, those withheld from dividends too, at the exchange rate of its day.")
    return _entries(asked, _("Taxes"), sentence, _charges(asked, EntryKind.TAX))


def _charges(asked: Question, kind: EntryKind) -> list[Charge]:
    found = asked.statement.rows.charges if asked.of_period else book(asked.ledger, asked.day).charges
    return [one for one in found if one.kind is kind]


def _entries(
    asked: Question,
    title: str,
    sentence: str,
    found: Iterable[Income | Charge],
    *,
    signed: bool = False,
) -> Answer:
    rows_of = list(found)
    amounts = [one.base for one in rows_of]
    rows = [
        [day(one.day), asked.symbol(one.instrument), Cell("money", one.amount, one.currency), value]
        for one, value in zip(rows_of, asked.parts(amounts, signed=signed), strict=True)
    ]
    head = [_("Day"), _("What"), _("Amount"), asked.base]
    return Answer(title, sentence, head, rows, asked.whole(amounts, signed=signed))


def currency(asked: Question) -> Answer:
    """List what the exchange rates did to units, to sales and to cash."""
    found = asked.statement.rows
    moved: list[Disposal | Transfer] = [*found.disposals, *found.transfers]
    parts: list[tuple[str, str, Decimal | None]] = [
        (asked.symbol(one.instrument).value, _("held"), one.currency_effect) for one in found.held
    ]
    parts += [(asked.symbol(one.instrument).value, _("sold"), one.currency_effect) for one in moved]
    parts += [(one.currency, _("cash"), one.currency_effect) for one in found.cash]
    parts = [part for part in parts if part[2]]
    amounts = [part[2] for part in parts]
    rows = [
        [text(what), text(how), value]
        for (what, how, _amount), value in zip(parts, asked.parts(amounts, signed=True), strict=True)
    ]
    return Answer(
        _("Exchange rates"),
        _(
            "What the rates alone did: to what is held, to what was sold until it was sold, and to cash "
            "in other currencies."
        ),
        [_("What"), _("How"), asked.base],
        rows,
        asked.whole(amounts, signed=True),
    )


def flows(asked: Question) -> Answer:
    """List what came in and went out."""
    found = asked.statement.flows
    kinds = {entry.id: entry.kind for entry in asked.ledger.entries}
    amounts = [one.amount for one in found]
    shown = asked.parts(amounts)
    rows = [
        [
            day(one.day),
            text(str(Transaction.Kind(kinds[one.entry_id]).label) if one.entry_id in kinds else ""),
            text(_("in kind") if one.in_kind else ""),
            Cell("flow_money", value.value),
        ]
        for one, value in zip(found, shown, strict=True)
    ]
    result = asked.whole(amounts)
    return Answer(
        _("Paid in or out"),
        _("Money and units that crossed the portfolio's border. They change the value and are no gain."),
        [_("Day"), _("What"), "", asked.base],
        rows,
        Cell("flow_money", result.value, result.unit),
    )


def gain(asked: Question) -> Answer:
    """List what a period's gain consists of, by cause."""
    lines = asked.statement.lines
    causes = [
        (_("Prices of what is held"), lines.unrealised),
        (_("Prices of what was sold"), lines.realised),
        (_("Dividends and interest"), lines.income),
        (_("Fees"), lines.fees.copy_negate()),
        (_("Taxes"), lines.taxes.copy_negate()),
        (_("Exchange rates"), lines.currency_effect),
    ]
    causes = [(label, amount) for label, amount in causes if amount]
    amounts: list[Decimal | None] = [amount for _label, amount in causes]
    rows = [
        [text(label), value]
        for (label, _amount), value in zip(causes, asked.parts(amounts, signed=True), strict=True)
    ]
    return Answer(
        _("Gain"),
        _(
            "The change in value from the end of %(start)s to the end of %(end)s, "
            "without what was paid in or out."
        )
        % {
            "start": date_format(asked.period.start, "DATE_FORMAT"),
            "end": date_format(asked.period.end, "DATE_FORMAT"),
        },
        ["", asked.base],
        rows,
        asked.whole(amounts, signed=True),
    )
