"""Figures are never old: a change by whatever way shows at the next read."""

from __future__ import annotations

import pytest
from django.db import connection

from market.models import Instrument


@pytest.fixture
def held(ada) -> tuple[str, str]:
    """Buy ten of an instrument of one's own: the ids of the portfolio and of the instrument."""
    made = ada.post(
        "/api/v1/instruments", {"symbol": "MINE", "name": "Mine", "currency": "EUR", "sector": "Energy"}
    ).json()["id"]
    ada.post(f"/api/v1/instruments/{made}/bars", [{"date": "2024-01-02", "close": "5"}])
    savings = ada.post("/api/v1/portfolios", {"name": "Savings", "currency": "EUR"}).json()["id"]
    body = {"kind": "buy", "date": "2024-01-02", "instrument": made, "quantity": "10", "price": "5"}
    ada.post(f"/api/v1/portfolios/{savings}/transactions", body)
    return savings, made


def position(ada, savings) -> dict:
    (found,) = ada.get(f"/api/v1/portfolios/{savings}/positions").json()["items"]
    return found


def test_new_price_shows_at_the_next_read(ada, held):
    savings, made = held
    assert position(ada, savings)["market_value"] == "50"
    ada.post(f"/api/v1/instruments/{made}/bars", [{"date": "2024-01-03", "close": "6"}])
    assert position(ada, savings)["market_value"] == "60"


def test_split_shows_at_the_next_read(ada, held):
    savings, made = held
    assert position(ada, savings)["quantity"] == "10"
    split = {"kind": "split", "ex_date": "2024-01-03", "numerator": "2", "denominator": "1"}
    assert ada.post(f"/api/v1/instruments/{made}/corporate-actions", split).status_code == 201
    assert position(ada, savings)["quantity"] == "20"


def test_new_name_shows_at_the_next_read(ada, held):
    savings, made = held
    assert position(ada, savings)["symbol"] == "MINE"
    renamed = ada.send("PATCH", f"/api/v1/instruments/{made}", {"symbol": "OURS", "name": "Ours"})
    assert renamed.status_code == 200
    assert position(ada, savings)["symbol"] == "OURS"


def test_new_sector_shows_at_the_next_read(ada, held):
    savings, made = held
    url = f"/api/v1/portfolios/{savings}/allocation"
    assert "Energy" in ada.get(url, by="sector").text
    assert ada.send("PATCH", f"/api/v1/instruments/{made}", {"sector": "Water"}).status_code == 200
    assert "Energy" not in ada.get(url, by="sector").text


def test_write_of_another_process_shows_at_the_next_read(ada, held):
    """What a command in a second shell does is two statements; this does them on a bare connection."""
    savings, made = held
    assert position(ada, savings)["market_value"] == "50"
    instrument = Instrument.objects.get(uuid=made)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO market_dailybar (world_id, instrument_id, date, close, source)"
            " VALUES (1, %s, '2024-01-03', 7, 'import')",
            [instrument.pk],
        )
        cursor.execute(
            "UPDATE market_instrument SET price_revision = price_revision + 1 WHERE id = %s", [instrument.pk]
        )
    assert position(ada, savings)["market_value"] == "70"


def test_net_worth_of_several_portfolios_follows_each_of_them(ada, held):
    _savings, made = held
    second = ada.post("/api/v1/portfolios", {"name": "Second", "currency": "EUR"}).json()["id"]
    buy = {"kind": "buy", "date": "2024-01-02", "instrument": made, "quantity": "1", "price": "5"}
    ada.post(f"/api/v1/portfolios/{second}/transactions", buy)
    before = ada.get("/api/v1/net-worth").json()["total"]
    ada.post(f"/api/v1/instruments/{made}/bars", [{"date": "2024-01-03", "close": "6"}])
    after = ada.get("/api/v1/net-worth").json()["total"]
    deposit = {"kind": "deposit", "date": "2024-01-04", "amount": "100"}
    ada.post(f"/api/v1/portfolios/{second}/transactions", deposit)
    assert (before, after, ada.get("/api/v1/net-worth").json()["total"]) == ("0", "11", "111")
