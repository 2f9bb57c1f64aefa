"""Export and erase a person with 20,000 transactions, 5,000 of which were changed once.

Run: ``make bench`` or ``python -m benchmarks.personal_data``.
"""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.ground import database, timed

TRANSACTIONS, CHANGED = 20_000, 5_000
PASSWORD = "correct horse battery"


def main() -> None:
    """Print the seconds of both, the size of the archive and the most memory that making it took."""
    with database():
        person = _person()
        seconds = timed(lambda: _exported(person), runs=3)
        tracemalloc.start()
        size = _exported(person)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"export {seconds:.2f} s, {size / 1e6:.1f} MB, at most {peak / 1e6:.0f} MB of memory")
        print(f"erasure {timed(lambda: _erased(person), runs=1):.2f} s", flush=True)


def _person() -> Any:
    from accounts.services import register_user
    from core.actor import Actor
    from market.models import Instrument
    from portfolios.models import Transaction, TransactionRevision
    from portfolios.services.portfolios import create_portfolio

    person = register_user(email="ada@example.org", password=PASSWORD, email_verified=True)
    portfolio = create_portfolio(actor=Actor.user(person), owner_id=person.pk, name="Savings", currency="EUR")
    instrument = Instrument.objects.create(symbol="ACME", name="Acme", currency="EUR")
    times = [datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=6 * number) for number in range(TRANSACTIONS)]
    rows = [
        Transaction(
            portfolio=portfolio, kind="buy", time=when, day=when.date(), instrument=instrument,
            quantity=Decimal("1.5"), price=Decimal("10.25"), currency="EUR", fee_currency="EUR",
            tax_currency="EUR", note=f"note {number}", sequence=number,
        )
        for number, when in enumerate(times)
    ]  # fmt: skip
    Transaction.objects.bulk_create(rows, batch_size=2_000)
    TransactionRevision.objects.bulk_create(
        TransactionRevision(transaction=row, version=1, state={"quantity": "1"}) for row in rows[:CHANGED]
    )
    return person


def _exported(person: Any) -> int:
    from accounts.services import Proof, export_data
    from core.actor import Actor

    proof = Proof(password=PASSWORD)
    with export_data(actor=Actor.user(person), user_id=person.pk, proof=proof).file as file:
        return file.seek(0, 2)


def _erased(person: Any) -> None:
    from accounts.services import erase_user
    from core.actor import Actor

    erase_user(actor=Actor.user(person), user_id=person.pk, password=PASSWORD)


if __name__ == "__main__":
    main()
