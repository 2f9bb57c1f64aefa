"""The page of one instrument, its chart and its bars, against numbers worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from market.models import CorporateAction, DailyBar, Exchange, SymbolSpan
from market.selectors.profiles import Profile, profile_key
from tests.market.builders import bar
from tests.market.views.conftest import page_of, words


def full(instrument, day, *numbers):
    """Make a bar of open, high, low, close and volume."""
    names = ("open", "high", "low", "close", "volume")
    values = dict(zip(names, map(Decimal, numbers), strict=True))
    return bar(instrument, day, values.pop("close"), **values)


@pytest.fixture
def acme(instrument):
    """ACME fell from 80 to 60 within a year, with a split two for one on 4 March 2024."""
    venue = Exchange.objects.create(mic="XTST", name="Test Exchange", time_zone="UTC")
    acme = instrument("ACME", name="Acme Tools", exchange=venue, isin="US0378331005", sector="Tools")
    full(acme, "2023-02-27", "70", "90", "70", "80", "100")
    full(acme, "2023-03-08", "100", "130", "90", "120", "100")
    full(acme, "2024-02-08", "90", "100", "88", "96", "200")
    full(acme, "2024-03-01", "100", "110", "98", "100", "400")
    full(acme, "2024-03-04", "52", "56", "50", "55", "900")
    full(acme, "2024-03-07", "55", "63", "54", "60", "600")
    CorporateAction.objects.create(
        instrument=acme, kind="split", ex_date="2024-03-04", numerator=2, denominator=1, source="test"
    )
    CorporateAction.objects.create(
        instrument=acme, kind="dividend", ex_date="2024-02-08", amount="0.26", currency="USD", source="test"
    )
    return acme


def chart(reader, instrument, **asked):
    return reader.get(page_of(instrument, "chart/"), asked).json()


def test_page_tells_price_quality_day_and_venue(reader, acme):
    text = words(reader.get(page_of(acme)))
    assert "ACME Acme Tools Stock · Test Exchange · USD" in text
    assert "Last close close" in text
    assert "60.00 USD March 7, 2024 Day ▲+9.09% since the close of March 4, 2024" in text
    assert "ISINUS0378331005" in text


def test_figures_are_in_todays_shares(reader, acme):
    figures = reader.get(page_of(acme)).context["figures"]
    # 60 against half of 100, 96, 120 and 80; the year's end of 2023 was the close of 8 March
    assert [(one.name, one.since, one.ratio) for one in figures.changes] == [
        ("1W", date(2024, 2, 8), Decimal("0.25")),
        ("1M", date(2023, 3, 8), Decimal(0)),
        ("YTD", date(2023, 3, 8), Decimal(0)),
        ("1Y", date(2023, 2, 27), Decimal("0.5")),
        ("All", date(2023, 2, 27), Decimal("0.5")),
    ]
    assert (figures.day.ratio, figures.day.amount) == (Decimal(60) / 55 - 1, Decimal(5))
    assert (figures.high.price, figures.high.day) == (Decimal(65), date(2023, 3, 8))
    assert (figures.low.price, figures.low.day) == (Decimal(44), date(2024, 2, 8))
    # volumes before the split count double: (200 + 400 + 800 + 900 + 600) / 5
    assert (figures.volume, figures.average_volume) == (Decimal(600), Decimal(580))


def test_actions_are_told_in_words(reader, acme):
    text = words(reader.get(page_of(acme)))
    assert "March 4, 2024 Split 2 for 1 test" in text
    assert "Feb. 8, 2024 Dividend 0.26 USD test" in text


def test_chart_is_of_candles_adjusted_for_splits(reader, acme):
    found = chart(reader, acme, range="1M")
    assert (found["currency"], found["as_of"], found["range"]) == ("USD", "2024-03-07", "1M")
    assert found["ranges"] == ["1D", "1W", "1M", "YTD", "1Y", "All"]
    assert found["markers"] == [
        {"date": "2024-02-08", "side": "dividend", "text": "Feb. 8, 2024: 0.26 USD"},
        {"date": "2024-03-04", "side": "split", "text": "March 4, 2024: 2 for 1"},
    ]
    assert found["live"] == {"id": str(acme.uuid), "zone": "UTC", "step": "day"}
    (series,) = found["series"]
    assert (series["name"], series["kind"]) == ("ACME", "candles")
    # the first is the last bar on or before 7 February: what the month started from
    assert series["points"] == [
        ["2023-03-08", "50", "65", "45", "60", "200"],
        ["2024-02-08", "45", "50", "44", "48", "400"],
        ["2024-03-01", "50", "55", "49", "50", "800"],
        ["2024-03-04", "52", "56", "50", "55", "900"],
        ["2024-03-07", "55", "63", "54", "60", "600"],
    ]
    assert found["note"] == "Prices before a split are shown in today’s units."


def test_raw_chart_keeps_prices_as_traded(reader, acme):
    found = chart(reader, acme, range="1W", mode="raw")
    assert found["series"][0]["points"] == [
        ["2024-02-08", "90", "100", "88", "96", "200"],
        ["2024-03-01", "100", "110", "98", "100", "400"],
        ["2024-03-04", "52", "56", "50", "55", "900"],
        ["2024-03-07", "55", "63", "54", "60", "600"],
    ]
    assert found["note"] == "Prices as they were traded; a split shows as a step."


def test_switch_stands_only_where_a_split_lies_within_the_prices(reader, acme, instrument):
    other = instrument("FLAT")
    bar(other, "2024-03-06", "1")
    CorporateAction.objects.create(
        instrument=other, kind="split", ex_date="2024-03-07", numerator=2, denominator=1, source="test"
    )
    assert "As traded" in words(reader.get(page_of(acme)))
    assert "As traded" not in words(reader.get(page_of(other)))
    assert chart(reader, other)["note"] == ""


@pytest.mark.parametrize(
    ("asked", "answered", "first"),
    [("1D", "1D", "2024-03-04"), ("5Y", "All", "2023-02-27"), ("nonsense", "1Y", "2023-02-27")],
)
def test_range_counts_back_from_the_last_bar(reader, acme, asked, answered, first):
    found = chart(reader, acme, range=asked)
    assert (found["range"], found["series"][0]["points"][0][0]) == (answered, first)


def test_closes_alone_make_a_line(reader, instrument):
    one = instrument("LINE", quote_unit="0.01", currency="GBP")
    bar(one, "2024-03-06", "250")
    bar(one, "2024-03-07", "255.5")
    found = chart(reader, one, range="All")
    assert found["series"] == [
        {
            "name": "LINE",
            "kind": "line",
            "unit": "price",
            "points": [["2024-03-06", "2.5"], ["2024-03-07", "2.555"]],
        }
    ]
    assert found["note"] == ""
    full(one, "2024-03-08", "1", "3", "1", "2", "0")
    note = "Some days have closing prices only, so the line joins closes."
    assert chart(reader, one, range="All")["note"] == note


def test_old_prices_say_when_they_end(reader, instrument):
    one = instrument("OLD")
    bar(one, "2013-03-01", "5")
    found = chart(reader, one)
    assert found["as_of"] == "2013-03-01"
    note = "The last known price is of March 1, 2013. The periods count back from that day."
    assert found["note"] == note


def test_long_ranges_come_by_week(reader, instrument):
    one = instrument("LONG")
    first = date(2021, 1, 4)  # a Monday
    DailyBar.objects.bulk_create(
        DailyBar(instrument=one, date=first + timedelta(days=day), close=day + 1, source="t")
        for day in range(805)
    )
    found = chart(reader, one, range="All")
    points = found["series"][0]["points"]
    assert (len(points), points[0], points[-1]) == (115, ["2021-01-10", "7"], ["2023-03-19", "805"])
    assert found["note"].startswith("Each point is a week.")


def test_instrument_without_prices_says_so(reader, instrument):
    one = instrument("NONE")
    assert "No price of it is known yet." in words(reader.get(page_of(one)))
    found = chart(reader, one)
    assert (found["ranges"], found["series"]) == ([], [{"name": "NONE", "kind": "line", "points": []}])


def test_bars_are_raw_newest_first_and_paged(reader, acme, instrument):
    text = words(reader.get(page_of(acme)))
    row = "March 1, 2024 100.00 110.00 98.00 100.00 400 import"
    assert row in text
    many = instrument("MANY")
    for day in range(21):
        bar(many, f"2024-02-{day + 1:02}", str(day + 1))
    second = reader.get(page_of(many, "bars/"), {"page": 2}, headers={"HX-Request": "true"})
    assert [one.date for one in second.context["bars"]] == [date(2024, 2, 1)]
    assert b"<html" not in second.content
    assert b"<html" in reader.get(page_of(many, "bars/"), {"page": 2}).content


def test_quote_unit_is_told_beside_the_bars(reader, mine):
    bar(mine, "2024-03-07", "250")
    text = words(reader.get(page_of(mine)))
    assert "Last close" in text
    assert "2.50 GBP" in text
    assert "as traded, in units of 0.01 GBP" in text
    assert "Quoted in0.01 GBP" in text


def test_csv_holds_every_bar_as_it_is_stored(reader, acme, instrument):
    one = instrument("A/B=C", quote_unit="0.01")
    full(one, "2024-03-06", "1.5", "2", "1", "1.25", "300")
    bar(one, "2024-03-07", "1.75")
    answer = reader.get(page_of(one, "bars.csv"))
    assert answer["Content-Disposition"] == 'attachment; filename="abc.csv"'
    assert answer.content.decode() == (
        "date,open,high,low,close,volume\r\n2024-03-06,1.5,2,1,1.25,300\r\n2024-03-07,,,,1.75,\r\n"
    )


def test_former_symbols_are_told(reader, instrument):
    one = instrument("NEW")
    SymbolSpan.objects.create(instrument=one, symbol="OLD", valid_from="1700-01-01", valid_to="2020-05-01")
    SymbolSpan.objects.create(instrument=one, symbol="NEW", valid_from="2020-05-01")
    text = words(reader.get(page_of(one)))
    assert "Called NEWsince May 1, 2020Called OLDuntil May 1, 2020" in text


def test_own_and_fictional_are_marked(reader, mine, instrument):
    assert "GBP yours" in words(reader.get(page_of(mine)))
    assert "USD fictional" in words(reader.get(page_of(instrument("F", is_fictional=True))))


def test_number_of_queries_does_not_grow_with_prices(reader, instrument):
    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as taken:
            reader.get(path)
        return len(taken)

    one = instrument("ONE")
    bar(one, "2022-03-07", "1")
    paths = [page_of(one), page_of(one, "chart/")]
    list(map(count, paths))
    before = list(map(count, paths))
    for month in range(1, 13):
        bar(one, f"2023-{month:02}-07", "1")
    assert list(map(count, paths)) == before
    assert before == [24, 9]  # one of the page for the bell


def test_content_policy_is_strict_on_every_page(reader, mine):
    bar(mine, "2024-03-07", "250")
    for path in ("/market/", "/market/rates/", page_of(mine), page_of(mine, "prices/")):
        policy = reader.get(path)["Content-Security-Policy"]
        assert "unsafe" not in policy


def test_page_tells_what_came_adjusted_and_what_does_not_fit(reader, instrument):
    one = instrument("FLAT", quote_unit="0.01", currency="GBP")
    CorporateAction.objects.create(
        instrument=one, kind="split", ex_date="2024-03-05", numerator=2, denominator=1, source="test"
    )
    given = {"adjusted_as_of": date(2024, 3, 6), "given_close": Decimal(26)}
    bar(one, "2024-03-01", "52", **given)
    bar(one, "2024-03-04", "52")
    bar(one, "2024-03-05", "52")
    for day, close in (("06", "53"), ("07", "5.3"), ("08", "5.4")):
        bar(one, f"2024-03-{day}", close)
    page = words(reader.get(page_of(one)))
    assert "1 of 6 days came adjusted for splits as of March 6, 2024, and are converted." in page
    assert "import, given as 26.00" in page
    assert (
        "FLAT, split 2 for 1 of March 5, 2024: as traded the price goes from 52.00 on March 4, 2024 to 52.00 "
        "on March 5, 2024, and by the split to about 26.00. These look adjusted for the split already"
    ) in page
    assert (
        "From March 6, 2024 to March 7, 2024 the price goes from 53.00 to 5.30, as by a split 10 for 1, and "
        "none is recorded."
    ) in page
    sound = instrument("SOUND")
    bar(sound, "2024-03-04", "52")
    page = words(reader.get(page_of(sound)))
    assert "do not fit" not in page
    assert "came adjusted" not in page


@pytest.mark.parametrize(
    ("website", "shown"),
    [
        (
            "https://www.acme.example/",
            '<a href="https://www.acme.example/" rel="noopener',
        ),
        ("javascript:alert(1)", "<dd>javascript:alert(1)</dd>"),
    ],
)
def test_profile_is_shown_and_only_a_web_address_is_a_link(reader, instrument, website, shown):
    one = instrument("ONE", country="US")
    cache.set(profile_key(one.pk), Profile("One Inc.", "Tools", "DE", website, "finnhub", has_logo=True))
    html = reader.get(page_of(one)).content.decode()
    assert shown in html
    assert f'src="{page_of(one, "logo")}"' in html
    text = words(reader.get(page_of(one)))
    # our own word goes before a source's
    assert "SectorTools CountryUS Website" in text
    assert "Described byfinnhub" in text
