"""Making, changing and deleting a portfolio."""

from __future__ import annotations

import pytest

from portfolios.models import Portfolio
from tests.portfolios.views.conftest import words

FIELDS = {
    "name": "Pension",
    "currency": "CHF",
    "time_zone": "Europe/Zurich",
    "tracks_cash": "on",
    "cost_method": "fifo",
    "note": "Slow",
}


def test_portfolio_is_made_with_the_owners_defaults_offered(member, investor):
    form = member.get("/portfolios/new/").context["form"]
    assert (form.initial["currency"], form.initial["time_zone"]) == ("EUR", "UTC")
    answer = member.post("/portfolios/new/", FIELDS)
    made = Portfolio.objects.get(members__user=investor)
    assert answer.url == f"/portfolios/{made.pk}/transactions/"
    assert (made.name, made.currency, made.time_zone, made.tracks_cash) == (
        "Pension",
        "CHF",
        "Europe/Zurich",
        True,
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "This field is required."),
        ("currency", "XXXX", "Select a valid choice. XXXX is not one of the available choices."),
        ("time_zone", "Mars", "Select a valid choice. Mars is not one of the available choices."),
        (
            "time_zone",
            "localtime",
            "Select a valid choice. localtime is not one of the available choices.",
        ),
        ("benchmark", "NOPE", "There is no instrument “NOPE”. Choose one from the list, or create your own."),
    ],
)
def test_wrong_setting_stands_at_its_field(member, field, value, message):
    answer = member.post("/portfolios/new/", FIELDS | {field: value})
    assert answer.status_code == 400
    assert answer.context["form"].errors == {field: [message]}
    assert not Portfolio.objects.exists()


def test_settings_change_and_show_in_the_list(member, portfolio, listed):
    listed("WORLD", "EUR")
    answer = member.post(f"/portfolios/{portfolio.pk}/settings/", FIELDS | {"benchmark": "WORLD"})
    assert answer.status_code == 302
    portfolio.refresh_from_db()
    assert (portfolio.name, portfolio.currency, portfolio.benchmark.symbol) == ("Pension", "CHF", "WORLD")
    assert "Pension" in words(member.get("/portfolios/"))


def test_portfolio_goes_only_when_its_name_is_typed(member, portfolio):
    path = f"/portfolios/{portfolio.pk}/delete/"
    answer = member.post(path, {"confirm": "saving"})
    assert answer.status_code == 400
    assert "That is not the name. Nothing was deleted." in words(answer)
    assert Portfolio.objects.filter(pk=portfolio.pk).exists()
    assert member.post(path, {"confirm": "Savings"}).url == "/portfolios/"
    assert not Portfolio.objects.filter(pk=portfolio.pk).exists()


def test_viewers_cannot_change_or_delete(viewer_client, portfolio):
    for page in ("settings/", "delete/"):
        answer = viewer_client.post(f"/portfolios/{portfolio.pk}/{page}", FIELDS | {"confirm": "Savings"})
        assert answer.status_code == 403
    assert Portfolio.objects.get(pk=portfolio.pk).name == "Savings"


def test_strangers_cannot_change_or_delete(stranger_client, portfolio):
    for page in ("settings/", "delete/"):
        answer = stranger_client.post(f"/portfolios/{portfolio.pk}/{page}", FIELDS | {"confirm": "Savings"})
        assert answer.status_code == 404
    assert Portfolio.objects.filter(pk=portfolio.pk).exists()


def test_settings_compare_the_cost_methods_once_a_sale_makes_a_difference(member, portfolio, listed, enter):
    page = f"/portfolios/{portfolio.pk}/settings/"
    assert member.get(page).context["methods"] == []
    acme = listed("ACME", "EUR", {"2024-01-31": "120"})
    enter(portfolio, "deposit", "2024-01-02", 1000)
    for day, kind, price in (
        ("2024-01-03", "buy", 100),
        ("2024-01-04", "buy", 110),
        ("2024-01-05", "sell", 115),
    ):
        enter(portfolio, kind, day, 1, price, instrument=acme)
    answer = member.get(page)
    assert [(one["name"], one["view"].realised) for one in answer.context["methods"]] == [
        ("First in, first out", 15),
        ("Last in, first out", 5),
        ("Highest cost first", 5),
        ("Average cost", 10),
        ("Fees in the cost", 15),
    ]
    assert "What a switch would change" in answer.content.decode()
    assert "Realised in 2024" in words(answer)
