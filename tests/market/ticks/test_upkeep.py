"""Months have their tables, and old ones go as the setting says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from market.domain.ticks import Interval
from market.models import Exchange, Instrument, MinuteBar, Tick, TickDay, Ticker
from market.selectors import ohlc, tickers
from market.services.ticks import keep_ticks
from tests.market.ticks.told import HEADER, bars, bring, counts, line

pytestmark = pytest.mark.django_db


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::regclass::text FROM pg_partition_tree('market_tick') WHERE isleaf UNION ALL "
            "SELECT relid::regclass::text FROM pg_partition_tree('market_minutebar') WHERE isleaf"
        )
        return {name for (name,) in cursor.fetchall()}


def test_months_to_come_have_tables(db):
    assert keep_ticks().dropped == 0
    wanted = {
        f"{table}_{month}" for table in ("market_tick", "market_minutebar") for month in ("202204", "202205")
    }
    assert wanted <= tables()


def test_old_months_are_dropped_and_their_days_keep_their_bars(instrument, settings):
    exchange = Exchange.objects.create(mic="XSYD", name="Sydney", time_zone="Australia/Sydney")
    stock, other = instrument("STK", exchange=exchange), instrument("OTH")
    bring(
        line("01:00:00", "1", day="10/01/2022"),
        line("13:30:00", "2", day="31/01/2022"),
        line("02:00:00", "3", day="01/02/2022"),
        line("10:00:00", "4", day="10/01/2022", ticker="OTH"),
    )
    settings.TICK_RETENTION_DAYS = 60
    kept = keep_ticks()
    assert (kept.dropped, kept.busy) == (1, 0)
    assert "market_tick_202201" not in tables()
    assert [(day, close, count) for day, _o, _h, _l, close, _v, count in bars(TickDay, stock)] == [
        (date(2022, 1, 10), 1, 0),
        (date(2022, 2, 1), 3, 1),
    ]
    assert Tick.objects.count() == tickers.ticks(stock, skip=0, limit=9).total == 1
    assert Ticker.objects.get(instrument=other).at is None
    assert [(one.price, one.dates) for one in tickers.newest([other])] == [(4, [])]
    assert [one.close for one in ohlc.bars(other, Interval.DAY, most=9)] == [4]
    assert MinuteBar.objects.count() == 4
    again = bring(line("13:30:00", "2", day="31/01/2022"), line("10:00:00", "5", day="01/02/2022"))
    assert counts(again) == (2, 1, 0, 1)
    assert again.refusals[0].reason == "It is older than ticks are kept here"


def test_bars_of_minutes_have_a_time_of_their_own(stock, settings):
    bring(line("10:00:00", "1", day="10/01/2022"))
    settings.MINUTE_BAR_RETENTION_DAYS = 30
    assert keep_ticks().dropped == 1
    assert (MinuteBar.objects.count(), Tick.objects.count()) == (0, 1)


def run(*words: object) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("import_ticks", *map(str, words), stdout=out, stderr=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_sums_up_and_keeps_refused_lines(stock, tmp_path):
    file = tmp_path / "ticks.csv"
    file.write_text(f"{HEADER}\n{line('10:00:00', '1')}\n{line('10:00:00', 'x')}\n")
    code, out = run(file)
    assert code == 3
    assert "ticks.csv: 2 lines read: 1 stored, 0 known already, 1 refused; 1 prices moved." in out
    assert (tmp_path / "ticks.csv.rejected.csv").read_text().splitlines() == [
        "file,line,reason,text",
        f'ticks.csv,3,Not a number: x,"{line("10:00:00", "x")}"',
    ]
    file.write_text(f"{HEADER}\n{line('10:00:00', '1')}\n")
    assert run(file) == (
        0,
        "ticks.csv: 1 lines read: 0 stored, 1 known already, 0 refused; 0 prices moved.\n",
    )


def test_the_command_makes_instruments_and_goes_on_after_a_file_that_is_none(db, tmp_path):
    (tmp_path / "bad.csv").write_text("nothing\n")
    (tmp_path / "new.csv").write_text("time,ltp\n2022-04-05 15:30:00,7.5\n")
    code, out = run(
        tmp_path / "bad.csv", tmp_path / "new.csv", "--create-missing", "--currency", "inr", "--time-zone",
        "Asia/Kolkata",
    )  # fmt: skip
    assert code == 1
    assert "No column has dates" in out
    assert "New instruments: 1 (NEW)" in out
    assert Instrument.objects.get(symbol="NEW").currency == "INR"
    assert Tick.objects.get().price == Decimal("7.5")
    assert run(tmp_path / "new.csv", "--time-zone", "Nowhere")[0] == 1
    for wrong in (["--create-missing"], ["--user", "nobody@example.org"]):
        with pytest.raises(CommandError):
            run(tmp_path / "new.csv", *wrong)
