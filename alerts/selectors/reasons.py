"""Words for why something was not sent or stopped, in the language of who reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from alerts.domain.reasons import Reason, decoded

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

_WORDS: Final[dict[Reason, StrPromise]] = {
    Reason.GIVEN_UP: _("It was tried too often."),
    Reason.CLOSED: _("The account is closed."),
    Reason.ADDRESS_UNPROVEN: _("The address of the account is not proven."),
    Reason.UNPROVEN: _("The channel is not proven."),
    Reason.PAUSED: _("The channel was paused."),
    Reason.STOPPED: _("The channel was stopped."),
    Reason.STOPPED_BY_STAFF: _("Stopped by staff."),
    Reason.DROPPED_BY_STAFF: _("Dropped by staff."),
    Reason.UNWANTED: _("Whoever reads there wants nothing from Florin."),
    Reason.UNWRITTEN: _("The message could not be written."),
    Reason.TRANSPORT_FAILED: _("The transport failed."),
    Reason.ADDRESS_REFUSED: _("This address may not be called."),
    Reason.NOT_REACHED: _("It cannot be reached, or took too long to answer."),
    Reason.NOT_TAKEN: _("It sends what is no answer."),
    Reason.KEYS: _("The keys of the browser do not count."),
    Reason.SETTINGS: _("The settings of the channel do not fit."),
    Reason.ANSWERED: _("It answered %(value)s."),
}


def worded(text: str) -> str:
    """Say why; what the other side said is told as it said it."""
    return own(text) or text


def own(text: str) -> str:
    """Say why, where we say so ourselves; empty for what the other side said, which may name people."""
    found = decoded(text)
    if found is None:
        return ""
    reason, value = found
    return str(_WORDS[reason]) % {"value": value}
