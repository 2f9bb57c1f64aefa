"""Encrypt every stored secret anew with the first key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import datakeys, ports

BATCH = 500


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first key, beside a running site. "
        "May be stopped and called again: what is done stays done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Read the size of a batch and whether to begin with a new key of KMS."""
        parser.add_argument("--batch", type=int, default=BATCH, help=f"rows read at once, {BATCH} by default")
        parser.add_argument(
            "--new-data-key", action="store_true", help="make a new data key by AWS KMS, which then encrypts"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rotate and say how much was done in each place."""
        if options["batch"] < 1:
            raise CommandError("--batch is at least 1.")
        if options["new_data_key"]:
            if not settings.FIELD_ENCRYPTION_KMS_KEY_ID:
                raise CommandError("--new-data-key needs FIELD_ENCRYPTION_KMS_KEY_ID.")
            datakeys.add()
        places = ports.secret_places.collect(options["batch"])
        for name, found in places.items():
            self.stdout.write(f"{name}: {found.renewed} encrypted anew, {found.unreadable} unreadable")
        if any(found.unreadable for found in places.values()):
            raise CommandError("Some secrets need a key that is not set. Keep older keys until none does.")
