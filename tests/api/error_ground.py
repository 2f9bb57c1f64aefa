"""What a case of an error code stands on, and how it is registered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services as people
from accounts.models import User
from core.actor import Actor
from core.roles import StaffRole
from tests.api.conftest import PASSWORD
from tests.api.routes import TOKEN, Call
from tests.api.test_permissions import Person, scene_of

CASES: dict[str, Callable[[Ground], Any]] = {}


class Ground:
    """A person with a portfolio, an instrument and all that belongs to them, and what a test may bend."""

    def __init__(self, settings: Any, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.settings, self.monkeypatch, self.folder = settings, monkeypatch, folder
        self.ada = Person("ada@example.org")
        self.scene = scene_of(self.ada)
        self.ids = {name: str(value) for name, value in self.scene.ids[""].items()}
        self.portfolio = reverse("api-portfolio", args=[self.ids["portfolio_id"]])

    def send(self, method: str, path: str, body: Any = None, person: Person | None = None) -> Any:
        return (person or self.ada).send(Call(method), path, self.scene.body(body))

    def anonymous(self, path: str, body: Any) -> Any:
        return Client().post(path, json.dumps(body), content_type="application/json")

    def sign_in(self, **more: str) -> Any:
        body = {"email": "ada@example.org", "password": PASSWORD, **more}
        return self.anonymous(reverse("api-users-login"), body)

    def file(self, content: str) -> str:
        """Preview a file; the address of the import."""
        answer = self.send("post", f"{self.portfolio}/imports", {"content": content})
        return f"{self.portfolio}/imports/{answer.json()['id']}"

    def by_cookie(self, user: User, *, enforce: bool = False) -> Client:
        client = Client(enforce_csrf_checks=enforce)
        client.force_login(user)
        return client

    def program(self, *scopes: str) -> Person:
        """Make a personal access token; whoever calls with it."""
        made = self.send("post", reverse("api-users-tokens"), {**TOKEN, "scopes": list(scopes)}).json()
        program = object.__new__(Person)
        program.headers = {"Authorization": f"Bearer {made['token']}"}
        return program

    def looking(self) -> Client:
        """Sign a member of support in who looks at Ada's pages."""
        people.sync_roles(actor=Actor.system("test"))
        sam = people.register_user(email="sam@example.org", password=PASSWORD, email_verified=True)
        role = {"role": StaffRole.SUPPORT, "reason": "test"}
        people.grant_role(actor=Actor.system("test"), user_id=sam.pk, **role)
        people.allow_support(actor=Actor.user(self.ada.user), user_id=self.ada.user.pk)
        client = self.by_cookie(User.objects.get(pk=sam.pk))
        look = reverse("admin:accounts_user_look", args=[self.ada.user.pk])
        assert client.post(look, {"reason": "test", "minutes": 30}).status_code == 302
        return client


def produces(code: str) -> Callable[[Callable[[Ground], Any]], Callable[[Ground], Any]]:
    """Register how a code comes about: an answer over HTTP, or what a service raises."""

    def register(case: Callable[[Ground], Any]) -> Callable[[Ground], Any]:
        assert code not in CASES
        CASES[code] = case
        return case

    return register
