"""Every row's verdict, before anything is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actor import Actor
from core.errors import Forbidden, NotFound, TooLarge, ValidationFailed
from core.models import AuditEvent
from market.models import CorporateAction, Exchange, Instrument, SymbolSpan
from portfolios.domain.csv_import.text import MAX_BYTES
from portfolios.domain.entries import EntryKind
from portfolios.errors import ManagedPortfolio
from portfolios.models import Portfolio, Transaction, TransactionImport
from portfolios.selectors.imports import messages_of, page
from portfolios.services import imports
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions


def verdicts(batch: TransactionImport) -> list[str]:
    return [row["verdict"] for row in batch.rows]


def codes(batch: TransactionImport, row: int) -> list[str]:
    return [one["code"] for one in batch.rows[row]["findings"]]


def enter(people, portfolio, **values) -> None:
    given = {
        "kind": EntryKind.BUY, "time": datetime(2024, 1, 1, 23, tzinfo=UTC), "quantity": Decimal(1),
        "price": Decimal(2), "currency": "EUR",
    } | values  # fmt: skip
    add_transactions(
        actor=Actor.user(people.owner), portfolio_id=portfolio.pk, inputs=[TransactionInput(**given)]
    )


def test_each_row_has_a_verdict_and_the_counts_add_up(preview, market):
    batch = preview(
        "2024-01-02,buy,ABC,10,5.5,1,EUR",
        "2024-01-03,sell,ABC,25,6,0,EUR",
        "2024-01-04,buy,NOPE,1,1,0,EUR",
        ",,,,,,",
        "2024-01-05,deposit,,100,1,0,EUR",
    )
    assert verdicts(batch) == ["new", "warning", "error", "skipped", "new"]
    assert batch.summary["counts"] == {"new": 2, "warning": 1, "duplicate": 0, "error": 1, "skipped": 1}
    assert codes(batch, 1) == ["missing-acquisition"]
    assert batch.rows[1]["findings"][0]["params"] == {"lack": "15"}


def test_preview_writes_nothing_but_itself(preview, market, portfolio):
    audited = AuditEvent.objects.count()
    preview(
        "2024-01-02,buy,ABC,10,5.5,1,EUR", "2024-01-04,buy,NEW,1,1,0,EUR", symbols={"NEW": {"create": True}}
    )
    assert Transaction.objects.count() == 0
    assert not Instrument.objects.filter(symbol="NEW").exists()
    assert Portfolio.objects.get(pk=portfolio.pk).revision == portfolio.revision
    assert AuditEvent.objects.count() == audited


def test_preview_of_the_same_file_replaces_the_former(preview, market, people):
    first = preview("2024-01-02,buy,ABC,10,5.5,1,EUR")
    second = preview("2024-01-02,buy,ABC,10,5.5,1,EUR")
    other = preview("2024-01-02,buy,ABC,10,5.5,1,EUR", user=people.editor)
    assert set(TransactionImport.objects.values_list("pk", flat=True)) == {second.pk, other.pk}
    assert first.pk != second.pk


def test_what_was_entered_by_hand_is_found(preview, market, people, portfolio):
    enter(people, portfolio, instrument=market.abc)
    batch = preview("2024-01-02,buy,ABC,1,2,0,EUR", "2024-01-02,buy,ABC,1,2,0,EUR")
    assert verdicts(batch) == ["duplicate", "new"]


def test_same_purchase_at_another_hour_is_only_a_warning(preview, market, people, portfolio):
    enter(people, portfolio, instrument=market.abc)
    batch = preview("2024-01-02T15:30:00+01:00,buy,ABC,1,2,0,EUR")
    assert verdicts(batch) == ["warning"]
    assert codes(batch, 0) == ["similar-there"]


def test_other_portfolios_do_not_count(preview, apply, market, people, portfolio):
    apply(preview("2024-01-02,buy,ABC,1,2,0,EUR"))
    from portfolios.services.portfolios import create_portfolio

    actor = Actor.user(people.owner)
    other = create_portfolio(actor=actor, owner_id=people.owner.pk, name="Second", currency="EUR")
    assert verdicts(preview("2024-01-02,buy,ABC,1,2,0,EUR", to=other)) == ["new"]


def test_units_held_before_the_file_count(preview, market, people, portfolio):
    enter(people, portfolio, instrument=market.abc, quantity=Decimal(10))
    batch = preview("2024-01-03,sell,ABC,10,3,0,EUR", "2024-01-04,sell,ABC,1,3,0,EUR")
    assert verdicts(batch) == ["new", "warning"]


def test_split_between_purchase_and_sale_counts(preview, market):
    CorporateAction.objects.create(
        instrument=market.abc, kind="split", ex_date=date(2024, 2, 1), numerator=2, denominator=1, source="t"
    )
    batch = preview("2024-01-02,buy,ABC,5,2,0,EUR", "2024-03-01,sell,ABC,10,1,0,EUR")
    assert verdicts(batch) == ["new", "new"]


def test_sales_already_there_that_would_lack_units_are_told(preview, market, people, portfolio):
    enter(people, portfolio, instrument=market.abc, quantity=Decimal(10))
    later = datetime(2024, 6, 1, tzinfo=UTC)
    enter(people, portfolio, instrument=market.abc, kind=EntryKind.SELL, quantity=Decimal(10), time=later)
    batch = preview("2024-03-01,sell,ABC,4,3,0,EUR")
    assert [one["code"] for one in batch.summary["findings"]] == ["later-shortfall"]
    assert batch.summary["findings"][0]["params"] == {"count": "1"}


def test_ledgers_own_rules_are_asked(preview, market):
    ahead = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    batch = preview(
        f"{ahead},buy,ABC,1,2,0,EUR", "2024-01-02,buy,ABC,0,2,0,EUR", "2024-01-02,buy,ABC,1,0,0,EUR"
    )
    assert verdicts(batch) == ["warning", "error", "warning"]
    assert [batch.rows[at]["findings"][0]["code"] for at in (0, 2)] == ["doubtful-time", "doubtful-price"]
    assert [batch.rows[at]["findings"][0]["field"] for at in range(3)] == ["time", "quantity", "price"]


def test_isin_wins_over_the_symbol(preview, market):
    head = "date,type,symbol,isin,quantity,price,currency\n"
    batch = preview("2024-01-02,buy,OTHER,DE0001000001,1,2,EUR", head=head)
    assert batch.rows[0]["instrument"] == str(market.abc.uuid)


def test_symbol_with_another_isin_is_another_security(preview, market):
    head = "date,type,symbol,isin,quantity,price,currency\n"
    batch = preview("2024-01-02,buy,ABC,DE0009999999,1,2,EUR", head=head)
    assert (verdicts(batch), codes(batch, 0)) == (["error"], ["other-isin"])
    assert batch.summary["unresolved"][0]["choices"] == [str(market.abc.uuid)]


def test_several_listings_are_never_guessed(preview, market):
    venues = [Exchange.objects.create(mic=mic, name=mic, time_zone="UTC") for mic in ("XLON", "XETR")]
    listings = [
        Instrument.objects.create(symbol="TWO", name="Two", currency="EUR", exchange=venue)
        for venue in venues
    ]
    batch = preview("2024-01-02,buy,TWO,1,2,0,EUR")
    assert (verdicts(batch), codes(batch, 0)) == (["error"], ["ambiguous-symbol"])
    assert messages_of(batch.rows[0]["findings"])[0]["message"] == (
        "“TWO” can be several instruments: TWO XLON EUR, TWO XETR EUR. Choose one."
    )
    chosen = preview("2024-01-02,buy,TWO,1,2,0,EUR", symbols={"TWO": str(listings[1].uuid)})
    assert chosen.rows[0]["instrument"] == str(listings[1].uuid)
    named = preview("2024-01-02,buy,TWO,1,2,XLON", head="date,type,symbol,quantity,price,mic\n")
    assert named.rows[0]["instrument"] == str(listings[0].uuid)


def test_symbol_is_that_of_the_day(preview, market):
    meta = Instrument.objects.create(symbol="META", name="Meta", currency="USD")
    SymbolSpan.objects.create(
        instrument=meta, symbol="FB", valid_from=date(2012, 5, 18), valid_to=date(2022, 6, 9)
    )
    SymbolSpan.objects.create(instrument=meta, symbol="META", valid_from=date(2022, 6, 9))
    batch = preview("2015-01-02,buy,FB,1,2,0,EUR", "2015-01-02,buy,META,1,2,0,EUR")
    assert [row["instrument"] for row in batch.rows] == [str(meta.uuid)] * 2
    assert codes(batch, 1) == ["symbol-of-today"]


def test_private_instruments_of_others_are_unknown(preview, market, people):
    secret = Instrument.objects.create(symbol="SECRET", name="S", currency="EUR", owner=people.stranger)
    batch = preview("2024-01-02,buy,SECRET,1,2,0,EUR")
    assert codes(batch, 0) == ["unknown-symbol"]
    mapped = preview("2024-01-02,buy,X,1,2,0,EUR", symbols={"X": str(secret.uuid)})
    assert codes(mapped, 0) == ["chosen-gone"]
    head = "date,type,instrument,quantity,price,currency\n"
    assert codes(preview(f"2024-01-02,buy,{secret.uuid},1,2,EUR", head=head), 0) == ["unknown-symbol"]


def test_fee_for_an_unknown_name_is_booked_without_it(preview, market):
    batch = preview("2024-01-02,fee,Account fee,3,1,0,EUR")
    assert (verdicts(batch), codes(batch, 0)) == (["warning"], ["not-linked"])


def test_currency_without_a_rate_is_a_warning(preview, market, rated):
    rated("USD", {"2024-01-02": "0.90"})
    batch = preview("2024-01-02,buy,USDX,1,2,0,USD", "2024-01-02,deposit,,5,1,0,CHF")
    assert verdicts(batch) == ["new", "warning"]
    assert codes(batch, 1) == ["no-rate"]


def test_rate_the_other_way_round_is_turned(preview, market, rated):
    rated("USD", {"2024-01-02": "0.90"})
    head = "date,type,symbol,quantity,price,currency,exchange rate\n"
    batch = preview(
        "2024-01-02,buy,USDX,1,2,USD,1.25",
        "2024-01-02,buy,USDX,1,3,USD,0.91",
        "2024-01-02,buy,USDX,1,4,USD,9.1",
        "2024-01-02,buy,ABC,1,4,EUR,1.25",
        head=head,
    )
    assert [row.get("fx_rate") for row in batch.rows] == ["0.8", "0.91", "9.1", None]
    assert [codes(batch, at) for at in range(4)] == [["rate-inverted"], [], ["rate-differs"], []]


def test_turned_rate_does_not_hide_a_duplicate(preview, apply, market, rated):
    head = "date,type,symbol,quantity,price,currency,exchange rate\n"
    row = "2024-01-02,buy,USDX,1,2,USD,1.25"
    apply(preview(row, head=head))
    rated("USD", {"2024-01-02": "0.90"})
    assert verdicts(preview(row, head=head)) == ["duplicate"]


def test_missing_currency_is_the_instruments_then_the_portfolios(preview, market, rated):
    rated("USD", {"2024-01-02": "0.90"})
    head = "date,type,symbol,quantity,price\n"
    batch = preview("2024-01-02,buy,USDX,1,2", "2024-01-02,deposit,,5,", head=head)
    assert [row["currency"] for row in batch.rows] == ["USD", "EUR"]
    assert verdicts(batch) == ["new", "new"]


def test_remap_reads_the_stored_file_anew(preview, market, people, portfolio):
    batch = preview("2024-01-02,buy,WRONG,1,2,0,EUR", "2024-01-02,dance,,7,1,0,EUR")
    assert verdicts(batch) == ["error", "error"]
    again = imports.remap_import(
        user=people.editor,
        portfolio_id=portfolio.pk,
        import_id=batch.pk,
        mapping={"symbols": {"WRONG": str(market.abc.uuid)}, "kinds": {"Dance": "deposit"}},
    )
    assert verdicts(again) == ["new", "new"]
    stored = TransactionImport.objects.get(pk=batch.pk)
    assert stored.summary["counts"]["new"] == 2
    assert set(stored.mapping) == {"symbols", "kinds"}


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({"colums": {}}, "mapping.colums"),
        ({"columns": {"prize": "x"}}, "mapping.columns.prize"),
        ({"columns": {"price": 3}}, "mapping.columns.price"),
        ({"columns": {"price": "No such"}}, "file"),
        ({"columns": []}, "mapping.columns"),
        ({"date_order": "ydm"}, "mapping.date_order"),
        ({"decimal": ";"}, "mapping.decimal"),
        ({"delimiter": "/"}, "mapping.delimiter"),
        ({"encoding": "rot13"}, "mapping.encoding"),
        ({"header_line": -1}, "mapping.header_line"),
        ({"header_line": 99}, "file"),
        ({"kinds": {"x": "splot"}}, "mapping.kinds.x"),
        ({"time_zone": "Mars/Base"}, "mapping.time_zone"),
        ({"time_zone": "localtime"}, "mapping.time_zone"),
        ({"currency": "€"}, "mapping.currency"),
        ({"symbols": {"X": "not-an-id"}}, "mapping.symbols.X"),
        ({"symbols": {"X": {"create": False}}}, "mapping.symbols.X"),
        ({"symbols": {"X": {"create": True, "kind": "cow"}}}, "mapping.symbols.X.kind"),
        ({"symbols": {"X": {"create": True, "currency": "?"}}}, "mapping.symbols.X.currency"),
        ({"symbols": {"X": {"create": True, "colour": "red"}}}, "mapping.symbols.X.colour"),
    ],
)
def test_wrong_choice_is_refused_by_name(preview, market, mapping, field):
    with pytest.raises(ValidationFailed) as caught:
        preview("2024-01-02,buy,ABC,1,2,0,EUR", **mapping)
    assert [one.field for one in caught.value.errors] == [field]
    assert TransactionImport.objects.count() == 0


def test_unreadable_file_is_refused_in_words(people, portfolio):
    with pytest.raises(ValidationFailed) as caught:
        imports.preview_import(
            user=people.owner, portfolio_id=portfolio.pk, file_name="a.xlsx", content=b"PK\x03\x04"
        )
    assert caught.value.errors[0].code == "not-csv-zip"
    assert str(caught.value.detail).startswith("This is an Excel, OpenDocument or ZIP file.")


def test_too_large_file_is_refused(people, portfolio):
    with pytest.raises(TooLarge):
        imports.preview_import(
            user=people.owner, portfolio_id=portfolio.pk, file_name="a.csv", content=b"a" * (MAX_BYTES + 1)
        )


def test_only_writers_may_preview(preview, market, people):
    with pytest.raises(Forbidden):
        preview("2024-01-02,buy,ABC,1,2,0,EUR", user=people.viewer)
    with pytest.raises(NotFound):
        preview("2024-01-02,buy,ABC,1,2,0,EUR", user=people.stranger)


def test_simulated_portfolio_is_refused(preview, market, portfolio):
    Portfolio.objects.filter(pk=portfolio.pk).update(kind="simulated", managed_by=portfolio.pk)
    with pytest.raises(ManagedPortfolio):
        preview("2024-01-02,buy,ABC,1,2,0,EUR")


def test_page_cuts_rows_of_one_verdict(preview, market):
    rows = [f"2024-01-{day:02},buy,ABC,1,{day},0,EUR" for day in range(1, 21)]
    batch = preview(*rows, "2024-02-01,buy,NOPE,1,1,0,EUR")
    found = page(batch, verdict="new", skip=18, limit=5)
    assert ([row["line"] for row in found.rows], found.total) == ([20, 21], 20)
    assert ([row["line"] for row in page(batch, skip=20, limit=5).rows], page(batch).total) == ([22], 21)


def test_queries_do_not_grow_with_the_rows(preview, market):
    def count(size: int) -> int:
        rows = [f"2024-01-01,buy,ABC,1,{price},0,EUR" for price in range(1, size + 1)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            preview(*rows)
        return len(captured)

    assert count(3) == count(300)
