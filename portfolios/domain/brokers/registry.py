"""All presets, and which of them a file belongs to."""

from __future__ import annotations

from typing import Final

from portfolios.domain.brokers import (
    coinbase,
    degiro,
    ghostfolio,
    ibkr_csv,
    ibkr_flex,
    kraken,
    portfolio_performance_csv,
    portfolio_performance_xml,
    trading212,
)
from portfolios.domain.brokers.preset import Parsed, Preset, Setting
from portfolios.domain.brokers.source import Source
from portfolios.domain.csv_import.findings import UnreadableFile, error
from portfolios.domain.exact import exact

PRESETS: Final = (
    degiro.TRANSACTIONS, degiro.ACCOUNT, trading212.PRESET, ibkr_csv.PRESET, ibkr_flex.PRESET,
    coinbase.PRESET, kraken.PRESET, portfolio_performance_csv.PRESET, portfolio_performance_xml.PRESET,
    ghostfolio.PRESET,
)  # fmt: skip
BY_KEY: Final = {one.key: one for one in PRESETS}
# Read the file by its columns, whatever broker it may be of.
PLAIN: Final = "csv"


def recognised(source: Source) -> Preset | None:
    """Tell whose file this is, by its content alone; None where no preset knows it.

    Raises:
        UnreadableFile: it is no text, or too large.
    """
    return next((one for one in PRESETS if one.recognises(source)), None)


def read(preset: Preset, source: Source, setting: Setting) -> Parsed:
    """Read a file as a preset's.

    Raises:
        UnreadableFile: it is not the preset's, or empty, or cut short.
    """
    if not preset.recognises(source):
        raise UnreadableFile("other-broker", broker=preset.name)
    with exact():  # signs and products of 38 digits stay as they are
        parsed = preset.read(source, setting)
    if not parsed.drafts:
        raise UnreadableFile("no-rows")
    for draft in parsed.drafts:
        if len(draft.external_id) > 120:  # noqa: PLR2004  # the column's length
            draft.findings.append(error("too-long", "id", column="id", text=draft.external_id[:60]))
            draft.external_id = ""
    return parsed
