"""Corporate actions that reshape holdings; docs/algorithms/corporate-actions.md."""

from __future__ import annotations
