"""The secrets of second factors, encrypted at rest; allauth keeps them in the JSON of its table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator

from core import secrets
from core.errors import SecretUnreadable
from core.ports import Rotated

PURPOSE = "mfa.authenticator"
# which of the keys of `data` hold secrets: the app's key, the seed of recovery codes, codes moved here
SECRETS = ("secret", "seed", "migrated_codes")
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def encrypted(text: str) -> str:
    """Encrypt a secret of a second factor."""
    return secrets.encrypt(text, purpose=PURPOSE)


def decrypted(token: str) -> str:
    """Read a secret of a second factor.

    Raises:
        SecretUnreadable: no key that is set opens it.
    """
    return secrets.decrypt(token, purpose=PURPOSE)


def rotate_factors(batch: int) -> Rotated:
    """Encrypt the secrets of all second factors anew that an older key holds, `batch` rows at a time.

    The update of a row counts only where it is still as it was read; one that a sign-in has
    changed meanwhile (a recovery code was used) is read and tried again.
    """
    renewed = unreadable = last = 0
    while rows := list(_after(last)[:batch]):
        for key, data in rows:
            last = key
            try:
                renewed += _rotate(key, data)
            except SecretUnreadable:
                unreadable += 1
    return Rotated(renewed, unreadable)


def mapped(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Change each secret in the JSON of a factor, and nothing else."""
    return {name: _changed(value, change) if name in SECRETS else value for name, value in data.items()}


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    return [change(one) for one in value] if isinstance(value, list) else change(value)


def _after(last: int) -> Any:
    return Authenticator.objects.filter(pk__gt=last, type__in=KINDS).order_by("pk").values_list("pk", "data")


def _rotate(key: int, data: dict[str, Any] | None) -> int:
    while data is not None:
        fresh = mapped(data, secrets.rotated)
        if fresh == data:
            return 0
        if Authenticator.objects.filter(pk=key, data=data).update(data=fresh):
            return 1
        data = Authenticator.objects.filter(pk=key).values_list("data", flat=True).first()
    return 0
