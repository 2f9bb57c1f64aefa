"""What is noticed about a file or a row: codes and parameters; the words are the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as kept
from enum import StrEnum

from core.errors import ValidationFailed

SHOWN = 60


class Level(StrEnum):
    """How grave a finding is: an error keeps its row out, a warning does not, a note only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed. `field` is ours (``price``); `params` name the file's column and text."""

    level: Level
    code: str
    field: str = ""
    params: Mapping[str, str] = kept(default_factory=dict)


class UnreadableFile(ValidationFailed):
    """The file as a whole cannot be read; `finding` says why."""

    code = "unreadable-file"
    title = "The file cannot be read"

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.finding = Finding(Level.ERROR, code, "file", params)


def error(code: str, field: str = "", **params: str) -> Finding:
    """Find something that keeps the row out."""
    return Finding(Level.ERROR, code, field, params)


def warning(code: str, field: str = "", **params: str) -> Finding:
    """Find something that the user should look at."""
    return Finding(Level.WARNING, code, field, params)


def note(code: str, field: str = "", **params: str) -> Finding:
    """Find something worth telling."""
    return Finding(Level.NOTE, code, field, params)


def shown(text: str) -> str:
    """Cut a cell's text to what a message can carry."""
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else f"{flat[:SHOWN]}…"
