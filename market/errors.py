"""What the market refuses."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.errors import Conflict, FieldError, ValidationFailed


class AmbiguousSymbol(ValidationFailed):
    """Several listings have the symbol; the error names their venues."""

    code = "ambiguous-symbol"
    title = "Several instruments have this symbol"

    @classmethod
    def of_listings(cls, symbol: str, venues: Iterable[str]) -> AmbiguousSymbol:
        """Say which venues list the symbol."""
        message = _("%(symbol)s is listed more than once (%(venues)s). Write %(symbol)s@VENUE.") % {
            "symbol": symbol,
            "venues": ", ".join(sorted(venues)),
        }
        return cls(message, errors=(FieldError("symbol", message, "ambiguous"),))


class InstrumentInUse(Conflict):
    """Transactions, orders or alerts point at the instrument."""

    code = "instrument-in-use"
    title = "The instrument is in use"


class ImportRefused(ValidationFailed):
    """A price file cannot be read as a whole; nothing of it was stored."""

    code = "import-refused"
    title = "The file cannot be imported"
