"""Take the README's picture from the running demo: ``make screenshot`` while ``make run`` runs.

Another address is an argument: ``make screenshot ARGS=http://localhost:8001``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import chromium

TARGET = Path(__file__).with_name("img") / "portfolio.png"
SIGN_IN = ("investor@example.org", "open-the-vault-1")
WIDTH, HEIGHT = 1280, 980


def main(address: str) -> None:
    """Sign in as the demo investor and photograph the portfolio of real shares."""
    program = chromium.find()
    if program is None:
        sys.exit(chromium.HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.arguments())
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB")
        _sign_in(page, address)
        page.get_by_role("main").get_by_role("link", name="Real shares").first.click()
        page.get_by_role("button", name="All", exact=True).click()
        page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        page.screenshot(path=TARGET)
        browser.close()
    print(f"Wrote {TARGET}")


def _sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("input[name=login]", SIGN_IN[0])
    page.fill("input[name=password]", SIGN_IN[1])
    page.click("main button[type=submit]")
    page.wait_for_url("**/dashboard/")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
