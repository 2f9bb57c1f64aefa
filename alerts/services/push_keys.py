"""The pair of keys by which push services of browsers know this platform (VAPID, RFC 8292)."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction

from alerts.models import Outbox


@transaction.atomic
def push_public_key() -> str:
    """Answer our public key as browsers take it, base64url; the pair is made when it is first asked for.

    It stays for good: a browser's subscription counts for the key that it was made with.
    """
    found = Outbox.objects.filter(pk=1).exclude(push_public="").first()
    if found is not None:
        return found.push_public
    Outbox.objects.bulk_create([Outbox(pk=1)], ignore_conflicts=True)
    row = Outbox.objects.select_for_update().get(pk=1)
    if not row.push_public:
        pair = ec.generate_private_key(ec.SECP256R1())
        row.push_private = _text(pair.private_numbers().private_value.to_bytes(32, "big"))
        point = serialization.PublicFormat.UncompressedPoint
        row.push_public = _text(pair.public_key().public_bytes(serialization.Encoding.X962, point))
        row.save(update_fields=["push_public", "push_private"])
    return row.push_public


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
