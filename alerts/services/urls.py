"""Refuse addresses that no message of ours could go to, before anything is sent there."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core.errors import AddressRefused, FieldError, ValidationFailed
from core.outbound import checked_target, is_own, is_public

FIELDS: Final = {"webhook": "url", "push": "endpoint"}
HTTPS: Final = 443


def refuse_unfit_url(kind: str, config: Mapping[str, str]) -> None:
    """Refuse an address that may not be sent to, or is one of a network that is not public.

    What a name means is looked up, and every address of it checked, each time that something is sent.

    Raises:
        ValidationFailed: names the field.
    """
    name = FIELDS.get(kind)
    if name is None:
        return
    try:
        _refuse_inner(checked_target(config[name]))
    except AddressRefused as error:
        raise ValidationFailed(errors=(FieldError(name, error.detail, error.code),)) from None


def _refuse_inner(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_public(host) and not is_own(host, parts.port or HTTPS):
        raise AddressRefused(_("This address leads into a network that is not public."))
