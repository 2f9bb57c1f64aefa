"""`manage.py import_archive`: bring an archive in for a person."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import selectors
from core.actor import Actor
from core.errors import DomainError
from portfolios.services.archive import import_archive, opened

# Who has a shell here may bring in more than who uploads.
MOST_BYTES = 64 * 1024**3


class Command(BaseCommand):
    """Make the portfolios of an archive that the person does not have; a second run changes nothing."""

    help = "Bring an archive in: all of it, or nothing. The portfolios become those of the person named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="what export_archive wrote")
        parser.add_argument("--user", required=True, help="the address of who is to own the portfolios")
        parser.add_argument(
            "--own",
            action="store_true",
            help="make missing instruments and rates the person's own, not public",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Bring it in and say what was made."""
        user = selectors.user_by_email(options["user"])
        if user is None:
            raise CommandError(f"No account has the address {options['user']}.")
        label = "import_archive"
        actor = Actor(user_id=None, label=f"system:{label}") if options["own"] else Actor.system(label)
        try:
            with options["file"].open("rb") as file:
                found = import_archive(
                    actor=actor, owner_id=user.pk, bundle=opened(file, most_bytes=MOST_BYTES)
                )
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        for one in found["portfolios"]:
            told = "is there already" if one["there"] else f"{one['transactions']:,} transactions"
            self.stdout.write(f"{one['id']}: {told}")
