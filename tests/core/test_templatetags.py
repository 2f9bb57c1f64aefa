"""The numbers and pieces that templates draw."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.test import RequestFactory
from django.utils import translation

from core.templatetags import figures, pieces

D = Decimal


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (D("1234.5"), "EUR", "1,234.50\xa0EUR"),
        (D("-1234.565"), "EUR", "−1,234.57\xa0EUR"),
        (D("1234.5"), "JPY", "1,235\xa0JPY"),
        (D("1.23456"), "BHD", "1.235\xa0BHD"),
        (D("0.12345678901"), "BTC", "0.12345679\xa0BTC"),
        (D("2"), "BTC", "2.00\xa0BTC"),
        (D("12345678901234567890.123456789012345678"), "EUR", "12,345,678,901,234,567,890.12\xa0EUR"),
        (0, "EUR", "0.00\xa0EUR"),
    ],
)
def test_plain_money_rounds_to_the_minor_unit_and_groups(value, currency, shown):
    assert figures.plain_money(value, currency) == shown


def test_money_puts_the_currency_quietly_behind_the_amount():
    assert figures.money(D("1234.5"), "EUR") == (
        '<span class="num">1,234.50<span class="cur">&nbsp;EUR</span></span>'
    )


def test_money_in_german_swaps_point_and_comma():
    with translation.override("de"):
        assert figures.plain_money(D("-1234.5"), "EUR") == "−1.234,50\xa0EUR"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (D("10.004"), '<span class="num gain"><span class="arrow" aria-hidden="true">▲</span>+10.00</span>'),
        (D("-10"), '<span class="num loss"><span class="arrow" aria-hidden="true">▼</span>−10.00</span>'),
        (D("0"), '<span class="num flat">0.00</span>'),
        (D("-0.001"), '<span class="num flat">0.00</span>'),
    ],
)
def test_signed_money_says_its_sign_by_more_than_colour(value, shown):
    assert figures.signed_money(value) == shown


def test_flow_money_carries_a_sign_and_no_gain_colour():
    assert figures.flow_money(D("3000")) == '<span class="num">+3,000.00</span>'
    assert figures.flow_money(D("-3000")) == '<span class="num">−3,000.00</span>'


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (D("0.08345"), "8.35%"),
        (D("-0.5"), "−50.00%"),
        (D("1"), "100.0%"),
        (D("12.3456"), "1,234.6%"),
        (None, "not known"),
    ],
)
def test_plain_percent_drops_places_that_mean_nothing(ratio, shown):
    assert figures.plain_percent(ratio) == shown


def test_signed_percent_of_a_loss_has_arrow_and_minus():
    assert figures.signed_percent(D("-0.0293")) == (
        '<span class="num loss"><span class="arrow" aria-hidden="true">▼</span>−2.93%</span>'
    )


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        (D("10.000000000000000000"), "10"),
        (D("1234.5"), "1,234.5"),
        (D("0.000000015"), "0.00000002"),
        (D("1E+3"), "1,000"),
    ],
)
def test_quantity_shows_no_trailing_zeros(held, shown):
    assert figures.quantity(held) == f'<span class="num">{shown}</span>'


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        (D("65123.456"), "65,123.46"),
        (D("152.3456"), "152.3456"),
        (D("152.3"), "152.30"),
        (D("1.08451"), "1.0845"),
        (D("0.00012345"), "0.0001235"),
        (D("0.000000001"), "0.00"),
        (D("0"), "0.00"),
    ],
)
def test_price_text_shows_the_places_that_count(price, shown):
    assert figures.price_text(price) == shown


def test_number_without_a_value_says_why():
    assert figures.number(None, "signed_money", "EUR", reason='No rate for "XYZ"') == (
        '<span class="num missing" title="No rate for &quot;XYZ&quot;"><span aria-hidden="true">–</span>'
        '<span class="visually-hidden">No rate for &quot;XYZ&quot;</span></span>'
    )


@pytest.mark.parametrize(
    "kind", ["money", "signed_money", "flow_money", "percent", "signed_percent", "quantity", "price"]
)
def test_every_filter_shows_a_missing_value_as_a_dash_not_as_zero(kind):
    assert figures.number(None, kind) == figures.missing()
    assert "0" not in figures.missing()


def test_icon_with_a_label_is_heard_and_without_is_not():
    assert 'aria-hidden="true"' in pieces.icon("plus")
    assert 'role="img" aria-label="Add &lt;x&gt;"' in pieces.icon("plus", label="Add <x>")


def test_icon_of_an_unknown_name_fails():
    with pytest.raises(KeyError):
        pieces.icon("unheard-of")


def test_sparkline_runs_from_the_first_value_to_the_last():
    drawn = pieces.sparkline([D(1), None, D(3), D(2)])
    assert 'd="M0.0 24.0L44.0 2.0L88.0 13.0"' in drawn
    assert 'class="spark gain"' in drawn


def test_sparkline_of_level_values_is_flat_and_of_one_is_nothing():
    assert 'class="spark flat"' in pieces.sparkline([D(5), D(5)])
    assert pieces.sparkline([D(5)]) == ""


def test_donut_slices_gather_what_is_past_the_eighth_into_other():
    slices = [{"label": f"s{number}", "share": D("0.1")} for number in range(10)]
    arcs = pieces.donut_slices(slices)
    assert [name for name, _share in arcs] == ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "Other"]
    assert arcs[-1][1] == D("0.3")
    assert sum(share for _name, share in arcs) == D(1)


def test_donut_leaves_out_shares_that_have_no_arc():
    assert pieces.donut_slices([{"label": "debt", "share": D("-0.2")}, {"label": "x", "share": None}]) == []


def test_donut_arcs_start_where_the_one_before_ends():
    drawn = pieces.donut([{"label": "A", "share": D("0.75")}, {"label": "B", "share": D("0.25")}])
    assert 'class="series-1" ' in drawn
    assert 'stroke-dashoffset="-75.000"' in drawn
    assert 'aria-label="A 75.0%, B 25.0%"' in drawn


def test_bridge_places_each_step_where_the_one_before_ended():
    bars = pieces.bridge(
        [
            {"label": "start", "amount": D(100), "kind": "level"},
            {"label": "in", "amount": D(50), "kind": "flow"},
            {"label": "loss", "amount": D(-25), "kind": "result"},
            {"label": "end", "amount": D(125), "kind": "level"},
        ]
    )
    assert [(bar.x, bar.width) for bar in bars] == [
        ("0.00", "0.00"),
        ("0.00", "200.00"),
        ("100.00", "100.00"),
        ("100.00", "0.00"),
    ]


def test_theme_attributes_take_the_cookie_of_a_visitor_and_refuse_an_invented_one():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    request.COOKIES["theme"] = "dark"
    assert pieces.theme_attributes(Context({"request": request})) == 'data-theme="dark" data-gain="green-red"'
    request.COOKIES["theme"] = '"><script>'
    assert (
        pieces.theme_attributes(Context({"request": request})) == 'data-theme="system" data-gain="green-red"'
    )


def test_nav_link_to_a_page_that_does_not_exist_is_nothing():
    assert pieces.nav_link(Context({}), "no-such-page", "Nowhere", "plus") == ""


def test_nav_link_of_the_page_itself_is_current():
    request = RequestFactory().get("/search")
    link = pieces.nav_link(Context({"request": request}), "search", "Search", "search")
    assert 'href="/search" aria-current="page"' in link
