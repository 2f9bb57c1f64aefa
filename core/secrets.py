"""Secrets at rest: short texts and bytes, encrypted before they reach the database.

A token reads ``f1.<key>.<ciphertext>``: the version of this format, the id of the key (the
beginning of its SHA-256, so that a token tells which key it needs), and a Fernet message (AES
and HMAC). Fernet authenticates nothing but its content, so the content begins with the purpose:
a token that somebody moves to another field does not open there.
"""

from __future__ import annotations

import struct
from typing import Final

import structlog
from cryptography.fernet import InvalidToken
from django.utils.translation import gettext as _

from core import keyring
from core.errors import SecretUnreadable

logger = structlog.get_logger(__name__)
VERSION: Final = "f1"
_TEXT: Final = b"t"
_BYTES: Final = b"b"
_HEAD: Final = struct.Struct(">cH")


def encrypt(text: str, *, purpose: str) -> str:
    """Encrypt a text with the first key; `purpose` names the one place where it may be read again."""
    return _sealed(_TEXT, text.encode(), purpose)


def decrypt(token: str, *, purpose: str) -> str:
    """Read a text again.

    Raises:
        SecretUnreadable: no key that is set opens the token, or it was made for another purpose.
    """
    return _opened(_TEXT, token, purpose).decode()


def encrypt_bytes(data: bytes, *, purpose: str) -> str:
    """Encrypt bytes with the first key; `purpose` names the one place where they may be read again."""
    return _sealed(_BYTES, data, purpose)


def decrypt_bytes(token: str, *, purpose: str) -> bytes:
    """Read bytes again.

    Raises:
        SecretUnreadable: no key that is set opens the token, or it was made for another purpose.
    """
    return _opened(_BYTES, token, purpose)


def is_token(text: str) -> bool:
    """Tell whether a text has the form of a token; not whether any key opens it."""
    version, _dot, rest = text.partition(".")
    return version == VERSION and rest.count(".") == 1


def current_prefix() -> str:
    """Tell how the tokens of the first key begin."""
    return f"{VERSION}.{keyring.current().first_id}."


def rotated(token: str) -> str:
    """Encrypt what a token holds with the first key; one of the first key comes back as it is.

    Raises:
        SecretUnreadable: no key that is set opens the token.
    """
    key_id, message = _parts(token)
    ring = keyring.holding(key_id)
    if key_id == ring.first_id:
        return token
    try:
        return f"{VERSION}.{ring.first_id}.{ring.fernet.rotate(message).decode()}"
    except InvalidToken:
        raise _unreadable(key_id, "rotation") from None


def _sealed(kind: bytes, data: bytes, purpose: str) -> str:
    named = purpose.encode()
    ring = keyring.current()
    message = ring.fernet.encrypt(_HEAD.pack(kind, len(named)) + named + data)
    return f"{VERSION}.{ring.first_id}.{message.decode()}"


def _opened(kind: bytes, token: str, purpose: str) -> bytes:
    key_id, message = _parts(token)
    try:
        content = keyring.holding(key_id).fernet.decrypt(message)
    except InvalidToken:
        raise _unreadable(key_id, purpose) from None
    named = purpose.encode()
    head = _HEAD.pack(kind, len(named)) + named
    if not content.startswith(head):
        raise _unreadable(key_id, purpose)
    return content[len(head) :]


def _parts(token: str) -> tuple[str, bytes]:
    if not is_token(token):
        raise _unreadable("none", "unknown")
    _version, key_id, message = token.split(".")
    return key_id, message.encode()


def _unreadable(key_id: str, purpose: str) -> SecretUnreadable:
    logger.error("secret.unreadable", key_id=key_id[:16], purpose=purpose)
    return SecretUnreadable(
        _(
            "A stored secret cannot be read with the keys that are set. "
            "Whoever runs this platform must set the key that it was encrypted with."
        )
    )
