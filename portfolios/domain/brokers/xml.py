"""XML from strangers: no document type, no entities, nothing from outside, bounded depth and size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from xml.parsers import expat  # guarded below: a document type is refused before it does anything

from portfolios.domain.csv_import.findings import UnreadableFile

DEEPEST: Final = 200
MOST_NODES: Final = 400_000
# Histories of prices, of which a file may have a million, and which no import reads.
_PASSED_OVER: Final = frozenset({"price"})


@dataclass(slots=True, eq=False)
class Node:
    """An element: its name, attributes, text, the line it starts on (from 1) and what is inside."""

    tag: str
    line: int
    attributes: dict[str, str]
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def child(self, tag: str) -> Node | None:
        """Answer the first element of that name directly inside."""
        return next((one for one in self.children if one.tag == tag), None)

    def value(self, tag: str) -> str:
        """Answer the text of the first element of that name directly inside, or ""."""
        found = self.child(tag)
        return "" if found is None else found.text.strip()

    def walk(self) -> Iterator[Node]:
        """Yield this element and all inside, in the order of the document."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


def parse_xml(text: str) -> Node:
    """Read a document.

    Raises:
        UnreadableFile: it is malformed or cut short, has a document type (so no entity can ever
            expand or reach outside), or is deeper or larger than any export.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(text.encode(), True)
    except expat.ExpatError as failure:
        raise UnreadableFile("broken-xml", line=str(failure.lineno)) from failure
    if reader.root is None:
        raise UnreadableFile("broken-xml", line="1")
    return reader.root


class _Reader:
    """Builds nodes while expat reads."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.parser: Any = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._open: list[Node] = []
        self._nodes = 0

    def _refuse(self, *_ignored: Any) -> NoReturn:
        raise UnreadableFile("xml-entities")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else None
        node = Node(tag, self.parser.CurrentLineNumber, attributes, parent)
        self._open.append(node)
        if tag not in _PASSED_OVER:
            self._nodes += 1
            if parent is not None:
                parent.children.append(node)
        if len(self._open) > DEEPEST or self._nodes > MOST_NODES:
            raise UnreadableFile("xml-too-large")
        if self.root is None:
            self.root = node

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text
