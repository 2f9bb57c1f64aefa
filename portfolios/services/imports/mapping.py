"""The user's word on a file, as it is stored and sent: checked, and turned into what the parser takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core.clock import time_zones
from core.errors import FieldError, ValidationFailed
from market.models import Instrument
from portfolios.domain.brokers import registry
from portfolios.domain.csv_import.choices import Choices
from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.currencies import CODE
from portfolios.domain.csv_import.dates import DateOrder
from portfolios.domain.csv_import.kinds import Meaning, Special
from portfolios.domain.csv_import.numbers import Mark
from portfolios.domain.csv_import.text import DELIMITERS, ENCODINGS
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind

SKIP = "skip"
FIELDS = tuple(one.value for one in Field)
KINDS = tuple(one.value for one in EntryKind)
ORDERS = (DateOrder.DAY_FIRST.value, DateOrder.MONTH_FIRST.value)
MARKS = tuple(one.value for one in Mark)
KEYS = (
    "columns", "date_order", "decimal", "delimiter", "encoding", "header_line", "kinds", "time_zone",
    "currency", "symbols", "preset",
)  # fmt: skip
PRESETS = (registry.PLAIN, *registry.BY_KEY)
MOST = 10_000
_LABEL = re.compile(r".{1,200}", re.DOTALL)


@dataclass(slots=True)
class _Checked:
    """What has been read so far, and what was wrong."""

    errors: list[FieldError] = field(default_factory=list)

    def refuse(self, name: str, message: str, code: str = "invalid") -> None:
        self.errors.append(FieldError(f"mapping.{name}", message, code))


def read_mapping(mapping: Mapping[str, Any]) -> Choices:
    """Check a mapping and answer the parser's choices.

    Raises:
        ValidationFailed: names every wrong part, such as ``mapping.columns.price``.
    """
    checked = _Checked()
    for name in mapping:
        if name not in KEYS:
            checked.refuse(name, _("There is no such choice."), "unknown")
    choices = Choices(
        columns=_columns(checked, mapping.get("columns")),
        date_order=_one_of(checked, mapping, "date_order", DateOrder, ORDERS),
        decimal=_one_of(checked, mapping, "decimal", Mark, MARKS),
        delimiter=_text(checked, mapping, "delimiter", DELIMITERS),
        encoding=_text(checked, mapping, "encoding", ENCODINGS),
        header_line=_line(checked, mapping.get("header_line")),
        kinds=_kinds(checked, mapping.get("kinds")),
        time_zone=_text(checked, mapping, "time_zone", time_zones()),
        currency=_currency(checked, mapping.get("currency") or ""),
        preset=_text(checked, mapping, "preset", PRESETS),
    )
    _check_symbols(checked, mapping.get("symbols"))
    if checked.errors:
        raise ValidationFailed(errors=tuple(checked.errors))
    return choices


def _columns(checked: _Checked, given: Any) -> dict[Field, str | None]:
    found: dict[Field, str | None] = {}
    for name, column in _items(checked, "columns", given):
        if name not in FIELDS:
            checked.refuse(f"columns.{name}", _("There is no such field."), "unknown")
        elif column is not None and not isinstance(column, str):
            checked.refuse(f"columns.{name}", _("Give the name of a column, or null for none."))
        else:
            found[Field(name)] = column or None
    return found


def _kinds(checked: _Checked, given: Any) -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for word, kind in _items(checked, "kinds", given):
        if kind == SKIP:
            found[simplify(word)] = Special.SKIP
        elif isinstance(kind, str) and kind in KINDS:
            found[simplify(word)] = EntryKind(kind)
        else:
            allowed = ", ".join((*KINDS, SKIP))
            checked.refuse(f"kinds.{word}", _("Use one of: %(allowed)s.") % {"allowed": allowed})
    return found


def _check_symbols(checked: _Checked, given: Any) -> None:
    for label, choice in _items(checked, "symbols", given):
        name = f"symbols.{label}"
        if isinstance(choice, str):
            if choice != SKIP and not _is_uuid(choice):
                checked.refuse(name, _("Give an instrument's id, “skip”, or what to create."))
        elif not isinstance(choice, dict) or choice.get("create") is not True:
            checked.refuse(name, _("Give an instrument's id, “skip”, or what to create."))
        else:
            _check_new(checked, name, choice)


def _check_new(checked: _Checked, name: str, choice: dict[str, Any]) -> None:
    if choice.get("kind", Instrument.Kind.STOCK) not in Instrument.Kind.values:
        allowed = ", ".join(Instrument.Kind.values)
        checked.refuse(f"{name}.kind", _("Use one of: %(allowed)s.") % {"allowed": allowed})
    if not CODE.fullmatch(str(choice.get("currency") or "EUR")):
        checked.refuse(f"{name}.currency", _("Use a currency code such as EUR or BTC."))
    for part, longest in (("name", 200), ("symbol", 40)):
        text = choice.get(part, "")
        if not isinstance(text, str) or len(text) > longest:
            checked.refuse(
                f"{name}.{part}", _("Use a text of at most %(limit)s characters.") % {"limit": longest}
            )
    for part in choice.keys() - {"create", "kind", "currency", "name", "symbol"}:
        checked.refuse(f"{name}.{part}", _("There is no such choice."), "unknown")


def _items(checked: _Checked, name: str, given: Any) -> list[tuple[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, dict) or len(given) > MOST:
        checked.refuse(name, _("Give an object of at most %(limit)s names.") % {"limit": MOST})
        return []
    return [(key, value) for key, value in given.items() if _LABEL.fullmatch(key)]


def _one_of(
    checked: _Checked, mapping: Mapping[str, Any], name: str, kind: type[Any], allowed: tuple[str, ...]
) -> Any:
    text = _text(checked, mapping, name, allowed)
    return kind(text) if text else None


def _text(checked: _Checked, mapping: Mapping[str, Any], name: str, allowed: Any) -> str:
    text = mapping.get(name) or ""
    if text and (not isinstance(text, str) or text not in allowed):
        checked.refuse(name, _("This is not one of the choices."), "choice")
        return ""
    return text


def _line(checked: _Checked, number: Any) -> int | None:
    if number is None or (isinstance(number, int) and not isinstance(number, bool) and number >= 0):
        return number
    checked.refuse("header_line", _("Give the number of a line, or 0 for none."))
    return None


def _currency(checked: _Checked, text: Any) -> str:
    if text and (not isinstance(text, str) or not CODE.fullmatch(text)):
        checked.refuse("currency", _("Use a currency code such as EUR or BTC."))
        return ""
    return str(text)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
