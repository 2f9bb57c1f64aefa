"""In which currencies a row speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.money import SUBUNITS
from portfolios.domain import rules
from portfolios.domain.csv_import import columns
from portfolios.domain.csv_import.cells import Cells
from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import warning
from portfolios.domain.csv_import.numbers import Number

CODE: Final = re.compile(r"[A-Z][A-Z0-9]{2,11}")
# Pence and agorot are written with a small letter, which capitals would lose.
_SPELT: Final = {
    "GBp": "GBX", "GBPp": "GBX", "p": "GBX", "ZAc": "ZAC", "ILa": "ILA", "€": "EUR", "£": "GBP", "₿": "BTC",
    "US$": "USD", "Euro": "EUR", "EURO": "EUR", "euro": "EUR", "Pence": "GBX", "pence": "GBX",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """The codes that a row names, as it names them (GBX, not GBP); "" where it names none."""

    price: str
    amount: str
    fee: str
    tax: str


def spoken(draft: Draft, numbers: dict[Field, Number | None], cells: Cells) -> Spoken:
    """Collect what a row says about currencies: in cells, beside numbers, in the names of columns."""

    def said(which: Field, *beside: Field) -> str:
        text = cells.text(draft, which)
        if text:
            return _code(draft, cells, which, text)
        texts = [one.currency for name in beside if (one := numbers[name]) is not None]
        titles = [cells.layout.currencies.get(name, "") for name in beside]
        return next((one for one in (*texts, *titles) if one), "")

    return Spoken(
        price=said(Field.CURRENCY, Field.PRICE),
        amount=said(Field.AMOUNT_CURRENCY, Field.AMOUNT, Field.NET),
        fee=said(Field.FEE_CURRENCY, Field.FEE),
        tax=said(Field.TAX_CURRENCY, Field.TAX),
    )


def settle(draft: Draft, numbers: dict[Field, Number | None], words: Spoken, default: str) -> None:
    """Set the row's currencies and fold costs in subunits into the major unit."""
    has_amount = numbers[Field.AMOUNT] is not None or numbers[Field.NET] is not None
    by_amount = has_amount and (draft.kind in rules.MONEY_ONLY or numbers[Field.PRICE] is None)
    named = (words.amount or words.price) if by_amount else (words.price or words.amount)
    if not named and draft.kind in rules.MONEY_ONLY and columns.is_currency(draft.symbol.upper()):
        named = draft.symbol.upper()
    draft.currency = rules.major(named or default, None)[0]
    draft.fee_currency, draft.fee = _cost(words.fee or draft.currency, draft.fee)
    draft.tax_currency, draft.tax = _cost(words.tax or draft.currency, draft.tax)
    if named in SUBUNITS and draft.fee and not words.fee:
        draft.findings.append(warning("fee-in-major", "fee", unit=named, currency=draft.currency))


def in_currency(value: Decimal | None, code: str, currency: str) -> Decimal | None:
    """Answer an amount said in `code` as one in the major unit `currency`; None if it is another's."""
    major, folded = rules.major(code or currency, value)
    return folded if major == currency else None


def _cost(code: str, amount: Decimal) -> tuple[str, Decimal]:
    currency, folded = rules.major(code, amount)
    return currency, amount if folded is None else folded


def _code(draft: Draft, cells: Cells, which: Field, text: str) -> str:
    code = _SPELT.get(text, text.upper())
    if CODE.fullmatch(code):
        return code
    draft.findings.append(cells.fault("not-a-currency", which, text))
    return ""
