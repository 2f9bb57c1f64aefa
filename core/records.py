"""A record of a bundle as it is read: each value by its type, or the member, line and field that is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn
from uuid import UUID

from django.utils.translation import gettext as _

from core.bundle import BundleReader
from core.errors import BrokenArchive

_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,18})?")
_CURRENCY = re.compile(r"[A-Z][A-Z0-9]{2,11}")
_LARGEST_INTEGER: Final = 2**62
_DEEPEST: Final = 12


class Record:
    """One line. A value that is not there says nothing: None, "" or False."""

    __slots__ = ("_left", "_values", "line", "member")

    def __init__(self, member: str, line: int, values: dict[str, Any]) -> None:
        self.member, self.line = member, line
        self._values, self._left = values, set(values)

    def refuse(self, field: str, message: str = "") -> NoReturn:
        """Say that a value is wrong.

        Raises:
            BrokenArchive: always.
        """
        raise BrokenArchive(
            message or _("This is not a value of this field."),
            member=self.member,
            line=self.line,
            field=field,
        )

    def _take(self, field: str) -> Any:
        self._left.discard(field)
        return self._values.get(field)

    def text(self, field: str, most: int, *, needed: bool = False) -> str:
        """Read a text of at most `most` characters."""
        value = self._take(field)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or len(value) > most or (needed and not value):
            self.refuse(field)
        return value

    def choice(self, field: str, allowed: Collection[str]) -> str:
        """Read one of some texts."""
        value = self._take(field)
        if not isinstance(value, str) or value not in allowed:
            self.refuse(field)
        return value

    def currency(self, field: str, *, needed: bool = True) -> str:
        """Read a currency's code."""
        value = self.text(field, 12, needed=needed)
        if value and not _CURRENCY.fullmatch(value):
            self.refuse(field)
        return value

    def key(self, field: str) -> UUID:
        """Read a UUID."""
        found = self.key_or_none(field)
        return self.refuse(field) if found is None else found

    def key_or_none(self, field: str) -> UUID | None:
        """Read a UUID, if there is one."""
        value = self._take(field)
        if value is None:
            return None
        try:
            return UUID(value)
        except (ValueError, AttributeError, TypeError):
            self.refuse(field)

    def number(self, field: str) -> Decimal:
        """Read a decimal of at most 20 digits before the point and 18 after."""
        found = self.number_or_none(field)
        return self.refuse(field) if found is None else found

    def number_or_none(self, field: str) -> Decimal | None:
        """Read a decimal, if there is one."""
        value = self._take(field)
        if value is None:
            return None
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            self.refuse(field)
        return Decimal(value)

    def whole(self, field: str) -> int:
        """Read an integer of 0 or more."""
        found = self.whole_or_none(field)
        return self.refuse(field) if found is None else found

    def whole_or_none(self, field: str) -> int | None:
        """Read an integer of 0 or more, if there is one."""
        value = self._take(field)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value < _LARGEST_INTEGER:
            self.refuse(field)
        return value

    def flag(self, field: str) -> bool:
        """Read a truth value; what is not there is false."""
        value = self._take(field)
        if value is None:
            return False
        return value if isinstance(value, bool) else self.refuse(field)

    def day(self, field: str) -> date:
        """Read a date."""
        found = self.day_or_none(field)
        return self.refuse(field) if found is None else found

    def day_or_none(self, field: str) -> date | None:
        """Read a date, if there is one."""
        value = self._take(field)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except (ValueError, TypeError):
            self.refuse(field)

    def instant(self, field: str) -> datetime:
        """Read an instant with its offset."""
        found = self.instant_or_none(field)
        return self.refuse(field) if found is None else found

    def instant_or_none(self, field: str) -> datetime | None:
        """Read an instant with its offset, if there is one."""
        value = self._take(field)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
        except (ValueError, TypeError):
            self.refuse(field)
        if found.tzinfo is None or not 2 <= found.year <= 9998:  # noqa: PLR2004  # other zones' dates of it exist
            self.refuse(field)
        return found

    def items(self, field: str, most: int) -> Iterator[Record]:
        """Read a list of at most `most` records."""
        value = self._take(field)
        if value is None:
            return
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(one, dict) for one in value)
        ):
            self.refuse(field)
        for one in value:
            yield Record(self.member, self.line, one)

    def tree(self, field: str) -> dict[str, Any]:
        """Read an object as it is, if it does not nest deep."""
        value = self._take(field)
        if not isinstance(value, dict) or _depth(value) > _DEEPEST:
            self.refuse(field)
        return value

    def done(self) -> None:
        """Refuse a field that nobody read: this version of the format does not have it."""
        if self._left:
            self.refuse(min(self._left)[:80], _("There is no such field."))


def records(bundle: BundleReader, member: str) -> Iterator[Record]:
    """Read a member's records."""
    for line, values in bundle.lines(member):
        yield Record(member, line, values)


def _depth(value: Any, level: int = 1) -> int:
    if level > _DEEPEST:
        return level
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((_depth(one, level + 1) for one in inner), default=level)
