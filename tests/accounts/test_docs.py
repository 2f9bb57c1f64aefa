"""docs/accounts.md names what there is."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from django.conf import settings

from accounts import errors, events, tasks
from core.errors import DomainError
from core.events import Event

PAGE = (Path(settings.BASE_DIR) / "docs" / "accounts.md").read_text(encoding="utf-8")


def named_in(module, base) -> list:
    found = [one for _, one in inspect.getmembers(module, inspect.isclass)]
    return [one for one in found if issubclass(one, base) and one.__module__ == module.__name__]


@pytest.mark.parametrize("error", named_in(errors, DomainError))
def test_docs_table_every_error_code_with_its_status(error):
    assert f"| `{error.code}` | {error.status} |" in PAGE


def test_docs_name_every_event_and_task():
    names = [f"accounts.events.{one.__name__}(" for one in named_in(events, Event)] + list(tasks.SCHEDULE)
    assert [name for name in names if f"`{name}" not in PAGE] == []
