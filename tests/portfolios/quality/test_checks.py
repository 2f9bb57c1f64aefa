"""Each check finds its fault and nothing beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import F

from core.actor import Actor
from core.models import LIVE_WORLD
from market.models import CorporateAction, DailyBar, Instrument
from portfolios.models import Portfolio, Transaction, TransactionImport
from portfolios.selectors import quality
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transfers import move_in_kind

TODAY = {"2024-01-31": "10"}
PAGE = Path(__file__).parents[3] / "docs" / "portfolios" / "quality.md"


@pytest.fixture
def acme(listed) -> Instrument:
    """An instrument at 10 EUR whose only bar is of today."""
    return listed("ACME", closes=TODAY)


def bar(instrument, day, low, high, volume=None):
    DailyBar.objects.create(
        world_id=LIVE_WORLD, instrument=instrument, date=day, low=low, high=high, close=low, volume=volume,
        source="test",
    )  # fmt: skip


def action(instrument, **fields):
    CorporateAction.objects.create(instrument=instrument, source="test", **fields)


def test_page_lists_every_check_and_its_severity():
    rows = [
        line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    listed = {cells[1].strip(" `"): cells[2].strip() for cells in rows}
    assert listed == {code: one.severity.value for code, one in quality.REGISTRY.items()}


def test_sound_portfolio_has_no_finding(row, found, acme):
    assert found() == []
    row("money", "deposit", "2024-01-02", 1000)
    row("bought", "buy", "2024-01-02", 10, 9, acme, fee=1)
    row("sold", "sell", "2024-01-03", 10, 9, acme)
    row("charged", "interest", "2024-01-04", -5)
    row("refund", "fee", "2024-01-04", -5)
    assert found() == []


def test_numbers_that_cannot_be(row, found, acme):
    row("money", "deposit", "2024-01-02", 1000)
    row("free", "buy", "2024-01-02", 10, 0, acme)
    row("given away", "sell", "2024-01-03", 1, 0, acme)
    row("backwards", "buy", "2024-01-04", -3, 10, acme)
    row("tomorrow", "buy", "2024-02-01", 1, 10, acme)
    row("dear", "buy", "2024-01-05", 1, 10, acme, fee=8, tax=3)
    assert found() == [
        ("fee-above-trade", "dear"),
        ("future-time", "tomorrow"),
        ("purchase-price", "free"),
        ("quantity", "backwards"),
        ("sale-price", "given away"),
    ]


def test_own_rate_upside_down(row, found, explained, listed, rated):
    rated("USD", {"2024-01-02": "0.80"})
    dollars = listed("USA", "USD", TODAY)
    row("money", "deposit", "2024-01-02", 1000, currency="USD")
    row("near", "buy", "2024-01-02", 1, 10, dollars, fx_rate=Decimal("0.85"))
    row("upside down", "buy", "2024-01-02", 2, 10, dollars, fx_rate=Decimal("1.25"))
    assert found() == [("exchange-rate", "upside down")]
    assert explained("exchange-rate").endswith("It looks upside down.")


def test_twins_by_hand_and_across_files_but_not_within_one(row, found, acme, portfolio):
    one, other = (TransactionImport.objects.create(portfolio=portfolio, file_name="a.csv") for _ in range(2))
    row("money", "deposit", "2024-01-02", 100_000)
    row("typed", "buy", "2024-01-02", 10, 9, acme)
    row("typed again", "buy", "2024-01-02", 10, 9, acme)
    row("from a file", "buy", "2024-01-03", 20, 10, acme, import_batch=one)
    row("settled later", "buy", "2024-01-05", 20, "10.01", acme, import_batch=other)
    for at in ("09:00", "09:01"):
        row(f"execution {at}", "buy", "2024-01-08", 30, 9, acme, import_batch=one, at=at)
    for key in ("A1", "A2"):
        row(f"reference {key}", "buy", "2024-01-09", 40, 9, acme, external_id=key)
    assert found() == [("duplicate", "settled later"), ("duplicate", "typed again")]


def test_prices_and_quantities_beside_the_days_market(row, found, acme):
    bar(acme, "2024-01-02", "9", "11", "500")
    row("money", "deposit", "2024-01-02", 100_000)
    row("inside", "buy", "2024-01-02", 1, 11, acme)
    row("at the edge", "buy", "2024-01-02", 2, "11.1", acme)
    row("outside", "buy", "2024-01-02", 3, "11.3", acme)
    row("in pence", "buy", "2024-01-02", 4, "0.1", acme)
    row("all the market", "buy", "2024-01-02", 501, 10, acme)
    row("no bar that day", "buy", "2024-01-03", 9999, "13", acme)
    row("more than anybody", "buy", "2024-01-04", 10**9 + 1, "0.0001", acme)
    assert found() == [
        ("price-edge", "at the edge"),
        ("price-range", "in pence"),
        ("price-range", "outside"),
        ("quantity-size", "more than anybody"),
        ("quantity-volume", "all the market"),
    ]


def test_pence_are_told(row, acme, explained):
    bar(acme, "2024-01-02", "9", "11")
    row("money", "deposit", "2024-01-02", 1000)
    row("in pence", "buy", "2024-01-02", 1, "1000", acme)
    assert explained("price-range") == (
        "ACME was traded at 1,000 on Jan. 2, 2024; that day's prices went from 9 to 11 EUR. "
        "It is off by a factor of 100: was it typed in pence or cents?"
    )


def test_split_that_the_price_took_into_account_already(row, found, listed):
    split = listed("SPLT", closes={"2024-01-02": "100", "2024-01-31": "25"})
    action(split, kind="split", ex_date=date(2024, 1, 10), numerator=4, denominator=1)
    row("money", "deposit", "2024-01-02", 10_000)
    row("as it was", "buy", "2024-01-02", 1, 100, split)
    row("adjusted", "buy", "2024-01-02", 4, 25, split)
    row("the day after, adjusted", "buy", "2024-01-03", 8, 25, split)
    row("after it", "buy", "2024-01-31", 5, 25, split)
    assert found() == [("split-ignored", "adjusted")]


def test_holdings_without_price_or_with_an_old_one(row, found, listed):
    row("money", "deposit", "2024-01-02", 1000)
    row("a", "buy", "2024-01-02", 1, 10, listed("NONE"))
    row("b", "buy", "2024-01-02", 1, 10, listed("OLD", closes={"2024-01-02": "10"}))
    gone = listed("GONE")
    row("c", "buy", "2024-01-02", 1, 10, gone)
    row("d", "sell", "2024-01-03", 1, 10, gone)
    assert found() == [("no-price", "NONE"), ("stale-price", "OLD")]


def test_sample_has_no_old_prices(row, found, listed, portfolio):
    Portfolio.objects.filter(pk=portfolio.pk).update(is_sample=True)
    row("money", "deposit", "2024-01-02", 1000)
    row("b", "buy", "2024-01-02", 1, 10, listed("OLD", closes={"2024-01-02": "10"}))
    assert found() == []


def test_currency_without_a_rate_when_it_was_needed(row, found, rated):
    rated("USD", {"2024-01-10": "0.90"})
    row("before the first rate", "deposit", "2024-01-02", 1000, currency="USD")
    row("with a rate", "deposit", "2024-01-11", 1000, currency="USD")
    row("never any", "deposit", "2024-01-11", 1000, currency="CHF")
    assert found() == [("no-rate", "CHF"), ("no-rate", "USD")]


def test_dividend_of_what_was_held(row, found, listed):
    paid, missed, late = (listed(name, closes=TODAY) for name in ("PAID", "MISSED", "LATE"))
    for one in (paid, missed, late):
        action(one, kind="dividend", ex_date=date(2023, 11, 15), amount=1, currency="EUR")
    row("money", "deposit", "2023-11-01", 1000)
    for one in (paid, missed):
        row("bought", "buy", "2023-11-01", 1, 10, one)
    row("got it", "dividend", "2023-12-15", 1, 1, paid)
    row("on the ex-date", "buy", "2023-11-15", 1, 10, late)
    assert found() == [("missing-dividend", "MISSED")]


def paid(instrument, day="2023-11-15"):
    action(instrument, kind="dividend", ex_date=date.fromisoformat(day), amount=1, currency="EUR")


def reshaped(instrument, kind, day="2023-11-10", target=None, ratio=(1, 2), **more):
    numerator, denominator = ratio
    units = {"numerator": numerator, "denominator": denominator}
    action(
        instrument, kind=kind, ex_date=date.fromisoformat(day), target=target, currency="EUR", **units, **more
    )


@pytest.fixture
def held(row, listed):
    """Give 20 OLD bought before anything happens, and NEW."""
    old, new = listed("OLD", closes=TODAY), listed("NEW", closes=TODAY)
    row("money", "deposit", "2023-11-01", 1000)
    row("bought", "buy", "2023-11-01", 20, 10, old)
    return old, new


def units_missed(found, explained):
    assert [code for code, _name in found()] == ["missing-dividend"]
    return explained("missing-dividend").partition("while you held ")[2].partition(", and")[0]


def test_dividend_of_units_that_a_stock_dividend_or_a_spin_off_gave(row, found, explained, held):
    old, new = held
    reshaped(old, "stock_dividend", ratio=(1, 20))
    row("all that was bought", "sell", "2023-11-12", 20, 10, old)
    reshaped(old, "spin_off", "2023-11-13", new, cost_share=Decimal("0.5"))
    row("and the rest", "sell", "2023-11-14", 1, 10, old)
    paid(old)
    paid(new)
    assert units_missed(found, explained) == "0.5 of it"
    assert found() == [("missing-dividend", "NEW")]


def test_dividend_of_a_merger_belongs_to_what_was_held_on_its_day(row, found, explained, held):
    old, new = held
    paid(old, "2023-11-09")
    reshaped(old, "merger", target=new)
    paid(old, "2023-11-11")
    assert units_missed(found, explained) == "20 of it"
    # it was paid after the merger, and stands by what took the units over
    row("got it", "dividend", "2023-12-01", 20, 1, new)
    assert found() == []
    paid(new, "2023-12-10")
    row("got that too", "dividend", "2023-12-20", 10, 1, new)
    assert found() == []


def test_dividend_of_units_that_rounding_leaves_is_none(row, found, listed):
    old = listed("OLD", closes=TODAY)
    row("money", "deposit", "2023-11-01", 1000)
    for quantity in ("0.1", "0.2"):
        row("bought", "buy", "2023-11-02", quantity, 10, old)
    reshaped(old, "merger", amount=1, ratio=(None, None))
    paid(old)
    assert found() == []


def test_dividend_of_a_renamed_instrument_is_told_by_its_name_now(row, found, explained, held, investor):
    old, _new = held
    paid(old)
    Instrument.objects.filter(pk=old.pk).update(symbol="RENAMED")
    assert (units_missed(found, explained), found()) == ("20 of it", [("missing-dividend", "RENAMED")])
    row("got it", "dividend", "2023-12-01", 20, 1, old)
    assert found() == []


def test_dividend_of_units_that_were_moved_is_where_they_went(found, explained, held, investor, portfolio):
    old, _new = held
    paid(old)
    actor = Actor.user(investor)
    other = create_portfolio(actor=actor, owner_id=investor.pk, name="Other", currency="EUR", time_zone="UTC")
    move_in_kind(
        actor=actor,
        portfolio_id=portfolio.pk,
        to_id=other.pk,
        instrument=old,
        quantity=Decimal(20),
        times=(datetime(2023, 11, 20, 12, tzinfo=UTC),) * 2,
    )
    assert units_missed(found, explained) == "20 of it"
    got = Transaction.objects.create(
        portfolio=other, kind="dividend", time=datetime(2023, 12, 1, tzinfo=UTC), day="2023-12-01",
        instrument=old, quantity=20, price=1, currency="EUR", fee_currency="EUR", tax_currency="EUR",
    )  # fmt: skip
    Portfolio.objects.filter(pk=other.pk).update(revision=F("revision") + 1)
    assert found() == []
    # what was sold there before is not what was moved
    Transaction.objects.filter(pk=got.pk).update(day="2024-02-10")
    Portfolio.objects.filter(pk=other.pk).update(revision=F("revision") + 1)
    assert units_missed(found, explained) == "20 of it"


def test_units_and_cash_that_were_never_there(row, found, acme):
    row("unknown", "transfer_in", "2023-11-01", 2, None, acme)
    row("too many", "sell", "2023-11-02", 5, 10, acme)
    row("spent", "withdrawal", "2023-11-03", 60)
    row("paid back", "deposit", "2024-01-15", 20)
    row("short", "withdrawal", "2024-01-20", 20)
    assert found() == [("negative-cash", "EUR"), ("oversold", "too many"), ("unknown-cost", "unknown")]


def test_prices_that_contradict_a_split_or_lack_one(row, found, explained, listed):
    flat = listed("FLAT", closes={"2024-01-09": "25", "2024-01-10": "25.5", "2024-01-31": "25"})
    fine = listed("FINE", closes={"2024-01-09": "100", "2024-01-10": "25.5", "2024-01-31": "25"})
    sold = listed("SOLD", closes={"2024-01-09": "25", "2024-01-10": "25.5"})
    late = listed("LATE", closes={"2024-01-09": "25", "2024-01-10": "25.5", "2024-01-31": "25"})
    for one in (flat, fine, sold, late):
        action(one, kind="split", ex_date=date(2024, 1, 10), numerator=4, denominator=1)
    steps = {"2024-01-09": "90", "2024-01-10": "30", "2024-01-11": "31", "2024-01-31": "30"}
    step, coin, told = (
        listed("STEP", closes=steps),
        listed("COIN", closes=steps),
        listed("TOLD", closes=steps),
    )
    Instrument.objects.filter(pk=coin.pk).update(kind="crypto")
    action(told, kind="dividend", ex_date=date(2024, 1, 10), amount=60, currency="EUR")
    row("money", "deposit", "2024-01-02", 100_000)
    for one in (flat, fine, sold, step, coin, told):
        row("bought", "buy", "2024-01-09", 1, 20, one)
    row("sold", "sell", "2024-01-09", 1, 20, sold)
    row("bought", "buy", "2024-01-10", 1, 25, late)
    assert [one for one in found() if "split" in one[0] and one[0] != "split-ignored"] == [
        ("missed-split", "STEP"),
        ("split-not-in-prices", "FLAT"),
    ]
    assert explained("split-not-in-prices") == (
        "FLAT split 4 for 1 on Jan. 10, 2024, and as traded its price goes from 25 on Jan. 9, 2024 to 25.5 "
        "on Jan. 10, 2024 instead of about 6.25. They look adjusted for the split already, so that every "
        "value before it is wrong."
    )
    assert explained("missed-split").startswith(
        "From Jan. 9, 2024 to Jan. 10, 2024 the price of STEP goes from 90 to 30, as by a split 3 for 1,"
    )
