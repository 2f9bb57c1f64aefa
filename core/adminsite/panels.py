"""The dashboard: the panels that a member of staff may see, and what of them needs somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import connection, transaction

from core.ports import Columns, Panel, PanelRow, admin_panels

log = structlog.get_logger(__name__)
ORDER = ("bad", "warn", "good")
# A panel that thinks for longer says nothing of the others, and of itself that it failed.
MILLISECONDS = 2000


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel as the page shows it; `state` is the worst of its rows, and "failed" tells of itself."""

    name: str
    title: str
    state: str
    rows: list[PanelRow] = field(default_factory=list)
    chart: Columns | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All panels, and the rows that are not all right, the worst first."""

    panels: list[Shown]
    matters: list[tuple[Shown, PanelRow]]


def gather(user: Any) -> Dashboard:
    """Ask for the panels whose permissions the user has."""
    shown = [_shown(name) for name in admin_panels.names() if user.has_perms(admin_panels.needs(name))]
    matters = [(panel, row) for panel in shown for row in panel.rows if _matters(row)]
    matters.sort(key=lambda one: ORDER.index(one[1].state))
    return Dashboard(shown, matters)


def _matters(row: PanelRow) -> bool:
    return row.state != "good" and not row.is_part


def _shown(name: str) -> Shown:
    try:
        panel = _asked(name)
    except Exception:  # one panel that fails must not take the others, and the page, with it
        log.exception("admin.panel_failed", panel=name)
        return Shown(name, name, "failed")
    state = min((row.state for row in panel.rows), key=ORDER.index, default="good")
    return Shown(name, str(panel.title), state, panel.rows, panel.chart)


def _asked(name: str) -> Panel:
    """Ask for one panel, each of whose queries has a time limit."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {MILLISECONDS}")
        return admin_panels.ask(name)
