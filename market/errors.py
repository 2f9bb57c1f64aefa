"""What the market refuses."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.errors import Conflict, DependencyUnavailable, FieldError, ValidationFailed


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


class ProviderFailed(DependencyUnavailable):
    """A source of prices did not give what it was asked for; `retry_after` in seconds, where it says."""

    code = "provider-failed"
    title = "A source of prices failed"


class ProviderUnavailable(ProviderFailed):
    """The source cannot be reached, takes too long, fails inside (5xx) or breaks off; worth another try."""

    code = "provider-unavailable"
    title = "A source of prices does not answer"


class ProviderLimited(ProviderFailed):
    """No request is left for now: the source says so, or our own budget of it is spent."""

    code = "provider-limited"
    title = "A source of prices takes no more requests for now"


class ProviderBudgetSpent(ProviderLimited):
    """Our own budget of requests to a source is spent: nothing is wrong with the source."""

    code = "provider-budget-spent"
    title = "Our requests to a source of prices are spent for now"


class ProviderRefused(ProviderFailed):
    """The source refuses the key or the plan it belongs to, or its address may not be called."""

    code = "provider-refused"
    title = "A source of prices refuses us"


class ProviderUnreadable(ProviderFailed):
    """The answer is not what the source's documentation says: HTML for JSON, a field that is missing."""

    code = "provider-unreadable"
    title = "A source of prices answers what nobody can read"


class ProviderUnknown(ProviderFailed):
    """The source does not know the instrument."""

    code = "provider-unknown"
    title = "A source of prices does not know this"
    status = 404


class WatchlistFull(Conflict):
    """A person has no more room: for lists, or for instruments on one."""

    code = "watchlist-full"
    title = "There is no room for more"
