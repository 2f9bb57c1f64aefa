"""The secrets that webhooks are signed with (Standard Webhooks)."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.domain.channels import MOST_FORMER, ROTATION, former_secrets
from alerts.models import Channel
from alerts.selectors.channels import config_of, get
from core import audit, clock
from core.actor import Actor
from core.errors import Conflict, NotFound

PREFIX: Final = "whsec_"
RANDOM_BYTES: Final = 32


def new_secret() -> str:
    """Make a secret: random bytes in base64, with the prefix of the standard."""
    return PREFIX + base64.b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()


@transaction.atomic
def rotate_secret(*, actor: Actor, user: Any, uuid: UUID) -> str:
    """Give a webhook a new secret, and answer it; each former one signs too until its 24 hours are over.

    Raises:
        NotFound: there is no such webhook of the user's.
        Conflict: five former ones still sign.
    """
    channel = _webhook(user, uuid)
    now = clock.now()
    config: dict[str, Any] = dict(config_of(channel))
    former = former_secrets(config, now)
    if len(former) >= MOST_FORMER:
        raise Conflict(_("Five former secrets still sign. Wait until the first of them ends."))
    ended = {"secret": config["secret"], "until": (now + ROTATION).isoformat()}
    secret = new_secret()
    config = {"url": config["url"], "secret": secret, "former_secrets": [ended, *former]}
    channel.config = json.dumps(config)
    channel.save(update_fields=["config", "updated_at"])
    audit.record(actor=actor, verb="channel.secret_rotated", object_type="channel", object_id=channel.uuid)
    return secret


@transaction.atomic
def reveal_secret(*, actor: Actor, user: Any, uuid: UUID) -> str:
    """Answer the secret of a webhook; the caller has made sure that its person asks.

    Raises:
        NotFound: there is no such webhook of the user's.
    """
    channel = _webhook(user, uuid)
    audit.record(actor=actor, verb="channel.secret_shown", object_type="channel", object_id=channel.uuid)
    return config_of(channel)["secret"]


def _webhook(user: Any, uuid: UUID) -> Channel:
    channel = get(user, uuid, for_update=True)
    if channel.kind != Channel.Kind.WEBHOOK:
        raise NotFound(_("Only a webhook has a secret."))
    return channel
