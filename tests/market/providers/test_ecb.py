"""The ECB's files of reference rates, as they are published."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from market.errors import ProviderUnavailable, ProviderUnreadable
from market.providers import Ability, CannotDo
from tests.market.providers.conftest import utc
from tests.support.sources import Reply, payload, says, truncated

THURSDAY, WEDNESDAY = date(2024, 3, 28), date(2024, 3, 27)


@pytest.fixture
def ecb(adapter):
    with time_machine.travel(utc("2024-03-28T17:00:00"), tick=True):
        yield adapter("ecb", key="")


@pytest.fixture
def files(source):
    source.on("/eurofxref-daily.xml", payload("ecb-daily.xml"))
    source.on("/eurofxref-hist-90d.xml", payload("ecb-90d.xml"))
    source.on("/eurofxref-hist.zip", Reply(zipped(payload("ecb-hist.csv").body)))
    return source


def zipped(content, name="eurofxref-hist.csv"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def test_rates_of_today_are_in_the_smallest_file(files, ecb):
    assert ecb.rates("EUR", ["USD", "JPY", "XXX", "EUR"], THURSDAY) == {
        "USD": Decimal("1.0811"),
        "JPY": Decimal("163.45"),
    }
    assert files.paths == ["/eurofxref-daily.xml"]


def test_rates_into_other_currencies_are_crosses(files, ecb):
    found = ecb.rates("USD", ["JPY", "EUR"], THURSDAY)
    assert found == {"JPY": Decimal("151.188604199426510036"), "EUR": Decimal("0.924983812783276293")}
    assert ecb.rates("CHF", ["EUR"], THURSDAY) == {}


@pytest.mark.parametrize(
    ("day", "file", "rate"),
    [
        (WEDNESDAY, "/eurofxref-hist-90d.xml", "1.0816"),
        (date(2008, 12, 9), "/eurofxref-hist.zip", "1.2870"),
        (date(1999, 1, 4), "/eurofxref-hist.zip", "1.1789"),
    ],
)
def test_older_rates_are_in_larger_files(files, ecb, day, file, rate):
    assert ecb.rates("EUR", ["USD", "ISK"], day)["USD"] == Decimal(rate)
    assert files.paths[-1] == file


def test_weekend_and_unpublished_day_have_no_rates(files, ecb):
    assert ecb.rates("EUR", ["USD"], date(2024, 3, 24)) == {}
    assert ecb.rates("EUR", ["USD"], date(2024, 3, 29)) == {}


def test_many_days_are_one_file_and_unknown_rates_are_left_out(files, ecb):
    found = ecb.rates_between(date(1999, 1, 1), date(2008, 12, 31))
    assert list(found) == [date(1999, 1, 4), date(2008, 12, 9)]
    assert "ISK" not in found[date(1999, 1, 4)]
    assert files.paths == ["/eurofxref-hist.zip"]


@pytest.mark.parametrize(
    "reply",
    [
        says("<html>maintenance</html>"),
        says("<?xml version='1.0'?><Envelope/>"),
        says('<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;&a;</x>'),
        says(""),
    ],
)
def test_file_without_rates_is_unreadable(source, ecb, reply):
    source.on("/eurofxref-daily.xml", reply).on("/eurofxref-hist-90d.xml", reply)
    with pytest.raises(ProviderUnreadable):
        ecb.rates("EUR", ["USD"], WEDNESDAY)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 damaged", zipped(b"Day,USD\n1,2"), zipped(b""), zipped(b"\xff\xfe"), zipped(b"Date,USD\n")],
)
def test_damaged_history_is_unreadable(source, ecb, content):
    source.on("/eurofxref-hist.zip", Reply(content))
    with pytest.raises(ProviderUnreadable):
        ecb.rates("EUR", ["USD"], date(2008, 12, 9))


def test_history_that_unpacks_to_much_is_cut_off(source, ecb):
    source.on("/eurofxref-hist.zip", Reply(zipped(b"Date,USD," + b"9" * 50_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(ProviderUnreadable):
            ecb.rates("EUR", ["USD"], date(2008, 12, 9))
        assert tracemalloc.get_traced_memory()[1] < 45_000_000
    finally:
        tracemalloc.stop()


def test_history_that_breaks_off_is_not_half_taken(source, ecb):
    whole = zipped(payload("ecb-hist.csv").body)
    source.on("/eurofxref-hist.zip", truncated(whole[:-30], len(whole)))
    with pytest.raises(ProviderUnavailable):
        ecb.rates("EUR", ["USD"], date(2008, 12, 9))


def test_it_offers_rates_only(ecb):
    assert ecb.abilities == {Ability.RATES}
    with pytest.raises(CannotDo):
        ecb.search("euro")
