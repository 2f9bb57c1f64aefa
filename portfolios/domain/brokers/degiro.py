"""DEGIRO: Transactions.csv and Account.csv, in the languages that the site writes them.

Transactions.csv has the trades, priced in the venue's currency, with the rate that was paid and
the costs in euros (or the account's currency). Account.csv has all else: deposits, dividends with
their tax, exchanges of currency, fees, interest. Each row is read from one of the two only, so
that both together make the whole ledger and neither doubles the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from portfolios.domain.brokers.preset import (
    IN_OTHER_FILE,
    INTERNAL,
    PART_OF_OTHER,
    Parsed,
    Preset,
    Setting,
    Withholding,
    book_dividend,
    book_money,
    book_units,
    corporate_action,
    exchange,
    in_utc,
    place,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import Record, Table, currency_of, major, name_security
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ONE, PLACES, ZERO

_ACCOUNT_HEADERS: Final = tuple(
    frozenset({"isin", "fx", *names.split("|")})
    for names in (
        "datum|tijd|omschrijving", "date|time|description", "datum|uhrzeit|beschreibung",
        "date|heure|description", "fecha|hora|descripcion", "data|hora|descricao", "data|ora|descrizione",
    )
)  # fmt: skip
_TRADE_HEADERS: Final = tuple(
    frozenset({"isin", *names.split("|")})
    for names in (
        "datum|tijd|uitvoeringsplaats|aantal|koers", "date|time|venue|quantity|price",
        "datum|uhrzeit|ausfuhrungsort|anzahl|kurs", "date|heure|lieu d execution|quantite|cours",
        "fecha|hora|centro de ejecucion|numero|precio", "data|hora|bolsa de|quantidade|precos",
        "data|ora|borsa di|quantita|quotazione",
    )
)  # fmt: skip
_DATE: Final = ("datum", "date", "fecha", "data")
_TIME: Final = ("tijd", "time", "uhrzeit", "heure", "hora", "ora")
_NAME: Final = ("product", "produkt", "produit", "producto", "produto", "prodotto")
_QUANTITY: Final = ("aantal", "quantity", "anzahl", "quantite", "numero", "quantidade", "quantita")
_PRICE: Final = ("koers", "price", "kurs", "cours", "precio", "precos", "quotazione")
_RATE: Final = (
    "wisselkoers", "exchange rate", "wechselkurs", "taux de change", "tipo de cambio", "taxa de cambio",
    "tasso di cambio",
)  # fmt: skip
_COSTS: Final = re.compile(
    r"transactie|transaction|transaktion|autofx|frais|costes|costi|comisi|commission|custos|gebuhr"
)
_TEXT: Final = ("omschrijving", "description", "beschreibung", "descripcion", "descricao", "descrizione")
_MOVED: Final = ("mutatie", "change", "anderung", "mouvements", "variacion", "mudanca", "variazioni")


def _is_account(source: Source) -> bool:
    return any(source.has_header(*names) for names in _ACCOUNT_HEADERS)


def _is_trades(source: Source) -> bool:
    return any(source.has_header(*names) for names in _TRADE_HEADERS)


def _table(source: Source, headers: tuple[frozenset[str], ...]) -> Table:
    names = next((one for one in headers if source.has_header(*one)), headers[0])
    return Table(source.sheet, *names)


def _read_trades(source: Source, setting: Setting) -> Parsed:
    table = _table(source, _TRADE_HEADERS)
    parsed = Parsed(header_line=table.header_line)
    price = table.position(*_PRICE)
    style = table.style(price, None if price is None else price + 2)
    costs = _cost_columns(source, table)
    for record in table.records(style):
        if record.usable:
            _trade(record, costs, setting)
        parsed.drafts.append(record.draft)
    _mark_exchanges_of_shares(parsed.drafts)
    return parsed


def _cost_columns(source: Source, table: Table) -> list[tuple[int, str]]:
    """Find the columns of costs: their position, and the currency where the name has it."""
    header = next(line.cells for line in source.sheet.lines if line.number == table.header_line)
    found = []
    for at, cell in enumerate(header):
        if _COSTS.search(simplify(cell)):
            found.append((at, next((code for code in re.findall(r"\b[A-Z]{3}\b", cell)), "")))
    return found


def _trade(record: Record, costs: list[tuple[int, str]], setting: Setting) -> None:
    draft = record.draft
    place(draft, record.text(*_DATE), setting, clock=record.text(*_TIME))
    name_security(draft, isin=record.text("isin"), name=record.text(*_NAME))
    at = record.position(*_PRICE)
    quantity, price = record.number(*_QUANTITY), record.number_at(at)
    if not quantity or price is None or at is None:
        draft.findings.append(error("no-quantity", "quantity", column="Quantity"))
        return
    price, currency = major(price, currency_of(record.at(at + 1)))
    kind = EntryKind.BUY if quantity > 0 else EntryKind.SELL
    book_units(draft, kind, quantity=abs(quantity), gross=ZERO, currency=currency)
    draft.price = price
    for column, named in costs:
        amount = record.number_at(column)
        if amount:
            draft.fee = EXACT.subtract(draft.fee, amount)
            draft.fee_currency = named or currency_of(record.at(column + 1)) or setting.currency
    rate = record.number(*_RATE)
    if rate and currency != setting.currency:  # units of the account's currency's other side for one euro
        draft.fx_rate = EXACT.divide(ONE, _per_major(rate, record.at(at + 1))).quantize(
            PLACES, ROUND_HALF_EVEN, context=EXACT
        )


def _per_major(rate: Decimal, unit: str) -> Decimal:
    """Fold a rate in pence per euro into pounds per euro."""
    return major(rate, currency_of(unit))[0] or rate


def _mark_exchanges_of_shares(drafts: list[Draft]) -> None:
    """Tell splits and other changes of shares, which the file has as a sale and a purchase.

    Both stand at one minute, without costs, for one value, of one product or of two ISINs.
    """
    free: dict[tuple[object, ...], list[Draft]] = {}
    for draft in drafts:
        if draft.skipped or draft.findings or draft.fee or draft.quantity is None or draft.price is None:
            continue
        value = EXACT.multiply(draft.quantity, draft.price)
        free.setdefault((draft.time, draft.currency, value.quantize(ONE)), []).append(draft)
    for same in free.values():
        if {one.kind for one in same} == {EntryKind.BUY, EntryKind.SELL}:
            for one in same:
                corporate_action(one, one.name)


@dataclass(slots=True)
class _Account:
    """An account statement while it is read: its rows, taxes and halves of exchanges."""

    setting: Setting
    withholding: Withholding = field(default_factory=Withholding)
    halves: dict[tuple[str, ...], list[Draft]] = field(default_factory=dict)


# Words of the descriptions, simplified, in the languages of the site.
_WORDS: Final = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        (
            "internal",
            r"cash sweep|overboeking (van|naar) uw geldrekening|transfer (from|to) your cash account",
        ),
        (
            "internal",
            r"reservation|flatex terugstorting|uberweisung (auf|von) ihr geldkonto|money market fund",
        ),
        ("internal", r"transferencia (de|a) su cuenta|virement (vers|depuis) votre|geldmarktfonds"),
        ("internal", r"transferir (de|para) a sua conta"),
        ("action", r"splits?\b|productwijziging|product change|corporate action|spin off|fusie|fusion|claim"),
        (
            "action",
            r"aandelensplitsing|cambio de producto|mudanca de produto|isin change|wijziging isin|delisting",
        ),
        ("trade", r"^(koop|verkoop|buy|sell|kauf|verkauf|achat|vente|compra|venta|venda|acquisto|vendita)\b"),
        ("trade", r"transactiekosten|transaction and or third party|transaktionskosten|transaktionsgebuhr"),
        ("trade", r"courtage|costes de transaccion|comissoes de transacao|commissioni di transazione"),
        ("trade", r"transaction costs"),
        ("exchange", r"valuta (creditering|debitering)|fx (credit|debit)|wahrungswechsel|cambio de divisa"),
        (
            "exchange",
            r"operation de change|credito de divisa|levantamentos de divisa|(prelievo|accredito) cambio",
        ),
        ("tax", r"dividendbelasting|dividend tax|dividendensteuer|quellensteuer|impots? sur dividende"),
        ("tax", r"retencion del dividendo|imposto sobre dividendo|ritenuta|withholding tax|stamp duty"),
        ("tax", r"financial transaction tax|transactiebelasting"),
        ("dividend", r"dividend|ausschuttung|rendimento|distribution|uitkering|capital return"),
        ("interest", r"interest|rente|zinsen|interets?\b|intereses|juros|interessi"),
        ("deposit", r"deposit|storting|einzahlung|depot\b|versement|^ingreso|bonifico|promotie|promotion"),
        ("withdrawal", r"withdrawal|terugstorting|auszahlung|retrait|retirada|levantamento|prelievo|opname"),
        ("fee", r"kosten|fees?\b|gebuhr|frais|comision|comissao|commissione|costi|custo"),
    )
)
_MONEY: Final = {
    "interest": EntryKind.INTEREST,
    "deposit": EntryKind.DEPOSIT,
    "withdrawal": EntryKind.WITHDRAWAL,
}


def _read_account(source: Source, setting: Setting) -> Parsed:
    table = _table(source, _ACCOUNT_HEADERS)
    parsed, account = Parsed(header_line=table.header_line), _Account(setting)
    moved = table.position(*_MOVED)
    style = table.style(None if moved is None else moved + 1, None if moved is None else moved + 3)
    for record in table.records(style):
        if record.usable and not record.text(*_DATE):
            record.draft.skipped = PART_OF_OTHER  # a long cell that the export broke in two
        parsed.drafts += _account_row(record, account) if record.usable else [record.draft]
    account.withholding.settle()
    parsed.drafts = _joined_exchanges(parsed.drafts, account)
    return parsed


def _account_row(record: Record, account: _Account) -> list[Draft]:
    draft, words = record.draft, simplify(record.text(*_TEXT))
    place(draft, record.text(*_DATE), account.setting, clock=record.text(*_TIME))
    what = next((name for name, pattern in _WORDS if pattern.search(words)), "")
    at = record.position(*_MOVED)
    amount = None if at is None else record.number_at(at + 1)
    if what == "internal" or (not amount and not draft.findings and what != "action"):
        draft.skipped = INTERNAL
    elif what == "trade":
        draft.skipped = IN_OTHER_FILE
    elif what == "action":
        corporate_action(draft, record.text(*_TEXT))
    elif not what:
        unknown(draft, record.text(*_TEXT))
    elif amount is not None and at is not None:
        amount, currency = major(amount, currency_of(record.at(at)))
        _account_entry(record, account, what, amount or ZERO, currency)
    return [draft]


def _account_entry(record: Record, account: _Account, what: str, amount: Decimal, currency: str) -> None:
    draft = record.draft
    draft.note = record.text(*_TEXT)[:400]
    if what in {"dividend", "tax"}:
        name_security(draft, isin=record.text("isin"), name=record.text(*_NAME))
        key = "|".join(
            ("degiro", draft.isin or draft.name, record.text("valutadatum", "value date") or str(draft.day))
        )
        key = f"{key}|{currency}"
        if what == "dividend":
            book_dividend(draft, gross=amount, currency=currency)
            account.withholding.dividend(key, draft)
        else:
            book_money(draft, EntryKind.TAX, -amount, currency)
            account.withholding.tax(key, draft)
    elif what == "exchange":
        book_money(draft, EntryKind.DEPOSIT if amount > 0 else EntryKind.WITHDRAWAL, abs(amount), currency)
        order = record.text("order id")
        account.halves.setdefault((in_utc(draft), order[:18]), []).append(draft)
    elif what == "fee":
        book_money(draft, EntryKind.FEE, -amount, currency)
    else:
        kind = _MONEY[what]
        if what != "interest":  # the sign is the truth: "flatex Deposit" may be a return
            kind, amount = (EntryKind.DEPOSIT if amount > 0 else EntryKind.WITHDRAWAL), abs(amount)
        book_money(draft, kind, amount, currency)


def _joined_exchanges(drafts: list[Draft], account: _Account) -> list[Draft]:
    """Link the two halves of each exchange, with the rate that was paid; a half alone stays money."""
    for (moment, order), halves in account.halves.items():
        ins = [one for one in halves if one.kind is EntryKind.DEPOSIT]
        outs = [one for one in halves if one.kind is EntryKind.WITHDRAWAL]
        for turn, (bought, sold) in enumerate(zip(ins, outs, strict=False)):
            legs = exchange(
                sold,
                sold=(sold.quantity or ZERO, sold.currency),
                bought=(bought.quantity or ZERO, bought.currency),
                setting=account.setting,
                group=f"degiro|{moment}|{order}|{turn}",
            )
            for half, leg in zip((sold, bought), legs, strict=True):
                half.group, half.fx_rate = leg.group, leg.fx_rate
    return drafts


TRANSACTIONS: Final = Preset("degiro-transactions", "DEGIRO", "Transactions.csv", _is_trades, _read_trades)
ACCOUNT: Final = Preset("degiro-account", "DEGIRO", "Account.csv", _is_account, _read_account)
