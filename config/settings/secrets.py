"""What encrypts secrets at rest, and whose tokens count besides ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import KMS_KEY_ID, PRODUCTION, encryption_keys, env

__all__ = ["FIELD_ENCRYPTION_KEYS", "FIELD_ENCRYPTION_KMS_KEY_ID", "MFA_ADAPTER", "USER_SERVICE_URL"]

# the first encrypts, all of them decrypt; a key of KMS comes before them
FIELD_ENCRYPTION_KEYS = encryption_keys()
FIELD_ENCRYPTION_KMS_KEY_ID = KMS_KEY_ID
MFA_ADAPTER = "accounts.adapters.MFAAdapter"

# its operator names it, so an address of the own network is right; nothing a caller says goes into it
USER_SERVICE_URL = env.str("USER_SERVICE_URL", default="")
if USER_SERVICE_URL:
    _parts = urlsplit(USER_SERVICE_URL)
    if _parts.scheme not in ({"https"} if PRODUCTION else {"http", "https"}) or not _parts.hostname:
        raise ImproperlyConfigured(
            "USER_SERVICE_URL is an https:// address; http:// only outside production."
        )
