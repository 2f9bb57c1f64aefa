"""Data keys of AWS KMS: made and encrypted there, kept encrypted in our table, decrypted once a process.

KMS's own key never leaves KMS; taking away its permission closes every secret at the next start.
boto3 (the extra ``aws``) finds region and credentials, and an ``AWS_ENDPOINT_URL``, by itself.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection
from django.db.models import Max
from django.utils.translation import gettext as _

from core.errors import DependencyUnavailable

logger = structlog.get_logger(__name__)
R = TypeVar("R")
CONTEXT = {"application": "florin", "purpose": "field-encryption"}
ATTEMPTS = 3
CONNECT_SECONDS = 3
READ_SECONDS = 5

_lock = threading.Lock()
_opened: dict[tuple[str, int], bytes] = {}
_order: dict[str, tuple[bytes, ...]] = {}


def known() -> tuple[bytes, ...]:
    """Tell the data keys as Fernet keys, the newest first; the first call reads them or makes one.

    Raises:
        DependencyUnavailable: KMS does not answer, or refuses.
    """
    key_id: str = settings.FIELD_ENCRYPTION_KMS_KEY_ID
    if key_id not in _order:
        with _lock:
            if key_id not in _order:
                _order[key_id] = _apart(_read_or_make)
    return _order[key_id]


def reread() -> None:
    """Read the table anew: another process may have made a key.

    Raises:
        DependencyUnavailable: KMS does not answer, or refuses.
    """
    with _lock:
        _order[settings.FIELD_ENCRYPTION_KMS_KEY_ID] = _apart(_read_or_make)


def add() -> None:
    """Make a data key that encrypts from now on.

    Raises:
        DependencyUnavailable: KMS does not answer, or refuses.
    """
    with _lock:
        _apart(_make)
        _order[settings.FIELD_ENCRYPTION_KMS_KEY_ID] = _apart(_read_or_make)


def forget() -> None:
    """Drop the keys from this process's memory."""
    with _lock:
        _opened.clear()
        _order.clear()


def _apart(work: Callable[[], R]) -> R:
    """Work on a connection of its own: a key must outlive a caller's transaction that is rolled back."""

    def one() -> R:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(one).result()


def _read_or_make() -> tuple[bytes, ...]:
    """Open our data keys, the newest first, then those of KMS keys that were set before."""
    mine: str = settings.FIELD_ENCRYPTION_KMS_KEY_ID
    if not _table().objects.filter(kms_key_id=mine).exists():
        _make()
    rows = list(_table().objects.order_by("-number").values_list("kms_key_id", "number", "sealed"))
    keys = [_open(*row) for row in rows if row[0] == mine]
    for row in rows:
        if row[0] != mine:
            try:
                keys.append(_open(*row))
            except DependencyUnavailable:  # its secrets stay closed, and ours open
                logger.warning("secret.data_key_closed", kms_key_id=row[0], number=row[1])
    return tuple(keys)


def _make() -> None:
    key_id: str = settings.FIELD_ENCRYPTION_KMS_KEY_ID
    answer = _ask("generate_data_key", KeyId=key_id, KeySpec="AES_256", EncryptionContext=CONTEXT)
    last = _table().objects.filter(kms_key_id=key_id).aggregate(last=Max("number"))["last"] or 0
    try:
        _table().objects.create(kms_key_id=key_id, number=last + 1, sealed=answer["CiphertextBlob"])
    except IntegrityError:
        return  # another process made that number's key at the same time; it serves as well
    _opened[key_id, last + 1] = base64.urlsafe_b64encode(answer["Plaintext"])


def _open(key_id: str, number: int, sealed: bytes) -> bytes:
    if (key_id, number) not in _opened:
        answer = _ask("decrypt", KeyId=key_id, CiphertextBlob=bytes(sealed), EncryptionContext=CONTEXT)
        _opened[key_id, number] = base64.urlsafe_b64encode(answer["Plaintext"])
    return _opened[key_id, number]


def _table() -> Any:
    return apps.get_model("core", "DataKey")


def _ask(call: str, **arguments: Any) -> Any:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KMS_KEY_ID needs boto3: install Florin with its extra aws."
        ) from error
    config = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": ATTEMPTS}
    )
    try:
        return getattr(boto3.client("kms", config=config), call)(**arguments)
    except (BotoCoreError, ClientError) as error:
        raise DependencyUnavailable(_("The key service does not answer, or refuses.")) from error
