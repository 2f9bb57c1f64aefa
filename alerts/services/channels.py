"""Make, change, pause and delete the ways by which a person is told outside of the page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.domain.channels import PARTS, hint_of, read, topics_in_order
from alerts.errors import AccountChannel, ChannelExists, ChannelUnproven, TooManyChannels
from alerts.models import Channel, Notification
from alerts.selectors.channels import channels_of, config_of, get
from alerts.services.budgets import spend
from alerts.services.delivery.cleaning import delete_channels
from alerts.services.outbox import release
from alerts.services.proof import begin_proof
from alerts.services.signing import new_secret
from alerts.services.stopping import refuse_stopped
from alerts.services.urls import refuse_unfit_url
from core import audit
from core.actor import Actor
from core.errors import FieldError, NotFound, ValidationFailed

MOST_CHANNELS: Final = 20
LONGEST_NAME: Final = 60
KINDS: Final = tuple(Notification.Kind.values)
# accounts itself mails what is about the security of the account, and does so at once
NOT_FOR_ACCOUNT: Final = frozenset({Notification.Kind.SECURITY.value})
ACCOUNT_TOPICS: Final = tuple(one for one in KINDS if one not in NOT_FOR_ACCOUNT)
CHANGEABLE: Final = frozenset({"name", "topics", "digest"})
_IDENTIFIES: Final = {"webhook": ("url",), "push": ("endpoint",)}


@dataclass(frozen=True, slots=True)
class ChannelData:
    """A new channel; `values` are what its kind needs, `topics` None: all kinds, `name` empty: its kind's."""

    kind: str
    values: Mapping[str, str] = field(repr=False)
    name: str = ""
    topics: Iterable[str] | None = None
    digest: str = Channel.Digest.NONE.value


@dataclass(frozen=True, slots=True)
class MadeChannel:
    """A new channel; `secret` is what a webhook is signed with, empty for the others."""

    channel: Channel
    secret: str = field(repr=False, default="")


@transaction.atomic
def create_channel(*, actor: Actor, user: Any, data: ChannelData) -> MadeChannel:
    """Make a channel and send its proof there.

    A browser that is known already keeps its channel, with the new keys.

    Raises:
        ValidationFailed: a value does not fit; it names the field.
        AddressRefused: the address may not be called.
        ChannelExists: one of the user's leads there already.
        ChannelStopped: staff stopped the one that did, or its reader wants no more.
        TooManyChannels: the user has 20.
        RateLimited: the user made, or had sent, too many; or too much was sent there.
    """
    # the lock keeps two requests at once from passing the limit together
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk).exists():
        raise NotFound
    config = _config(data)
    topics = list(KINDS) if data.topics is None else _topics(data.topics)
    digest = _digest(data.kind, data.digest)
    known = _same(user, data.kind, config)
    if known is not None:
        return MadeChannel(_renewed(actor, known, config))
    if channels_of(user).count() >= MOST_CHANNELS:
        raise TooManyChannels(_("You have 20 channels. Delete one first."))
    spend("channels", str(user.pk))
    secret = new_secret() if data.kind == Channel.Kind.WEBHOOK else ""
    channel = Channel.objects.create(
        owner=user,
        kind=data.kind,
        name=_name(data.name) or str(Channel.Kind(data.kind).label),
        config=json.dumps({**config, "secret": secret} if secret else config),
        hint=hint_of(data.kind, config),
        topics=topics,
        digest=digest,
    )
    begin_proof(channel)
    _record(actor, "channel.created", channel)
    return MadeChannel(channel, secret)


