"""What people write is shown as text on every page, to themselves, to others they share with and to staff."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from market.models import Instrument
from portfolios.models import Portfolio, Transaction, TransactionImport
from tests.api.routes import Scene, pages
from tests.api.test_page_permissions import page_scene, signed_in
from tests.api.test_permissions import Person

pytestmark = pytest.mark.django_db
MARK = "zq7"
WORDS = [
    f"<script>{MARK}</script>",
    f"<img src=x onerror={MARK}>",
    f'"><svg onload={MARK}>',
    f"' onmouseover='{MARK}",
    f"</textarea></title><script>{MARK}",
    f"{{{{ {MARK} }}}}{{% {MARK} %}}",
    f"<!--{MARK}-->",
    f"javascript:{MARK}",
]


class Browser(HTMLParser):
    """What of a page a browser would run, told by the mark."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []
        self._script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script"
        if MARK in tag:
            self.runs.append(tag)
        for name, value in attrs:
            leads = name in {"href", "src", "action", "formaction", "hx-get", "hx-post"}
            code = name.startswith("on") or (
                leads and (value or "").strip().lower().startswith("javascript:")
            )
            if MARK in name or (code and MARK in (value or "")):
                self.runs.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self._script = self._script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._script and MARK in data:
            self.runs.append(data)

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.runs.append(data)


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org").keep_session()


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return page_scene(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


def write_everywhere(words: str) -> None:
    """Put the words where people may write: past the forms, which refuse some of them."""
    User.objects.update(name=words[:100])
    Portfolio.objects.update(name=words, note=words)
    Instrument.objects.update(name=words, symbol=words[:40], sector=words)
    Transaction.objects.update(note=words, external_id=words)
    TransactionImport.objects.update(file_name=words)


def runs(answer: Any) -> list[str]:
    """List what of it a browser would run, in a page that is HTML."""
    if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    return Browser(answer.content.decode()).runs


def test_browser_of_these_tests_sees_what_runs():
    for words in WORDS[:2]:
        assert Browser(f"<p>{words}</p>").runs
    assert Browser(f'<a title="{WORDS[2]}">').runs
    assert Browser(f"<a title='{WORDS[3]}'>").runs
    assert Browser(f'<a href="{WORDS[7]}">').runs
    assert Browser(f"<p>{escape(WORDS[0])}</p>").runs == []


def shown(client: Client, urls: list[str]) -> list[str]:
    """Ask for all of them, and keep those that show anything of what people wrote."""
    answers = {url: client.get(url) for url in urls}
    return [url for url, one in answers.items() if one.streaming or MARK in one.content.decode().lower()]


@pytest.fixture(scope="module")
def showing(ada, stage) -> list[str]:
    """List the pages that show what people wrote: the others have nothing of it to run."""
    scene = stage.copy()
    urls = [scene.url(page) for page in pages() if page.name not in scene.on_demand]
    with transaction.atomic():
        write_everywhere(f"{MARK} and some more")
        found = shown(signed_in(ada), urls)
        transaction.set_rollback(True)
    assert len(found) > 40
    return found


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
def test_no_page_runs_what_people_write(ada, showing, words):
    client = signed_in(ada)
    write_everywhere(words)
    found = {url: bad for url in showing if (bad := runs(client.get(url)))}
    assert found == {}
    assert MARK in client.get(reverse("portfolio-list")).content.decode()


def test_no_page_of_the_admin_runs_what_people_write(ada, scene):
    scene.url(next(page for page in pages() if page.name == "import-preview"))
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.org", "correct horse battery"))
    urls: list[str] = []
    for model, its_admin in admin.site._registry.items():
        meta = model._meta
        name = f"admin:{meta.app_label}_{meta.model_name}"
        urls.append(reverse(f"{name}_changelist"))
        rows = its_admin.get_queryset(client.get(urls[-1]).wsgi_request)[:1]
        urls += [reverse(f"{name}_change", args=[row.pk]) for row in rows]

    write_everywhere(f"{MARK} and some more")
    showing = shown(client, urls)
    assert len(showing) > 5
    for words in WORDS:
        write_everywhere(words)
        event = AuditEvent.objects.create(
            verb="x", object_type="user", object_id="1", reason=words, actor_label=words[:80]
        )
        of_event = [reverse("admin:core_auditevent_changelist")]
        of_event.append(reverse("admin:core_auditevent_change", args=[event.pk]))
        found = {url: bad for url in (*showing, *of_event) if (bad := runs(client.get(url)))}
        assert found == {}, words


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
def test_search_and_error_pages_run_nothing_of_the_address(ada, words):
    client = signed_in(ada)
    for url, query in (
        (reverse("search"), {"q": words}),
        (reverse("market"), {"q": words, "sort": words, "kind": words}),
        (reverse("account_login"), {"next": words, "login": words}),
        ("/no-such-page", {"q": words}),
    ):
        assert runs(client.get(url, query)) == []
    refused = client.post(reverse("account_login"), {"login": words, "password": words})
    assert runs(refused) == []
