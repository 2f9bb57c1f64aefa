"""What is in a portfolio already: for finding duplicates and missing purchases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.models import LIVE_WORLD, Role
from market.domain.rates import RateTable
from market.selectors import rates
from portfolios.domain.csv_import.identity import Facts, Known
from portfolios.domain.entries import Entry, EntryKind
from portfolios.models import Portfolio, PortfolioMember, Transaction

_COLUMNS = (
    "id", "fingerprint", "kind", "time", "day", "instrument__uuid", "quantity", "price", "currency", "fee",
    "fee_currency", "tax", "tax_currency", "external_id", "instrument_id", "sequence",
)  # fmt: skip
_KINDS = {kind.value: kind for kind in EntryKind}


@dataclass(frozen=True, slots=True)
class Present:
    """A live transaction as duplicates are found by, and as an entry of its instrument's ledger."""

    known: Known
    instrument: int | None
    sequence: int

    def entry(self) -> Entry:
        """Answer what counts of it for what is held."""
        facts = self.known.facts
        return entry(self.known.id, facts, self.instrument, self.sequence)


def entry(key: UUID | int, facts: Facts, instrument: int | None, sequence: int) -> Entry:
    """Make an entry of facts: its day, kind and quantity are what counts for what is held."""
    return Entry(
        key, facts.day, facts.time, _KINDS[facts.kind], instrument, facts.quantity, facts.price,
        facts.currency, sequence=sequence,
    )  # fmt: skip


def present(portfolio: Portfolio) -> list[Present]:
    """List the live transactions of a portfolio, as the database has them now."""
    rows = Transaction.objects.filter(portfolio=portfolio, deleted_at=None).order_by("sequence")
    return [_present(row) for row in rows.values_list(*_COLUMNS).iterator(chunk_size=20_000)]


def _present(row: tuple[Any, ...]) -> Present:
    key, fingerprint, kind, time, day, instrument, *figures, instrument_id, sequence = row
    facts = Facts(kind, time, day, False, str(instrument or ""), *figures)
    return Present(Known(key, fingerprint, facts), instrument_id, sequence)


def rates_for(portfolio: Portfolio, currencies: Iterable[str]) -> RateTable:
    """Read the rates that value the portfolio: the public ones and its owner's own."""
    owners = PortfolioMember.objects.filter(portfolio=portfolio, role=Role.OWNER)
    owner_id = owners.values_list("user_id", flat=True).first()
    world = int(portfolio.world_id or LIVE_WORLD)
    return rates.rate_table(owner_id, world, set(currencies), portfolio.currency)
