"""The secrets that webhooks are signed with (Standard Webhooks)."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.domain.channels import ROTATION
from alerts.models import Channel
from alerts.selectors.channels import config_of, get
from core import audit, clock
from core.actor import Actor
from core.errors import NotFound

PREFIX: Final = "whsec_"
RANDOM_BYTES: Final = 32


def new_secret() -> str:
    """Make a secret: random bytes in base64, with the prefix of the standard."""
    return PREFIX + base64.b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()


@transaction.atomic
def rotate_secret(*, actor: Actor, user: Any, uuid: UUID) -> str:
    """Give a webhook a new secret, and answer it; the former one signs too for 24 hours.

    Raises:
        NotFound: there is no such webhook of the user's.
    """
    channel = _webhook(user, uuid)
    config = config_of(channel)
    config["old_secret"] = config["secret"]
    config["old_until"] = (clock.now() + ROTATION).isoformat()
    config["secret"] = new_secret()
    channel.config = json.dumps(config)
    channel.save(update_fields=["config", "updated_at"])
    audit.record(actor=actor, verb="channel.secret_rotated", object_type="channel", object_id=channel.uuid)
    return config["secret"]


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
