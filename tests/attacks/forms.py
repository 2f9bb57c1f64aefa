"""Fill a page's form as a browser would send it unchanged."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

SELF_CLOSING = {"submit", "button", "reset", "image", "file"}


class Forms(HTMLParser):
    """The fields of each form that posts: what a browser sends when nothing is touched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._open: dict[str, str] | None = None
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = {} if at.get("method", "").lower() == "post" else None
            if self._open is not None:
                self.found.append((at.get("action", ""), self._open))
        if self._open is None:
            return
        name = at.get("name", "")
        if tag == "input" and name and at.get("type") not in SELF_CLOSING:
            if at.get("type") not in {"checkbox", "radio"} or "checked" in at:
                self._open[name] = at.get("value", "on" if at.get("type") == "checkbox" else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in at or self._select not in self._open:
                self._open[self._select] = at.get("value", "")
        elif tag == "textarea":
            self._area = name
            self._open[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            self._open[self._area] += data


def forms_of(answer: Any, url: str) -> list[tuple[str, dict[str, str]]]:
    """List the forms of a page that post: where to, and what they send unchanged."""
    if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    return [(action or url, fields) for action, fields in Forms(answer.content.decode()).found]
