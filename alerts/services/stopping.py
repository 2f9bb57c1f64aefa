"""Places to which nothing goes any more: channels that staff stopped, and what their readers refused."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from alerts.errors import ChannelStopped
from alerts.models import Channel, RefusedPlace
from alerts.selectors.channels import config_of
from core import clock

SALT = "alerts.channel.place"


def place_of(kind: str, config: Mapping[str, str]) -> str:
    """Name the place that a channel leads to; it has what opens it, and is to be hashed before it is kept."""
    # a secret of ours differs each time, the place does not
    return ":".join((kind, *(config[name] for name in sorted(config) if not _is_ours(name))))


def refuse_stopped(channel: Channel) -> None:
    """Refuse to go on with a channel that staff stopped.

    Raises:
        ChannelStopped: they did.
    """
    if channel.stopped_by_staff_at is not None:
        raise ChannelStopped(_("Our staff stopped this channel. Write to support if you want to know why."))


def refuse_refused(place: str) -> None:
    """Refuse to send a proof to where somebody wanted no more of them.

    Raises:
        ChannelStopped: they did.
    """
    if RefusedPlace.objects.filter(place=_hash(place)).exists():
        raise ChannelStopped(_("Whoever reads there wants nothing from Florin."))


def keep_refused(channel: Channel) -> None:
    """Keep that nobody may have proofs sent to where a channel leads."""
    kept = RefusedPlace(place=_hash(place_of(channel.kind, config_of(channel))), refused_at=clock.now())
    RefusedPlace.objects.bulk_create([kept], ignore_conflicts=True)


def forget_refused(channel: Channel) -> None:
    """Let proofs go again to where a channel leads."""
    if channel.kind == Channel.Kind.EMAIL and not channel.is_account:  # others have no link to refuse by
        place = place_of(channel.kind, config_of(channel))
        RefusedPlace.objects.filter(place=_hash(place)).delete()


def _is_ours(name: str) -> bool:
    return "secret" in name or name == "old_until"


def _hash(place: str) -> str:
    return salted_hmac(SALT, place.lower(), algorithm="sha256").hexdigest()
