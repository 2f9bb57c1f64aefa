"""From the bytes of an upload to drafts: by a broker's preset, or by the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from portfolios.domain.brokers import registry
from portfolios.domain.brokers.preset import Preset, Setting
from portfolios.domain.brokers.source import Source
from portfolios.domain.csv_import import layout as layouts
from portfolios.domain.csv_import.choices import Choices
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.export import OWN_HEADERS
from portfolios.domain.csv_import.findings import Finding, note
from portfolios.domain.csv_import.kinds import Special
from portfolios.domain.csv_import.layout import Layout
from portfolios.domain.csv_import.rows import read_rows
from portfolios.domain.csv_import.text import Line, Sheet
from portfolios.domain.csv_import.words import simplify
from portfolios.models import Portfolio

_SAMPLES = 3
_SAMPLED_LINES = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: its drafts, what concerns it as a whole, how it was read, and if it is our own."""

    drafts: list[Draft]
    findings: Sequence[Finding]
    layout: dict[str, Any]
    own: bool = False


def read_file(content: bytes, choices: Choices, portfolio: Portfolio) -> Reading:
    """Read a file by the preset that was chosen, else by the one that knows it, else by its columns.

    Raises:
        UnreadableFile: nothing can be read of it.
    """
    source = Source(content, encoding=choices.encoding, delimiter=choices.delimiter)
    preset = _preset(source, choices)
    return (
        _by_columns(source, choices, portfolio)
        if preset is None
        else _by_preset(preset, source, choices, portfolio)
    )


def _preset(source: Source, choices: Choices) -> Preset | None:
    """Choose the preset; whoever says what the columns hold wants them read so."""
    if choices.preset:
        return registry.BY_KEY.get(choices.preset)
    if choices.columns or choices.header_line is not None:
        return None
    if any(tuple(line.cells) in OWN_HEADERS for line in source.first_lines):
        return None
    return registry.recognised(source)


def _by_preset(preset: Preset, source: Source, choices: Choices, portfolio: Portfolio) -> Reading:
    home = ZoneInfo(portfolio.time_zone)
    zone = ZoneInfo(choices.time_zone) if choices.time_zone else home
    parsed = registry.read(preset, source, Setting(home, zone, portfolio.currency))
    _leave_out(parsed.drafts, choices)
    _text, encoding, doubts = source.decoded
    layout = {
        "preset": preset.key, "encoding": encoding, "delimiter": source.used_delimiter,
        "header_line": parsed.header_line, "date_order": "dmy", "date_order_is_sure": True,
        "time_zone": zone.key, "own_format": False, "columns": [],
    }  # fmt: skip
    return Reading(
        parsed.drafts, [note("preset", "file", name=preset.name), *doubts, *parsed.findings], layout
    )


def _leave_out(drafts: Sequence[Draft], choices: Choices) -> None:
    """Leave out the rows that nobody knows and the user does not want; nobody can tell what they book."""
    for draft in drafts:
        is_unknown = any(one.code == "unknown-kind" for one in draft.findings)
        if is_unknown and choices.kinds.get(simplify(draft.word)) is Special.SKIP:
            draft.skipped, draft.findings = "left-out", []


def _by_columns(source: Source, choices: Choices, portfolio: Portfolio) -> Reading:
    sheet = source.sheet
    layout, body = layouts.lay_out(sheet, choices, portfolio.time_zone)
    shown = _shown_layout(layout, sheet, body)
    return Reading(read_rows(body, layout, choices), layout.findings, shown, own=layout.own)


def _shown_layout(layout: Layout, sheet: Sheet, body: Sequence[Line]) -> dict[str, Any]:
    """Lay open what was guessed: of each column its name, field, decimal mark and first cells."""
    fields = {position: field for field, position in layout.columns.items()}
    styles = {field: style.mark.value for field, style in layout.styles.items()}
    columns = []
    for position, name in enumerate(layout.names):
        field = fields.get(position)
        cells = layouts.cells_of(body[:_SAMPLED_LINES], position)
        samples = list(dict.fromkeys(cell.strip()[:60] for cell in cells if cell.strip()))[:_SAMPLES]
        columns.append(
            {
                "name": name,
                "field": field.value if field else None,
                "decimal": styles.get(field) if field else None,
                "samples": samples,
            }
        )
    return {
        "preset": registry.PLAIN, "encoding": sheet.encoding, "delimiter": sheet.delimiter,
        "header_line": layout.header_line, "date_order": layout.dates.order.value,
        "date_order_is_sure": layout.dates.sure, "time_zone": layout.zone.key, "own_format": layout.own,
        "columns": columns,
    }  # fmt: skip


def by_preset(summary: Mapping[str, Any]) -> bool:
    """Tell whether an import was read by a broker's preset."""
    return str(summary["layout"].get("preset", registry.PLAIN)) != registry.PLAIN
