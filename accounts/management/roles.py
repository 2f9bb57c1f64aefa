"""What the commands that grant and revoke a role share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import selectors
from core.actor import Actor
from core.errors import DomainError
from core.roles import StaffRole


class RoleCommand(BaseCommand):
    """Do something with a role of one person; `act` is the service."""

    act: Callable[..., None]
    done: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email", help="the person's address")
        parser.add_argument("role", choices=[role.value for role in StaffRole])
        parser.add_argument("--reason", required=True, help="goes into the audit log")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Find the person and call the service."""
        user = selectors.user_by_email(options["email"])
        if user is None:
            raise CommandError(f"No account has the address {options['email']}.")
        role = StaffRole(options["role"])
        actor = Actor.system(self.__module__.rsplit(".", 1)[-1])
        try:
            type(self).act(actor=actor, user_id=user.pk, role=role, reason=options["reason"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(self.done.format(email=user.email, role=role.value))
