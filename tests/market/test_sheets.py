"""Reference data in files: previewed, confirmed with a reason, by the services' rules, all or nothing."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core.adminsite.transfer import admin as transfer
from core.models import AuditEvent
from market.models import CorporateAction, DailyBar, Exchange, FxRate, Instrument

pytestmark = pytest.mark.django_db
INSTRUMENTS = "symbol,name,currency,kind,isin\nACME,Acme Corp.,USD,stock,US0378331005\nBETA,Beta,EUR,etf,\n"


@pytest.fixture
def boss() -> Any:
    return get_user_model().objects.create_superuser("sam@example.org", "pw")


@pytest.fixture
def staff(boss) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def page(model: str, view: str = "import") -> str:
    return reverse(f"admin:market_{model}_{view}")


def look(client: Client, model: str, text: str | bytes, name: str = "a.csv") -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(page(model), {"file": SimpleUploadedFile(name, content)})


def bring(client: Client, model: str, text: str, reason: str = "from the exchange") -> Any:
    seen = look(client, model, text)
    assert "confirm" in seen.context, told(seen)
    token = seen.context["confirm"].initial["token"]
    return client.post(page(model), {"token": token, "reason": reason})


def told(answer: Any) -> list[tuple[int, str, str]]:
    """List what a page says is wrong: row, column, words."""
    result = answer.context.get("result")
    if result is None:
        return [(0, field, " ".join(words)) for field, words in answer.context["form"].errors.items()]
    whole = [(0, "", " ".join(one.error.messages)) for one in result.base_errors]
    return whole + [
        (row.number, field if field != "__all__" else "", " ".join(words))
        for row in result.invalid_rows
        for field, words in row.error_dict.items()
    ]


def acme(**values: Any) -> Instrument:
    given = {"symbol": "ACME", "name": "Acme", "currency": "USD", **values}
    return Instrument.objects.create(**given)


def test_file_is_looked_at_first_and_nothing_is_stored(staff):
    answer = look(staff, "instrument", INSTRUMENTS)
    assert answer.context["counts"] == "2 new, 0 changed, 0 as before"
    assert "Acme Corp." in answer.content.decode()
    assert (Instrument.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_confirmed_file_is_stored_and_audited_with_its_reason(staff, boss):
    answer = bring(staff, "instrument", INSTRUMENTS)
    assert answer.status_code == 302
    rows = Instrument.objects.values_list("symbol", "name", "currency", "kind", "isin", "owner")
    assert sorted(rows) == [
        ("ACME", "Acme Corp.", "USD", "stock", "US0378331005", None),
        ("BETA", "Beta", "EUR", "etf", "", None),
    ]
    event = AuditEvent.objects.get(verb="reference.imported")
    assert (event.actor_id, event.object_type, event.reason) == (
        boss.pk, "market.instrument", "from the exchange",
    )  # fmt: skip
    assert event.after == {"new": 2, "changed": 0, "same": 0}
    assert AuditEvent.objects.filter(verb="instrument.created").count() == 2


def test_file_is_stored_only_with_a_reason(staff):
    answer = bring(staff, "instrument", INSTRUMENTS, reason=" ")
    assert answer.context["confirm"].errors.keys() == {"reason"}
    assert Instrument.objects.count() == 0


def test_confirmation_is_for_who_looked(staff):
    token = look(staff, "instrument", INSTRUMENTS).context["confirm"].initial["token"]
    other = Client()
    other.force_login(get_user_model().objects.create_superuser("eve@example.org", "pw"))
    for body in ({"token": token, "reason": "x"}, {"token": "nonsense", "reason": "x"}):
        assert other.post(page("instrument"), body).status_code == 302
    assert Instrument.objects.count() == 0


def test_confirmed_file_is_stored_once(staff):
    token = look(staff, "instrument", INSTRUMENTS).context["confirm"].initial["token"]
    for _ in range(2):
        staff.post(page("instrument"), {"token": token, "reason": "x"})
    assert AuditEvent.objects.filter(verb="reference.imported").count() == 1


def test_what_has_changed_since_the_preview_is_told(staff):
    acme()
    text = "symbol,kind,ex_date,numerator,denominator\nACME,split,2024-01-02,2,1\n"
    token = look(staff, "corporateaction", text).context["confirm"].initial["token"]
    Instrument.objects.all().delete()
    answer = staff.post(page("corporateaction"), {"token": token, "reason": "x"})
    assert told(answer) == [(1, "symbol", "No public instrument has this symbol.")]


def test_same_file_again_changes_nothing(staff):
    bring(staff, "instrument", INSTRUMENTS)
    revisions = list(Instrument.objects.values_list("price_revision", flat=True))
    assert look(staff, "instrument", INSTRUMENTS).context["counts"] == "0 new, 0 changed, 2 as before"
    bring(staff, "instrument", INSTRUMENTS)
    assert list(Instrument.objects.values_list("price_revision", flat=True)) == revisions


def test_instrument_is_changed_in_the_columns_of_the_file(staff):
    acme(sector="Tools", country="US")
    bring(staff, "instrument", "symbol,name,currency\nACME,Acme Inc.,USD\n")
    changed = Instrument.objects.get()
    assert (changed.name, changed.sector, changed.country) == ("Acme Inc.", "Tools", "US")


def test_instruments_of_users_are_never_touched(staff):
    owner = get_user_model().objects.create_user("ida@example.org", "pw")
    acme(owner=owner, name="Hers")
    bring(staff, "instrument", "symbol,name,currency\nACME,Acme Inc.,USD\n")
    assert sorted(Instrument.objects.values_list("name", "owner")) == [
        ("Acme Inc.", None),
        ("Hers", owner.pk),
    ]


def test_every_wrong_cell_is_named_and_nothing_is_stored(staff):
    text = (
        "symbol,name,currency,kind,isin,quote_unit,is_fictional\n"
        "GOOD,Good,USD,stock,,1,false\n"
        ",Nameless,USD,stock,,1,\n"
        "BAD,Bad,USD,house,,one,perhaps\n"
    )
    answer = look(staff, "instrument", text)
    assert told(answer) == [
        (2, "symbol", "This column needs a value."),
        (3, "quote_unit", "Write a number with a decimal point, such as 12.5."),
        (3, "is_fictional", "Write true or false."),
        (3, "kind", "Use stock, etf, fund, bond, commodity, crypto, currency_pair, index, other."),
    ]
    assert "confirm" not in answer.context
    assert Instrument.objects.count() == 0


def test_what_the_service_refuses_is_named_at_its_row(staff):
    text = "symbol,name,currency,isin,exchange\nGOOD,Good,USD,,\nBAD,Bad,USD,US1,\nWORSE,Worse,USD,,XNOP\n"
    assert told(look(staff, "instrument", text)) == [
        (2, "isin", "An ISIN has 12 characters, such as US0378331005."),
        (3, "exchange", "XNOP is not a known exchange (MIC)."),
    ]


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("symbol,name\nA,B\n", "a.csv", "The file lacks the columns currency."),
        ("symbol,name,currency,colour\nA,B,EUR,red\n", "a.csv", "Nobody knows the columns colour."),
        ("symbol,name,currency\n", "a.csv", "The file has no rows."),
        ("symbol,name,currency\nA,B,EUR,X\n", "a.csv", "This is no CSV file with one row of column names."),
        ("{", "a.json", "This is no JSON file with one row of column names."),
        ('{"a": 1}', "a.json", "This is no JSON file with one row of column names."),
        ("[" * 100_000, "a.json", "This is no JSON file with one row of column names."),
        (b"\xff\xfe\x00", "a.csv", "The file is not in UTF-8."),
        ("symbol", "a.xlsx", "The name must end with .csv or .json."),
    ],
)
def test_file_that_is_none_is_refused_with_a_sentence(staff, text, name, words):
    answer = look(staff, "instrument", text, name)
    assert answer.status_code == 200
    assert [one[2] for one in told(answer)] == [words]


def test_large_file_and_many_rows_are_refused(staff, monkeypatch):
    monkeypatch.setattr(transfer, "LARGEST_BYTES", 50)
    assert "larger than 5 MB" in told(look(staff, "instrument", INSTRUMENTS))[0][2]
    monkeypatch.setattr(transfer, "LARGEST_BYTES", 10**6)
    monkeypatch.setattr("market.admin.sheets.InstrumentSheet.most_rows", 1)
    assert told(look(staff, "instrument", INSTRUMENTS)) == [(0, "", "At most 1 rows at once.")]


def test_json_is_read_too(staff):
    rows = [{"symbol": "ACME", "name": "Acme", "currency": "USD", "is_fictional": True, "quote_unit": 0.01}]
    answer = look(staff, "instrument", json.dumps(rows), "a.json")
    staff.post(page("instrument"), {"token": answer.context["confirm"].initial["token"], "reason": "x"})
    made = Instrument.objects.get()
    assert (made.is_fictional, made.quote_unit) == (True, Decimal("0.01"))


def test_corporate_actions_are_recorded_once(staff):
    acme()
    text = (
        "symbol,kind,ex_date,pay_date,numerator,denominator,amount,currency\n"
        "acme,split,2024-01-02,,3,2,,\n"
        "ACME,dividend,2024-02-02,2024-02-20,,,0.25,USD\n"
    )
    bring(staff, "corporateaction", text)
    rows = CorporateAction.objects.order_by("ex_date").values_list("kind", "numerator", "amount", "source")
    assert list(rows) == [("split", 3, None, "staff"), ("dividend", None, Decimal("0.25"), "staff")]
    assert look(staff, "corporateaction", text).context["counts"] == "0 new, 0 changed, 2 as before"
    other = "symbol,kind,ex_date,amount\nACME,dividend,2024-02-02,0.3\n"
    assert told(look(staff, "corporateaction", other)) == [
        (1, "", "There is a Dividend on 2024-02-02 already.")
    ]


def test_actions_of_every_kind_come_in_a_file_and_out_again(staff):
    for symbol in ("ACME", "BETA"):
        acme(symbol=symbol)
    text = (
        "symbol,kind,ex_date,numerator,denominator,amount,currency,target,cost_share,cash_in_lieu,pays_out,"
        "new_symbol\n"
        "ACME,stock_dividend,2024-01-02,1,20,,USD,,,12.5,,\n"
        "ACME,spin_off,2024-01-03,1,4,,,beta,0.2,,,\n"
        "ACME,symbol_change,2024-01-05,,,,,,,,,acne\n"
        "BETA,merger,2024-01-06,1,2,15,USD,ACNE,0.625,,no,\n"
        "ACNE,delisting,2024-01-08,,,0,,,,,yes,\n"
    )
    named = told(look(staff, "corporateaction", text))
    # a symbol means what it means when the file is read
    assert [(row, column) for row, column, _ in named] == [(4, "target"), (5, "symbol")]
    lines = text.splitlines(keepends=True)
    bring(staff, "corporateaction", "".join(lines[:4]))
    bring(staff, "corporateaction", "".join([lines[0], *lines[4:]]))
    rows = CorporateAction.objects.order_by("ex_date").values_list("kind", "target__symbol", "pays_out")
    assert list(rows) == [
        ("stock_dividend", None, False),
        ("spin_off", "BETA", False),
        ("symbol_change", None, False),
        ("merger", "ACNE", False),
        ("delisting", None, True),
    ]
    answer = look(staff, "corporateaction", exported(staff, "corporateaction"))
    assert answer.context["counts"] == "0 new, 0 changed, 5 as before"


def test_bars_are_stored_by_instrument_and_errors_keep_their_rows(staff):
    one, two = acme(), acme(symbol="BETA")
    text = (
        "symbol,date,close,open,high,low\n"
        "ACME,2024-01-02,10,9,11,8\nBETA,2024-01-02,5,,,\nACME,2024-01-03,12,,,\n"
    )
    bring(staff, "dailybar", text)
    rows = DailyBar.objects.order_by("instrument", "date").values_list(
        "instrument", "date", "close", "source"
    )
    assert list(rows) == [
        (one.pk, date(2024, 1, 2), 10, "staff"),
        (one.pk, date(2024, 1, 3), 12, "staff"),
        (two.pk, date(2024, 1, 2), 5, "staff"),
    ]
    changed = text.replace("ACME,2024-01-03,12", "ACME,2024-01-03,13")
    assert look(staff, "dailybar", changed).context["counts"] == "0 new, 1 changed, 2 as before"
    wrong = (
        "symbol,date,close,high,low\nACME,2024-01-04,1,,\nBETA,2024-01-04,9,5,6\n"
        "BETA,2999-01-01,-1,,\nBETA,x,,,\n"
    )
    assert [row[:2] for row in told(look(staff, "dailybar", wrong))] == [(4, "date"), (4, "close")]
    without = wrong.replace("BETA,x,,,\n", "")
    assert [row[:2] for row in told(look(staff, "dailybar", without))] == [
        (2, "high"),
        (3, "date"),
        (3, "close"),
    ]
    assert DailyBar.objects.count() == 3


def test_adjusted_bars_go_in_and_out_as_they_were_given(staff):
    one = acme()
    CorporateAction.objects.create(
        instrument=one, kind="split", ex_date="2024-01-03", numerator=2, denominator=1, source="test"
    )
    text = (
        "symbol,date,close,volume,adjusted_as_of\n"
        "ACME,2024-01-02,50,10,2024-02-01\nACME,2024-01-03,51,,2024-02-01\nACME,2024-01-04,52,7,\n"
    )
    bring(staff, "dailybar", text)
    rows = DailyBar.objects.order_by("date").values_list("close", "volume", "given_close", "adjusted_as_of")
    assert list(rows) == [
        (100, 5, 50, date(2024, 2, 1)),
        (51, None, 51, date(2024, 2, 1)),
        (52, 7, None, None),
    ]
    written = exported(staff, "dailybar")
    assert {"50", "51", "52"} == {line.split(",")[6].split(".")[0] for line in written.splitlines()[1:]}
    assert look(staff, "dailybar", written).context["counts"] == "0 new, 0 changed, 3 as before"
    raw = "symbol,date,close\nACME,2024-01-02,50\nACME,2024-01-03,51\n"
    assert [row[:2] for row in told(look(staff, "dailybar", raw))] == [(2, "close")]
    over = "symbol,date,close,adjusted_as_of\nACME,2024-01-04,53,2024-02-01\n"
    assert [row[:2] for row in told(look(staff, "dailybar", over))] == [(1, "close")]


def test_bars_of_an_ambiguous_symbol_need_the_exchange(staff):
    for mic in ("XAAA", "XBBB"):
        Exchange.objects.create(mic=mic, name=mic, time_zone="UTC")
        acme(exchange_id=mic)
    text = "symbol,date,close\nACME,2024-01-02,10\n"
    assert told(look(staff, "dailybar", text)) == [
        (1, "exchange", "Several have this symbol; name the exchange.")
    ]
    bring(staff, "dailybar", "symbol,exchange,date,close\nACME,xbbb,2024-01-02,10\n")
    assert DailyBar.objects.get().instrument.exchange_id == "XBBB"


def test_rates_are_stored_as_public_ones(staff):
    bring(staff, "fxrate", "base,quote,date,rate\neur,usd,2024-01-02,1.25\n")
    row = FxRate.objects.get()
    assert (row.owner, row.base, row.quote, row.rate, row.source) == (
        None,
        "EUR",
        "USD",
        Decimal("1.25"),
        "staff",
    )
    wrong = "base,quote,date,rate\nEUR,USD,2024-01-03,1\nEUR,EUR,2024-01-03,0\n"
    assert [one[:2] for one in told(look(staff, "fxrate", wrong))] == [(2, "quote"), (2, "rate")]


def test_exchanges_are_made_and_changed(staff):
    bring(staff, "exchange", "mic,name,time_zone,country\nxnys,New York,America/New_York,us\n")
    bring(staff, "exchange", "mic,name,time_zone,country\nXNYS,NYSE,America/New_York,US\n")
    row = Exchange.objects.get()
    assert (row.mic, row.name, row.country) == ("XNYS", "NYSE", "US")
    event = AuditEvent.objects.get(verb="exchange.changed")
    assert (event.before["name"], event.after["name"]) == ("New York", "NYSE")
    wrong = "mic,name,time_zone,country\nXN,N,Mars/Olympus,USA\n"
    assert [one[1] for one in told(look(staff, "exchange", wrong))] == ["mic", "time_zone", "country"]


def exported(client: Client, model: str, **query: str) -> str:
    answer = client.get(page(model, "export"), {"as": "csv", **query})
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{model}-')
    return answer.content.decode()


def test_export_writes_what_an_import_reads(staff):
    acme(sector="Tools", isin="US0378331005")
    text = exported(staff, "instrument")
    assert text.splitlines() == [
        "symbol,exchange,name,kind,currency,quote_unit,isin,sector,country,coin_id,is_fictional",
        "ACME,,Acme,stock,USD,1,US0378331005,Tools,,,false",
    ]
    assert look(staff, "instrument", text).context["counts"] == "0 new, 0 changed, 1 as before"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'quoted"])
def test_export_runs_no_formula_and_is_read_back_exactly(staff, name):
    acme(name=name)
    text = exported(staff, "instrument")
    assert f"'{name}" in text
    Instrument.objects.update(name="other")
    bring(staff, "instrument", text)
    assert Instrument.objects.get().name == name


def test_export_is_of_the_rows_that_the_list_shows(staff):
    acme()
    acme(symbol="BETA", kind="etf")
    owner = get_user_model().objects.create_user("ida@example.org", "pw")
    acme(symbol="OWN", owner=owner)
    assert [row.split(",")[0] for row in exported(staff, "instrument").splitlines()] == [
        "symbol",
        "ACME",
        "BETA",
    ]
    assert "ACME" not in exported(staff, "instrument", kind__exact="etf")
    assert "ACME" not in exported(staff, "instrument", q="bet")
    assert AuditEvent.objects.filter(verb="reference.exported").count() == 3


def test_export_of_too_much_says_so(staff, monkeypatch):
    monkeypatch.setattr(transfer, "MOST_EXPORTED", 1)
    acme()
    acme(symbol="BETA")
    answer = staff.get(page("instrument", "export"), {"as": "csv", "kind__exact": "stock"})
    assert answer["Location"].endswith("/admin/market/instrument/?kind__exact=stock")


def test_export_of_all_kinds_is_read_back(staff):
    acme()
    bring(staff, "dailybar", "symbol,date,close,volume\nACME,2024-01-02,10.5,100\n")
    bring(staff, "corporateaction", "symbol,kind,ex_date,numerator,denominator\nACME,split,2024-01-02,2,1\n")
    bring(staff, "fxrate", "base,quote,date,rate\nEUR,USD,2024-01-02,1.25\n")
    bring(staff, "exchange", "mic,name,time_zone,country\nXNYS,NYSE,America/New_York,US\n")
    for model in ("dailybar", "corporateaction", "fxrate", "exchange", "instrument"):
        answer = look(staff, model, exported(staff, model))
        assert answer.context["counts"] == "0 new, 0 changed, 1 as before", model


def test_import_is_offered_to_who_may(client, boss):
    helper = get_user_model().objects.create_user("hal@example.org", "pw", is_staff=True)
    from django.contrib.auth.models import Permission

    helper.user_permissions.add(Permission.objects.get(codename="view_instrument"))
    client.force_login(helper)
    html = client.get(reverse("admin:market_instrument_changelist")).content.decode()
    assert (page("instrument") in html, page("instrument", "export") in html) == (False, True)
    assert client.get(page("instrument")).status_code == 403
    assert client.post(page("instrument"), {}).status_code == 403
    assert client.get(page("exchange", "export")).status_code == 403
