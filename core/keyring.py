"""The keys that encrypt secrets at rest: the first encrypts, all of them decrypt.

They are those of ``FIELD_ENCRYPTION_KEYS``. With ``FIELD_ENCRYPTION_KMS_KEY_ID`` the data keys of
AWS KMS come before them: decrypted once and kept in this process's memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from core import datakeys

ID_LENGTH = 12


def id_of(key: bytes) -> str:
    """Tell a key's id: the beginning of its SHA-256, which tells nothing of the key."""
    return hashlib.sha256(key).hexdigest()[:ID_LENGTH]


@dataclass(frozen=True)
class Keyring:
    """Fernet keys, of which the first encrypts."""

    keys: tuple[bytes, ...]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The keys' ids, in the keys' order."""
        return tuple(id_of(key) for key in self.keys)

    @property
    def first_id(self) -> str:
        """The id of the key that encrypts."""
        return self.ids[0]

    @cached_property
    def fernet(self) -> MultiFernet:
        """The cipher that tries each key."""
        return MultiFernet([Fernet(key) for key in self.keys])

    def __repr__(self) -> str:
        """Name the keys by their ids only."""
        return f"Keyring({', '.join(self.ids)})"


def current() -> Keyring:
    """Tell the keys as this process knows them.

    Raises:
        DependencyUnavailable: the key service does not answer.
    """
    return _ring(_settled(), datakeys.known() if settings.FIELD_ENCRYPTION_KMS_KEY_ID else ())


def holding(key_id: str) -> Keyring:
    """Tell the keys, reading the data keys anew when another process has made one since.

    Raises:
        DependencyUnavailable: the key service does not answer.
    """
    ring = current()
    if key_id not in ring.ids and settings.FIELD_ENCRYPTION_KMS_KEY_ID:
        datakeys.reread()
        ring = current()
    return ring


def _settled() -> tuple[bytes, ...]:
    return tuple(key.encode() for key in settings.FIELD_ENCRYPTION_KEYS)


@lru_cache(maxsize=8)
def _ring(settled: tuple[bytes, ...], of_kms: tuple[bytes, ...]) -> Keyring:
    return Keyring((*of_kms, *settled))
