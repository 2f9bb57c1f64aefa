"""Crypto holdings of the published contract, and what operators call, over real HTTP."""

from __future__ import annotations

import pytest

from portfolios.models import Transaction
from tests.api.conftest import digits, refused

TOTAL, ADD, REMOVE = "/api/portfolio/total", "/api/portfolio/add", "/api/portfolio/remove"


@pytest.fixture
def bitcoin(coin, rate):
    rate("USD", "2024-01-02", "1.25")
    return coin("bitcoin", "BTC", {"2024-01-02": "50000"})


def test_add_answers_the_holding_and_adds_up(ada, bitcoin):
    first = ada.post(ADD, b'{"coin_id": "bitcoin", "amount": 1.5}')
    assert first.status_code == 200
    assert digits(first) == {"status": "success", "holding": {"coin_id": "bitcoin", "amount": "1.5"}}
    again = ada.post(ADD, b'{"coin_id": "bitcoin", "amount": 0.000000000000000001}')
    assert digits(again)["holding"] == {"coin_id": "bitcoin", "amount": "1.500000000000000001"}


def test_add_is_a_transfer_in_at_unknown_cost(ada, bitcoin):
    ada.post(ADD, {"coin_id": "bitcoin", "amount": 2})
    kept = Transaction.objects.get()
    assert (kept.kind, kept.price, kept.quantity) == ("transfer_in", None, 2)


def test_total_is_a_number_in_the_base_currency(ada, bitcoin, coin):
    coin("monero", "XMR")
    ada.post(ADD, b'{"coin_id": "bitcoin", "amount": 1.5}')
    ada.post(ADD, b'{"coin_id": "monero", "amount": 10}')
    answer = ada.get(TOTAL)
    body = digits(answer)
    assert answer.status_code == 200
    assert {"status", "user_id", "total_net_holding"} <= body.keys()
    assert (body["status"], body["user_id"]) == ("success", ada.get("/api/user/me").json()["id"])
    assert (body["total_net_holding"], body["currency"], body["unpriced"]) == (60000, "EUR", ["monero"])


def test_total_without_a_rate_leaves_the_coin_out(ada, coin):
    coin("bitcoin", "BTC", {"2024-01-02": "50000"})
    ada.post(ADD, {"coin_id": "bitcoin", "amount": 1})
    body = digits(ada.get(TOTAL))
    assert (body["total_net_holding"], body["unpriced"]) == (0, ["bitcoin"])


def test_total_of_a_new_user_is_zero(ada):
    assert digits(ada.get(TOTAL))["total_net_holding"] == 0


def test_total_counts_coins_only(ada, bitcoin, listed):
    share = listed("AAPL", {"2024-01-02": "155"})
    ada.post("/api/v1/place-order", [{"tick_id": str(share.uuid), "purchase_price": 1, "purchase_qty": 1}])
    assert digits(ada.get(TOTAL))["total_net_holding"] == 0


def test_remove_takes_all_out_and_then_there_is_none(ada, bitcoin):
    ada.post(ADD, b'{"coin_id": "bitcoin", "amount": 1.5}')
    gone = ada.post(REMOVE, {"coin_id": "bitcoin"})
    assert (gone.status_code, gone.json()) == (200, {"status": "success", "message": "holding removed"})
    assert digits(ada.get(TOTAL))["total_net_holding"] == 0
    assert refused(ada.post(REMOVE, {"coin_id": "bitcoin"}))[:2] == (404, "not-found")
    assert [one.kind for one in Transaction.objects.order_by("sequence")] == ["transfer_in", "transfer_out"]


def test_remove_of_what_another_user_holds_is_404(ada, join, bitcoin):
    bob = join("bob@example.org")
    bob.post(ADD, {"coin_id": "bitcoin", "amount": 1})
    assert refused(ada.post(REMOVE, {"coin_id": "bitcoin"}))[:2] == (404, "not-found")
    assert digits(bob.get(TOTAL))["total_net_holding"] == 40000


@pytest.mark.parametrize("path", [ADD, REMOVE])
@pytest.mark.parametrize("coin_id", ["dollar", "Bitcoin", "bit coin", "", " ", "b" * 81])
def test_unknown_coin_is_refused_by_name(ada, bitcoin, path, coin_id):
    answer = ada.post(path, {"coin_id": coin_id, "amount": 1})
    assert refused(answer) == (400, "validation-failed", ["coin_id"])


@pytest.mark.parametrize("amount", ["0", "-1", '"x"', "null", "1e20"])
def test_wrong_amount_is_refused_by_name(ada, bitcoin, amount):
    answer = ada.post(ADD, f'{{"coin_id": "bitcoin", "amount": {amount}}}'.encode())
    assert refused(answer) == (400, "validation-failed", ["amount"])
    assert not Transaction.objects.exists()


def test_add_twice_with_one_key_adds_once(ada, bitcoin):
    body = b'{"coin_id": "bitcoin", "amount": 1.5}'
    first = ada.post(ADD, body, **{"Idempotency-Key": "k"})
    again = ada.post(ADD, body, **{"Idempotency-Key": "k"})
    assert first.content == again.content
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize(("method", "path"), [("GET", TOTAL), ("POST", ADD), ("POST", REMOVE)])
def test_crypto_needs_a_token(anonymous, method, path):
    assert refused(anonymous.send(method, path, {}))[:2] == (401, "not-authenticated")


def test_health_answers_over_http(anonymous):
    assert anonymous.get("/health/live").json() == {"status": "ok"}
    ready = anonymous.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert {"database", "cache", "broker"} <= ready.json()["checks"].keys()


def test_metrics_answer_prometheus_text(anonymous):
    answer = anonymous.get("/metrics")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    assert "# TYPE django_http_requests_before_middlewares_total counter" in answer.text
