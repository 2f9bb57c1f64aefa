"""What is asked of an import, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from market.domain.basis import RAW, AdjustmentBasis
from market.domain.price_files.layout import Layout, Wishes
from market.models import Instrument
from market.transports.price_files import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to import. `owner` is the user whose instruments are meant; None: the public ones.

    `basis` is what the file's prices are adjusted for. `create_missing` makes an instrument for each
    unknown symbol, in `currency`. `strict` stores nothing when any row is refused; `dry_run` nothing at all.
    """

    wishes: Wishes = field(default_factory=Wishes)
    encoding: str = ""
    source: str = "import"
    basis: AdjustmentBasis = RAW
    owner: UUID | None = None
    create_missing: bool = False
    currency: str = ""
    kind: str = Instrument.Kind.STOCK
    strict: bool = False
    dry_run: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Plan:
    """How one table is going to be read."""

    member: str
    encoding: str
    layout: Layout


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: bytes of the (packed) file read, its size, rows read, and what is being done."""

    done: int
    total: int
    rows: int
    storing: bool = False


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A refused row: the table, its line there (from 1), the reason in words, and the line itself."""

    member: str
    line: int
    reason: str
    raw: str


@dataclass(slots=True)
class Outcome:
    """What came of an import. rows_read = stored + unchanged + rejected.

    Of those unchanged, `kept_raw` had a raw bar already, which what is adjusted does not replace.
    """

    rows_read: int = 0
    stored: int = 0
    unchanged: int = 0
    kept_raw: int = 0
    instruments: int = 0
    created: list[str] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


PlanCallback = Callable[[Plan], None]
ProgressCallback = Callable[[Progress], None]
