"""Make Django's groups say what the roles of the code say."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from accounts import services
from accounts.services.roles import RoleChange, role_changes
from core.actor import Actor


class Command(BaseCommand):
    help = "Write the roles of staff (support, market-data, auditor, admin) into Django's groups."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail if they differ")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the difference, and remove it unless only asked to look."""
        check: bool = options["check"]
        changes = role_changes() if check else services.sync_roles(actor=Actor.system("sync_roles"))
        for change in changes:
            self._tell(change)
        if not changes:
            self.stdout.write("The groups say what the roles say.")
        elif check:
            raise SystemExit(1)

    def _tell(self, change: RoleChange) -> None:
        self.stdout.write(f"{change.group}{': no longer a role' if change.gone else ''}")
        for sign, names in (("+", change.added), ("-", change.removed)):
            for name in names:
                self.stdout.write(f"  {sign} {name}")
