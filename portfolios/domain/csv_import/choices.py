"""What the user decided about a file, over what was guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.dates import DateOrder
from portfolios.domain.csv_import.kinds import Meaning
from portfolios.domain.csv_import.numbers import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The user's word where they gave it; empty means guess.

    `columns` names the column of a field (None: the file has none). `header_line` is the line of
    the column names, from 1; 0 says that there are none. `kinds` takes simplified words. `preset` is
    the key of a broker's preset, or ``csv`` to go by the columns. `time_zone` is that of times without
    an offset, `currency` that of rows without one.
    """

    columns: Mapping[Field, str | None] = field(default_factory=dict)
    date_order: DateOrder | None = None
    decimal: Mark | None = None
    delimiter: str = ""
    encoding: str = ""
    header_line: int | None = None
    kinds: Mapping[str, Meaning] = field(default_factory=dict)
    time_zone: str = ""
    currency: str = ""
    preset: str = ""
