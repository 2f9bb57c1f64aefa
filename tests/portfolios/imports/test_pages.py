"""The wizard's pages: a file, its rows, what to decide, the result, undo."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from market.models import Instrument
from portfolios.models import Transaction, TransactionImport
from tests.portfolios.imports.brokers.reading import content

ROWS = (
    b"date,type,symbol,quantity,price,fee,currency\n"
    b"03/04/2024,buy,ABC,10,5.5,1,EUR\n"
    b"05/04/2024,buy,NOPE,2,7,0,EUR\n"
    b"05/04/2024,frobnicate,,100,1,0,EUR\n"
)


@pytest.fixture
def base(portfolio) -> str:
    return f"/portfolios/{portfolio.pk}/import/"


@pytest.fixture
def uploaded(client, people, base, market) -> str:
    client.force_login(people.owner)
    answer = client.post(base, {"file": SimpleUploadedFile("broker.csv", ROWS)})
    assert answer.status_code == 302
    return str(answer.url)


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_file_leads_to_its_preview(client, uploaded):
    page = client.get(uploaded)
    assert page.status_code == 200
    words = text(page)
    assert "One transaction can be imported" in words
    assert "The month was read first." in words
    assert "There is no instrument “NOPE” here." in words
    assert Transaction.objects.count() == 0


def test_pasted_lines_do_as_well(client, people, base, market):
    client.force_login(people.owner)
    answer = client.post(base, {"text": ROWS.decode()})
    assert answer.status_code == 302
    assert TransactionImport.objects.get().file_name == "Pasted text"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": " "}, "Choose a file, or paste its lines."),
        ({"text": "%PDF-1.7 nothing"}, "This is a PDF."),
        ({"text": "date,type\n"}, "The file has a header but no rows below it."),
    ],
)
def test_upload_that_cannot_be_read_says_why(client, people, base, data, words):
    client.force_login(people.owner)
    answer = client.post(base, data)
    assert answer.status_code == 400
    assert words in text(answer)


def test_unclear_symbols_and_kinds_are_decided(client, uploaded):
    answer = client.post(
        uploaded,
        {
            "unclear": "1",
            "unclear-what_0": "create:fund",
            "unclear-currency_0": "chf",
            "unclear-kind_0": "deposit",
        },
    )
    assert answer.status_code == 302
    batch = TransactionImport.objects.get()
    assert batch.mapping == {
        "symbols": {"NOPE": {"create": True, "kind": "fund", "currency": "CHF"}},
        "kinds": {"frobnicate": "deposit"},
    }
    assert batch.summary["counts"]["error"] == 0


def test_symbol_is_typed_as_another_instruments(client, uploaded, market):
    client.post(uploaded, {"unclear": "1", "unclear-pick_0": "usdx"})
    assert TransactionImport.objects.get().mapping["symbols"] == {"NOPE": str(market.usd.uuid)}


def test_columns_and_dates_are_changed(client, uploaded):
    columns = TransactionImport.objects.get().summary["layout"]["columns"]
    chosen = {f"layout-column_{at}": column["field"] or "" for at, column in enumerate(columns)}
    chosen["layout-column_5"] = "tax"
    answer = client.post(uploaded, {"layout": "1", "layout-date_order": "dmy", **chosen})
    assert answer.status_code == 302
    batch = TransactionImport.objects.get()
    assert batch.mapping["columns"] == {"fee": None, "tax": "fee"}
    assert (batch.rows[0]["day"], batch.rows[0]["tax"]) == ("2024-04-03", "1")


def test_two_columns_for_one_thing_are_refused(client, uploaded):
    columns = TransactionImport.objects.get().summary["layout"]["columns"]
    chosen = {f"layout-column_{at}": column["field"] or "" for at, column in enumerate(columns)}
    chosen["layout-column_5"] = "price"
    answer = client.post(uploaded, {"layout": "1", **chosen})
    assert answer.status_code == 400
    assert "“price” is “Price per unit” already." in text(answer)
    assert TransactionImport.objects.get().mapping == {}


def test_verdicts_filter_the_rows_without_a_whole_page(client, uploaded):
    answer = client.get(uploaded, {"verdict": "error"}, headers={"HX-Request": "true"})
    words = text(answer)
    assert words.startswith("<section")
    assert "NOPE" in words
    assert "5.50" not in words


def test_import_is_applied_and_undone(client, uploaded, portfolio):
    assert client.post(f"{uploaded}apply/", {"strict": "on"}, follow=True).status_code == 200
    assert Transaction.objects.count() == 0
    done = client.post(f"{uploaded}apply/", follow=True)
    assert "One transaction imported" in text(done)
    assert Transaction.objects.filter(deleted_at=None).count() == 1
    undone = client.post(f"{uploaded}undo/", follow=True)
    assert "Undone: one transaction is out again" in text(undone)
    assert Transaction.objects.filter(deleted_at=None).count() == 0
    assert "broker.csv" in text(client.get(f"/portfolios/{portfolio.pk}/import/all/"))


def test_preview_is_discarded(client, uploaded):
    answer = client.post(f"{uploaded}discard/", follow=True)
    assert "The preview is gone. Nothing was imported." in text(answer)
    assert TransactionImport.objects.count() == 0


def test_script_in_a_file_is_shown_as_text(client, people, base):
    client.force_login(people.owner)
    head = "date,type,symbol,quantity,price\n"
    answer = client.post(
        base, {"text": head + '2024-01-02,buy,"<script>alert(1)</script>",1,2\n'}, follow=True
    )
    assert "<script>alert" not in answer.content.decode()
    assert "&lt;script&gt;alert(1)" in answer.content.decode()


@pytest.mark.parametrize("path", ["", "all/", "{id}/", "{id}/apply/", "{id}/undo/", "{id}/discard/"])
def test_pages_are_the_members_own(client, people, base, uploaded, path):
    key = TransactionImport.objects.get().pk
    url = base + path.format(id=key)
    ask = client.post if path.endswith(("apply/", "undo/", "discard/")) else client.get
    client.force_login(people.stranger)
    assert ask(url).status_code == 404
    client.logout()
    assert ask(url).status_code == 302
    client.force_login(people.viewer)
    assert ask(url).status_code == (200 if path in {"all/", "{id}/"} else 403)
    assert TransactionImport.objects.filter(pk=key, status="previewed").exists()


def test_viewer_sees_the_rows_and_no_buttons(client, people, uploaded):
    client.force_login(people.viewer)
    words = text(client.get(uploaded))
    assert "NOPE" in words
    assert "apply/" not in words
    assert Instrument.objects.filter(symbol="NOPE").count() == 0


def test_all_that_is_unknown_becomes_ones_own_at_once_and_coins_are_coins(client, people, base):
    client.force_login(people.owner)
    upload = SimpleUploadedFile("coins.csv", content("coinbase.csv"))
    url = client.post(base, {"file": upload}).url
    assert "Make all 5 unknown ones my own" in text(client.get(url))
    assert client.post(url, {"unclear": "1", "create_all": "1"}).status_code == 302
    assert "16 transactions can be imported" in text(client.get(url))
    client.post(f"{url}apply/")
    made = Instrument.objects.filter(owner=people.owner).order_by("symbol").values_list("symbol", "kind")
    assert list(made) == [(symbol, "crypto") for symbol in ("BTC", "DOGE", "ETH", "SOL", "USDC")]


def test_rows_that_a_broker_has_and_nobody_knows_can_be_left_out(client, people, base):
    client.force_login(people.owner)
    url = client.post(base, {"file": SimpleUploadedFile("ledgers.csv", content("kraken.csv"))}).url
    page = text(client.get(url))
    field = page.split('name="unclear-kind_0"')[1].split("</select>")[0]
    assert "Leave these rows out" in field
    assert "Dividend" not in field
    client.post(url, {"unclear": "1", "unclear-kind_0": "skip", "create_all": "1"})
    batch = TransactionImport.objects.get()
    (row,) = [row for row in batch.rows if row["line"] == 28]
    assert (row["verdict"], row["findings"][0]["code"]) == ("skipped", "left-out")
    assert batch.summary["kinds"] == []
