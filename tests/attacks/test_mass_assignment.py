"""Fields that a body adds must never reach the row: not who owns it, not who may what, not its dates."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts import selectors, services
from accounts.models import User
from portfolios.models import PortfolioMember
from tests.accounts.test_pages import SIGN_UP
from tests.api.routes import Call, Scene, pages, routes
from tests.api.test_page_permissions import page_scene, signed_in
from tests.api.test_permissions import Person, calls, everything
from tests.attacks.conftest import PASSWORD
from tests.attacks.forms import forms_of

pytestmark = pytest.mark.django_db
WRITES = [route for route in routes() if route.methods & {"post", "put", "patch"}]
PLANTED_ID, PLANTED_DAY = uuid4(), "2000-02-29T01:02:03Z"
NAMES_OF_IDS = (
    "id", "pk", "uuid", "owner", "owner_id", "user", "user_id", "created_by", "created_by_id", "managed_by",
    "actor", "actor_id", "portfolio", "portfolio_id", "default_for", "default_for_id", "family", "batch",
    "world", "world_id", "instrument_id", "import_id",
)  # fmt: skip
NAMES_OF_DAYS = (
    "created_at", "updated_at", "deleted_at", "date_joined", "last_login", "applied_at", "expires_at",
    "erase_at", "revoked_at", "used_at",
)  # fmt: skip
FLAGS = {
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "email_verified": True,
    "verified": True,
    "is_public": True,
    "is_fictional": True,
    "is_default": True,
    "role": "owner",
    "groups": [1],
    "user_permissions": [1],
    "mfa_enabled": False,
    "source": "ecb",
    "revision": 999_999,
    "password": "planted planted planted",
    "__proto__": {"is_staff": True},
    "user__is_staff": True,
}


def planted_fields(victim: str) -> dict[str, Any]:
    """Fields that nobody may set, by the id of somebody else and by one that nobody has."""
    return {
        **dict.fromkeys(NAMES_OF_IDS, victim),
        **dict.fromkeys(NAMES_OF_DAYS, PLANTED_DAY),
        **FLAGS,
    }


def with_fields(body: Any, extra: dict[str, Any]) -> Any:
    """Add the fields that the body does not have already, to each row of a list."""
    if isinstance(body, list):
        return [with_fields(one, extra) for one in body]
    return {**extra, **(body or {})}


def cells() -> list[tuple[str, str, Any]]:
    return [
        (table, name, value)
        for table, rows in everything().items()
        for row in rows
        for name, value in row.items()
    ]


def owned_by(user: User) -> int:
    """Count the cells of all tables that name a person, but for the audit of what others did to them."""
    return sum(value == str(user.pk) for table, _name, value in cells() if not table.startswith("Audit"))


def assert_nothing_planted() -> None:
    for table, name, value in cells():
        assert str(value) != str(PLANTED_ID), (table, name)
        assert not str(value).startswith("2000-02-29"), (table, name)
    assert set(User.objects.values_list("is_staff", "is_superuser", "is_active")) == {(False, False, True)}
    assert not User.groups.through.objects.exists()
    assert not User.user_permissions.through.objects.exists()


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org").keep_session()


@pytest.fixture(scope="module")
def bob(standing) -> Person:
    return Person("bert@example.org").keep_session()


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return page_scene(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


@calls([route for route in WRITES if route.name != "api-users-me"])
def test_api_sets_no_field_that_is_not_offered(route, call, ada, bob, scene):
    if call.method in {"get", "delete"}:
        return
    before = owned_by(bob.user)
    for victim in (PLANTED_ID, bob.user.pk):
        url, extra = scene.url(route), planted_fields(str(victim))
        answer = ada.send(call, url, with_fields(scene.body(call.body), extra))
        assert answer.status_code < 500, answer.content
        if answer.status_code == 400:  # what is left when those that it names are gone
            named = {one["field"].rpartition(".")[2] for one in answer.json()["errors"]}
            left = {name: value for name, value in extra.items() if name not in named}
            answer = ada.send(call, url, with_fields(scene.body(call.body), left))
            assert answer.status_code < 500, answer.content
    assert owned_by(bob.user) == before
    assert PortfolioMember.objects.filter(user=bob.user).count() == 0
    assert_nothing_planted()


def test_own_profile_names_each_field_that_is_not_offered(ada):
    for name, value in planted_fields(str(PLANTED_ID)).items():
        answer = ada.send(Call("patch"), reverse("api-users-me"), {name: value})
        assert answer.status_code == 400, name
        assert [one["field"] for one in answer.json()["errors"]] == [name]
    assert_nothing_planted()


def test_sign_up_makes_no_staff_by_api_or_page(db):
    extra = planted_fields(str(PLANTED_ID))
    body = {**extra, "email": "eve@example.org", "password": PASSWORD}
    assert Client().post(reverse("api-users-signup"), body, "application/json").status_code == 201
    form = {name: str(value) for name, value in {**extra, **SIGN_UP, "email": "mallory@example.org"}.items()}
    assert Client().post(reverse("account_signup"), form).status_code == 302
    made = User.objects.filter(email__in=["eve@example.org", "mallory@example.org"])
    assert [selectors.is_email_verified(one) for one in made] == [False, False]
    assert_nothing_planted()


PAGES = [page for page in pages() if page.name not in {"csp-report", "settings-erase"}]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_form_sets_no_field_that_is_not_in_it(page, ada, bob, scene):
    client = signed_in(ada)
    url = scene.url(page)
    before = owned_by(bob.user)
    planted = {name: str(value) for name, value in planted_fields(str(bob.user.pk)).items()}
    nobodys = {name: str(value) for name, value in planted_fields(str(PLANTED_ID)).items()}
    for action, fields in forms_of(client.get(url), url):
        if "logout" in action or "password" in fields:
            continue
        for extra in (planted, nobodys):
            assert client.post(action, {**extra, **fields}).status_code < 500
    assert owned_by(bob.user) == before
    assert not PortfolioMember.objects.filter(user=bob.user).exists()
    assert_nothing_planted()


@pytest.fixture
def helper(db) -> Client:
    """Somebody of the support, who may change people."""
    user = services.register_user(email="helper@example.org", password=PASSWORD)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "extra",
    [
        {"is_superuser": "on"},
        {"is_staff": "on"},
        {"user_permissions": ["1", "2"]},
        {"email": "taken.over@example.org"},
        {"password": "planted planted planted"},
    ],
)
@pytest.mark.parametrize("target", ["helper@example.org", "bob@example.org", "boss@example.org"])
def test_staff_who_may_change_people_make_nobody_more_and_take_nobody_over(helper, target, extra):
    services.register_user(email="bob@example.org", password=PASSWORD)
    User.objects.create_superuser("boss@example.org", PASSWORD)
    user = User.objects.get(email=target)
    before, powers = User.objects.values().get(pk=user.pk), user.get_all_permissions()
    url = reverse("admin:accounts_user_change", args=[user.pk])
    page = helper.get(url)
    assert page.status_code == 200
    assert before["password"].rpartition("$")[2] not in page.content.decode()
    sent = [(action, fields) for action, fields in forms_of(page, url) if "logout" not in action]
    for action, fields in sent or [(url, {})]:
        helper.post(action, {**fields, **extra})
    assert User.objects.values().get(pk=user.pk) == before
    assert User.objects.get(pk=user.pk).get_all_permissions() == powers


@pytest.mark.parametrize("target", ["bob@example.org", "boss@example.org"])
def test_staff_who_may_change_people_set_no_password_of_theirs(helper, target):
    services.register_user(email="bob@example.org", password=PASSWORD)
    User.objects.create_superuser("boss@example.org", PASSWORD)
    user = User.objects.get(email=target)
    url = f"/admin/accounts/user/{user.pk}/password/"  # where Django's own admin has it
    new = "planted planted planted"
    form = {"usable_password": "true", "password1": new, "password2": new}
    assert "password1" not in helper.get(url, follow=True).content.decode()
    assert helper.post(url, form).status_code in {302, 403, 404}
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
