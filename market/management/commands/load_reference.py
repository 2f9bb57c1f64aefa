"""`manage.py load_reference`: exchanges and coins."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from market.services.reference import load_reference


class Command(BaseCommand):
    """Load exchanges and coins; a second run brings them up to date."""

    help = "Load the reference data: exchanges by MIC and the coins of CoinGecko's list."

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load and say how many there are."""
        loaded = load_reference()
        if options["verbosity"]:
            self.stdout.write(
                _("%(exchanges)s exchanges, %(coins)s coins.")
                % {"exchanges": loaded.exchanges, "coins": loaded.coins}
            )
