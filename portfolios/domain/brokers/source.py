"""A file that somebody uploads, read once in the way that a preset asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NoReturn

from portfolios.domain.brokers.xml import Node, parse_xml
from portfolios.domain.csv_import import text as texts
from portfolios.domain.csv_import.findings import Finding, UnreadableFile
from portfolios.domain.csv_import.text import Line, Sheet
from portfolios.domain.csv_import.words import simplify

_HEAD: Final = 4000
_SEARCHED_LINES: Final = 20
_DEEPEST: Final = 64
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]')
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Source:
    """The bytes of a file and what they are as text, as a sheet, as XML and as JSON.

    `encoding` and `delimiter` are the user's, or "" to guess them.
    """

    def __init__(self, content: bytes, *, encoding: str = "", delimiter: str = "") -> None:
        self._content, self._encoding, self._delimiter = content, encoding, delimiter

    @cached_property
    def decoded(self) -> tuple[str, str, tuple[Finding, ...]]:
        """Return the text, its encoding and what to say about it.

        Raises:
            UnreadableFile: it is no text, or too large.
        """
        texts.refuse_foreign(self._content)
        return texts.decoded(self._content.rstrip(b"\x1a"), self._encoding)

    @property
    def head(self) -> str:
        """Answer the first letters of the text."""
        return self.decoded[0][:_HEAD]

    @cached_property
    def sheet(self) -> Sheet:
        """Read the file as CSV.

        Raises:
            UnreadableFile: it is none.
        """
        return texts.read_sheet(self._content, encoding=self._encoding, delimiter=self._delimiter)

    @property
    def first_lines(self) -> Sequence[Line]:
        """List the first lines; none where the file is no CSV."""
        try:
            return self.sheet.lines[:_SEARCHED_LINES]
        except UnreadableFile:
            return ()

    @property
    def used_delimiter(self) -> str:
        """Answer the delimiter of a CSV file, else ""."""
        return self.sheet.delimiter if self.first_lines else ""

    @cached_property
    def headers(self) -> list[frozenset[str]]:
        """List the simplified cells of each of the first lines; none where the file is no CSV."""
        return [frozenset(simplify(cell) for cell in line.cells) for line in self.first_lines]

    def has_header(self, *names: str) -> bool:
        """Tell whether one of the first lines names all these columns (simplified)."""
        return any(header.issuperset(names) for header in self.headers)

    @cached_property
    def xml(self) -> Node:
        """Read the file as XML.

        Raises:
            UnreadableFile: it is none, is cut short, declares entities, or is too deep or large.
        """
        return parse_xml(self.decoded[0])

    @cached_property
    def json(self) -> Any:
        """Read the file as JSON; fractions are Decimals.

        Raises:
            UnreadableFile: it is none, is cut short, too deep, or holds what no database can store.
        """
        text = self.decoded[0]
        if _too_deep(text):
            raise UnreadableFile("broken-json")
        try:
            found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
        except (ValueError, ArithmeticError, RecursionError) as failure:
            raise UnreadableFile("broken-json") from failure
        if "\\u" in text and not _storable(found):
            raise UnreadableFile("broken-json")
        return found


def _too_deep(text: str) -> bool:
    depth = 0
    for found in _NESTING.finditer(text):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > _DEEPEST:
            return True
    return False


def _storable(found: Any) -> bool:
    """Tell whether no text has a NUL or half a pair of surrogates, which only escapes can bring in."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and _UNSTORABLE.search(one):
            return False
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
    return True


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)
