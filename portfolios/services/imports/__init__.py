"""Imports of transactions: preview, apply, undo."""

from portfolios.services.imports.apply import apply_import
from portfolios.services.imports.preview import (
    discard_import,
    preview_import,
    remap_import,
    require_status,
)
from portfolios.services.imports.undo import undo_import

__all__ = [
    "apply_import",
    "discard_import",
    "preview_import",
    "remap_import",
    "require_status",
    "undo_import",
]
