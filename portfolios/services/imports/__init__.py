"""Imports of transactions: preview, apply, undo."""

from portfolios.services.imports.apply import apply_import
from portfolios.services.imports.presets import delete_preset, save_import_as_preset, save_preset
from portfolios.services.imports.preview import (
    discard_import,
    preview_import,
    remap_import,
    require_status,
)
from portfolios.services.imports.undo import undo_import

__all__ = [
    "apply_import",
    "delete_preset",
    "discard_import",
    "preview_import",
    "remap_import",
    "require_status",
    "save_import_as_preset",
    "save_preset",
    "undo_import",
]
