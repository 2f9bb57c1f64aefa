"""`manage.py load_sessions`: when exchanges trade."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from market.services.sessions import load_sessions


class Command(BaseCommand):
    """Load the trading sessions; a second run brings them up to date."""

    help = "Load the trading sessions of exchanges, from a year ago to a year ahead."

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load and say how many changed, and who has no calendar."""
        loaded = load_sessions()
        if options["verbosity"]:
            self.stdout.write(
                _("%(exchanges)s exchanges, %(changed)s days changed. Without a calendar: %(without)s.")
                % {
                    "exchanges": loaded.exchanges,
                    "changed": loaded.changed,
                    "without": ", ".join(loaded.without) or "–",
                }
            )
