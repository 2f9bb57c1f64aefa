"""JSON of what people were told, shared by the API, the socket and the pages."""

from __future__ import annotations

from typing import Any

from alerts.models import Notification
from alerts.selectors.programs import data_of
from alerts.selectors.words import words
from core.cells import json_value


def notification(row: Notification) -> dict[str, Any]:
    """Write what a person was told, in the active language; instants in UTC. `read_at` null: not read yet.

    `path` is a page of ours, empty where there is none. `data` is for programs; who else it is about is told
    by words only.
    """
    said = words(row)
    return {
        "id": row.pk,
        "kind": row.kind,
        "event": row.event,
        "title": said.title,
        "text": said.text,
        "path": said.path,
        "data": data_of(row),
        "created_at": json_value(row.created_at),
        "read_at": json_value(row.read_at),
    }
