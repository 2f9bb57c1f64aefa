"""What an import reads: stored previews, the instruments that rows mean, what is there already."""

from portfolios.selectors.imports.exported import export_csv, export_json
from portfolios.selectors.imports.messages import message, messages_of
from portfolios.selectors.imports.presets import preset_of, presets_of
from portfolios.selectors.imports.stored import Page, choices_by_id, get, listed, page

__all__ = [
    "Page",
    "choices_by_id",
    "export_csv",
    "export_json",
    "get",
    "listed",
    "message",
    "messages_of",
    "page",
    "preset_of",
    "presets_of",
]
