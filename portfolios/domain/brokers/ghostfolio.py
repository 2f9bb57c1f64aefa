"""Ghostfolio: the JSON of Settings, Export (all its layouts), read activity by activity.

It keeps no deposits and withdrawals: an account's balance is a figure of a day, not a movement, so
it stays out. Fees are in the activity's currency. Moments at midnight UTC are days without a time.
The line of a draft is the number of its activity, from 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from portfolios.domain.brokers.preset import (
    UTC_ZONE,
    Parsed,
    Preset,
    Setting,
    book_dividend,
    book_money,
    book_units,
    place,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import POINT, annotate, currency_of, major, name_security
from portfolios.domain.csv_import import numbers
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import UnreadableFile, error, shown
from portfolios.domain.csv_import.numbers import Number
from portfolios.domain.csv_import.text import MAX_ROWS
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ZERO

Activity: TypeAlias = Mapping[str, Any]

_HEAD: Final = re.compile(r"\s*\{")
_KEYS: Final = re.compile(r'"(activities|orders)"\s*:\s*\[')
_MIDNIGHT: Final = re.compile(r"T00:00:00(\.000)?Z$")
# What the user made up has an id for a symbol; its name says more.
_MANUAL: Final = "MANUAL"
_UNITS: Final = {"BUY": EntryKind.BUY, "ITEM": EntryKind.BUY, "SELL": EntryKind.SELL}
# Beyond these no figure is one, and writing it out would fill the memory.
_WIDEST: Final = 40


def _recognises(source: Source) -> bool:
    text = source.decoded[0]
    return bool(_HEAD.match(text)) and '"meta"' in text and _KEYS.search(text) is not None


def _read(source: Source, setting: Setting) -> Parsed:
    found = source.json
    activities = found.get("activities") or found.get("orders") if isinstance(found, dict) else None
    if not isinstance(activities, list):
        raise UnreadableFile("no-rows")
    if len(activities) > MAX_ROWS:
        raise UnreadableFile("too-many-rows", limit=f"{MAX_ROWS:,}")
    profiles = found.get("assetProfiles")
    known = {
        (_text(one, "dataSource"), _text(one, "symbol")): one
        for one in (profiles if isinstance(profiles, list) else ())
        if isinstance(one, dict)
    }
    return Parsed([_draft(at, one, known, setting) for at, one in enumerate(activities, 1)])


def _draft(at: int, found: Any, profiles: Mapping[tuple[str, str], Activity], setting: Setting) -> Draft:
    activity: Activity = found if isinstance(found, dict) else {}
    draft = Draft(at, [shown(f"{name}={value}") for name, value in activity.items() if value])
    moment = _text(activity, "date")
    place(draft, _MIDNIGHT.sub("", moment), setting, zone=UTC_ZONE)
    _name(draft, activity, profiles)
    draft.external_id = _text(activity, "id")
    annotate(draft, _text(activity, "comment"))
    quantity, price, fee = (_number(draft, activity, name) for name in ("quantity", "unitPrice", "fee"))
    currency = currency_of(_text(activity, "currency"))
    if not currency:
        text = shown(_text(activity, "currency"))
        draft.findings.append(error("not-a-currency", "currency", column="currency", text=text))
    if not draft.findings:
        _book(draft, _text(activity, "type").upper(), (quantity, price, fee), currency)
    return draft


def _name(draft: Draft, activity: Activity, profiles: Mapping[tuple[str, str], Activity]) -> None:
    key = (_text(activity, "dataSource"), _text(activity, "symbol"))
    inline = activity.get("SymbolProfile")
    profile = profiles.get(key) or (inline if isinstance(inline, dict) else {})
    symbol = key[1] or _text(profile, "symbol")
    if key[0] == _MANUAL and _text(profile, "name"):
        symbol = ""
    name_security(draft, symbol=symbol, isin=_text(profile, "isin"), name=_text(profile, "name"))


def _book(draft: Draft, word: str, figures: tuple[Decimal, Decimal, Decimal], currency: str) -> None:
    quantity, price, fee = figures
    amount, code = major(EXACT.multiply(quantity, price), currency)
    gross, cost = amount or ZERO, major(fee, currency)[0] or ZERO
    if word in _UNITS:
        if not quantity:
            draft.findings.append(error("no-quantity", "quantity", column="quantity"))
            return
        book_units(draft, _UNITS[word], quantity=quantity, gross=gross, currency=code, fee=cost)
    elif word == "DIVIDEND":
        book_dividend(draft, gross=gross, currency=code, shares=quantity)
        draft.fee = cost
    elif word == "INTEREST":
        book_money(draft, EntryKind.INTEREST, gross, code)
        draft.fee = cost
    elif word == "FEE":
        book_money(draft, EntryKind.FEE, cost or gross, code)
    else:
        unknown(draft, word)


def _text(found: Activity, name: str) -> str:
    value = found.get(name)
    return value.strip() if isinstance(value, str) else ""


def _number(draft: Draft, activity: Activity, name: str) -> Decimal:
    """Read a number; none is 0, what is no figure is noted."""
    value = activity.get(name)
    if value is None:
        return ZERO
    text = ""
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _WIDEST:
        text = f"{value:f}"
    parsed = numbers.parse(text, POINT) if text else None
    if isinstance(parsed, Number):
        return parsed.value
    code = "not-a-number" if parsed is None else parsed.value
    draft.findings.append(error(code, name, column=name, text=shown(str(value))))
    return ZERO


PRESET: Final = Preset("ghostfolio", "Ghostfolio", "JSON", _recognises, _read)
