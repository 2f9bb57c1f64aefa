"""A person takes their data home, asks for erasure, thinks better of it, and is erased in the end."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import services
from accounts.models import User
from tests.e2e.conftest import PASSWORD

ADDRESS = "ida@example.org"


def download(page: Page, folder: Path) -> zipfile.ZipFile:
    page.get_by_label("Your password").fill(PASSWORD)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download my data").click()
    saved = folder / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    return zipfile.ZipFile(saved)


def ask_for_erasure(page: Page, url: str) -> None:
    page.goto(f"{url}/settings/data/")
    page.get_by_role("link", name="Erase the account").click()
    expect(page.get_by_text("You have 7 days to think better of it.")).to_be_visible()
    page.get_by_label("Your e-mail address").fill(ADDRESS)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Erase the account").click()
    expect(page.get_by_text("to keep your account; after that it is erased.")).to_be_visible()


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="This account is about to be erased")).to_be_visible()


def test_data_is_downloaded_twice_and_a_wrong_password_is_said(signed_up, live_server, tmp_path):
    page = signed_up
    page.goto(f"{live_server.url}/settings/data/")
    for _ in range(2):  # the page stays, and the button goes on working
        with download(page, tmp_path) as archive:
            [profile] = json.loads(archive.read("json/profile.json"))
            assert profile["email"] == ADDRESS
            assert archive.testzip() is None
    page.get_by_label("Your password").fill("not this one")
    page.get_by_role("button", name="Download my data").click()
    expect(page.get_by_role("alert").filter(has_text="The password is not right.").first).to_be_visible()


def test_erasure_is_asked_for_cancelled_asked_for_and_done(signed_up, live_server, tmp_path):
    page, url = signed_up, live_server.url
    ask_for_erasure(page, url)
    sign_in(page, url)
    page.goto(f"{url}/portfolios/")
    expect(page.get_by_role("heading", name="This account is about to be erased")).to_be_visible()
    download(page, tmp_path).close()
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_text("Your account stays. Everything is as it was.")).to_be_visible()
    page.goto(f"{url}/dashboard/")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()

    ask_for_erasure(page, url)
    user = User.objects.get(email=ADDRESS)
    User.objects.filter(pk=user.pk).update(erase_after=timezone.now() - timedelta(minutes=1))
    assert services.erase_if_due(user_id=user.pk) is True
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not User.objects.filter(email=ADDRESS).exists()
