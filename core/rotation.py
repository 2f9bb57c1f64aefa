"""Encrypting stored secrets anew with the first key, beside a site that runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast

from core import ports, secrets
from core.errors import SecretUnreadable
from core.fields import EncryptedTextField, SecretText
from core.ports import Rotated


def register() -> None:
    """Answer the port of secrets for every encrypted field of every model."""
    ports.secret_places.register("fields", rotate_fields)


def rotate_fields(batch: int) -> Rotated:
    """Encrypt every encrypted field anew that an older key holds, `batch` rows at a time."""
    found = [rotate_field(model, field, batch) for model, field in encrypted_fields(apps.get_models())]
    return Rotated(sum(one.renewed for one in found), sum(one.unreadable for one in found))


def encrypted_fields(
    some: Iterable[type[models.Model]],
) -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    """List the encrypted fields of models; a proxy's are its table's own."""
    for model in some:
        if not model._meta.proxy:  # noqa: SLF001  # Django's documented way
            for field in model._meta.local_fields:  # noqa: SLF001
                if isinstance(field, EncryptedTextField):
                    yield model, field


def rotate_field(model: type[models.Model], field: EncryptedTextField, batch: int) -> Rotated:
    """Encrypt one field anew, row by row: each update counts only where the row is still as it was read.

    A row that somebody changed meanwhile was encrypted with the first key by that, so nothing is
    left to do there. What was done stays done: a call after a stopped one goes on from there.
    """
    renewed = unreadable = 0
    last: Any = None
    while rows := _older(model, field, last)[:batch]:
        for key, token in rows:
            last = key
            try:
                fresh = secrets.rotated(token)
            except SecretUnreadable:
                unreadable += 1
                continue
            secret = SecretText(purpose=field.purpose, token=fresh)
            renewed += _stored(model, field).filter(pk=key, stored=token).update(**{field.name: secret})
    return Rotated(renewed, unreadable)


def _older(model: type[models.Model], field: EncryptedTextField, last: Any) -> Any:
    """Read (key, token) of the rows after `last` that the first key does not hold."""
    rows = _stored(model, field).exclude(stored__startswith=secrets.current_prefix())
    if last is not None:
        rows = rows.filter(pk__gt=last)
    return rows.filter(stored__isnull=False).order_by("pk").values_list("pk", "stored")


def _stored(model: type[models.Model], field: EncryptedTextField) -> Any:
    """Take the rows with the token itself beside the field, which cannot be asked for."""
    text: models.TextField[str, str] = models.TextField()
    return model._base_manager.annotate(stored=Cast(field.name, text))  # noqa: SLF001
