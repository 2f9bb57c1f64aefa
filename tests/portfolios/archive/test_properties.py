"""Any ledger goes into an archive and comes back: the entries, and the archive of what came back."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import orjson
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accounts.models import User
from core.actor import Actor
from core.bundle import json_line
from core.money import plain
from core.records import Record
from market.models import CorporateAction, DailyBar, FxRate, Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import CarriedLots, Portfolio, ReliefLink, Transaction
from portfolios.selectors.figures import book
from portfolios.selectors.ledger import Ledger, memory, read
from portfolios.services.portfolios import create_portfolio
from tests.support.archives import archived, bring, emptied
from tests.support.ledgers import FIRST, LENGTH, QUOTED, World, timedelta, worlds

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
NUMBERS = st.decimals(-(Decimal(10) ** 20) + 1, Decimal(10) ** 20 - 1, places=18)
INSTANTS = st.datetimes(timezones=st.just(UTC))
FEW = settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(TEXTS, NUMBERS, st.uuids(), st.dates(), INSTANTS, st.integers(0, 2**62 - 1))
def test_any_value_is_read_as_it_was_written(text, number, key, day, instant, whole):  # noqa: PLR0917
    assume(2 <= instant.year <= 9998)
    told = {"t": text, "n": number, "k": key, "d": day, "i": instant, "w": whole, "f": True}
    row = Record("any.jsonl", 1, orjson.loads(json_line(told)))
    found = (row.text("t", 40), row.number("n"), row.key("k"), row.day("d"), row.instant("i"), row.whole("w"))
    assert (*found, row.flag("f")) == (text, number, key, day, instant, whole, True)
    row.done()


def stored(world: World, user: User) -> Portfolio:
    """Store a random ledger with its market, some of its sales with lots chosen, a transfer with lots."""
    made = {
        key: Instrument.objects.create(
            symbol=f"I{key}", name="x", currency=code, owner=user if key == 1 else None
        )
        for key, code in QUOTED.items()
    }
    DailyBar.objects.bulk_create(
        DailyBar(instrument=made[key], date=day, close=price, source="test")
        for key, rows in world.price_rows.items()
        for day, price in rows
    )
    FxRate.objects.bulk_create(
        FxRate(base=code, quote="EUR", date=day, rate=rate, source="test")
        for code, rows in world.rate_rows.items()
        for day, rate in rows
    )
    splits = {(one.instrument, one.ex_date): one for one in world.splits}
    for (key, day), one in splits.items():
        CorporateAction.objects.create(
            instrument=made[key], kind="split", ex_date=day, numerator=one.numerator,
            denominator=one.denominator, source="test",
        )  # fmt: skip
    portfolio = create_portfolio(
        actor=Actor.user(user), owner_id=user.pk, name="Any", currency="EUR", tracks_cash=world.tracks_cash,
        allow_short=len(world.entries) % 2 == 0,
    )  # fmt: skip
    entries(world, portfolio, made)
    return portfolio


def entries(world: World, portfolio: Portfolio, made: dict[int, Instrument]) -> None:
    rows = Transaction.objects.bulk_create(
        Transaction(
            portfolio=portfolio, kind=one.kind, time=one.time, day=one.day, quantity=one.quantity,
            instrument=None if one.instrument is None else made[one.instrument], price=one.price,
            currency=one.currency, fee=one.fee, fee_currency=one.fee_currency, tax=one.tax,
            tax_currency=one.tax_currency, fx_rate=one.fx_rate, sequence=one.sequence,
        )
        for one in world.entries
    )  # fmt: skip
    lots = [one for one in rows if one.kind in {EntryKind.BUY, EntryKind.TRANSFER_IN}]
    for sale in [one for one in rows if one.kind == EntryKind.SELL][:2]:
        if lots:
            ReliefLink.objects.create(sale=sale, acquisition=lots[-1], quantity=sale.quantity)
    for come in [one for one in rows if one.kind == EntryKind.TRANSFER_IN][:1]:
        told = {"acquired": "2023-05-06", "quantity": plain(come.quantity), "cost": "3.5", "cost_base": None}
        CarriedLots.objects.create(transaction=come, base="USD", lots=[{**told, "charges": "0.25"}])


def told(portfolio: Portfolio) -> tuple[object, ...]:
    """Tell all that figures are computed from and the whole book, instruments by their names."""
    memory.clear()
    ledger: Ledger = read(portfolio)
    names: dict[int | None, UUID | None] = {key: one.uuid for key, one in ledger.instruments.items()}
    names[None] = None
    folded = book(ledger, FIRST + timedelta(days=LENGTH))
    return (
        [(one.id, names[one.instrument], one.day, one.time, one.kind, one.quantity, one.price, one.currency,
          one.fee, one.fee_currency, one.tax, one.tax_currency, one.fx_rate, one.sequence, one.picks,
          one.carried)
         for one in ledger.entries],
        [(names[one.instrument], one.ex_date, one.numerator, one.denominator) for one in ledger.splits],
        {names[key]: one.closes.tolist() for key, one in ledger.closes.items()},
        [(one.entry_id, one.lot_id, one.quantity, one.cost_base, one.proceeds_base)
         for one in folded.disposals],
        {names[key]: [(lot.entry_id, lot.quantity, lot.cost, lot.cost_base) for lot in one.lots]
         for key, one in folded.holdings.items()},
        folded.cash,
        [(one.kind, one.entry_id, one.day) for one in folded.problems],
    )  # fmt: skip


@FEW
@given(drawn=worlds(most=12))
def test_any_ledger_comes_back_to_the_last_digit(db: None, drawn: World) -> None:
    with transaction.atomic():
        user = User.objects.create_user("any@example.org", "x")
        portfolio = stored(drawn, user)
        before, data = told(portfolio), archived(SimpleNamespace(actor=Actor.user(user), user=user))
        guest = emptied()
        bring(data, guest)
        assert told(Portfolio.objects.get()) == before
        assert archived(SimpleNamespace(actor=Actor.user(guest), user=guest)) == data
        transaction.set_rollback(True)
