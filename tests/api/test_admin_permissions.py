"""Each page and action of the admin, tried as everybody: the table in `admin_table.py` says who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import services
from accounts.models import User
from core.actor import Actor
from core.roles import StaffRole
from tests.api.admin_table import ANY_STAFF, MODELS, REGISTERED, ROLES, Row, more_rows
from tests.api.test_permissions import Person, bring_in, everything, scene_of

pytestmark = pytest.mark.django_db
NO_ROW = "The scene has no row of {0}: make one in more_rows() of tests/api/admin_table.py."


@dataclass(frozen=True)
class Somebody:
    """One kind of visitor; `letter` as the table writes them, lower case for who may nothing."""

    letter: str
    name: str
    user: User | None
    client: Client


@pytest.fixture(scope="module")
def everybody(standing) -> list[Somebody]:
    system = Actor.system("test")
    services.sync_roles(actor=system)
    found = [Somebody("v", "visitor", None, Client())]
    for letter, name in {"p": "plain", "n": "no-role", **ROLES}.items():
        user = User.objects.create_user(f"{name}@example.org", "correct horse battery")
        if letter in {"n", "U"}:
            User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=letter == "U")
        elif letter in ROLES:
            services.grant_role(actor=system, user_id=user.pk, role=StaffRole(name), reason="test")
        client = Client()
        client.force_login(user)
        client.get(reverse("offline"))  # the session is listed when it is first seen
        found.append(Somebody(letter, name, User.objects.get(pk=user.pk), client))
    return found


@pytest.fixture(scope="module")
def rows(standing) -> dict[str, Model]:
    """One row of each model that the admin shows."""
    ada = Person("ada@example.org")
    scene = scene_of(ada)
    bring_in(ada, reverse("api-imports", args=[scene.ids[""]["portfolio_id"]]), "api-import")
    found = more_rows()
    for label, options in REGISTERED.items():
        row = found.get(label) or options.model._default_manager.first()
        assert row is not None, NO_ROW.format(label)
        found[label] = row
    return found


def refused(one: Somebody, answer: Any) -> bool:
    """Tell whether a visitor was sent to sign in, or whoever is signed in was refused."""
    if one.letter in "vp":
        return answer.status_code == 302 and answer.headers["Location"].startswith(reverse("admin:login"))
    return answer.status_code == 403


def page(label: str, view: str, *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{view}", args=args)


def tries(label: str, key: Any, row: Row) -> Iterator[tuple[str, str, str, str]]:
    """List each page of a model: what it is, method, address, and who may."""
    yield "list", "get", page(label, "changelist"), row.look
    yield "row", "get", page(label, "change", key), row.look
    yield "history", "get", page(label, "history", key), row.look
    yield "add", "get", page(label, "add"), row.add
    yield "add", "post", page(label, "add"), row.add
    yield "change", "post", page(label, "change", key), row.change
    yield "delete", "get", page(label, "delete", key), row.delete


@pytest.mark.parametrize("label", MODELS)
def test_pages_open_for_those_in_the_table_and_for_nobody_else(label, everybody, rows):
    wrong = []
    for what, method, url, may in tries(label, rows[label].pk, MODELS[label]):
        for one in everybody:
            answer = getattr(one.client, method)(url)
            expected = one.letter in may
            if refused(one, answer) is expected or answer.status_code >= 500:
                wrong.append(f"{method} {what} as {one.name}: {answer.status_code}, expected {expected}")
    assert wrong == []


@pytest.mark.parametrize("label", [label for label, row in MODELS.items() if row.pages])
def test_further_pages_open_for_those_in_the_table_and_for_nobody_else(label, everybody, rows):
    wrong = []
    for view, may in MODELS[label].pages.items():
        url = further(label, view, rows[label].pk)
        for one in everybody:
            answer = one.client.get(url)
            if refused(one, answer) is (one.letter in may) or answer.status_code >= 500:
                wrong.append(f"{view} as {one.name}: {answer.status_code}")
    assert wrong == []


def further(label: str, view: str, key: Any) -> str:
    """Write a further page's address, of the row or of the whole."""
    names = [pattern for pattern in REGISTERED[label].get_urls() if (pattern.name or "").endswith(view)]
    prefix = f"{label.replace('.', '_')}_"
    name = names[0].name if names[0].name.startswith(prefix) else view
    converters = names[0].pattern.converters
    return reverse(f"admin:{name}", kwargs=dict.fromkeys(converters, key))


@pytest.mark.parametrize("label", MODELS)
def test_actions_are_offered_to_those_in_the_table_and_to_nobody_else(label, everybody):
    options, row = REGISTERED[label], MODELS[label]
    for one in everybody:
        if one.user is None or one.letter not in row.look:
            continue
        request = RequestFactory().get("/admin/")
        request.user = one.user
        assert set(options.get_actions(request)) == {
            name for name, may in row.actions.items() if one.letter in may
        }, f"{label} as {one.name}"


@pytest.mark.parametrize("label", MODELS)
def test_actions_of_others_do_nothing(label, everybody, rows):
    """Post the action all the same: a list that one may see runs none that it does not offer."""
    before = everything()
    for name, may in (*MODELS[label].actions.items(), ("delete_selected", MODELS[label].delete)):
        for one in everybody:
            if one.letter not in may:
                body = {"action": name, ACTION_CHECKBOX_NAME: [str(rows[label].pk)], "post": "yes"}
                answer = one.client.post(page(label, "changelist"), {**body, "reason": "test"})
                assert answer.status_code in {200, 302, 403}, f"{name} as {one.name}"
    assert everything() == before
    assert type(rows[label])._default_manager.filter(pk=rows[label].pk).exists()


def test_pages_of_the_site_open_for_any_staff_and_for_nobody_else(everybody):
    for name in sorted(ANY_STAFF - {"logout"}):
        for one in everybody:
            answer = one.client.get(reverse(f"admin:{name}"))
            if one.letter in "vp":
                assert refused(one, answer), f"{name} as {one.name}"
            else:
                assert answer.status_code == 200, f"{name} as {one.name}"


def test_index_shows_each_only_what_they_may_see(everybody):
    for one in everybody:
        if one.letter in "vp":
            continue
        models = {
            row["model"]._meta.label_lower
            for app in one.client.get(reverse("admin:index")).context["app_list"]
            for row in app["models"]
        }
        assert models == {label for label, row in MODELS.items() if one.letter in row.look}, one.name


def test_autocomplete_tells_nothing_to_who_may_not_look(everybody):
    asked = {"app_label": "market", "model_name": "instrument", "field_name": "exchange", "term": "x"}
    for one in everybody:
        answer = one.client.get(reverse("admin:autocomplete"), asked)
        assert refused(one, answer) is (one.letter not in MODELS["market.exchange"].look), one.name
