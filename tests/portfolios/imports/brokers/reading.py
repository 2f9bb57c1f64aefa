"""Read a broker's file without a database, and say what came out in one line a draft."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from portfolios.domain.brokers import registry
from portfolios.domain.brokers.preset import Parsed, Setting
from portfolios.domain.brokers.source import Source
from portfolios.domain.csv_import.draft import Draft

FILES = Path(__file__).parent / "files"
BERLIN = ZoneInfo("Europe/Berlin")
SETTING = Setting(BERLIN, BERLIN, "EUR")


def content(name: str) -> bytes:
    return (FILES / name).read_bytes()


def parsed(data: bytes | str, key: str = "", setting: Setting = SETTING) -> Parsed:
    """Read by the preset that knows the file, or by the one named."""
    source = Source(data.encode() if isinstance(data, str) else data)
    preset = registry.BY_KEY[key] if key else registry.recognised(source)
    assert preset is not None
    return registry.read(preset, source, setting)


def booked(draft: Draft) -> tuple[Any, ...]:
    """What of a draft enters the ledger: kind, UTC time, instrument, units, price, currency, fee, tax."""
    assert draft.kind is not None
    assert draft.time is not None
    fee, tax = cost(draft.fee, draft.fee_currency), cost(draft.tax, draft.tax_currency)
    what, when = draft.isin or draft.symbol or draft.name, draft.time.strftime("%Y-%m-%d %H:%M")
    figures = plain(draft.quantity), plain(draft.price), draft.currency
    return (draft.line, draft.kind.value, when, what, *figures, fee, tax)


def plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def cost(amount: Decimal, currency: str) -> str:
    return f"{plain(amount)} {currency}" if amount else ""


def good(drafts: list[Draft]) -> list[tuple[Any, ...]]:
    return [booked(one) for one in drafts if not one.skipped and not faults(one)]


def faults(draft: Draft) -> list[str]:
    return [one.code for one in draft.findings if one.level == "error"]


def left_out(drafts: list[Draft]) -> list[tuple[int, str]]:
    """The line and reason of each row that stays out."""
    return [(one.line, one.skipped or faults(one)[0]) for one in drafts if one.skipped or faults(one)]
