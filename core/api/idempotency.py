"""``Idempotency-Key``: a POST that is repeated does its work once and answers the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import orjson
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.rendering import JSONParser, JSONRenderer
from core.errors import Conflict, ValidationFailed
from core.models import IdempotencyKey

HEADER = "Idempotency-Key"
MAX_KEY = 200


def run_once(request: Request, work: Callable[[], Response]) -> Response:
    """Do `work` once per user and key, inside one transaction with the record of its answer.

    Two requests at once: the second waits for the first's commit and gets its answer. A failed
    request leaves no key behind, so that it may be tried again.

    Raises:
        ValidationFailed: the key is too long.
        Conflict: the key was used for a different request.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return work()
    if len(key) > MAX_KEY:
        raise ValidationFailed.of(HEADER, _("The key is longer than 200 characters."))
    with transaction.atomic():
        fingerprint = _fingerprint(request)
        row = IdempotencyKey(user_id=request.user.pk, key=key, fingerprint=fingerprint)
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
        row = IdempotencyKey.objects.select_for_update().get(user_id=request.user.pk, key=key)
        if row.fingerprint != fingerprint:
            raise Conflict(_("This Idempotency-Key was used for a different request."), code="key-reused")
        if row.status is not None:
            return _replayed(row)
        response = work()
        row.status = response.status_code
        row.body = JSONRenderer().render(response.data).decode()
        row.save(update_fields=["status", "body"])
        return response


def _replayed(row: IdempotencyKey) -> Response:
    body: Any = JSONParser().parse(BytesIO(row.body.encode())) if row.body else None
    return Response(body, status=row.status, headers={"Idempotent-Replayed": "true"})


def _fingerprint(request: Request) -> str:
    body = orjson.dumps(request.data, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(
        b"\0".join([(request.method or "").encode(), request.path.encode(), body])
    ).hexdigest()