@transaction.atomic
def change_channel(*, actor: Actor, user: Any, uuid: UUID, changes: Mapping[str, Any]) -> Channel:
    """Change a channel's name, which kinds go there, or how they are gathered; where it leads is for good.

    Raises:
        NotFound: there is none of the user's.
        ValidationFailed: a value does not fit; it names the field.
    """
    channel = get(user, uuid, for_update=True)
    clean: dict[str, Any] = {}
    if "name" in changes:
        clean["name"] = _name(changes["name"]) or channel.name
    if "topics" in changes:
        clean["topics"] = _topics(changes["topics"], for_account=channel.is_account)
    if "digest" in changes:
        clean["digest"] = _digest(channel.kind, changes["digest"])
    changed = {name: value for name, value in clean.items() if getattr(channel, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(channel, name, value)
        channel.save(update_fields=[*changed, "updated_at"])
        _record(actor, "channel.changed", channel)
    return channel


@transaction.atomic
def choose_topics(*, actor: Actor, user: Any, topics: Mapping[UUID, Iterable[str]]) -> None:
    """Say for several channels at once which kinds go there.

    Raises:
        NotFound: one of them is not the user's.
        ValidationFailed: there is no such kind, or it cannot go there.
    """
    for uuid in sorted(topics):
        change_channel(actor=actor, user=user, uuid=uuid, changes={"topics": topics[uuid]})


@transaction.atomic
def pause_channel(*, actor: Actor, user: Any, uuid: UUID) -> Channel:
    """Let nothing new go to a channel until it is resumed.

    Raises:
        NotFound: there is none of the user's.
        ChannelUnproven: it is not proven, or was stopped.
    """
    channel = get(user, uuid, for_update=True)
    if channel.state == Channel.State.PAUSED:
        return channel
    if channel.state != Channel.State.ACTIVE:
        raise ChannelUnproven(_("Nothing goes to this channel now."))
    return _moved(actor, channel, Channel.State.PAUSED, "channel.paused")


@transaction.atomic
def resume_channel(*, actor: Actor, user: Any, uuid: UUID) -> Channel:
    """Let a channel be told again; one that was stopped by failures is to be proven anew.

    Raises:
        NotFound: there is none of the user's.
        ChannelUnproven: it waits for its proof.
        ChannelStopped: staff stopped it, or its reader wants no more.
        RateLimited: too much was sent by the user, or to there.
    """
    channel = get(user, uuid, for_update=True)
    refuse_stopped(channel)
    if channel.state == Channel.State.ACTIVE:
        return channel
    if channel.state == Channel.State.UNVERIFIED:
        raise ChannelUnproven(_("This channel is not proven yet."))
    is_proven = channel.state == Channel.State.PAUSED and channel.verified_at is not None
    if is_proven or channel.is_account:
        release(channel)
        return _moved(actor, channel, Channel.State.ACTIVE, "channel.resumed")
    _moved(actor, channel, Channel.State.UNVERIFIED, "channel.resumed")
    begin_proof(channel)
    return channel


@transaction.atomic
def delete_channel(*, actor: Actor, user: Any, uuid: UUID) -> None:
    """Delete a channel with what waits for it and what went there.

    Raises:
        NotFound: there is none of the user's.
        AccountChannel: it is the address of the account.
        ChannelStopped: staff stopped it, and it stays so that it is not made anew.
    """
    channel = get(user, uuid, for_update=True)
    refuse_stopped(channel)
    if channel.is_account:
        raise AccountChannel(_("Pause it instead: it goes with the account."))
    _record(actor, "channel.deleted", channel)
    delete_channels(channel_ids=[channel.pk])


@transaction.atomic
def make_account_channel(*, user_id: UUID) -> None:
    """Give a new account the channel that leads to its own address."""
    Channel.objects.bulk_create(
        [
            Channel(
                owner_id=user_id,
                kind=Channel.Kind.EMAIL,
                name=str(Channel.Kind.EMAIL.label),
                is_account=True,
                topics=list(ACCOUNT_TOPICS),
                state=Channel.State.ACTIVE,
            )
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def renew_account_channel(*, user_id: UUID) -> None:
    """Let the channel of the account go on where its address changed: what stopped it was the former one."""
    stopped = Channel.objects.select_for_update().filter(
        owner_id=user_id, is_account=True, state=Channel.State.DISABLED, stopped_by_staff_at=None
    )
    for channel in stopped:
        _moved(Actor.system("address changed"), channel, Channel.State.ACTIVE, "channel.resumed")


def _config(data: ChannelData) -> dict[str, str]:
    if data.kind not in PARTS:
        raise ValidationFailed.of("kind", _("There is no such kind of channel."), "unknown")
    found = read(data.kind, data.values)
    errors = [FieldError(one, _("This is needed."), "required") for one in found.missing]
    errors += [FieldError(one, _("This does not have the right form."), "invalid") for one in found.wrong]
    errors += [
        FieldError(one, _("This kind of channel has no such value."), "unknown") for one in found.unknown
    ]
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    refuse_unfit_url(data.kind, found.config)
    if data.kind == Channel.Kind.EMAIL:
        return {"address": _address(found.config["address"])}
    return found.config


def _address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValidationFailed.of("address", _("Enter an e-mail address.")) from error
    return text.lower()


def _same(user: Any, kind: str, config: Mapping[str, str]) -> Channel | None:
    """Find a channel of the user's that leads to the same place; none but a browser's may be made anew."""
    names = _IDENTIFIES.get(kind, tuple(config))
    wanted = [config[name] for name in names]
    for one in channels_of(user).filter(kind=kind, is_account=False):
        opened = config_of(one)
        if kind == Channel.Kind.WEBHOOK and one.hint == hint_of(kind, config):
            refuse_stopped(one)  # another path of the same server
        if wanted == [opened.get(name) for name in names]:
            refuse_stopped(one)
            if kind == Channel.Kind.PUSH:
                return one
            raise ChannelExists(_("“%(name)s” leads there already.") % {"name": one.name})
    return None


def _renewed(actor: Actor, channel: Channel, config: Mapping[str, str]) -> Channel:
    """Take the keys that a browser has now; who asks to be told there ends a pause."""
    spend("channels", str(channel.owner_id))
    channel.config = json.dumps(dict(config))
    channel.save(update_fields=["config", "updated_at"])
    if channel.state in {Channel.State.UNVERIFIED, Channel.State.DISABLED}:
        channel.state, channel.reason = Channel.State.UNVERIFIED, ""
        channel.save(update_fields=["state", "reason", "updated_at"])
        begin_proof(channel)
    elif channel.state == Channel.State.PAUSED:
        return _moved(actor, channel, Channel.State.ACTIVE, "channel.resumed")
    return channel


def _name(name: str) -> str:
    if len(name.strip()) > LONGEST_NAME:
        raise ValidationFailed.of("name", _("A name has at most 60 characters."), "max_length")
    return name.strip()


def _topics(topics: Iterable[str], *, for_account: bool = False) -> list[str]:
    wanted = set(topics)
    if wanted - set(KINDS):
        raise ValidationFailed.of("topics", _("There is no such kind of notification."), "unknown")
    if for_account and wanted & NOT_FOR_ACCOUNT:
        raise ValidationFailed.of(
            "topics", _("What is about security is always mailed to the account's address."), "security"
        )
    return topics_in_order(wanted, KINDS)


def _digest(kind: str, digest: str) -> str:
    if digest not in Channel.Digest.values:
        raise ValidationFailed.of("digest", _("Send at once, once an hour or once a day."), "unknown")
    if kind == Channel.Kind.WEBHOOK and digest != Channel.Digest.NONE:
        raise ValidationFailed.of("digest", _("A program is told at once."), "webhook")
    return digest


def _moved(actor: Actor, channel: Channel, state: Channel.State, verb: str) -> Channel:
    channel.state, channel.reason = state, ""
    channel.failures, channel.failing_since, channel.rests_until = 0, None, None
    if state == Channel.State.UNVERIFIED:
        channel.verified_at = None
    channel.save()
    _record(actor, verb, channel)
    return channel


def _record(actor: Actor, verb: str, channel: Channel) -> None:
    """Write the audit event; where a channel leads and what it is called is personal and stays out."""
    told = {"kind": channel.kind, "state": channel.state, "topics": channel.topics, "digest": channel.digest}
    audit.record(actor=actor, verb=verb, object_type="channel", object_id=channel.uuid, after=told)
