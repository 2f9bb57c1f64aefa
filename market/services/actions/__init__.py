"""Record, change and delete corporate actions."""

from __future__ import annotations

from market.services.actions.checks import ActionData
from market.services.actions.write import (
    delete_corporate_action,
    record_corporate_action,
    update_corporate_action,
)

__all__ = [
    "ActionData",
    "delete_corporate_action",
    "record_corporate_action",
    "update_corporate_action",
]
