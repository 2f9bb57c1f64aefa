"""``Idempotency-Key``: a POST that is repeated does its work once and answers the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
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
        ValidationFailed: the key is too long, or the body too deep.
        Conflict: the key was used for a different request.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return work()
    if len(key) > MAX_KEY:
        raise ValidationFailed.of(HEADER, _("The key is longer than 200 characters."))
    user_id = cast("UUID", request.user.pk)
    with transaction.atomic():
        fingerprint = _fingerprint(request)
        row = IdempotencyKey(user_id=user_id, key=key, fingerprint=fingerprint)
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
        row = IdempotencyKey.objects.select_for_update().get(user_id=user_id, key=key)
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
    """Digest what is asked for: the order of keys, white space and multipart boundaries do not matter."""
    try:
        body = json.dumps(request.data, default=_content, sort_keys=True)
    except RecursionError as error:
        raise ValidationFailed(_("The body is nested too deeply."), code="malformed") from error
    asked = f"{request.method}\0{request.get_full_path()}\0{body}"
    return hashlib.sha256(asked.encode()).hexdigest()


def _content(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    value.seek(0)
    digest = hashlib.file_digest(value, "sha256").hexdigest()
    value.seek(0)
    return f"{value.name}:{digest}"
