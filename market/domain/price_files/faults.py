"""What is wrong with a file as a whole, and with single rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.domain.bars import Fault


class UnreadableFileError(Exception):
    """The file cannot be read as a whole; `code` says why, `params` with what."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused row: its line in the file (from 1), why, about which column or value, and its text."""

    line: int
    fault: Fault
    about: str
    raw: str = ""
