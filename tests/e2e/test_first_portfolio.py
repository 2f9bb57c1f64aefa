"""A newcomer's first hour: sign up, bring prices and transactions in, see numbers that can be checked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import PASSWORD

TODAY = datetime.now(UTC).date()
FIRST, LATER = TODAY - timedelta(days=40), TODAY - timedelta(days=2)
PRICES = f"symbol,date,close\nACME,{FIRST},50\nACME,{LATER},60\n"
# 2000 paid in; 10 bought at 50 with a fee of 1.90; 4 sold at 60; a dividend of 6 × 0.50
TRANSACTIONS = f"""date,type,symbol,quantity,price,fee,currency
{FIRST},deposit,,2000,1,0,EUR
{FIRST},buy,ACME,10,50,1.90,EUR
{LATER},sell,ACME,4,60,0,EUR
{LATER},dividend,ACME,6,0.50,0,EUR
"""
# cash 2000 - 500 - 1.90 + 240 + 3; shares 6 × 60
CASH, SHARES, TOTAL = "1,741.10", "360.00", "2,101.10"


def import_prices(folder: Path) -> None:
    file = folder / "prices.csv"
    file.write_text(PRICES)
    call_command("import_prices", str(file), create_missing=True, currency="EUR", verbosity=0)


def figure(page: Page, label: str):
    """Find a figure of the page by its label."""
    return page.locator(".figure", has_text=re.compile(rf"^\s*{label}")).first


@pytest.fixture
def imported(signed_up: Page, tmp_path: Path) -> Page:
    """Create a portfolio and bring prices by a command, transactions by the wizard."""
    page = signed_up
    import_prices(tmp_path)
    page.get_by_role("link", name="Create a portfolio").click()
    page.get_by_label("Name").fill("Savings")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Import", exact=True).click()
    file = tmp_path / "broker.csv"
    file.write_text(TRANSACTIONS)
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", name="4 transactions can be imported")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("4 transactions are in.").first).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    return page


def test_same_numbers_on_the_page_from_the_api_and_by_hand(imported: Page, live_server) -> None:
    page = imported
    expect(figure(page, "Value")).to_contain_text(TOTAL)
    statement = page.locator("#period")
    expect(statement).to_contain_text("+2,000.00")
    expect(statement.locator("tr", has_text="Prices of what is held")).to_contain_text("+60.00")
    expect(statement.locator("tr", has_text="Prices of what was sold")).to_contain_text("+40.00")
    expect(statement.locator("tr", has_text="Dividends and interest")).to_contain_text("+3.00")
    expect(statement.locator("tr", has_text="Fees")).to_contain_text("−1.90")
    row = page.locator("#positions tbody tr", has_text="ACME")
    expect(row).to_contain_text(SHARES)
    key = re.search(r"portfolios/([0-9a-f-]{36})/", page.url).group(1)
    with httpx.Client(base_url=live_server.url, trust_env=False) as http:
        pair = http.post("/api/v1/users/login", json={"email": "ida@example.org", "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {pair.json()['access_token']}"
        valuation = http.get(f"/api/v1/portfolios/{key}/valuation").json()
        worth = http.get("/api/v1/net-worth").json()
    assert valuation["total"] == worth["total"] == "2101.1"
    assert (valuation["cash_value"], valuation["market_value"]) == ("1741.1", "360")
    assert (valuation["unrealised"], valuation["realised"]) == ("60", "40")
    assert (valuation["income"], valuation["fees"]) == ("3", "1.9")
    page.get_by_role("link", name="Dashboard").click()
    expect(figure(page, "Net worth")).to_contain_text(TOTAL)


def test_a_figure_opens_what_it_is_made_of(imported: Page) -> None:
    page = imported
    page.get_by_role("link", name="Prices of what was sold").click()
    drawer = page.locator("dialog#drawer")
    expect(drawer.get_by_role("heading", name="Realised gain")).to_be_focused()
    expect(drawer.locator("tbody tr")).to_have_count(1)
    expect(drawer.locator("tbody")).to_contain_text("+40.00")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Lots and sales of ACME").click()
    expect(page.locator("tr.row-detail")).to_contain_text("300.00")  # the 6 that are left, at 50


def test_the_range_moves_the_figures_below(imported: Page) -> None:
    page = imported
    chart = page.locator("florin-chart")
    expect(chart.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile(r"2,101\.10"))
    chart.get_by_role("button", name="1W").click()
    expect(page.locator("#period")).to_contain_text("1 week")
    # ten shares at 50 and 1498.10 in cash before the rise
    expect(page.locator("#period tr").first).to_contain_text("1,998.10")
    chart.get_by_role("button", name="Return").click()
    expect(chart.locator(".chart-legend")).to_contain_text("Time-weighted return")
    page.reload()
    expect(page.locator("#period")).to_contain_text("1 week")


def test_transactions_are_added_changed_deleted_and_brought_back_in_place(imported: Page) -> None:
    page = imported
    page.get_by_role("link", name="Transactions").click()
    rows = page.locator("#transaction-table tbody tr")
    expect(rows).to_have_count(4)
    page.get_by_role("link", name="Add transaction").click()
    form = page.locator("#new-transaction form")
    form.get_by_label("Kind").select_option("deposit")
    expect(form.get_by_label("Instrument")).to_be_hidden()
    form.get_by_role("button", name="Add").click()
    expect(form.locator("[data-error-summary]")).to_be_focused()
    form.get_by_label("Amount").fill("100,50")
    form.get_by_role("button", name="Add").click()
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("+100.50")
    rows.first.get_by_role("link", name="Edit").click()
    edit = page.get_by_role("form", name="Change the transaction")
    expect(edit.get_by_label("Amount")).to_have_value("100.5")
    edit.get_by_label("Amount").fill("200")
    edit.get_by_role("button", name="Save").click()
    expect(rows.first).to_contain_text("+200.00")
    rows.first.get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(4)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("+200.00")
    page.get_by_role("link", name="Overview").click()
    expect(figure(page, "Value")).to_contain_text("2,301.10")


def test_purchase_of_an_instrument_of_ones_own(signed_up: Page) -> None:
    page = signed_up
    page.get_by_role("link", name="Create a portfolio").click()
    page.get_by_label("Name").fill("House")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Add transaction").click()
    form = page.locator("#new-transaction form")
    form.get_by_label("Instrument").press_sequentially("barn")
    page.get_by_role("option", name="Create my own instrument").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Symbol")).to_have_value("BARN")
    dialog.get_by_label("Name").fill("A tenth of a barn")
    dialog.get_by_role("button", name="Create").click()
    expect(form.get_by_label("Instrument")).to_have_value("BARN")
    form.get_by_label("Quantity").fill("2")
    form.get_by_label("Price per unit").fill("1.234,50")
    form.get_by_role("button", name="Add").click()
    row = page.locator("#transaction-table tbody tr")
    expect(row).to_contain_text("BARN")
    expect(row).to_contain_text("−2,469.00")


def test_what_was_typed_before_the_script_is_searched_for(signed_up: Page) -> None:
    page = signed_up
    page.get_by_role("link", name="Create a portfolio").click()
    page.get_by_label("Name").fill("Quick")
    page.get_by_role("button", name="Create").click()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/picker[^/]*\.js"), hold)
    form = page.get_by_role("link", name="Add transaction").get_attribute("href")
    page.goto(f"{page.url.partition('/portfolios/')[0]}{form}", wait_until="commit")
    page.locator("#id_instrument_0").press_sequentially("barn")
    expect(page.locator("#id_instrument_0")).not_to_have_attribute("role", "combobox")
    held[0].continue_()
    expect(page.get_by_role("option", name="Create my own instrument")).to_be_visible()


def test_what_was_typed_survives_a_reload(signed_up: Page) -> None:
    page = signed_up
    page.get_by_role("link", name="Create a portfolio").click()
    page.get_by_label("Name").fill("Half done")
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("Half done")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("Name")).to_have_value("")


def test_portfolio_is_deleted_by_typing_its_name(imported: Page) -> None:
    page = imported
    page.get_by_role("link", name="Settings", exact=True).first.click()
    page.get_by_role("link", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("saving")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(dialog.get_by_text("That is not the name.")).to_be_visible()
    dialog.get_by_role("textbox").fill("Savings")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Create a portfolio")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(imported: Page, live_server, scheme) -> None:
    page = imported
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    base = page.url.split("?")[0].removeprefix(live_server.url)
    paths = ["", "?range=1W", "transactions/?new", "settings/", "explain/total/", "import/"]
    wide = []
    for path in [
        "/dashboard/",
        "/portfolios/",
        "/portfolios/new/",
        "/portfolios/positions/",
        *(base + one for one in paths),
    ]:
        page.goto(live_server.url + path)
        expect(page.locator("main h1, main h2").first).to_be_attached()
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(path)
    assert wide == []


def test_positions_are_walked_and_opened_by_keyboard(imported: Page) -> None:
    page = imported
    row = page.locator("#positions tbody tr[data-detail]").first
    row.focus()
    page.keyboard.press("Enter")
    detail = page.locator("tr.row-detail")
    expect(detail).to_contain_text("Lots that are held")
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)


def test_prices_that_come_in_move_the_open_page(imported: Page, tmp_path: Path) -> None:
    page = imported
    expect(figure(page, "Value")).to_contain_text(TOTAL)
    file = tmp_path / "more.csv"
    file.write_text(f"symbol,date,close\nACME,{LATER + timedelta(days=1)},70\n")
    call_command("import_prices", str(file), verbosity=0)
    page.reload()
    # six shares, ten more each
    expect(figure(page, "Value")).to_contain_text("2,161.10")
