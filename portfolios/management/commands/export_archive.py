"""`manage.py export_archive`: a person's portfolios, or everybody's, as archives."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts import selectors
from accounts.models import User
from core.actor import Actor
from core.errors import DomainError
from portfolios.selectors.archive import owners
from portfolios.services.archive import export_archive


class Command(BaseCommand):
    """Write archives; each is the portfolios of one owner."""

    help = "Write a person's portfolios as one archive, or everybody's as one file an owner into a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path, help="the file to write; with --everybody a folder")
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--user", help="the owner's address")
        who.add_argument("--everybody", action="store_true", help="OWNER-ID.zip for each owner of portfolios")
        parser.add_argument(
            "--portfolio", type=UUID, action="append", help="only this one of the user's; may come again"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write each file beside its place, then move it there, so that none is ever half there."""
        path: Path = options["path"]
        if not options["everybody"]:
            user = selectors.user_by_email(options["user"])
            if user is None:
                raise CommandError(f"No account has the address {options['user']}.")
            self._write(path, user, options["portfolio"])
            return
        path.mkdir(parents=True, exist_ok=True)
        for user in owners():
            self._write(path / f"{user.pk}.zip", user, None)

    def _write(self, path: Path, user: User, wanted: list[UUID] | None) -> None:
        try:
            made = export_archive(actor=Actor.system("export_archive"), owner=user, portfolio_ids=wanted)
            part = path.with_name(path.name + ".part")
            with made.file as file, part.open("wb") as out:
                shutil.copyfileobj(file, out)
            part.replace(path)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(one.rows for one in made.parts if one.path == "transactions.jsonl")
        self.stdout.write(f"{path}: {rows:,} transactions")
