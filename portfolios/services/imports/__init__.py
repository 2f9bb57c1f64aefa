"""Imports of transactions: preview, apply, undo."""

from portfolios.services.imports.apply import apply_import
from portfolios.services.imports.background import (
    brought_many_rows,
    has_many_rows,
    is_large,
    left_lying,
    queue_apply,
    queue_import,
    queue_undo,
    requeue_import,
    step_of,
    work_import,
)
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
    "brought_many_rows",
    "delete_preset",
    "discard_import",
    "has_many_rows",
    "is_large",
    "left_lying",
    "preview_import",
    "queue_apply",
    "queue_import",
    "queue_undo",
    "remap_import",
    "requeue_import",
    "require_status",
    "save_import_as_preset",
    "save_preset",
    "step_of",
    "undo_import",
    "work_import",
]
