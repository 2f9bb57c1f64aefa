"""Portfolio Performance: the program's own file (XML, not encrypted), whole.

The file is a graph: each thing stands once and elsewhere as a reference, by path or by id. Amounts
are in hundredths, shares in 10⁻⁸ (10⁻⁶ up to version 48). Transfers between the file's own accounts
stay inside; between currencies they are exchanges.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.portfolio_performance import BROKER, WORDS, Moved, book
from portfolios.domain.brokers.preset import (
    INTERNAL,
    PART_OF_OTHER,
    Parsed,
    Preset,
    Setting,
    exchange,
    place,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import annotate, currency_of, name_security
from portfolios.domain.brokers.xml import Node
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import UnreadableFile, error
from portfolios.domain.exact import EXACT, ZERO

_ROOT: Final = re.compile(r"<client[\s>]")
_TRANSACTIONS: Final = frozenset(
    {
        "account-transaction", "portfolio-transaction", "accountTransaction", "portfolioTransaction",
        "transactionFrom", "transactionTo",
    }
)  # fmt: skip
_OLDEST: Final = 33
_FINE_SHARES_SINCE: Final = 49
_HUNDREDTHS: Final = Decimal("0.01")
_NO_TIME: Final = re.compile(r"[T ]00:00(:00(\.0+)?)?( [A-Z]+)?$")
_STEP: Final = re.compile(r"(?P<tag>[^\[\]]+)(\[(?P<turn>\d+)\])?")
_WHOLE: Final = re.compile(r"-?\d{1,19}")
_FOLLOWED: Final = 10


def _recognises(source: Source) -> bool:
    return _ROOT.search(source.head) is not None and "<version>" in source.head


def _read(source: Source, setting: Setting) -> Parsed:
    root = source.xml
    version = root.value("version")
    if not version.isdigit() or int(version) < _OLDEST:
        raise UnreadableFile("old-version")
    unit = Decimal("1E-8") if int(version) >= _FINE_SHARES_SINCE else Decimal("1E-6")
    return Parsed(_Reader(root, unit, setting).read(), header_line=root.line)


class _Reader:
    """Reads the transactions of one file; `unit` is that of shares."""

    def __init__(self, root: Node, unit: Decimal, setting: Setting) -> None:
        self._root, self._unit, self._setting = root, unit, setting
        self._nodes = list(root.walk())
        self._by_id = {node.attributes["id"]: node for node in self._nodes if "id" in node.attributes}
        self._drafts: dict[int, Draft] = {}
        self._legs: dict[int, list[Draft]] = {}
        self._children: dict[int, dict[str, list[Node]]] = {}

    def read(self) -> list[Draft]:
        """Answer the drafts in the order of the file."""
        nodes = [node for node in self._nodes if node.tag in _TRANSACTIONS and node.child("type") is not None]
        self._drafts = {id(node): self._draft(node) for node in nodes}
        for node in nodes:
            self._book(node, self._drafts[id(node)])
        drafts = (self._legs.get(id(node), [self._drafts[id(node)]]) for node in nodes)
        return sorted((one for made in drafts for one in made), key=lambda one: one.line)

    def _draft(self, node: Node) -> Draft:
        draft = Draft(
            node.line, [f"{one.tag}={one.text.strip()}" for one in node.children if one.text.strip()]
        )
        date = self._resolved(node.child("date"))
        place(draft, _NO_TIME.sub("", date.text.strip() if date else ""), self._setting)
        security = self._resolved(node.child("security"))
        if security is not None:
            name_security(
                draft, symbol=security.value("tickerSymbol"), isin=security.value("isin"),
                name=security.value("name"),
            )  # fmt: skip
        draft.external_id = node.value("uuid")
        annotate(draft, node.value("note"), self._printed(node))
        return draft

    def _printed(self, node: Node) -> str:
        """Keep the amount in the security's own currency, which the account's is not."""
        for unit in self._units(node, "GROSS_VALUE"):
            forex = unit.child("forex")
            if forex is not None:
                amount = _whole(forex.attributes.get("amount", "")) or ZERO
                rate = unit.value("exchangeRate")
                printed = EXACT.multiply(amount, _HUNDREDTHS)
                return f"{printed:f} {forex.attributes.get('currency', '')} @ {rate}"
        return ""

    def _book(self, node: Node, draft: Draft) -> None:
        word = node.value("type").lower().replace("_", " ")
        money = node.tag in {"account-transaction", "accountTransaction"} or self._of_account(node)
        value, currency = _whole(node.value("amount")), currency_of(node.value("currencyCode"))
        if draft.skipped:
            return
        if word not in WORDS:
            unknown(draft, node.value("type"))
        elif word in {"buy", "sell"} and money:
            draft.skipped = PART_OF_OTHER
        elif word in {"transfer in", "transfer out"} and node.child("crossEntry") is not None:
            self._transfer(node, draft)
        elif value is None or not currency:
            draft.findings.append(error("no-amount", "amount", column="amount"))
        else:
            shares = None if money and word != "dividends" else _whole(node.value("shares"))
            fees, taxes = self._costs(node, "FEE"), self._costs(node, "TAX")
            units = EXACT.multiply(shares, self._unit) if shares else None
            book(draft, word, Moved(EXACT.multiply(value, _HUNDREDTHS), currency, fees, taxes, units))

    def _of_account(self, node: Node) -> bool:
        """Tell whether a side of a transfer that stands in its cross entry is one of money."""
        return node.parent is not None and node.parent.attributes.get("class") == "account-transfer"

    def _transfer(self, node: Node, draft: Draft) -> None:
        """Leave out what moves inside one currency; the side that goes out books an exchange."""
        draft.skipped = INTERNAL
        entry = self._resolved(node.child("crossEntry"))
        sides = (
            [self._resolved(entry.child(name)) for name in ("transactionFrom", "transactionTo")]
            if entry
            else []
        )
        out, into = sides if len(sides) == 2 else (None, None)  # noqa: PLR2004  # two sides
        if out is None or into is None or id(into) not in self._drafts:
            draft.skipped = ""
            draft.findings.append(error("other-half-missing", "type", column="crossEntry"))
            return
        if entry is None or entry.attributes.get("class") != "account-transfer" or node is not out:
            return
        sold, bought = _money(out), _money(into)
        if sold is None or bought is None or sold[1] == bought[1]:
            return
        draft.skipped = ""
        legs = exchange(
            draft, sold=sold, bought=bought, setting=self._setting, group=f"pp|{draft.external_id}"
        )
        self._legs[id(node)] = legs
        self._drafts[id(into)].skipped = PART_OF_OTHER

    def _costs(self, node: Node, kind: str) -> Decimal:
        total = ZERO
        for unit in self._units(node, kind):
            amount = unit.child("amount")
            cents = _whole(amount.attributes.get("amount", "")) if amount is not None else None
            total = EXACT.add(total, EXACT.multiply(cents or ZERO, _HUNDREDTHS))
        return total

    def _units(self, node: Node, kind: str) -> Sequence[Node]:
        units = self._resolved(node.child("units"))
        return [] if units is None else [one for one in units.children if one.attributes.get("type") == kind]

    def _resolved(self, node: Node | None) -> Node | None:
        """Follow references to the thing itself; one that leads nowhere is None."""
        for _turn in range(_FOLLOWED):
            if node is None or "reference" not in node.attributes:
                return node
            path = node.attributes["reference"]
            node = self._by_id.get(path) if path.isdigit() else self._along(node, path)
        return None

    def _along(self, node: Node, path: str) -> Node | None:
        """Walk a path such as ``../../securities/security[2]``, from the node itself or the root."""
        steps = path.strip("/").split("/")
        here: Node | None = node
        if path.startswith("/"):
            here, steps = self._root, steps[1:]
        for step in steps:
            if here is None:
                return None
            here = here.parent if step == ".." else self._below(here, step)
        return here

    def _below(self, node: Node, step: str) -> Node | None:
        found = _STEP.fullmatch(step)
        if found is None:
            return None
        if id(node) not in self._children:  # a list of thousands is asked for each of them
            named: dict[str, list[Node]] = {}
            for one in node.children:
                named.setdefault(one.tag, []).append(one)
            self._children[id(node)] = named
        same = self._children[id(node)].get(found["tag"], [])
        turn = int(found["turn"] or 1)
        return same[turn - 1] if 0 < turn <= len(same) else None


def _money(node: Node) -> tuple[Decimal, str] | None:
    value, currency = _whole(node.value("amount")), currency_of(node.value("currencyCode"))
    return None if value is None or not currency else (EXACT.multiply(value, _HUNDREDTHS), currency)


def _whole(text: str) -> Decimal | None:
    return Decimal(text) if _WHOLE.fullmatch(text) else None


PRESET: Final = Preset("portfolio-performance-xml", BROKER, "XML", _recognises, _read)
