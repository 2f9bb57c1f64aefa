"""Interactive Brokers: Flex queries as XML, whichever sections and fields they were made with.

Trades stand as executions, orders or lots; the finest that are trades count. Cash stands in detail
and, if asked for, as a summary, which is left out. A rate to the base currency is taken where that
is the portfolio's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.ibkr import BROKER, VENUES, Account, Trade, named_in, payment_of
from portfolios.domain.brokers.preset import (
    NEW_YORK,
    Parsed,
    Preset,
    Setting,
    book_in_kind,
    corporate_action,
    place,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import POINT, currency_of, name_security
from portfolios.domain.brokers.xml import Node
from portfolios.domain.csv_import import dates, numbers
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error, shown
from portfolios.domain.csv_import.numbers import Number
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ONE, ZERO

_ROOT: Final = re.compile(r"<FlexQueryResponse[\s>]")
_TRADES: Final = frozenset({"Trade", "TradeConfirm"})
_SUMS: Final = frozenset({"SUMMARY", "SYMBOL_SUMMARY", "ASSET_SUMMARY", "CLOSED_LOT", "WASH_SALE"})
_ZONE: Final = re.compile(r"\s+E[DS]T$")
_CLOCK: Final = re.compile(r",? (\d\d)(\d\d)(\d\d)$")
_CODES: Final = ("notes", "code", "buySell")
_ACTIONS: Final = frozenset({"CorporateAction", "StockGrantActivity"})


def _recognises(source: Source) -> bool:
    return _ROOT.search(source.head) is not None


def _read(source: Source, setting: Setting) -> Parsed:
    root = source.xml
    nodes = list(root.walk())
    reader = _Reader(nodes, setting)
    for node in nodes:
        if node.tag == reader.trades:
            reader.trade(node)
        elif node.tag == "CashTransaction":
            reader.cash(node)
        elif node.tag == "Transfer":
            reader.transfer(node)
        elif node.tag in _ACTIONS:
            reader.action(node)
    return Parsed(reader.account.close(), header_line=root.line)


class _Reader:
    """Reads the elements of one file."""

    def __init__(self, nodes: list[Node], setting: Setting) -> None:
        self.account, self._setting = Account(setting), setting
        trades = [node for node in nodes if node.tag in _TRADES and not _is_sum(node)]
        executed = [node for node in trades if node.attributes.get("levelOfDetail", "") != "ORDER"]
        self._level = "EXECUTION" if executed else "ORDER"
        self.trades = trades[0].tag if trades else "Order"
        self._base = next(
            (node.attributes.get("currency", "") for node in nodes if node.tag == "AccountInformation"), ""
        )
        self._style = dates.guess_order(list(_slashed(nodes)), decimal_comma=False)

    def trade(self, node: Node) -> None:
        get = node.attributes.get
        if _is_sum(node) or (get("levelOfDetail") or self._level) != self._level:
            return
        draft = self._draft(node, get("dateTime") or f"{get('tradeDate', '')} {get('tradeTime', '')}")
        currency = currency_of(get("currency", ""))
        quantity = _number(draft, node, "quantity")
        proceeds = _number(draft, node, "proceeds") or _proceeds(draft, node, quantity)
        trade = Trade(
            draft, get("assetCategory", ""), get("symbol", ""), quantity, proceeds, currency,
            commission=_number(draft, node, "ibCommission", "commission"),
            commission_currency=currency_of(get("ibCommissionCurrency") or get("commissionCurrency") or ""),
            taxes=_number(draft, node, "taxes", "tax"),
            id=get("tradeID", ""),
            takes_back="Ca" in re.split(r"[;,( .]", ";".join(get(one, "") for one in _CODES)),
            original=get("origTradeID", ""),
        )  # fmt: skip
        if draft.findings:
            self.account.drafts.append(draft)
        else:
            self.account.trade(trade)

    def cash(self, node: Node) -> None:
        get = node.attributes.get
        if _is_sum(node) or get("currency") == "BASE_SUMMARY":
            return
        moment = get("dateTime") or get("settleDate") or get("reportDate") or get("date") or ""
        draft = self._draft(node, re.split("[;, ]", moment)[0])
        amount, currency = _number(draft, node, "amount"), currency_of(get("currency", ""))
        if not amount or draft.findings:
            draft.findings = draft.findings or [error("no-amount", "amount", column="amount")]
            self.account.drafts.append(draft)
            return
        payment = payment_of(draft, currency, get("actionID", ""))
        word, text = get("type", ""), get("description", "")
        self.account.cash(draft, word, (amount, currency), text=text, payment=payment)

    def transfer(self, node: Node) -> None:
        get = node.attributes.get
        draft = self._draft(node, get("dateTime") or get("date") or get("reportDate") or "")
        quantity, money = _number(draft, node, "quantity"), _number(draft, node, "cashTransfer")
        currency = currency_of(get("currency", ""))
        if money and not draft.findings:
            self.account.cash(draft, "deposits", (money, currency), text=get("type", ""))
            return
        self.account.drafts.append(draft)
        if not quantity or draft.findings:
            unknown(draft, f"Transfer {get('type', '')}")
            return
        incoming = get("direction", "IN") != "OUT" and quantity > 0
        kind = EntryKind.TRANSFER_IN if incoming else EntryKind.TRANSFER_OUT
        book_in_kind(draft, kind, abs(quantity), currency)

    def action(self, node: Node) -> None:
        get = node.attributes.get
        draft = self._draft(node, get("dateTime") or get("reportDate") or get("awardDate") or "")
        corporate_action(draft, get("actionDescription") or get("description") or node.tag)
        self.account.drafts.append(draft)

    def _draft(self, node: Node, moment: str) -> Draft:
        """Make the draft of an element: its time, security, id and rate."""
        get = node.attributes.get
        draft = Draft(node.line, [f"{name}={value}" for name, value in node.attributes.items() if value])
        text = _CLOCK.sub(r" \1:\2:\3", _ZONE.sub("", moment.replace(";", " ").strip()))
        place(draft, text, self._setting, zone=NEW_YORK, style=self._style)
        told = named_in(get("description", ""))[1]
        isin = get("isin") or (get("securityID", "") if get("securityIDType") == "ISIN" else told)
        name = get("description", "") if node.tag in _TRADES else ""
        venue = VENUES.get(get("listingExchange", ""), "")
        name_security(draft, symbol=get("symbol", ""), isin=isin, name=name, exchange=venue)
        draft.external_id = get("transactionID") or get("tradeID") or ""
        draft.fx_rate = self._rate(draft, node)
        return draft

    def _rate(self, draft: Draft, node: Node) -> Decimal | None:
        if self._base != self._setting.currency or node.attributes.get("currency") == self._base:
            return None
        return _number(draft, node, "fxRateToBase") or None


def _is_sum(node: Node) -> bool:
    return node.attributes.get("levelOfDetail", "").upper() in _SUMS


def _slashed(nodes: list[Node]) -> Iterator[str]:
    """Yield the dates of a file that writes them with slashes."""
    for node in nodes:
        for name in ("dateTime", "tradeDate", "reportDate"):
            text = node.attributes.get(name, "")
            if "/" in text:
                yield re.split(r"[;, ]", text)[0]


def _number(draft: Draft, node: Node, *names: str) -> Decimal:
    """Read the first of these attributes that there is; none is 0, what is no number is noted."""
    name = next((one for one in names if node.attributes.get(one, "").strip()), "")
    text = node.attributes.get(name, "")
    if not name or numbers.is_blank(text):
        return ZERO
    found = numbers.parse(text, POINT)
    if isinstance(found, Number):
        return found.value
    draft.findings.append(error(found.value, "amount", column=name, text=shown(text)))
    return ZERO


def _proceeds(draft: Draft, node: Node, quantity: Decimal) -> Decimal:
    """Multiply, where the query left the proceeds out: units, price and multiplier."""
    factor = _number(draft, node, "multiplier") or ONE
    price = _number(draft, node, "tradePrice", "price")
    return EXACT.multiply(EXACT.multiply(quantity, price), factor)


PRESET: Final = Preset("ibkr-flex", BROKER, "Flex query (XML)", _recognises, _read)
